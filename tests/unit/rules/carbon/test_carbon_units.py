"""Units: exact sizes, spellings, and nothing that crosses a dimension by itself."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.carbon.units import UNITS, Dimension, UnknownUnit, converted, unit, units_of

UNIT = st.sampled_from(sorted(UNITS))
VALUE = st.fractions(min_value=-(10**9), max_value=10**9)


@given(VALUE, UNIT, st.data())
def test_there_and_back_is_where_it_began(value: Fraction, name: str, data: st.DataObject) -> None:
    one = UNITS[name]
    other = UNITS[data.draw(st.sampled_from(units_of(one.dimension)))]
    assert converted(converted(value, one, other), other, one) == value


@given(VALUE, UNIT, UNIT)
def test_no_conversion_crosses_a_dimension(value: Fraction, one: str, other: str) -> None:
    if UNITS[one].dimension is UNITS[other].dimension:
        assert converted(value, UNITS[one], UNITS[other]) == value * UNITS[one].size / UNITS[other].size
    else:
        with pytest.raises(UnknownUnit, match="is not"):
            converted(value, UNITS[one], UNITS[other])


@pytest.mark.parametrize(
    ("value", "of", "to", "expected"),
    [
        ("1", "kWh", "MJ", "3.6"),
        ("1", "TJ", "MWh", "277.777777777777777777777777777777"),
        ("1", "万kWh", "MWh", "10"),
        ("1", "lb", "kg", "0.45359237"),
        ("1000", "mmBtu(gross)", "GJ(gross)", "1055.05585262"),
        ("1", "USgal", "L", "3.785411784"),
        ("1", "UKgal", "L", "4.54609"),
        ("1", "1e4Nm3", "Nm3", "10000"),
        ("2.5", "tce(calorific)", "kgce(calorific)", "2500"),
        ("1", "mile", "m", "1609.344"),
    ],
)
def test_sizes_are_those_of_their_definitions(value: str, of: str, to: str, expected: str) -> None:
    found = converted(Fraction(value), UNITS[of], UNITS[to])
    assert abs(found - Fraction(expected)) < Fraction(1, 10**25)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TJ (net)", "TJ(net)"),
        ("kWh (Gross CV)", "kWh(gross)"),
        ("kWh (Net CV)", "kWh(net)"),
        ("mmBtu (HHV)", "mmBtu(gross)"),
        (" litres ", "L"),
        ("吨", "t"),
        ("万Nm3", "1e4Nm3"),
        ("度", "kWh"),
        ("tce(等价值)", "tce(primary)"),
        ("m³", "m3"),
    ],
)
def test_units_are_known_by_their_other_spellings(written: str, meant: str) -> None:
    assert unit(written).name == meant


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("tce", "当量值"),
        ("kgce", "primary"),
        ("mmBtu", "heating value"),
        ("Sm3", "reference temperature"),
        ("gal", "USgal"),
        ("ton", "1000 kg"),
        ("KWH", ""),
        ("kwh", "did you mean"),
        ("", "for example"),
    ],
)
def test_a_unit_that_can_mean_two_things_is_refused(written: str, hint: str) -> None:
    with pytest.raises(UnknownUnit) as caught:
        unit(written)
    assert hint in caught.value.hint


def test_the_two_coal_equivalents_and_the_two_heating_values_are_apart() -> None:
    apart = [
        (Dimension.COAL_CALORIFIC, Dimension.COAL_PRIMARY),
        (Dimension.ENERGY_NET, Dimension.ENERGY_GROSS),
        (Dimension.GAS_0C, Dimension.GAS_20C),
        (Dimension.GAS_0C, Dimension.VOLUME),
        (Dimension.ENERGY, Dimension.ENERGY_NET),
    ]
    for one, other in apart:
        assert not set(units_of(one)) & set(units_of(other))
        with pytest.raises(UnknownUnit):
            converted(Fraction(1), UNITS[units_of(one)[0]], UNITS[units_of(other)[0]])
