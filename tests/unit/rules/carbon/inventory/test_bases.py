"""Scope 2 on each basis, worked by hand from the printed factors with nothing of the rules in the expected value."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.carbon.description import Choice, Description
from rules.carbon.factor import Activity
from rules.carbon.inventory import account
from rules.carbon.inventory.activity import ActivityLine, Direction
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Fallback
from tests.unit.rules.carbon.inventory.books import (
    EVIDENCE,
    IN_2023,
    OCTOBER,
    POLICY,
    catalogue,
    claim,
    electricity,
    inventory,
    kg,
    line_of,
    on,
    refusals,
    stated,
    wind,
)  # fmt: skip

TABLE_4 = "cn.grid.national_excl_market_nonfossil.2023"


def by_hand(kwh: str, factor: str) -> Decimal:
    exact = Fraction(kwh) * Fraction(factor)
    nano, rest = divmod(exact * 10**9, 1)
    return Decimal(int(nano) + (rest >= Fraction(1, 2))).scaleb(-9)


def test_the_same_kilowatt_hours_have_four_values() -> None:
    found = inventory(electricity("1000.123456"), instruments=(wind("0.4"),), allocations=(claim("0.4"),))
    assert kg(found, Basis.LOCATION) == by_hand("1000.123456", "0.4974")  # Zhejiang 2023
    assert kg(found, Basis.MARKET) == by_hand("600.123456", "0.4974")  # no residual mix: the grid average
    assert kg(found, Basis.CN_ENTERPRISE) == by_hand("600.123456", "0.5306")  # the national factor
    assert kg(found, Basis.CN_ZERO_CARBON_PARK) == by_hand("1000.123456", "0.8273")  # not accepted there: all fossil
    assert not found.refusals


def test_the_residual_mix_values_the_remainder_and_is_named() -> None:
    policy = replace(POLICY, residual_mix=TABLE_4)
    found = inventory(electricity("1000"), instruments=(wind("0.4"),), allocations=(claim("0.4"),), policy=policy)
    assert kg(found, Basis.MARKET) == by_hand("600", "0.6096")
    assert any(text.startswith("market:") and "the policy names" in text for text in found.fallbacks)
    assert not any("no residual mix" in text for text in found.disclosures)


def test_without_a_residual_mix_its_absence_is_disclosed() -> None:
    found = inventory(electricity("1000"))
    assert "market: no residual mix is published: the remainder is valued at the grid average" in found.disclosures
    assert all("no_residual_mix" in entry.flags for entry in on(found, Basis.MARKET))


def test_an_instrument_with_a_factor_counts_with_it() -> None:
    rate = wind("0.4", kind="supplier_rate", factor_kg_per_kwh=Decimal("0.123"), retired_on=None)
    found = inventory(electricity("1000"), instruments=(rate,), allocations=(claim("0.4"),))
    assert kg(found, Basis.MARKET) == by_hand("400", "0.123") + by_hand("600", "0.4974")
    assert kg(found, Basis.CN_ENTERPRISE) == by_hand("1000", "0.5306")


@pytest.mark.parametrize("criterion", range(1, 9))
def test_an_instrument_that_fails_one_criterion_counts_nowhere(criterion: int) -> None:
    failing = wind("0.4", criteria=tuple(place != criterion for place in range(1, 9)), is_compliant_green=True)
    found = inventory(electricity("1000"), instruments=(failing,), allocations=(claim("0.4"),))
    plain = inventory(electricity("1000"))
    assert [entry.co2e_kg for entry in found.entries] == [entry.co2e_kg for entry in plain.entries]
    assert f"quality criterion {criterion} is not met" in found.rejected_instruments["GEC-1"][0].message
    assert any(f"quality criterion {criterion} is not met" in text for text in found.disclosures)


def test_only_the_last_criterion_can_be_met_by_disclosure() -> None:
    undecided = wind("0.4", criteria=(None,) + (True,) * 7)
    found = inventory(electricity("1000"), instruments=(undecided,), allocations=(claim("0.4"),))
    assert "quality criterion 1 cannot be met by disclosure" in found.rejected_instruments["GEC-1"][0].message


def test_more_than_an_instrument_has_is_an_error() -> None:
    found = inventory(electricity("1000"), instruments=(wind("0.4"),), allocations=(claim("0.3"), claim("0.2")))
    assert "0.5 MWh are allocated of 0.4 MWh" in refusals(found, Basis.MARKET)
    assert not on(found, Basis.MARKET)
    assert kg(found, Basis.LOCATION) == by_hand("1000", "0.4974")


def test_more_than_was_consumed_is_an_error() -> None:
    found = inventory(electricity("1000"), instruments=(wind("9"),), allocations=(claim("1.5"),))
    assert "500 kWh more are allocated than `grid` consumed" in refusals(found, Basis.MARKET)


@pytest.mark.parametrize("so_far", [{"is_running": True}, {"measured": Decimal("0.9"), "missing": Decimal("0.1")}])
def test_days_that_still_run_or_lack_data_claim_what_was_consumed_and_say_so(so_far: dict[str, object]) -> None:
    line = electricity("1000", **so_far)
    green = wind("9", is_compliant_green=True)
    found = inventory(line, instruments=(green,), allocations=(claim("1.5"),))
    for basis in (Basis.MARKET, Basis.CN_ENTERPRISE, Basis.CN_ZERO_CARBON_PARK):
        assert not refusals(found, basis)
        assert [entry.instrument for entry in on(found, basis)] == ["GEC-1"]
        assert kg(found, basis) == 0
    (said,) = [text for text in found.disclosures if "GEC-1" in text]
    assert "500 kWh more are allocated than `grid` is known to have consumed" in said
    assert "500 kWh" in found.chinese[said]
    assert found.unallocated_mwh == {"GEC-1": Decimal("7.5")}  # what is allocated stays allocated


def test_what_is_left_of_an_instrument_is_kept() -> None:
    found = inventory(electricity("1000"), instruments=(wind("9.5"),), allocations=(claim("0.25"),))
    assert found.unallocated_mwh == {"GEC-1": Decimal("9.25")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"evidence": ()}, "its factor is zero, and there is no evidence"),
        ({"beneficiary": "other"}, "its beneficiary is `other`"),
        ({"market": "GB"}, "quality criterion 5"),
        ({"kind": "ppa", "start": date(2024, 1, 1), "end": date(2024, 2, 1)}, "delivered at another time"),
    ],
)
def test_an_instrument_that_does_not_belong_here_is_refused(change: dict[str, object], words: str) -> None:
    found = inventory(electricity("1000"), instruments=(wind("9", **change),), allocations=(claim("0.25"),))
    assert words in refusals(found, Basis.MARKET)
    assert not on(found, Basis.MARKET)


def test_the_chinese_bases_take_non_fossil_power_only_with_evidence() -> None:
    without = inventory(electricity("1000", is_non_fossil=True))
    assert "non-fossil electricity without evidence" in refusals(without, Basis.CN_ENTERPRISE)
    assert "non-fossil electricity without evidence" in refusals(without, Basis.CN_ZERO_CARBON_PARK)
    assert not on(without, Basis.CN_ENTERPRISE)
    proven = inventory(electricity("1000", is_non_fossil=True, evidence=EVIDENCE))
    (entry,) = on(proven, Basis.CN_ENTERPRISE)
    assert (entry.mass_kg, entry.factors, entry.label) == (0, ("cn.elec.nonfossil_zero",), "non_fossil")
    assert kg(proven, Basis.LOCATION) == by_hand("1000", "0.4974")  # no effect there


def test_compliant_green_power_is_zero_on_the_park_basis() -> None:
    green = wind("0.4", is_compliant_green=True)
    found = inventory(electricity("1000"), instruments=(green,), allocations=(claim("0.4"),))
    assert kg(found, Basis.CN_ZERO_CARBON_PARK) == by_hand("600", "0.8273")


def test_exports_are_deducted_only_where_a_basis_says_so() -> None:
    sold = electricity("100", name="b", direction=Direction.EXPORT)
    found = inventory(electricity("1000"), sold)
    assert kg(found, Basis.LOCATION) == by_hand("1000", "0.4974")
    assert kg(found, Basis.CN_ENTERPRISE) == by_hand("900", "0.5306")
    (entry,) = [one for one in on(found, Basis.CN_ENTERPRISE) if one.label == "exported"]
    assert (entry.quantity, entry.mass_kg) == (Decimal(-100), Decimal("-53.06"))
    assert "location: exported electricity of `grid` is not deducted" in found.disclosures


def test_own_generation_makes_no_line_of_zero() -> None:
    found = inventory(electricity("100", direction=Direction.GENERATION))
    assert not found.entries
    assert not found.refusals
    assert found.disclosures == ["own generation of `grid` is used or exported: it is no purchase"]


def test_no_factor_is_a_refusal_that_names_what_there_is() -> None:
    found = inventory(electricity("1000"), policy=replace(POLICY, fallbacks=()))
    assert "no factor is valid on all of 2026-10-01 to 2026-10-31" in refusals(found, Basis.LOCATION)
    assert "2023-01-01 to 2023-12-31" in refusals(found, Basis.LOCATION)
    assert not on(found, Basis.LOCATION)
    assert on(found, Basis.CN_ENTERPRISE)  # its own rule: the latest published
    assert any("the latest published national factor" in text for text in found.disclosures)


def test_a_fallback_is_listed_with_its_reason_and_flagged() -> None:
    found = inventory(electricity("1000"))
    assert any(text.startswith("location:") and "newest published" in text for text in found.fallbacks)
    assert all("fallback" in entry.flags for entry in on(found, Basis.LOCATION))
    in_time = inventory(electricity("1000", days=IN_2023))
    assert not in_time.fallbacks
    assert not any("fallback" in entry.flags for entry in in_time.entries)


def test_a_fallback_of_another_enterprise_or_basis_does_not_help() -> None:
    for fallback in (
        Fallback("purchased_electricity", "x", as_of=date(2023, 12, 31), enterprise="other"),
        Fallback("purchased_electricity", "x", as_of=date(2023, 12, 31), basis=Basis.MARKET),
        Fallback("purchased_heat", "x", as_of=date(2023, 12, 31)),
    ):
        found = inventory(electricity("1000"), policy=replace(POLICY, fallbacks=(fallback,)))
        assert not on(found, Basis.LOCATION)


def test_a_line_over_a_year_end_with_two_factors_is_refused() -> None:
    days = date(2022, 12, 1), date(2023, 1, 31)
    found = inventory(electricity("1000", days=days), policy=replace(POLICY, fallbacks=()))
    assert "calculate the parts of the period apart" in refusals(found, Basis.LOCATION)
    assert "two national factors hold in it" in refusals(found, Basis.CN_ENTERPRISE)


def test_grid_factors_of_china_are_co2_and_say_so() -> None:
    found = inventory(electricity("1000"))
    assert all("co2_only" in entry.flags and entry.gas == "CO2" and entry.gwp_set == "" for entry in found.entries)


def test_a_published_total_in_co2e_stands_to_the_last_digit() -> None:
    said = Description(
        Activity.ELECTRICITY, stated("1000", "kWh"), "GB", date(2025, 3, 1), date(2025, 3, 31), "grid_average"
    )
    policy = replace(POLICY, region="GB", gwp_set="AR5", bases=(Basis.LOCATION,))
    found = inventory(line_of(said), policy=policy)
    assert kg(found, Basis.LOCATION) == Decimal(177)  # 0.17700, though its parts come to 0.17701
    biogenic = [entry for entry in found.entries if entry.group == "biogenic"]
    assert [(entry.mass_kg, entry.co2e_kg) for entry in biogenic] == [(Decimal("115.07"), None)]


def test_chinas_bases_do_not_apply_elsewhere_and_say_so() -> None:
    said = Description(
        Activity.ELECTRICITY, stated("1", "kWh"), "GB", date(2025, 3, 1), date(2025, 3, 31), "grid_average"
    )
    found = inventory(line_of(said), policy=replace(POLICY, gwp_set="AR5"))
    assert "does not apply in `GB`" in refusals(found, Basis.CN_ENTERPRISE)


def heat(quantity: str, unit: str = "GJ", **more: object) -> ActivityLine:
    said = Description(Activity.HEAT, stated(quantity, unit), "CN-ZJ", *OCTOBER, "heat")
    return line_of(said, **more)


def test_heat_has_the_countrys_default_on_every_basis() -> None:
    found = inventory(heat("12.5"))
    for basis in POLICY.bases:
        assert kg(found, basis) == Decimal(1375)  # 12.5 GJ x 110 kg/GJ
    assert all("default_factor" in entry.flags for entry in found.entries)
    sold = inventory(heat("12.5"), heat("2.5", name="b", direction=Direction.EXPORT))
    assert kg(sold, Basis.LOCATION) == Decimal(1375)
    assert kg(sold, Basis.CN_ENTERPRISE) == Decimal(1100)


def test_a_suppliers_factor_of_heat_comes_before_the_default() -> None:
    default = next(one for one in catalogue().factors if one.id == "cn.heat.default")
    own = replace(default, id="own.heat", region="CN-ZJ", series="supplier", value=Fraction("0.098"), text="0.098")
    whole = replace(catalogue(), factors=(*catalogue().factors, own))
    found = account([heat("10")], (), (), POLICY, whole)
    assert {entry.co2e_kg for entry in found.entries} == {Decimal(980)}


def test_tonnes_of_steam_are_refused_with_what_to_give() -> None:
    found = inventory(heat("3", "t"))
    assert not found.entries
    assert "tonnes x enthalpy" in refusals(found, Basis.LOCATION)


def test_a_factor_that_the_source_names_with_a_reason_is_listed() -> None:
    line = electricity("1000")
    said = replace(line.description, choice=Choice(region="CN", as_of=date(2023, 6, 1), reason="by contract"))
    found = inventory(replace(line, description=said))
    assert kg(found, Basis.LOCATION) == by_hand("1000", "0.5306")
    assert any("by contract" in text for text in found.fallbacks)


def test_an_allocation_over_months_belongs_to_them_by_days() -> None:
    quarter = date(2026, 10, 1), date(2026, 12, 31)
    months = [quarter[0], date(2026, 11, 1), date(2026, 12, 1)]
    ends = [date(2026, 10, 31), date(2026, 11, 30), quarter[1]]
    used, owned = claim("0.92", days=quarter), wind("0.92")
    parts = [
        inventory(electricity("1000", days=span), instruments=(owned,), allocations=(used,))
        for span in zip(months, ends, strict=True)
    ]
    covered = [[one.quantity for one in on(part, Basis.MARKET) if one.instrument] for part in parts]
    assert covered == [[310], [300], [310]]  # 10 kWh a day


def test_certificates_come_before_contracts_and_suppliers_rates() -> None:
    rate = wind("9", id="A-RATE", kind="supplier_rate", factor_kg_per_kwh=Decimal("0.2"), retired_on=None)
    lines = electricity("600", name="a"), electricity("600", name="b")
    found = inventory(
        *lines, instruments=(rate, wind("9")), allocations=(claim("0.6", instrument="A-RATE"), claim("0.6"))
    )
    covers = {entry.activity: entry.instrument for entry in on(found, Basis.MARKET)}
    assert covers == {"a": "GEC-1", "b": "A-RATE"}


def test_a_value_that_nobody_has_reviewed_is_flagged() -> None:
    line = electricity("1000", days=(date(2021, 5, 1), date(2021, 5, 31)))
    (entry,) = on(inventory(line), Basis.CN_ENTERPRISE)
    assert "pending_factor" in entry.flags
    assert entry.mass_kg == by_hand("1000", "0.5568")


def test_an_unknown_residual_mix_is_a_refusal() -> None:
    found = inventory(electricity("1000"), policy=replace(POLICY, residual_mix="cn.grid.nowhere"))
    assert "`cn.grid.nowhere` is no factor of electricity" in refusals(found, Basis.MARKET)
    assert not on(found, Basis.MARKET)


def test_megawatt_hours_are_kilowatt_hours() -> None:
    found = inventory(electricity("1.5", unit="MWh"), instruments=(wind("1"),), allocations=(claim("0.5"),))
    assert kg(found, Basis.LOCATION) == by_hand("1500", "0.4974")
    assert kg(found, Basis.MARKET) == by_hand("1000", "0.4974")
    assert {entry.unit for entry in found.entries} == {"kWh"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "i_rec"}, "`i_rec` is no proof of non-fossil electricity in China"),
        ({"kind": "ppa", "energy_source": "lignite"}, "its energy source `lignite` is not known as non-fossil"),
        ({"factor_kg_per_kwh": Decimal("0.01")}, "its factor is not zero"),
    ],
)
def test_what_proves_nothing_in_china_changes_nothing_and_is_said(change: dict[str, object], why: str) -> None:
    found = inventory(electricity("1000"), instruments=(wind("0.4", **change),), allocations=(claim("0.4"),))
    assert kg(found, Basis.CN_ENTERPRISE) == by_hand("1000", "0.5306")
    assert f"cn_enterprise: instrument GEC-1 changes nothing: {why}" in found.disclosures


@pytest.mark.parametrize("change", [{"energy_source": ""}, {"kind": "direct_supply", "energy_source": "光伏"}])
def test_certificates_and_contracts_of_renewables_prove(change: dict[str, object]) -> None:
    found = inventory(electricity("1000"), instruments=(wind("0.4", **change),), allocations=(claim("0.4"),))
    assert kg(found, Basis.CN_ENTERPRISE) == by_hand("600", "0.5306")


def test_two_equal_allocations_count_twice() -> None:
    rate = wind("100", kind="supplier_rate", factor_kg_per_kwh=Decimal("0.4"))
    found = inventory(electricity("50000"), instruments=(rate,), allocations=(claim("10"), claim("10")))
    by_id = {entry.id: entry for entry in on(found, Basis.MARKET)}
    assert sum(entry.quantity for entry in by_id.values()) == 50_000
    assert sum(entry.mass_kg for entry in by_id.values()) == 20_000 * Decimal("0.4") + 30_000 * Decimal("0.4974")


@pytest.mark.parametrize("factor", ["0", "0.0001"])
def test_no_instrument_counts_without_evidence(factor: str) -> None:
    found = inventory(
        electricity("50000"),
        instruments=(wind("10", evidence=(), factor_kg_per_kwh=Decimal(factor)),),
        allocations=(claim("10"),),
    )
    assert on(found, Basis.MARKET) == []
    assert "there is no evidence" in refusals(found, Basis.MARKET)


def test_contracts_are_claimed_for_the_days_of_delivery_alone() -> None:
    contract = wind("120", kind="ppa", start=date(2026, 10, 1), end=date(2026, 10, 30))
    found = inventory(electricity("500000"), instruments=(contract,), allocations=(claim("100"),))
    assert "delivered at another time" in refusals(found, Basis.MARKET)


def test_a_line_without_a_region_is_of_the_policys() -> None:
    line = electricity("50000")
    line = replace(line, description=replace(line.description, region=""))
    found = inventory(line, instruments=(wind("10", market="US"),), allocations=(claim("10"),))
    assert "criterion 5" in refusals(found, Basis.MARKET)
    assert on(inventory(line, instruments=(wind("10"),), allocations=(claim("10"),)), Basis.MARKET)


def test_compliant_green_power_is_of_a_source_that_is_green() -> None:
    coal = wind("10", kind="direct_supply", energy_source="coal", is_compliant_green=True)
    found = inventory(electricity("50000"), instruments=(coal,), allocations=(claim("10"),))
    assert {entry.label for entry in on(found, Basis.CN_ZERO_CARBON_PARK)} == {"purchased"}


def test_a_fallback_does_not_stand_for_two_factors_that_there_are() -> None:
    found = inventory(electricity("1000", days=(date(2022, 12, 15), date(2023, 1, 15))))
    assert found.fallbacks == []
    assert "calculate the parts of the period apart" in refusals(found, Basis.LOCATION)


def test_a_certificate_that_was_retired_before_it_was_generated_counts_nowhere() -> None:
    early = wind("10", retired_on=date(2026, 9, 30))
    found = inventory(electricity("50000"), instruments=(early,), allocations=(claim("10"),))
    assert list(found.rejected_instruments) == ["GEC-1"]
    assert {entry.label for entry in on(found, Basis.MARKET)} == {"remainder"}
