"""Scaling is exact where it must be, and the fast path says the same as the slow one."""

from decimal import Decimal
from fractions import Fraction
from math import isfinite
from struct import pack, unpack

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, Value, ValueType
from gateway.core.quality import Quality
from gateway.pipeline.normalise import Normaliser, normalise_one, scale_exactly

DEVICE = Device(id="tx1", site="park", enterprise="a", kind="meter")


def apply(points: list[Point], values: list[Value | None], quality: tuple[Quality, ...] | None = None) -> Batch:
    block = Block(DEVICE, tuple(points))
    return Normaliser(block).apply(Batch(block, tuple(values), 1, quality))


def float32(value: float) -> float:
    return float(unpack(">f", pack(">f", value))[0])


points = st.builds(
    Point,
    name=st.just("p"),
    kind=st.sampled_from([PointKind.GAUGE, PointKind.COUNTER]),
    multiplier=st.sampled_from([1, 1, 3, 1000]),
    divisor=st.sampled_from([1, 1, 10, 1000]),
    offset=st.sampled_from([0.0, 0.0, -40.0, 0.5]),
    low=st.sampled_from([None, None, -100.0]),
    high=st.sampled_from([None, None, 100.0]),
    digits=st.sampled_from([None, 7]),
)
raws = st.one_of(st.floats(width=32), st.integers(-(2**63), 2**64), st.floats(), st.just(1e308))


@given(st.lists(st.tuples(points, raws), min_size=1, max_size=6))
def test_the_fast_path_gives_what_one_value_at_a_time_gives(pairs: list[tuple[Point, float]]) -> None:
    pairs = [(p, float32(r) if p.digits == 7 and isinstance(r, float) and abs(r) < 1e38 else r) for p, r in pairs]
    pairs = [(p, r) for p, r in pairs if isfinite(r)]
    if not pairs:
        return
    batch = apply([p for p, _ in pairs], [r for _, r in pairs])
    wanted = [normalise_one(p, r, Quality.GOOD) for p, r in pairs]
    assert list(batch.values) == [value for value, _ in wanted]
    assert list(batch.quality or [Quality.GOOD] * len(pairs)) == [quality for _, quality in wanted]


@given(st.integers(0, 10**15 - 1), st.sampled_from([10, 100, 1000, 10**6]))
def test_a_scaled_counter_is_the_exact_decimal_up_to_fifteen_digits(raw: int, divisor: int) -> None:
    point = Point("energy_import", "kWh", PointKind.COUNTER, divisor=divisor)
    value, quality = normalise_one(point, raw, Quality.GOOD)
    assert Decimal(repr(value)) == Decimal(raw) / divisor
    assert quality is Quality.GOOD


@given(st.integers(-(2**63), 2**64), st.sampled_from([1, -3, 1000]), st.sampled_from([1, 7, 10, 10**6]), st.booleans())
def test_an_integer_is_scaled_as_by_exact_fractions(raw: int, multiplier: int, divisor: int, is_whole: bool) -> None:
    value_type = ValueType.INT if is_whole else ValueType.FLOAT
    point = Point("p", kind=PointKind.COUNTER, type=value_type, multiplier=multiplier, divisor=divisor)
    exact = Fraction(raw) * multiplier / divisor
    value, is_exact = scale_exactly(point, raw)
    assert value == (exact.numerator if is_whole and exact.denominator == 1 else float(exact))
    assert is_exact or abs(raw * multiplier) >= 10**15


def test_a_scaled_counter_with_more_digits_is_uncertain() -> None:
    point = Point("energy_import", "kWh", PointKind.COUNTER, divisor=1000)
    assert normalise_one(point, 2**63, Quality.GOOD)[1] is Quality.UNCERTAIN_PRECISION


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_unscaled_integer_stays_an_integer(raw: int) -> None:
    batch = apply([Point("total", type=ValueType.INT, kind=PointKind.COUNTER)], [raw])
    assert batch.values == (raw,)
    assert type(batch.values[0]) is int


def test_a_float32_counter_is_taken_by_its_shortest_text() -> None:
    point = Point("energy_import", "kWh", PointKind.COUNTER, digits=7)
    assert normalise_one(point, float32(1284306.4), Quality.GOOD)[0] == 1284306.4
    assert normalise_one(point, float32(0.1), Quality.GOOD)[0] == 0.1


def test_a_missing_value_stays_missing_with_its_reason() -> None:
    batch = apply(
        [Point("a", divisor=10), Point("b", divisor=10)], [10, None], (Quality.GOOD, Quality.BAD_NOT_AVAILABLE)
    )
    assert batch.values == (1.0, None)
    assert batch.quality == (Quality.GOOD, Quality.BAD_NOT_AVAILABLE)


def test_a_value_outside_its_range_is_uncertain_and_its_neighbours_stay_good() -> None:
    batch = apply([Point("thd", high=15.0), Point("u")], [18.7, 230.0])
    assert batch.values == (18.7, 230.0)
    assert batch.quality == (Quality.UNCERTAIN_RANGE, Quality.GOOD)


def test_scaling_to_infinity_is_bad_and_not_a_number() -> None:
    batch = apply([Point("x", multiplier=1000)], [1e308])
    assert batch.values == (None,)
    assert batch.quality == (Quality.BAD_NOT_A_NUMBER,)


def test_points_without_scale_between_scaled_ones_keep_their_type() -> None:
    batch = apply([Point("a", divisor=10), Point("run", type=ValueType.BOOL), Point("t", divisor=10)], [5, True, 7])
    assert batch.values == (0.5, True, 0.7)


def test_absent_positions_stay_absent() -> None:
    block = Block(DEVICE, (Point("a", divisor=10), Point("b", divisor=10)))
    batch = Normaliser(block).apply(Batch(block, (5, None), 1, None, 0b01))
    assert batch.values == (0.5, None)
    assert batch.present == 0b01
    assert batch.quality is None


def test_what_is_not_finite_is_bad_without_scaling_too() -> None:
    for odd in (float("nan"), float("inf")):
        batch = apply([Point("p"), Point("q")], [odd, 2.0])
        assert (batch.values, batch.quality) == ((None, 2.0), (Quality.BAD_NOT_A_NUMBER, Quality.GOOD))
