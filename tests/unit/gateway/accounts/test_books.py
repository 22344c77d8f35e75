"""Books: meters by default and as declared, what emits, who reports it; nothing counts twice."""

import pickle
import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.energy.flows import flows_of
from gateway.accounts.setup.compile import load_books, no_books
from gateway.accounts.setup.registers import flow
from gateway.accounts.setup.supply import Supply
from gateway.config import load
from gateway.config.accountplan import Direction, Medium
from gateway.plugins import known_drivers
from rules.carbon.factor import Activity
from rules.carbon.inventory.entry import Basis
from tests.unit.gateway.accounts.books_park import GAS, PARK, books_of, told

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo" / "park.yaml"
SHORT = {
    "MAIN": "acme-main.energy_import",
    "SUB": "acme-sub.energy_import",
    "BACK": "acme-main.energy_export",
    "GAS": "acme-boiler.gas_volume",
    "COMMON": "common.energy_import",
}
DAY_2026 = 1_767_196_800_000_000_000  # 2026-01-01 in Shanghai


def full(text: str) -> str:
    """With tags in full."""
    return re.sub("|".join(SHORT), lambda match: SHORT[match[0]], text)


# Meters


def test_every_counter_of_energy_volume_or_mass_is_a_meter_but_no_part_of_another_one(tmp_path) -> None:
    meters = books_of(tmp_path, "").meters
    assert {"tx1.energy_import", "tx1.energy_export", "acme-boiler.gas_volume"} <= meters.keys()
    assert not {"tx1.energy_import_l1", "tx1.energy_total", "acme-boiler.hours", "tx1.power_active"} & meters.keys()


def test_medium_and_direction_follow_from_unit_name_and_role(tmp_path) -> None:
    meters = books_of(tmp_path, "").meters
    told_of = {tag: (meter.medium, meter.direction) for tag, meter in meters.items()}
    assert told_of["tx1.energy_import"] == (Medium.ELECTRICITY, Direction.IMPORT)
    assert told_of["tx1.energy_export"] == (Medium.ELECTRICITY, Direction.EXPORT)
    assert told_of["pv1.energy_import"] == (Medium.ELECTRICITY, Direction.GENERATION)
    assert told_of["acme-boiler.gas_volume"] == (Medium.GAS, Direction.IMPORT)


def test_the_declaration_of_a_register_follows_from_its_point_and_its_polls(tmp_path) -> None:
    spec = books_of(tmp_path, "").meters["tx1.energy_import"].spec
    assert (spec.resolution, spec.modulus, spec.gap_ns) == (Decimal("0.1"), Decimal("429496729.6"), 60_000_000_000)


def test_an_entry_with_a_star_is_for_all_and_one_without_goes_over_it(tmp_path) -> None:
    energy = """\
energy:
  meters:
    - {point: "*.energy_import", class: 1 %, rated: 1.25 MW}
    - {point: tx1.energy_import, class: 0.2 %, multiplier: 40, multipliers: [{valid_from: 2026-01-01, value: 60}]}
"""
    meters = books_of(tmp_path, energy).meters
    assert meters["acme-sub.energy_import"].accuracy_percent == 1
    assert meters["tx1.energy_import"].accuracy_percent == Decimal("0.2")
    assert meters["tx1.energy_import"].spec.rated == 1250
    assert meters["tx1.energy_import"].spec.multipliers == ((0, Decimal(40)), (DAY_2026, Decimal(60)))


def test_a_wide_star_makes_no_meter_of_what_is_none_unless_it_names_a_medium(tmp_path) -> None:
    assert "acme-boiler.hours" not in books_of(tmp_path, 'energy: {meters: [{point: "*", class: 1 %}]}').meters
    declared = 'energy: {meters: [{point: "*.hours", medium: production}]}'
    assert books_of(tmp_path, declared).meters["acme-boiler.hours"].medium is Medium.PRODUCTION


def test_a_device_without_connection_has_a_meter_that_people_read(tmp_path) -> None:
    meter = books_of(tmp_path, "energy: {meters: [{point: by-hand.heat, unit: GJ, medium: heat}]}").meters[
        "by-hand.heat"
    ]
    assert (meter.is_manual, meter.enterprise, meter.spec.accounted_unit) == (True, "beta", "kWh")


