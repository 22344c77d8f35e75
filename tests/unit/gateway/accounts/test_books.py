"""Books: what emits, who reports it; nothing counts twice."""

import pickle
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.accounts.energy.flows import flows_of
from gateway.accounts.setup.compile import load_books, no_books
from gateway.config import load
from gateway.config.accountplan import Direction, Medium
from gateway.plugins import known_drivers
from rules.carbon.factor import Activity
from rules.carbon.inventory.entry import Basis
from tests.unit.gateway.accounts.books_park import GAS, books_of, full, told

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo" / "park.yaml"


# Sources and entities


def test_electricity_follows_from_roles(tmp_path) -> None:
    sources = books_of(tmp_path, "").sources
    assert sources["acme-electricity"].meters == ("acme-main.energy_import",)
    assert sources["acme-electricity"].exports == ("acme-main.energy_export",)
    assert sources["site-electricity"].meters == ("tx1.energy_import",)
    assert sources["site-electricity"].generation == ("pv1.energy_import",)
    assert sources["park-electricity"].generation == ()  # its plant feeds the park's network, not its own


def test_without_a_main_meter_the_sub_meters_add_up_and_it_is_said(tmp_path) -> None:
    books = books_of(tmp_path, "carbon: {region: CN-ZJ}\n")
    assert books.sources["beta-electricity"].meters == ("beta-a.energy_import", "beta-b.energy_import")
    assert [finding.message for finding in books.findings] == [
        "the electricity of `beta` is the sum of its sub-meters: it has no main meter"
    ]


def test_sub_meters_of_which_one_lies_under_another_are_not_added(tmp_path) -> None:
    accounts = (
        "carbon: {region: CN-ZJ}\nenergy: {meters: [{point: beta-b.energy_import, under: beta-a.energy_import}]}\n"
    )
    books = books_of(tmp_path, accounts)
    assert "beta-electricity" not in books.sources
    assert "`beta-b.energy_import` lies under `beta-a.energy_import`" in books.findings[0].message


def test_a_declared_source_is_a_template_with_the_region_of_its_country(tmp_path) -> None:
    books = books_of(tmp_path, f"carbon: {{region: CN-ZJ, gwp: AR5, sources: [{GAS}]}}\n")
    template = books.sources["gas"].template
    assert (template.activity, template.region, template.gwp_set) == (Activity.STATIONARY, "CN", "AR5")
    assert (template.quantity.value, str(template.quantity.unit)) == (Fraction(0), "Nm3")
    assert books.entities["acme"].sources == ("gas", "acme-electricity")


def test_the_park_has_what_it_buys_and_what_its_enterprises_emit_themselves(tmp_path) -> None:
    books = books_of(tmp_path, f"carbon: {{region: CN-ZJ, sources: [{GAS}]}}\n")
    assert set(books.entities["site"].sources) == {"site-electricity", "gas"}
    assert books.entities["site"].is_park
    assert {*books.entities} == {"park", "acme", "beta", "site"}


@pytest.mark.parametrize(
    ("changed", "to", "message"),
    [
        ("fuel: natural_gas", "fuel: natural_gaz", "fuel: no factor for stationary_combustion of `natural_gaz`"),
        ("series: gbt-32151.34", "series: gbt-32151.43", "factor.series: no factor for"),
        ("activity: stationary_combustion", "activity: stationary_combusion", "unknown activity"),
        ("fuel: natural_gas", "feul: natural_gas", "unknown key `feul` (did you mean `fuel`?)"),
        ("fuel: natural_gas", "fuel: natural_gas, date: 2026-01-01", "`date` has no place in an emission source"),
        ("fuel: natural_gas", "fuel: natural_gas, gwp: AR5", "the GWP set is the inventory's"),
        (
            "meters: [GAS]",
            "meters: [acme-boiler.raw_volume]",
            "`acme-boiler.raw_volume` counts m3: m3 (volume) does not lead to the unit",
        ),
        ("meters: [GAS]", "meters: [acme-boiler.gas_volum]", "no meter `acme-boiler.gas_volum`"),
        ("meters: [GAS]", "meters: [BACK]", "`BACK` counts what is given back"),
        ("enterprise: acme", "enterprise: acne", "no enterprise `acne`"),
        (
            "activity: stationary_combustion, fuel: natural_gas",
            "activity: standard_coal, fuel: electricity",
            "belongs to neither scope 1 nor scope 2",
        ),
    ],
)
def test_a_mistake_in_a_source_that_no_date_puts_right_is_told_at_load(tmp_path, changed, to, message) -> None:
    found = told(tmp_path, f"carbon:\n  region: CN-ZJ\n  sources:\n    - {GAS.replace(full(changed), full(to))}\n")
    assert any(full(message) in problem for problem in found), found
    assert all(problem.startswith("4:") for problem in found)


