"""Balances of tanks and refrigerants, and continuous measurement: by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.carbon.balances import refrigerant, tank
from rules.carbon.cems import Hour, beside, mass_kg, measured, mg_per_nm3
from rules.carbon.errors import CalculationError

F = Fraction  # figures by hand stay readable

HOUR = Hour(F(200_000), F(50_000), is_concentration_dry=True, is_flow_dry=True)


def test_a_tank_gave_what_is_not_in_it_any_more() -> None:
    found = tank(F(5200), [F(8000), F("120.5")], F(4100))
    assert found.quantity == F("9220.5")
    assert found.working == "5200 + 8000 + 120.5 - 4100 = 9220.5"


def test_a_tank_with_more_than_there_ever_was_is_an_error() -> None:
    with pytest.raises(CalculationError, match="more is left than there ever was: 10 - 11 = -1"):
        tank(F(10), [], F(11))
    with pytest.raises(CalculationError, match="deliveries 2: must not be negative"):
        tank(F(10), [F(1), F(-2)], F(1))


def test_refrigerant_is_lost_by_mass_balance() -> None:
    assert refrigerant(F(40), F(31), F(20), F(4), F(0)).quantity == 25
    assert (
        refrigerant(F(40), F(31), F(20), F(4), F(-5)).quantity == 30
    )  # a machine was scrapped: its charge is gone too
    with pytest.raises(CalculationError, match="more came back"):
        refrigerant(F(40), F(60), F(0), F(4), F(0))


def test_a_dry_hour_is_concentration_times_flow() -> None:
    assert mass_kg(HOUR) == 10_000  # 200 g/Nm3 x 50000 Nm3


def test_water_and_oxygen_are_converted() -> None:
    wet_flow = replace(HOUR, is_flow_dry=False, water_percent=F(10))
    assert mass_kg(wet_flow) == 9_000
    both_wet = replace(wet_flow, is_concentration_dry=False)
    assert mass_kg(both_wet) == 10_000  # what is wet twice needs no water at all
    at_6 = replace(HOUR, oxygen_percent=F(9), reference_oxygen_percent=F(6))
    assert mass_kg(at_6) == 8_000  # x (21 - 9) / (21 - 6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_flow_dry": False}, "water_percent: is missing"),
        ({"is_flow_dry": False, "water_percent": F(100)}, "below 100 %"),
        ({"reference_oxygen_percent": F(6)}, "oxygen_percent: is missing"),
        ({"reference_oxygen_percent": F(21), "oxygen_percent": F(9)}, "that of air or more"),
        ({"flow_nm3_per_h": F(-1)}, "must not be negative"),
    ],
)
def test_what_is_missing_or_impossible_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        mass_kg(replace(HOUR, **change))  # type: ignore[arg-type]


def test_substituted_hours_are_counted_and_said() -> None:
    found = measured([HOUR, replace(HOUR, is_substituted=True, hours=F(1, 2))])
    assert (found.kg, found.hours, found.substituted_hours, found.substituted_kg) == (15_000, F(3, 2), F(1, 2), 5_000)
    assert found.flags == ("substituted",)
    assert measured([HOUR]).flags == ()


def test_measured_stands_beside_calculated_and_is_never_added() -> None:
    found = beside(F(110), F(100))
    assert (found.difference_kg, found.percent) == (10, 10)
    assert not hasattr(found, "total_kg")
    assert beside(F(110), F(0)).percent is None


def test_a_share_of_volume_is_a_mass_concentration() -> None:
    assert mg_per_nm3(F(12), F(44)) == F(12, 100) * 44 / F("22.414") * 10**6


@given(st.fractions(0, 90), st.fractions(0, 20), st.fractions(0, 20))
def test_conversions_only_scale_the_mass(water: Fraction, oxygen: Fraction, reference: Fraction) -> None:
    hour = replace(
        HOUR, is_flow_dry=False, water_percent=water, oxygen_percent=oxygen, reference_oxygen_percent=reference
    )
    assert mass_kg(hour) == 10_000 * (1 - water / 100) * (21 - oxygen) / (21 - reference)
