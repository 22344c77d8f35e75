"""Every value that is shipped can be chosen and calculated with, and stands in the result with its source."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.carbon.catalogue import SHIPPED, load_catalogue
from gateway.carbon.document import factor_document, result_document, result_lines
from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Choice, Description, Stated
from rules.carbon.factor import EMITTING, Activity, Factor
from rules.carbon.numbers import number
from rules.carbon.units import UNITS, Dimension

FACTORS = load_catalogue().factors
BASE = {unit.dimension: unit for unit in UNITS.values() if unit.size == 1}


def quantity(value: str, unit: str) -> Stated:
    return Stated(Fraction(value), f"{value} {unit}", "meter", UNITS[unit])


def describe(factor: Factor) -> Description:
    """A description that uses this factor."""
    day = factor.valid_from or (factor.valid_to - timedelta(1) if factor.valid_to else date(2026, 7, 1))
    common = {"region": factor.region, "start": day, "end": day}
    if factor.activity is Activity.GWP:
        methane = {"ch4_fossil": "fossil", "ch4_nonfossil": "non_fossil"}.get(factor.fuel, "single")
        gas = "R-32" if factor.gas == "CO2" else factor.gas
        return Description(
            Activity.FUGITIVE, quantity("3", "kg"), gas=gas, gwp_set=factor.gwp_set, methane=methane, **common
        )
    if factor.activity is Activity.BLEND:
        return Description(Activity.FUGITIVE, quantity("3", "kg"), gas=factor.fuel, gwp_set="AR6", **common)
    if factor.activity is Activity.LEAKAGE:
        years = Stated(Fraction(1), "1", "log")
        return Description(
            Activity.LEAKAGE, quantity("3", "kg"), gas="R-410A", gwp_set="AR4", years=years,
            choice=Choice(id=factor.id), **common,
        )  # fmt: skip
    if factor.activity is Activity.PROPERTY:
        return Description(
            Activity.STATIONARY, quantity("3", "m3"), fuel=factor.fuel, gwp_set="AR6", density=_stated(factor),
            heating_value=Stated(Fraction(43), "43 GJ(net)/t", "lab", UNITS["GJ(net)"], UNITS["t"]),
            choice=Choice(series="ipcc-2006", sector="energy"), **common,
        )  # fmt: skip
    is_carbon = factor.gas in ("NCV", "C", "oxidation")
    unit = "kg" if factor.per is None else factor.per.name
    if factor.gas == "oxidation":
        unit = "GJ(net)"
    sector = factor.sectors[0] if factor.sectors else ""
    needs_gwp = factor.activity in EMITTING and not is_carbon and not _is_published(factor)
    return Description(
        factor.activity, quantity("3", unit), gwp_set="AR6" if needs_gwp else "", evidence=("contract 1",),
        choice=Choice(id=factor.id, sector=sector), **common,
    )  # fmt: skip


def _stated(factor: Factor) -> Stated:
    return Stated(factor.value, factor.shown, factor.source.title, UNITS[factor.unit], factor.per, None, factor.id)


def _is_published(factor: Factor) -> bool:
    """True where the set has a total in CO2e."""
    key = (factor.region, factor.series, factor.fuel, factor.valid_from)
    return any(one.gas == "CO2e" and (one.region, one.series, one.fuel, one.valid_from) == key for one in FACTORS)


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return Catalogue(FACTORS, "0" * 64)


def every_series() -> list[str]:
    return sorted({factor.series for factor in FACTORS})


@pytest.mark.parametrize("series", every_series())
def test_every_factor_can_be_selected_and_calculated_with(shipped: Catalogue, series: str) -> None:
    wanted = [factor for factor in FACTORS if factor.series == series]
    assert wanted
    for factor in wanted:
        result = calculate(describe(factor), shipped)
        if factor.fuel != "co2":
            assert factor in result.factors, factor.id
        assert result.steps
        document = result_document(result)
        assert factor_document(factor)["source"]["title"]
        assert list(result_lines(result))
        total = document["total"] or document["standard_coal"]
        assert number(total.get("kg", total.get("kgce"))) is not None


MASSES = {"kg": Decimal(1), "t": Decimal(1000), "g": Decimal("0.001"), "lb": Decimal("0.45359237")}


def test_masses_are_those_of_the_tables_recomputed_without_the_rules(shipped: Catalogue) -> None:
    """The tables read by the standard library alone: 3 units of activity give 3 times the value."""
    checked = 0
    for path in sorted(SHIPPED.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("activity") in set(EMITTING)]
        for row in rows:
            if row["gas"] in ("NCV", "C", "oxidation"):
                continue
            factor = shipped.factor(row["id"])
            assert factor is not None
            result = calculate(describe(factor), shipped)
            expected = 3 * Fraction(Decimal(row["value"]) * MASSES[row["unit"]])
            assert result.total is not None
            if row["gas"] == "CO2e":
                assert result.total.kg == expected, row["id"]
            else:
                (line,) = [one for one in result.lines if one.gas == row["gas"].removeprefix("CO2e_of_")]
                is_part = row["gas"].startswith("CO2e_of_")
                assert (line.co2e_kg if is_part else line.mass_kg) == expected, row["id"]
            checked += 1
    assert checked > 400


def test_every_dimension_has_a_base_unit() -> None:
    assert set(BASE) == set(Dimension)
