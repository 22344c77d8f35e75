"""Units: the table, and conversions there and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.expression.units import conversion, convert, is_known, spellings, unit_of
from tests.unit.rules.expression.points import compiled

UNITS = [unit for text in spellings() if (unit := unit_of(text)) is not None]
PAIRS = [(one, two) for one in UNITS for two in UNITS if one.dimension == two.dimension]
numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@given(st.sampled_from(PAIRS), numbers, st.booleans())
def test_a_conversion_there_and_back_changes_nothing(
    pair: tuple[object, object], value: float, is_difference: bool
) -> None:
    one, two = pair
    there = convert(value, one, two, is_difference=is_difference)  # type: ignore[arg-type]
    back = convert(there, two, one, is_difference=is_difference)  # type: ignore[arg-type]
    assert math.isclose(back, value, rel_tol=1e-12, abs_tol=1e-9)


@given(st.sampled_from(PAIRS), numbers, st.booleans())
def test_running_values_are_converted_as_constants_are(
    pair: tuple[object, object], value: float, is_difference: bool
) -> None:
    one, two = pair
    constant = convert(value, one, two, is_difference=is_difference)  # type: ignore[arg-type]
    running = conversion(one, two, is_difference=is_difference).apply(value)  # type: ignore[arg-type]
    assert math.isclose(constant, running, rel_tol=1e-12, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (800, "kW", "W", 800_000),
        (4.35, "kW", "W", 4350.0),
        (-18, "°C", "K", 255.15),
        (0, "°F", "°C", -160 / 9),
        (100, "°C", "°F", 212.0),
        (1, "kWh", "MJ", 3.6),
        (1, "bar", "kPa", 100),
        (36, "m³/h", "L/s", 10),
        (1, "Nm³/min", "Nm3/h", 60),
        (5, "mg/m³", "µg/m3", 5000),
        (1.5, "h", "min", 90.0),
        (1, "tce", "kgce", 1000),
        (72, "km/h", "m/s", 20),
        (12, "%", "ppm", 120_000),
    ],
)
def test_known_conversions(value: float, source: str, target: str, expected: float) -> None:
    one, two = unit_of(source), unit_of(target)
    assert one is not None
    assert two is not None
    found = convert(value, one, two)
    assert found == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("text", ["m³", "m3", "℃", "degC", "°C", "Nm³/h", "μg/m³", "W/m²"])
def test_spellings_of_one_unit_are_known(text: str) -> None:
    assert is_known(text)


@pytest.mark.parametrize("text", [text for text in spellings() if text != "%"])
def test_every_unit_can_be_written_behind_a_number(text: str) -> None:
    assert compiled(f"2 {text} > 1{text}").start().evaluate(0, 0) is True


def test_units_that_are_not_alike_do_not_mix() -> None:
    dimensions = {name: unit_of(name).dimension for name in ("Nm3", "m3", "var", "VA", "W", "kgce", "kg", "rpm", "Hz")}  # type: ignore[union-attr]
    assert len(set(dimensions.values())) == len(dimensions)


def test_an_unknown_unit_is_equal_only_to_itself() -> None:
    one, other = unit_of("furlong"), unit_of("chain")
    assert one == unit_of("furlong")
    assert one is not None
    assert other is not None
    assert one.dimension != other.dimension
