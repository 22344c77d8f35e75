"""Running figures: the same as what the ledger says, whatever comes in whatever order, and cheap."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from gateway.accounts.books import EmissionSource
from gateway.accounts.energy.emission_rates import EmissionRates, Month, Rate
from gateway.accounts.energy.live import LiveAccounts
from gateway.accounts.energy.live_figures import live_figures
from gateway.accounts.energy.live_hours import live_hours
from gateway.accounts.energy.usage import usage
from gateway.core.point import Names
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import Direction
from tests.unit.gateway.accounts.tariff_park import TariffPark, at, changed
from tests.unit.rules.energy.tariff.tariff_cases import tariff

NOVEMBER = date(2026, 11, 1)
TODAY = date(2026, 11, 22)
NOW = at("2026-11-22T12:30")


class FixedRates(EmissionRates):
    """0.5 kg/kWh in January to October, 0.6 from November on; nothing for what is given back."""

    def rate(self, source: str, month: Month, direction: Direction = Direction.IMPORT) -> Rate:
        """The rate."""
        kg = 0 if direction is Direction.EXPORT else 6 if month >= (2026, 11) else 5
        return Rate(0, kg * 10**14)


class WithoutExports(EmissionRates):
    """A kg of scope 1 for a unit of fuel, 0.6 kg of scope 2 for a kWh; fuel that is given back has no factor."""

    def rate(self, source: str, month: Month, direction: Direction = Direction.IMPORT) -> Rate:
        """The rate."""
        if source == "gas":
            return Rate(None if direction is Direction.EXPORT else 10**15, 0)
        return Rate(0, 0 if direction is Direction.EXPORT else 6 * 10**14)


def park_of(folder: Path, last_hours: int = 0) -> TariffPark:
    """Ten kWh an hour since October; the meters' last day ends at noon."""
    park = TariffPark.at(folder, tariff(first=date(2025, 1, 1), self_use=Decimal("0.5"), feed_in=Decimal("0.4153")))
    for tag in ("acme.import", "pv.energy", "acme.export", "bravo.import", "acme.water", "acme-evc.import"):
        rate = {"acme.export": "1", "pv.energy": "3"}.get(tag, "10")
        park.fill(tag, date(2026, 10, 1), TODAY - timedelta(days=1), rate)
        found = park.fill(tag, TODAY, TODAY, rate, but=tuple(range(13, 25)))
        assert found[11].quantity == Decimal(rate)
    park.now_ns = NOW
    return park


def started(park: TariffPark) -> LiveAccounts:
    live = LiveAccounts(park.books)
    tags = live.begin_reading(NOW)
    live.adopt(live.read_base(park.db, tags, NOW))
    return live


def shown(live: LiveAccounts, entity: str = "acme") -> dict[str, Any]:
    return live_figures(live, FixedRates(live.books), entity, NOW)


def asked(park: TariffPark, period: str, entity: str = "acme") -> dict[str, Any]:
    return usage(park.db, park.books, entity, period, NOW, rates=FixedRates(park.books))


def quantity(figures: dict[str, Any], direction: str = "import", medium: str = "electricity") -> str:
    return next(
        one["quantity"] for one in figures["energy"] if (one["medium"], one["direction"]) == (medium, direction)
    )


