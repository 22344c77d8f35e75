"""The guard of a block, against comparing each value with each level."""

from operator import ge, gt, le, lt

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.alarm import Priority
from rules.alarms.guard import Guard
from rules.alarms.threshold import Interval, ThresholdLevels, number_of, threshold_levels
from tests.unit.rules.alarms.engine_park import level

COMPARE = {">": gt, ">=": ge, "<": lt, "<=": le}
LIMITS = st.sampled_from([-10.0, 0.0, 0.1, 1.0, 100.0])
VALUES = st.one_of(
    LIMITS, st.floats(-200, 200), st.integers(-200, 200), LIMITS.map(lambda x: x * (1 + 2**-52)), st.just(-0.0)
)
OPERATORS = st.sampled_from(list(COMPARE))
CONDITIONS = st.tuples(OPERATORS, LIMITS)
LEVELS = st.lists(st.tuples(CONDITIONS, st.none() | CONDITIONS), min_size=1, max_size=3)


def compiled(levels: list) -> ThresholdLevels:
    made = [
        level(f"x {when[0]} {when[1]}", None if keep is None else f"x {keep[0]} {keep[1]}", Priority.LOW)
        for when, keep in levels
    ]
    found = threshold_levels(tuple(made))
    assert found is not None
    assert found[0] == "tx1.x"
    return found[1]


def by_the_book(levels: list, value: float, active: int) -> int:
    for index in range(len(levels) - 1, -1, -1):
        when, keep = levels[index]
        if COMPARE[when[0]](value, when[1]):
            return index
        if index <= active and keep is not None and COMPARE[keep[0]](value, keep[1]):
            return index
    return -1


@given(LEVELS, VALUES, st.integers(-1, 2))
def test_the_level_is_what_comparing_says(levels: list, value: float, active: int) -> None:
    active = min(active, len(levels) - 1)
    assert compiled(levels).level(value, active) == by_the_book(levels, value, active)


@given(LEVELS, VALUES, VALUES, st.integers(-1, 2))
def test_within_the_band_no_value_has_another_level(levels: list, value: float, other: float, active: int) -> None:
    active = min(active, len(levels) - 1)
    low, high = compiled(levels).band(value, active)
    assert low <= value <= high
    if low <= other <= high:
        assert by_the_book(levels, other, active) == by_the_book(levels, value, active)


def test_hysteresis_that_looks_the_same_way_costs_one_band() -> None:
    # Not left while the value wanders around the limit it came in by.
    assert compiled([((">", 100.0), (">", 1.0))]).band(100.0, 0)[1] == float("inf")


class Alarm:
    def __init__(self, band: Interval) -> None:
        self.width = band

    def band(self, value: float) -> Interval:
        return value + self.width[0], value + self.width[1]


COLUMN = st.lists(st.none() | st.floats(-5, 5) | st.integers(-5, 5) | st.just("run"), min_size=4, max_size=4)


@given(st.sets(st.integers(0, 3), min_size=1), st.lists(COLUMN, min_size=1, max_size=8))
def test_a_guard_holds_exactly_while_no_watched_value_is_outside_its_band(watched: set, columns: list) -> None:
    bands: dict[int, Interval | None] = dict.fromkeys(watched)
    guard = Guard({position: (Alarm((-1, 2)), Alarm((-3, 1))) for position in watched})
    for column in columns:
        outside = {
            p
            for p, band in bands.items()
            if (band is None and column[p] is not None)
            or (band is not None and not (number_of(column[p]) is not None and band[0] <= column[p] <= band[1]))
        }
        assert guard.holds(column) is (not outside)
        assert set(guard.left(column)) == outside
        guard.move(outside, column)
        for p in outside:
            value = number_of(column[p])
            bands[p] = None if value is None else (value - 1, value + 1)


def test_a_value_that_stays_missing_wakes_nobody() -> None:
    guard = Guard({0: (Alarm((-1, 1)),), 1: (Alarm((-1, 1)),)})
    guard.move(guard.left((1.0, 2.0)), (1.0, 2.0))
    assert not guard.holds((1.0, None))
    guard.move([1], (1.0, None))
    assert guard.holds((1.5, None))
    assert not guard.holds((1.5, 2.0))
