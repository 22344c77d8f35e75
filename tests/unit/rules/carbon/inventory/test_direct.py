"""Scope 1 by hand: per gas, what stands outside, what is no scope 1."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from rules.carbon.description import Choice, Description
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import Direction
from rules.carbon.inventory.entry import Basis
from tests.unit.rules.carbon.inventory.books import OCTOBER, POLICY, inventory, kg, line_of, on, refusals, stated


def nine(value: Fraction) -> Decimal:
    whole, rest = divmod(value * 10**9, 1)
    return Decimal(int(whole) + (rest >= Fraction(1, 2))).scaleb(-9)


def test_chinese_diesel_by_its_carbon() -> None:
    said = Description(Activity.STATIONARY, stated("1200", "kg"), "CN", *OCTOBER, "diesel")
    (entry,) = on(inventory(line_of(said)), Basis.DIRECT)
    by_hand = Fraction(1200) * Fraction("42.652") * Fraction("20.2") / 1000 * Fraction(98, 100) * Fraction(44, 12)
    assert entry.mass_kg == entry.co2e_kg == nine(by_hand)
    assert (entry.scope, entry.category, entry.method, entry.gas) == (1, "stationary", "carbon_content", "CO2")
    assert set(entry.factors) == {f"cn.fuel.diesel.{part}" for part in ("ncv", "carbon_content", "oxidation")}
    assert (entry.quantity, entry.unit) == (Decimal(1200), "kg")


def test_ipcc_natural_gas_has_an_entry_for_each_gas() -> None:
    choice = Choice(region="GLOBAL", reason="comparison", series="ipcc-2006", sector="manufacturing")
    said = Description(Activity.STATIONARY, stated("1", "TJ(net)"), "CN", *OCTOBER, "natural_gas", choice=choice)
    found = inventory(line_of(said))
    masses = {entry.gas: (entry.mass_kg, entry.co2e_kg, entry.gwp_set) for entry in on(found, Basis.DIRECT)}
    assert masses == {
        "CO2": (Decimal(56100), Decimal(56100), "AR6"),
        "CH4": (Decimal(1), Decimal("27.9"), "AR6"),
        "N2O": (Decimal("0.1"), Decimal("27.3"), "AR6"),
    }
    assert any("comparison" in text for text in found.fallbacks)


def test_a_blend_is_split_and_r22_stays_outside() -> None:
    blend = Description(Activity.FUGITIVE, stated("10", "kg"), "CN", *OCTOBER, gas="R-410A")
    found = inventory(line_of(blend))
    assert {entry.gas: entry.co2e_kg for entry in found.entries} == {"HFC32": 5 * 771, "HFC125": 5 * 3740}
    assert {entry.method for entry in found.entries} == {"mass_balance"}
    outside = inventory(line_of(Description(Activity.FUGITIVE, stated("3", "kg"), "CN", *OCTOBER, gas="R-22")))
    (entry,) = outside.entries
    assert (entry.gas, entry.group, entry.mass_kg, entry.co2e_kg) == ("HCFC22", "montreal", 3, None)
    assert kg(outside, Basis.DIRECT) == 0


def test_biogenic_co2_is_outside_and_its_methane_inside() -> None:
    days = date(2025, 5, 1), date(2025, 5, 31)
    said = Description(Activity.MOBILE, stated("100", "L"), "GB", *days, "diesel_average_biofuel_blend")
    found = inventory(line_of(said), policy=replace(POLICY, gwp_set="AR5"))
    assert kg(found, Basis.DIRECT) == Decimal("257.082")  # the published total
    biogenic = [entry for entry in found.entries if entry.group == "biogenic"]
    assert [(entry.mass_kg, entry.co2e_kg) for entry in biogenic] == [(Decimal(14), None)]
    assert {"CH4", "N2O"} <= {entry.gas for entry in found.entries if entry.co2e_kg}


def test_process_emissions_of_limestone() -> None:
    said = Description(Activity.PROCESS, stated("2.5", "t"), "CN", *OCTOBER, "caco3")
    (entry,) = inventory(line_of(said)).entries
    assert (entry.category, entry.co2e_kg) == ("process", Decimal(1100))


def test_scope_1_is_the_same_whatever_the_bases() -> None:
    said = Description(Activity.PROCESS, stated("2.5", "t"), "CN", *OCTOBER, "caco3")
    every, one = (inventory(line_of(said), policy=replace(POLICY, bases=bases)) for bases in (POLICY.bases, ()))
    assert [entry.id for entry in every.entries] == [entry.id for entry in one.entries]


def test_what_is_missing_is_flagged_as_a_lower_bound() -> None:
    said = Description(Activity.PROCESS, stated("2.5", "t"), "CN", *OCTOBER, "caco3")
    line = line_of(said, measured=Decimal("0.5"), estimated=Decimal("0.2"), missing=Decimal("0.3"))
    (entry,) = inventory(line).entries
    assert {"estimated", "missing"} <= set(entry.flags)


def test_what_has_no_place_in_scopes_1_and_2_is_refused() -> None:
    losses = Description(Activity.LOSSES, stated("1", "kWh"), "GB", date(2025, 1, 1), date(2025, 1, 31), "grid_average")
    assert "neither scope 1 nor scope 2" in refusals(inventory(line_of(losses)), Basis.DIRECT)
    sold = line_of(Description(Activity.PROCESS, stated("1", "t"), "CN", *OCTOBER, "caco3"), direction=Direction.EXPORT)
    assert "export has no meaning" in refusals(inventory(sold), Basis.DIRECT)


def test_an_unknown_fuel_is_a_refusal_not_a_gap() -> None:
    said = Description(Activity.STATIONARY, stated("1", "t"), "CN", *OCTOBER, "unobtainium")
    found = inventory(line_of(said))
    assert not found.entries
    assert "unobtainium" in refusals(found, Basis.DIRECT)