def test_what_runs_is_what_the_ledger_says(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    for entity in ("acme", "bravo", "park"):
        figures = shown(live, entity)
        for period in ("today", "month", "year"):
            expected = asked(park, period, entity)
            assert [(one["medium"], one["direction"], one["quantity"]) for one in figures[period]["energy"]] == [
                (one["medium"], one["direction"], one["quantity"]) for one in expected["energy"]
            ]
            assert figures[period]["cost"]["amount"] == expected["cost"]["amount"]
            for scope in ("scope1_kg", "scope2_kg"):
                assert figures[period]["emissions"][scope] == expected["emissions"][scope]


def test_today_worked_by_hand(tmp_path: Path) -> None:
    """A Sunday, valley all day at 0.3: twelve hours of 10 kWh, PV 3 kWh at 0.5 less the 1 kWh that is exported."""
    figures = shown(started(park_of(tmp_path)))["today"]
    assert quantity(figures) == "120"
    assert quantity(figures, medium="water") == "120"
    # 120 * 0.3 + (36 - 12) * 0.5 - 12 * 0.4153 = 36 + 12 - 4.9836
    assert figures["cost"] == {"amount": "43.02", "currency": "CNY", "is_lower_bound": False}
    assert figures["emissions"]["scope2_kg"] == "72"


def test_a_commit_moves_the_figures_by_its_intervals(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    fresh = park.fill("acme.import", TODAY, TODAY, "10")[12]
    revision = live.revision
    live.changed([("acme.import", fresh)], NOW)
    assert quantity(shown(live)["today"]) == "130"
    assert quantity(shown(live)["year"]) == str((31 + 21) * 240 + 130)
    assert live.revision > revision


def test_late_data_replaces_an_interval_of_today_and_yesterday(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    for day, hour in ((TODAY, 3), (TODAY - timedelta(days=1), 20)):
        one = next(one for one in park.fill("acme.import", day, day) if one.span.start_ns == at(f"{day}T{hour:02d}:00"))
        park.store("acme.import", [changed(one, "15")])
        live.changed([("acme.import", changed(one, "15"))], NOW)
    assert not live.stale
    assert quantity(shown(live)["today"]) == "125"
    assert quantity(shown(live)["month"]) == str(21 * 240 + 120 + 10)


def test_the_same_interval_again_changes_nothing(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    one = park.fill("acme.import", TODAY, TODAY)[5]
    revision = live.revision
    live.changed([("acme.import", one), ("unknown.tag", one)], NOW)
    assert live.revision == revision


def test_a_change_further_back_is_read_again(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    one = next(iter(park.fill("acme.import", NOVEMBER, NOVEMBER)))
    park.store("acme.import", [changed(one, "110")])
    live.changed([("acme.import", changed(one, "110"))], NOW)
    assert live.stale == {"acme.import"}
    tags = live.begin_reading(NOW)
    live.adopt(live.read_base(park.db, tags, NOW))
    assert quantity(shown(live)["month"]) == quantity(asked(park, "month"))
    assert quantity(shown(live)["month"]) == str(21 * 240 + 120 + 100)


def test_what_is_committed_while_the_ledger_is_read_is_not_lost(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = LiveAccounts(park.books)
    base = live.read_base(park.db, live.begin_reading(NOW), NOW)
    fresh = park.fill("acme.import", TODAY, TODAY, "10")[12]
    live.changed([("acme.import", fresh)], NOW)
    live.adopt(base)
    assert quantity(shown(live)["today"]) == "130"


def test_a_gap_of_today_is_a_lower_bound_and_what_is_only_late_is_not(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path, tariff())
    park.fill("bravo.import", TODAY, TODAY, "10", but=tuple(range(13, 25)))
    live = started(park)
    figure = live_figures(live, FixedRates(live.books), "bravo", NOW)["today"]
    assert figure["energy"][0]["is_lower_bound"] is False
    later = live_figures(live, FixedRates(live.books), "bravo", NOW + 4 * 3600 * 10**9)["today"]
    assert later["energy"][0]["is_lower_bound"] is True
    assert later["cost"]["is_lower_bound"] is True


def test_at_midnight_today_begins_anew_and_the_month_goes_on(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    tomorrow = TODAY + timedelta(days=1)
    fresh = park.fill("acme.import", tomorrow, tomorrow)[0]
    now_ns = at("2026-11-23T01:00:10")
    live.changed([("acme.import", fresh)], now_ns)
    figures = live_figures(live, FixedRates(live.books), "acme", now_ns)
    assert quantity(figures["today"]) == "10"
    assert quantity(figures["month"]) == str(21 * 240 + 120 + 10)
    assert figures["today"]["cost"]["amount"] == "3"


def test_many_updates_in_any_order_end_where_the_ledger_does(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    random = Random(7)
    days = {day: park.fill("bravo.import", day, day) for day in (TODAY - timedelta(days=1), TODAY)}
    known = {one.span.start_ns: one for found in days.values() for one in found[:12]}
    for _ in range(200):
        start = random.choice(list(known))
        known[start] = changed(known[start], str(Decimal(random.randrange(10**9)).scaleb(-6)))
        known[start] = replace(known[start], hash=f"{random.randrange(16**16):064x}")
        live.changed([("bravo.import", known[start])], NOW)
    expected = sum(one.known or 0 for start, one in known.items() if start >= at(f"{TODAY}T00:00"))
    assert Decimal(quantity(shown(live, "bravo")["today"])) == expected


def test_of_meters_that_said_nothing_neither_cost_nor_emissions_are_zero(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    found = shown(started(park))["today"]
    assert quantity(found) is None
    assert [found["emissions"][f"{name}_kg"] for name in ("scope1", "scope2", "total")] == [None, None, None]
    assert found["cost"] is None or found["cost"]["amount"] is None


def test_the_hours_of_today_make_today_and_a_gap_makes_its_hour_a_lower_bound(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    live = started(park)
    found = live_hours(live, FixedRates(live.books), "acme", NOW)
    assert [one["start_ms"] // 1000 for one in found["hours"]] == [
        at(f"2026-11-22T{hour:02d}:00") // 10**9 for hour in range(12)
    ]
    today = shown(live)["today"]["emissions"]
    assert sum(Decimal(one["scope2_kg"]) for one in found["hours"]) == Decimal(today["scope2_kg"]) == 72
    assert not any(one["is_lower_bound"] for one in found["hours"])
    lost = park.fill("acme.import", TODAY, TODAY, "10")[3]
    live.changed(
        [("acme.import", replace(lost, quantity=None, known=Decimal(4), measured_ns=lost.measured_ns // 2))], NOW
    )
    again = live_hours(live, FixedRates(live.books), "acme", NOW)["hours"]
    assert [one["start_ms"] for one in again if one["is_lower_bound"]] == [lost.span.start_ns // 10**6]


def test_a_scope_is_a_bound_by_its_own_sources_alone_and_no_source_is_named_that_counts(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    power = next(source for source in park.books.sources.values() if "acme.import" in source.meters)
    boiler = replace(power.template, activity=Activity.STATIONARY, fuel="natural_gas")
    gas = EmissionSource("gas", "acme", Names(), ("acme.water",), boiler)
    diesel = replace(gas, id="diesel", meters=())
    park.books = replace(
        park.books,
        sources={**park.books.sources, "gas": gas, "diesel": diesel},
        entities={
            **park.books.entities,
            "acme": replace(park.books.entities["acme"], sources=(power.id, "gas", "diesel")),
        },
    )
    live, rates = started(park), WithoutExports(park.books)
    found = live_figures(live, rates, "acme", NOW)["today"]["emissions"]
    assert found == usage(park.db, park.books, "acme", "today", NOW, rates=rates)["emissions"]
    assert found["sources_not_in_it"] == ["diesel"]
    assert (found["scope1_is_lower_bound"], found["scope2_is_lower_bound"], found["is_lower_bound"]) == (
        True,
        False,
        True,
    )
    assert (found["scope1_kg"], found["scope2_kg"]) == ("120", "72")
    hours = live_hours(live, rates, "acme", NOW)["hours"]
    assert {(one["scope1_is_lower_bound"], one["scope2_is_lower_bound"]) for one in hours} == {(True, False)}


def test_the_meters_that_several_bear_run_beside_the_use_of_who_owns_them(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    yard = replace(park.books.meters["yard.import"], enterprise="bravo")
    park.books = replace(park.books, meters={**park.books.meters, "yard.import": yard})
    park.fill("yard.import", TODAY, TODAY, "2", but=tuple(range(13, 25)))
    live = started(park)
    found = shown(live, "bravo")["today"]
    assert (found["shared"]["quantity"], found["shared"]["is_lower_bound"]) == ("24", False)
    assert quantity(found) == "120"
    assert shown(live, "acme")["today"]["shared"] is None
    assert shown(live, "park")["today"]["shared"] is None
    under = replace(yard, under=("bravo.import",))
    park.books = replace(park.books, meters={**park.books.meters, "yard.import": under})
    assert shown(started(park), "bravo")["today"]["shared"] is None  # the meter above counts it already


def test_a_meter_that_several_bear_is_in_the_parks_emissions_once(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    park.fill("yard.import", date(2026, 11, 1), date(2026, 11, 21))
    plain = park.books
    sources = {name: replace(one, meters=(*one.meters, "yard.import")) for name, one in plain.sources.items()}
    park.books = replace(plain, sources=sources)
    scope2 = Decimal(asked(park, "month", "park")["emissions"]["scope2_kg"])
    park.books = replace(plain, sources={**plain.sources, "bravo-electricity": sources["bravo-electricity"]})
    assert scope2 == Decimal(asked(park, "month", "park")["emissions"]["scope2_kg"]) > 0
    park.books = replace(plain, sources=sources)
    live = started(park)
    assert Decimal(shown(live, "park")["month"]["emissions"]["scope2_kg"]) == scope2
