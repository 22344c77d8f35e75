"""Meters by default and as declared: what each counts, what lies under what, what fits nowhere."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.setup.registers import flow
from gateway.accounts.setup.supply import Supply
from gateway.config.accountplan import Direction, Medium
from tests.unit.gateway.accounts.books_park import PARK, books_of, full, told

DAY_2026 = 1_767_196_800_000_000_000  # 2026-01-01 in Shanghai


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
