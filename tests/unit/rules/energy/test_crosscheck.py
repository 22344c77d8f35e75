"""The integral of power finds what a register cannot know about itself: a forgotten multiplier."""

from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from rules.energy.account import quantities
from rules.energy.crosscheck import Power, deviation, integrals
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec
from rules.energy.units import accounted

MINUTE = 60_000_000_000
QUARTERS = Grid(ZoneInfo("UTC"))
HOUR = Span(0, 60 * MINUTE)
SPANS = QUARTERS.spans(0, 60 * MINUTE)


def register(*values: str) -> list[IntervalQuantity]:
    items = [Reading(15 * n * MINUTE, Decimal(value)) for n, value in enumerate(values)]
    return quantities(MeterSpec("m"), QUARTERS, items, HOUR)


def power(*samples: tuple[int, str]) -> list[Power]:
    return [Power(minute * MINUTE, Decimal(value)) for minute, value in samples]


def test_the_integral_is_that_of_the_trapezoids_over_boundaries_too() -> None:
    found = integrals(power((-5, "100"), (10, "100"), (40, "400"), (70, "400")), SPANS, 30 * MINUTE)
    assert found == [Decimal("27.083333"), Decimal("56.25"), Decimal("91.666667"), 100]


def test_where_power_is_missing_there_is_no_integral() -> None:
    assert integrals(power((0, "1"), (10, "1"), (31, "1"), (60, "1")), SPANS, 20 * MINUTE) == [None] * 4
    assert integrals(power((1, "1"), (60, "1")), SPANS, 60 * MINUTE) == [None, *[Decimal("0.25")] * 3]
    assert integrals([], SPANS, MINUTE) == [None] * 4


def test_two_percent_are_not_yet_a_finding_and_a_forgotten_multiplier_is_named() -> None:
    every = integrals(power((0, "102"), (60, "102")), SPANS, 60 * MINUTE)
    near = deviation(register("0", "25", "50", "75", "100"), every)
    assert near is not None
    assert (near.percent, near.is_beyond, near.multiplier, near.intervals) == (2, False, None, 4)
    far = deviation(register("0", "0.64", "1.28", "1.92", "2.56"), every)
    assert far is not None
    assert (far.is_beyond, far.multiplier) == (True, 40)
    twice = deviation(register("0", "50", "100", "150", "204"), every)
    assert twice is not None
    assert (twice.percent, twice.multiplier) == (-50, 2)


def test_only_intervals_that_both_know_are_compared() -> None:
    found = deviation(register("0", "25"), [Decimal(25), Decimal(9), None, None])
    assert found is not None
    assert (found.intervals, found.register, found.percent) == (1, 25, 0)
    assert deviation(register("0"), [Decimal(1)] * 4) is None
    stood = deviation(register("7", "7"), [Decimal(1), None, None, None])
    assert stood is not None
    assert (stood.percent, stood.is_beyond, stood.multiplier) == (None, True, None)
    with pytest.raises(ValueError, match="shorter"):
        deviation(register("0"), [])


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("kWh", "kWh", 1),
        ("Wh", "kWh", Fraction(1, 1000)),
        ("MWh", "kWh", 1000),
        ("GJ", "kWh", Fraction(2500, 9)),
        ("kvarh", "kvarh", 1),
        ("L", "m3", Fraction(1, 1000)),
        ("m³", "m3", 1),
        ("Nm³", "Nm3", 1),
        ("t", "kg", 1000),
        ("h", "h", 1),
        ("pieces", "pieces", 1),
        ("", "", 1),
    ],
)
def test_a_register_is_accounted_in_the_unit_of_its_kind(unit: str, target: str, factor: Fraction) -> None:
    assert accounted(unit) == (target, factor)