def test_one_meter_in_two_sources_of_an_entity_is_told_with_both_places(tmp_path) -> None:
    other = GAS.replace("id: gas", "id: gas-2")
    problem = told(tmp_path, f"carbon:\n  region: CN-ZJ\n  sources:\n    - {GAS}\n    - {other}\n")[0]
    assert problem.startswith("5:7: `acme-boiler.gas_volume` counts twice: in `gas-2` and in `gas` (the other: ")


def test_nobody_counts_the_meter_of_another_enterprise_without_an_allocation(tmp_path) -> None:
    other = GAS.replace("enterprise: acme", "enterprise: beta")
    (problem,) = told(tmp_path, f"carbon:\n  region: CN-ZJ\n  sources:\n    - {other}\n")
    assert "`beta` bears no part of `acme-boiler.gas_volume`" in problem


BOUGHT = Medium.ELECTRICITY, Direction.IMPORT
SHARED = """\
energy:
  meters: [{point: "tx1.*", excluded: true}, {point: acme-boiler.gas_volume}]
  allocations:
    - {of: common.energy_import, by: area, valid_from: 2026-01-01, weights: {acme: 2, beta: 1}}
    - {of: acme-boiler.gas_volume, by: heat, valid_from: 2026-01-01, weights: {acme: 2, beta: 1}}
carbon:
  region: CN-ZJ
  sources:
"""


def common(*owners: str) -> str:
    """A source of each with the meter of common services."""
    of = "meters: [common.energy_import], activity: purchased_electricity"
    return "".join(f"    - {{id: {owner}-common-{n}, enterprise: {owner}, {of}}}\n" for n, owner in enumerate(owners))


def test_each_who_bears_a_part_of_a_shared_meter_may_count_its_part(tmp_path) -> None:
    books = books_of(tmp_path, SHARED + common("acme", "beta"))
    assert books.entities["acme"].sources == ("acme-common-0", "acme-electricity")  # beside its own supply
    assert {"acme-common-0", "beta-common-1"} <= {*books.entities["site"].sources}
    assert not [one for one in books.findings if "so the park lacks it" in one.message]
    assert books.sources["acme-common-0"].exports == books.sources["acme-common-0"].generation == ()
    (flow,) = [one for one in flows_of(books, books.entities["site"]) if (one.medium, one.direction) == BOUGHT]
    assert dict(flow.weights)["common.energy_import"] == 1


def test_a_shared_fuel_is_divided_likewise(tmp_path) -> None:
    other = GAS.replace("id: gas", "id: gas-2").replace("enterprise: acme", "enterprise: beta")
    books = books_of(tmp_path, f"{SHARED}    - {GAS}\n    - {other}\n")
    assert {"gas", "gas-2"} <= {*books.entities["site"].sources}


@pytest.mark.parametrize(
    ("owners", "words"),
    [
        (("acme", "acme"), "`common.energy_import` counts twice: in `acme-common-1` and in `acme-common-0`"),
        (("acme", "beta", "acme"), "counts twice: in `acme-common-2` and in `acme-common-0`"),
    ],
)
def test_nobody_counts_a_part_of_a_shared_meter_twice(tmp_path, owners, words) -> None:
    found = told(tmp_path, SHARED + common(*owners))
    assert any(words in one for one in found), found


def test_a_fuel_of_the_park_as_a_whole_and_of_a_tenant_counts_twice(tmp_path) -> None:
    other = GAS.replace("id: gas", "id: gas-2").replace("enterprise: acme", "enterprise: site")
    for sources in ((GAS, other), (other, GAS)):
        (problem,) = told(tmp_path, SHARED + "".join(f"    - {one}\n" for one in sources))
        assert "`acme-boiler.gas_volume` counts twice" in problem


