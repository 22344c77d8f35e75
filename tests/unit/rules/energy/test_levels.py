"""Single glitches, one by one, with the numbers that an auditor would work out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.energy.account import Item, quantities
from rules.energy.grid import Grid, Span
from rules.energy.levels import Levels
from rules.energy.marks import Mark
from rules.energy.quantity import IntervalQuantity, Method
from rules.energy.reading import Event, EventKind, Reading
from rules.energy.spec import MeterSpec

MINUTE = 60_000_000_000
HOUR = Grid(ZoneInfo("UTC"), 3600)
SPEC = MeterSpec("m.e")


def readings(values: Sequence[str | int], every: int = 5) -> list[Item]:
    """One value every so many minutes, from midnight on."""
    return [Reading(place * every * MINUTE, Decimal(value)) for place, value in enumerate(values)]


def hour(items: Sequence[Item], spec: MeterSpec = SPEC) -> IntervalQuantity:
    (interval,) = quantities(spec, HOUR, items, Span(0, 60 * MINUTE))
    return interval


CLEAN = [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112]


def test_a_clean_hour_is_measured() -> None:
    found = hour(readings(CLEAN))
    assert (found.quantity, found.method, found.shares) == (12, Method.MEASURED, (1, 0, 0))
    assert [reading.value for reading in found.readings] == [100, 112]


@pytest.mark.parametrize("wrong", [{4: 0}, {4: 0, 5: 0}, {4: 0, 5: 1}, {4: 50, 7: 3}])
def test_a_drop_that_comes_back_is_refused_and_counts_nothing(wrong: dict[int, int]) -> None:
    found = hour(readings([wrong.get(place, value) for place, value in enumerate(CLEAN)]))
    assert (found.quantity, found.missing_ns) == (12, 0)
    assert [(one.mark, one.readings[0].value) for one in found.findings if one.mark != Mark.FIRST_READING] == [
        (Mark.TRANSIENT, value) for value in wrong.values()
    ]


def test_a_register_that_stands_at_zero_for_long_is_no_reset() -> None:
    found = hour(readings([100, 101, 102, *[0] * 8, 111, 112]))
    assert (found.quantity, Mark.RESET in found.marks) == (12, False)


def test_a_reset_is_believed_with_the_third_rising_reading_and_its_step_is_missing() -> None:
    values = [100, 101, 102, 103, 0, 1]
    assert hour(readings(values)).known == 3  # not yet
    found = hour(readings([*values, 2, 3, 4, 5, 6, 7, 8]))
    assert (found.quantity, found.known, found.missing_ns) == (None, 3 + 8, 5 * MINUTE)
    assert (found.method, Mark.RESET in found.marks) == (Method.PARTIAL, True)


@pytest.mark.parametrize("spike", [[900], [900, 901], [900, 900, 900, 900]])
def test_a_leap_that_falls_back_is_taken_back(spike: list[int]) -> None:
    values = CLEAN.copy()
    values[3 : 3 + len(spike)] = spike
    found = hour(readings(values))
    assert (found.quantity, found.missing_ns, Mark.SPIKE in found.marks) == (12, 0, True)


def test_an_impossible_rise_is_listed_raw_and_never_counted() -> None:
    rated = replace(SPEC, rated=Decimal(20))
    found = hour(readings([100, 101, 5000, 103, *CLEAN[4:]]), rated)
    assert (found.quantity, found.missing_ns) == (12, 0)
    assert [(one.mark, one.readings[0].value) for one in found.findings][1:] == [(Mark.IMPLAUSIBLE, 5000)]


def test_a_leap_that_stays_is_another_level_and_no_quantity() -> None:
    rated = replace(SPEC, rated=Decimal(20))
    found = hour(readings([100, 101, 102, *range(5000, 5010)]), rated)
    assert (found.quantity, found.known, Mark.JUMP in found.marks) == (None, 2 + 9, True)


def test_a_slow_register_is_not_impossible() -> None:
    slow = replace(SPEC, rated=Decimal(1), resolution=Decimal(1))
    assert hour(readings([7] * 6 + [8] * 7), slow).quantity == 1


ROLL = replace(SPEC, modulus=Decimal("4294967.296"))  # 32 bits of watt-hours


def test_a_32_bit_register_rolls_over() -> None:
    values = ["4294966", "4294967", "0.704", "1.704", "2.704", *(f"{n}.704" for n in range(3, 11))]
    found = hour(readings(values), ROLL)
    assert (found.quantity, found.method, Mark.ROLLOVER in found.marks) == (12, Method.MEASURED, True)


def test_an_undeclared_roll_over_is_a_reset() -> None:
    values = ["4294966", "4294967", "0.704", "1.704", "2.704", *(f"{n}.704" for n in range(3, 11))]
    assert (hour(readings(values)).quantity, hour(readings(values)).known) == (None, 11)


def test_a_zero_near_the_register_s_end_is_no_roll_over() -> None:
    values = [str(4_294_000 + place) for place in range(13)]
    values[5] = "0"
    found = hour(readings(values), ROLL)
    assert (found.quantity, Mark.ROLLOVER in found.marks) == (12, False)


def test_a_reset_far_from_the_end_is_no_roll_over() -> None:
    assert Mark.RESET in hour(readings([2_000_000, 2_000_001, *range(11)]), ROLL).marks


def test_an_exchange_with_both_registers_leaves_nothing_out() -> None:
    change = Event(27 * MINUTE, EventKind.EXCHANGE, Decimal("105.5"), Decimal(3), "WO 7")
    found = hour([*readings([*CLEAN[:6], *["3.5", "4.5", "5.5", "6.5", "7.5", "8.5", "9.5"]]), change])
    assert (found.quantity, found.method, found.missing_ns) == (12, Method.EXCHANGE, 0)
    assert (Decimal("105.5"), "WO 7") in [(reading.value, reading.evidence) for reading in found.readings]


@pytest.mark.parametrize(
    ("final", "initial", "known", "missing_min"),
    [(None, "3", 5 + 6.5, 2), ("105.5", None, 5.5 + 6, 3), (None, None, 5 + 6, 5), ("99", "3", 5 + 6.5, 2)],
)
def test_what_nobody_wrote_down_at_an_exchange_is_missing(
    final: str | None, initial: str | None, known: float, missing_min: int
) -> None:
    old, new = (None if value is None else Decimal(value) for value in (final, initial))
    change = Event(27 * MINUTE, EventKind.RESET, old, new)
    found = hour([*readings([*CLEAN[:6], *["3.5", "4.5", "5.5", "6.5", "7.5", "8.5", "9.5"]]), change])
    assert (found.quantity, found.known, found.missing_ns) == (None, Decimal(str(known)), missing_min * MINUTE)
    assert Mark.OPERATOR_RESET in found.marks
    assert (Mark.FINAL_UNFIT in found.marks) == (final == "99")


def test_two_exchanges_in_a_row_count_nothing_that_nobody_wrote_down() -> None:
    unknown = Event(26 * MINUTE, EventKind.EXCHANGE)
    known = Event(28 * MINUTE, EventKind.EXCHANGE, Decimal(500), Decimal("3.5"))
    found = hour([*readings([*CLEAN[:6], *["3.5", "4.5", "5.5", "6.5", "7.5", "8.5", "9.5"]]), unknown, known])
    assert (found.quantity, found.known, found.missing_ns) == (None, 5 + 6, 3 * MINUTE)


def test_an_event_before_the_first_reading_is_its_baseline() -> None:
    start = Event(-3 * MINUTE, EventKind.EXCHANGE, None, Decimal(99))
    (before, found) = quantities(SPEC, HOUR, [start, *readings(CLEAN)], Span(-60 * MINUTE, 60 * MINUTE))
    assert (before.quantity, before.known, found.quantity) == (None, 1, 12)


def test_a_multiplier_counts_from_its_day_on() -> None:
    spec = replace(SPEC, multipliers=((0, Decimal(1)), (15 * MINUTE, Decimal(40)), (32 * MINUTE, Decimal("0.5"))))
    found = hour(readings(CLEAN), spec)
    assert found.quantity == Decimal(3) + Decimal("3.4") * 40 + Decimal("5.6") / 2
    assert [one.mark for one in found.findings].count(Mark.MULTIPLIER) == 2


def test_a_gap_over_a_boundary_is_measured_as_a_whole_and_estimated_in_its_parts() -> None:
    items = [*readings([100, 101, 102]), *(Reading(m * MINUTE, Decimal(m)) for m in (130, 135, 180))]
    first, second, third = quantities(SPEC, HOUR, items, Span(0, 180 * MINUTE))
    assert (first.quantity, second.quantity, third.quantity) == (Decimal("13.666667"), 14, Decimal("52.333333"))
    assert first.quantity + second.quantity + third.quantity == 80
    assert [one.method for one in (first, second)] == [Method.GAP_ESTIMATED] * 2
    assert (second.shares.estimated, third.shares.measured) == (1, Decimal("0.833333"))


def test_a_gap_inside_an_interval_is_measured() -> None:
    found = hour([Reading(m * MINUTE, Decimal(m)) for m in (0, 5, 55, 60)])
    assert (found.quantity, found.method, Mark.GAP in found.marks) == (60, Method.MEASURED, True)


def test_where_nothing_flowed_a_gap_needs_no_estimate() -> None:
    found = quantities(SPEC, HOUR, readings([5, 5], every=150), Span(0, 120 * MINUTE))
    assert [(one.quantity, one.method) for one in found] == [(0, Method.MEASURED)] * 2


def test_a_reading_of_doubtful_quality_and_two_values_of_one_instant_are_flagged() -> None:
    items = readings(CLEAN)
    doubtful = replace(items[0], is_uncertain=True)
    twice = Reading(60 * MINUTE, Decimal(113))
    found = hour([doubtful, *items[1:], twice])
    assert (found.quantity, {Mark.UNCERTAIN, Mark.CONFLICT} <= set(found.marks)) == (12, True)


def test_many_refusals_are_counted_and_not_all_listed() -> None:
    values = [Reading(n * 10**9, Decimal(0 if n % 2 else 100 + n)) for n in range(400)]
    (found,) = quantities(SPEC, HOUR, [*values, Reading(60 * MINUTE, Decimal(600))], Span(0, 60 * MINUTE))
    assert (found.quantity, len(found.findings), found.more_findings) == (500, 20, 182)
    assert len(found.readings) < 50


def test_a_fast_level_is_not_explained_by_forgetting_a_good_reading() -> None:
    rated = replace(SPEC, rated=Decimal(20))  # 2.4 in five minutes, 4.4 in ten
    found = hour(readings([100, 101, 104, 106, 108, 109, 110, 111, 112, 113, 114, 115, 116]), rated)
    assert (found.quantity, found.known, Mark.JUMP in found.marks) == (None, 1 + 12, True)


def test_a_spike_after_an_exchange_never_leads_back_to_the_old_register() -> None:
    unnoted = Event(27 * MINUTE, EventKind.EXCHANGE)
    found = hour([*readings([*CLEAN[:6], 500, 110, 111, 112, 113, 114, 115]), unnoted])
    assert (found.known, found.missing_ns) == (5 + 5, 10 * MINUTE)


def test_a_register_that_is_refreshed_late_gets_a_minute_more() -> None:
    rated = replace(SPEC, rated=Decimal(1))  # 0.1 in five minutes, 0.12 in six
    assert hour(readings([f"{n * 0.11:.2f}" for n in range(13)]), rated).quantity == Decimal("1.32")


def test_a_reading_at_the_instant_of_an_exchange_is_the_new_register_s() -> None:
    change = Event(30 * MINUTE, EventKind.EXCHANGE, Decimal(106), Decimal(3))
    found = hour([*readings([*CLEAN[:6], 3, 4, 5, 6, 7, 8, 9]), change])
    assert (found.quantity, found.missing_ns, Mark.TRANSIENT in found.marks) == (12, 0, False)


def test_many_refusals_between_two_readings_are_counted_too() -> None:
    falling = [Reading((n + 1) * 10**9, Decimal(90 - n)) for n in range(30)]
    found = hour(
        [Reading(0, Decimal(100)), *falling, Reading(MINUTE, Decimal(101)), Reading(60 * MINUTE, Decimal(109))]
    )
    assert (found.quantity, len(found.findings), found.more_findings) == (9, 20, 30 + 2 - 20)


@given(st.integers(1, 10**6), st.integers(1, 10**5), st.sampled_from([Decimal(1), Decimal(40), Decimal("0.3")]))
def test_the_limit_of_the_rated_flow_is_exact_to_the_last_digit(rated: int, seconds: int, multiplier: Decimal) -> None:
    spec = replace(SPEC, rated=Decimal(rated), multipliers=((0, multiplier),))
    most = Fraction(rated) * Fraction(12, 10) * (seconds + 60) / 3600 / Fraction(multiplier)
    nano = most.numerator * 10**9 // most.denominator
    for rise, is_believed in ((nano, True), (nano + 1, False)):
        levels = Levels(spec)
        levels.read(Reading(0, Decimal(5)))
        levels.read(Reading(seconds * 1_000_000_000, 5 + Decimal(rise).scaleb(-9)))
        assert (not levels.doubts().listed) == is_believed