def test_what_is_excluded_is_no_meter_and_cannot_be_named(tmp_path) -> None:
    energy = "energy: {meters: [{point: SUB, excluded: true}], virtual: [{id: v, enterprise: acme, plus: SUB}]}\n"
    assert told(tmp_path, full(energy))[0].startswith("1:111: no meter `acme-sub.energy_import`")


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (
            "meters: [{point: tx1.enrgy_import}]",
            "`tx1` has no counter `enrgy_import` (did you mean `tx1.energy_import`?)",
        ),
        ("meters: [{point: tx1.power_active}]", "`tx1.power_active` is a gauge, not a counter"),
        ('meters: [{point: "ty*.energy_import"}]', "no counter matches `ty*.energy_import`"),
        ("meters: [{point: by-hand.energy}]", "`by-hand.energy` is read by people, and has no unit"),
        ("meters: [{point: by-hand.Heat, unit: GJ}]", "name `Heat`: not an id"),
        ("meters: [{point: tx1.energy_import, unit: MWh}]", "`tx1.energy_import` counts `kWh`, not `MWh`"),
        ("meters: [{point: tx1.energy_import, rated: 5 m3/h}]", "`5 m3/h` is no flow of a meter that counts `kWh`"),
        ("meters: [{point: SUB, under: GAS}]", "`SUB` (electricity) cannot lie under"),
        ("meters: [{point: SUB, under: BACK}]", "`SUB` (import) cannot lie under"),
        ("virtual: [{id: v, enterprise: acme, plus: [MAIN, GAS]}]", "`GAS` counts gas, `v` is electricity"),
        ("virtual: [{id: v, enterprise: acme, plus: MAIN, minus: MAIN}]", "is added and taken away"),
        ("virtual: [{id: v, enterprise: acne, plus: MAIN}]", "no enterprise `acne` (did you mean `acme`?)"),
        (
            "virtual: [{id: v, enterprise: acme, plus: virtual.v}]",
            "`virtual.v` is virtual: a virtual meter is made of meters",
        ),
        (
            "allocations: [{of: COMMON, by: area, valid_from: 2026-01-01, weights: {acme: 0, beta: 0}}]",
            "nobody bears `COMMON`: every weight is 0",
        ),
        (
            "allocations: [{of: comon.energy_import, by: area, valid_from: 2026-01-01, weights: {acme: 1}}]",
            "no meter `comon.energy_import` (did you mean `COMMON`?)",
        ),
        ("interval: 7 min", "intervals of whole minutes that divide a day"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, energy, message) -> None:
    found = told(tmp_path, full(f"energy: {{{energy}}}\n"))
    assert len(found) == 1, found
    assert full(message) in found[0]
    assert found[0].startswith("1:")


def test_two_entries_that_contradict_each_other_are_told_with_both_places(tmp_path) -> None:
    energy = """\
energy:
  meters:
    - {point: "*-main.energy_import", class: 1 %}
    - {point: "acme*.energy_import", class: 2 %}
"""
    (problem,) = told(tmp_path, energy)
    assert problem.startswith("4:7: `class` of `acme-main.energy_import` is stated twice, differently (first: ")
    assert f"park.yaml:{PARK.count(chr(10)) + 3}:7;" in problem


def test_meters_that_lie_under_each_other_in_a_circle_are_one_problem_with_both_places(tmp_path) -> None:
    energy = """\
energy:
  meters:
    - {point: acme-main.energy_import, under: acme-sub.energy_import}
    - {point: acme-sub.energy_import, under: acme-main.energy_import}
"""
    (problem,) = told(tmp_path, energy)
    assert problem.startswith("3:47: goes round in a circle: `acme-main.energy_import` under `acme-sub.energy_import`")
    assert "the other end: " in problem


def test_a_virtual_meter_does_not_add_a_meter_to_one_that_counts_it(tmp_path) -> None:
    energy = """\
energy:
  meters: [{point: acme-sub.energy_import, under: acme-main.energy_import}]
  virtual: [{id: v, enterprise: acme, plus: [acme-main.energy_import, acme-sub.energy_import]}]
"""
    (problem,) = told(tmp_path, energy)
    assert "virtual meter `v` counts `acme-sub.energy_import` twice" in problem
    apart = energy.replace(
        "plus: [acme-main.energy_import, acme-sub.energy_import]",
        "plus: acme-main.energy_import, minus: acme-sub.energy_import",
    )
    assert books_of(tmp_path, apart).virtual["virtual.v"].minus == ("acme-sub.energy_import",)


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


TAGS = st.integers(0, 8).map(lambda number: f"m{number}")


@given(st.dictionaries(TAGS, st.lists(TAGS, max_size=3).map(tuple), max_size=9), st.lists(TAGS, max_size=5))
def test_a_pair_is_found_exactly_where_a_way_leads_from_one_to_the_other(under, tags) -> None:
    supply = Supply(under)

    def leads(low: str, high: str, seen: frozenset[str] = frozenset()) -> bool:
        nexts = [one for one in under.get(low, ()) if one not in seen]
        return high in nexts or any(leads(one, high, seen | {one}) for one in nexts)

    expected = any(leads(low, high) for low in set(tags) for high in set(tags))
    pair = supply.pair(tags)
    assert (pair is not None) is expected
    assert pair is None or leads(*pair)
    for tag in under:
        way = supply.cycle(tag)
        assert (way is not None) is leads(tag, tag)
        if way is not None:
            assert way[0] == way[-1] == tag
            assert all(high in under[low] for low, high in pairwise(way))


@pytest.mark.parametrize(
    ("text", "unit", "per_hour"),
    [
        ("1250 kW", "kWh", "1250"),
        ("1.25 MW", "Wh", "1250"),
        ("400 Nm3/h", "Nm³", "400"),
        ("10 L/min", "m3", "0.6"),
        ("2 t/h", "kg", "2000"),
        ("12.5", "pieces", "12.5"),
    ],
)
def test_a_flow_is_read_in_units_of_account_per_hour(text, unit, per_hour) -> None:
    assert flow(text, unit) == Decimal(per_hour)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("5 kvar", "kWh"), ("x", "kWh"), ("-1 kW", "kWh"), ("0 kW", "kWh"), ("NaN", "kWh"), ("5 kW", "pieces")],
)
def test_what_is_no_flow_is_none(text, unit) -> None:
    assert flow(text, unit) is None
