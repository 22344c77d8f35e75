"""Standard coal of what was burnt and bought, by the table of GB/T 2589."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from gateway.accounts.carbon.coal import energy_of
from gateway.accounts.records.factors import catalogue_with
from gateway.carbon.catalogue import load_catalogue
from gateway.store.records import Kind, Record
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.units import UNITS


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _line(activity: Activity, fuel: str, value: int, unit: str, density: Stated | None = None) -> ActivityLine:
    quantity = Stated(Fraction(value), f"{value} {unit}", "", UNITS[unit])
    days = date(2026, 10, 1), date(2026, 10, 31)
    return ActivityLine("a", "s", "e", Description(activity, quantity, "CN", *days, fuel=fuel, density=density))


def test_diesel_in_litres_is_brought_to_its_mass_by_the_stated_density(catalogue: Catalogue) -> None:
    density = Stated(Fraction(840), "840 kg/m3", "a table", UNITS["kg"], UNITS["m3"])
    found = energy_of(_line(Activity.MOBILE, "gas_diesel_oil", 1000, "L", density), catalogue)
    assert found == {
        "carrier": "gas_diesel_oil",
        "tce_calorific": "1.223964",
        "tce_primary": "1.223964",
    }  # 840 kg x 1.4571


def test_litres_without_a_density_have_no_coal_equivalent(catalogue: Catalogue) -> None:
    found = energy_of(_line(Activity.MOBILE, "gas_diesel_oil", 1000, "L"), catalogue)
    assert found is not None
    assert found["tce_calorific"] is None


def test_electricity_is_taken_by_its_calorific_equivalent(catalogue: Catalogue) -> None:
    found = energy_of(_line(Activity.ELECTRICITY, "electricity", 10_000, "kWh"), catalogue)
    assert found == {"carrier": "electricity", "tce_calorific": "1.229", "tce_primary": None}


def test_a_gas_that_escapes_is_no_energy(catalogue: Catalogue) -> None:
    assert energy_of(_line(Activity.FUGITIVE, "", 3, "kg"), catalogue) is None


def _coefficient(year: int, value: str) -> Record:
    body = {
        "id": f"own.coal.electricity.{year}", "activity": "standard_coal", "fuel": "electricity", "region": "CN",
        "series": "statistics", "valid_from": f"{year}-01-01", "valid_to": f"{year + 1}-01-01", "gas": "tce",
        "value": value, "unit": "kgce(primary)", "per": "kWh", "title": "Energy statistics", "publisher": "Bureau",
        "year": f"{year}", "place": "table 1", "evidence": [{"sha256": "ab" * 32, "name": "page.pdf"}],
    }  # fmt: skip
    return Record(year, f"record-{year}", Kind.FACTOR, "", "", "", year, body)


def test_a_coefficient_of_ones_own_gives_the_primary_equivalent_of_its_year(catalogue: Catalogue) -> None:
    own = catalogue_with(catalogue, [_coefficient(2025, "0.31"), _coefficient(2026, "0.30")])
    found = energy_of(_line(Activity.ELECTRICITY, "electricity", 10_000, "kWh"), own)
    assert found == {"carrier": "electricity", "tce_calorific": "1.229", "tce_primary": "3"}
    found = energy_of(_line(Activity.ELECTRICITY, "electricity", 10_000, "kWh"), catalogue_with(catalogue, []))
    assert found is not None
    assert found["tce_primary"] is None


def test_tonnes_of_steam_are_energy_by_their_stated_enthalpy(catalogue: Catalogue) -> None:
    line = _line(Activity.HEAT, "heat", 10, "t")
    enthalpy = Stated(Fraction(2778), "2778 kJ/kg", "supplier", UNITS["kJ"], UNITS["kg"])
    found = energy_of(replace(line, description=replace(line.description, enthalpy=enthalpy)), catalogue)
    assert found == {"carrier": "heat", "tce_calorific": "0.9478536", "tce_primary": None}  # 27,780 MJ x 0.03412