def test_who_bears_nothing_of_a_shared_meter_cannot_count_it(tmp_path) -> None:
    accounts = (SHARED + common("acme", "beta")).replace("weights: {acme: 2, beta: 1}", "weights: {acme: 2, beta: 0}")
    (problem,) = told(tmp_path, accounts)
    assert "`beta` bears no part of `common.energy_import`" in problem


def test_a_part_that_nobody_counts_is_told(tmp_path) -> None:
    findings = books_of(tmp_path, SHARED + common("acme")).findings
    (found,) = [one.message for one in findings if "so the park lacks it" in one.message]
    assert found == "the part of beta of `common.energy_import` is in no emission source, so the park lacks it"


def test_a_main_meter_under_another_main_meter_of_the_same_enterprise_counts_twice(tmp_path) -> None:
    accounts = """\
energy: {meters: [{point: SUB, under: MAIN}]}
carbon:
  region: CN-ZJ
  sources: [{id: e, enterprise: acme, meters: [MAIN, SUB], activity: purchased_electricity}]
"""
    (problem,) = told(tmp_path, full(accounts))
    assert "source `e` counts `acme-sub.energy_import` twice: it lies under `acme-main.energy_import`" in problem


def test_declared_electricity_takes_the_place_of_the_derived_one(tmp_path) -> None:
    source = "{id: supply, enterprise: acme, meters: [acme-sub.energy_import], activity: purchased_electricity}"
    books = books_of(tmp_path, f"carbon: {{region: CN-ZJ, sources: [{source}]}}\n")
    assert books.entities["acme"].sources == ("supply",)
    assert books.sources["supply"].exports == ("acme-sub.energy_export",)
    assert books.sources["supply"].template.region == "CN-ZJ"


def test_policy_names_are_checked_against_the_catalogue(tmp_path) -> None:
    fallback = "{activity: purchased_electricty, region: CN, reason: r}"
    carbon = f"carbon: {{region: CN-ZX, residual_mix: cn.gird, bases: [location], fallbacks: [{fallback}]}}\n"
    found = " | ".join(told(tmp_path, carbon))
    assert "no electricity factor of region `CN-ZX`" in found
    assert "no electricity factor `cn.gird`" in found
    assert "unknown activity `purchased_electricty` (did you mean `purchased_electricity`?)" in found


def test_an_enterprise_with_the_name_of_the_site_is_an_error_where_carbon_is_accounted(tmp_path) -> None:
    path = tmp_path / "park.yaml"
    text = "site: {id: acme}\nenterprises: [{id: acme}]\nconnections: {}\ndevices: []\n"
    path.write_text(text, encoding="utf-8")
    assert [*load_books(load(path, known_drivers(), {}).plan).entities] == ["acme"]
    (problem,) = [one for one in told_of(path, text + "carbon: {}\n") if "same id" in one]
    assert "the site and an enterprise have the same id `acme`" in problem


def told_of(path: Path, text: str) -> list[str]:
    from gateway.config import ConfigErrors

    path.write_text(text, encoding="utf-8")
    try:
        load_books(load(path, known_drivers(), {}).plan)
    except ConfigErrors as errors:
        return [str(problem) for problem in errors.problems]
    return []


# The whole


def test_books_go_to_another_process_and_say_the_same_there(tmp_path) -> None:
    books = books_of(tmp_path, f"carbon: {{region: CN-ZJ, sources: [{GAS}]}}\n")
    assert pickle.loads(pickle.dumps(books)) == books


def test_no_books_account_nothing(tmp_path) -> None:
    (tmp_path / "park.yaml").write_text(
        "site: {id: s}\nenterprises: []\nconnections: {}\ndevices: []\n", encoding="utf-8"
    )
    books = no_books(load(tmp_path / "park.yaml", known_drivers(), {}).plan)
    assert not books.meters
    assert not books.entities


def test_the_demo_park_has_books_without_findings_and_an_inventory_for_everybody() -> None:
    books = load_books(load(DEMO, known_drivers(), {}).plan)
    assert books.findings == ()
    assert len(books.entities) == 14
    assert all(entity.sources for entity in books.entities.values())
    assert set(books.policy.bases) == {Basis.LOCATION, Basis.MARKET, Basis.CN_ENTERPRISE, Basis.CN_ZERO_CARBON_PARK}
