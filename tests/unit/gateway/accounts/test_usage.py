"""Usage of a stretch of time, what it compares with, and the figures of a supply."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.accounts.energy.energydays import energy_days
from gateway.accounts.energy.intervalrows import STEPS, interval_rows
from gateway.accounts.energy.usage import usage
from gateway.accounts.energy.windows import Window, before, window_of, year_before
from gateway.cli.energy_statement import show_usage
from gateway.core.errors import Rejected
from rules.carbon.factor import Activity
from tests.unit.gateway.accounts.tariff_park import ZONE, TariffPark, at
from tests.unit.gateway.accounts.test_live import NOW, TODAY, FixedRates, asked, park_of, quantity

BERLIN = ZoneInfo("Europe/Berlin")


def shown(window: Window, zone: ZoneInfo = ZONE) -> tuple[str, str]:
    start, end = (datetime.fromtimestamp(one // 10**9, zone) for one in (window.start_ns, window.end_ns))
    return f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("period", "own", "previous", "year_ago"),
    [
        ("today", ("2026-11-22 00:00", "2026-11-22 12:30"), ("2026-11-21 00:00", "2026-11-21 12:30"),
         ("2025-11-22 00:00", "2025-11-22 12:30")),
        ("month", ("2026-11-01 00:00", "2026-11-22 12:30"), ("2026-10-01 00:00", "2026-10-22 12:30"),
         ("2025-11-01 00:00", "2025-11-22 12:30")),
        ("year", ("2026-01-01 00:00", "2026-11-22 12:30"), ("2025-01-01 00:00", "2025-11-22 12:30"),
         ("2025-01-01 00:00", "2025-11-22 12:30")),
        ("2026-11", ("2026-11-01 00:00", "2026-11-22 12:30"), ("2026-10-01 00:00", "2026-10-22 12:30"),
         ("2025-11-01 00:00", "2025-11-22 12:30")),
        ("2026-10", ("2026-10-01 00:00", "2026-11-01 00:00"), ("2026-09-01 00:00", "2026-10-01 00:00"),
         ("2025-10-01 00:00", "2025-11-01 00:00")),
    ],
)  # fmt: skip
def test_a_period_compares_with_as_much_of_the_one_before_and_of_the_year_before(
    period: str, own: tuple[str, str], previous: tuple[str, str], year_ago: tuple[str, str]
) -> None:
    window = window_of(period, NOW, ZONE)
    assert shown(window) == own
    assert shown(before(window, ZONE)) == previous
    assert shown(year_before(window, ZONE)) == year_ago


def test_a_long_month_is_compared_with_all_of_a_short_one() -> None:
    now_ns = int(datetime(2026, 3, 31, 12, tzinfo=ZONE).timestamp()) * 10**9
    assert shown(before(window_of("month", now_ns, ZONE), ZONE)) == ("2026-02-01 00:00", "2026-03-01 00:00")


def test_the_same_time_of_day_is_compared_when_the_clocks_changed_between() -> None:
    now_ns = int(datetime(2026, 10, 25, 12, tzinfo=BERLIN).timestamp()) * 10**9
    assert shown(before(window_of("today", now_ns, BERLIN), BERLIN), BERLIN) == ("2026-10-24 00:00", "2026-10-24 12:00")


def test_usage_compares_and_says_what_is_missing(tmp_path: Path) -> None:
    found = asked(park_of(tmp_path), "month")
    assert quantity(found) == str(21 * 240 + 120)
    previous = found["comparison"]["previous_period"]
    assert quantity(previous) == str(21 * 240 + 120)
    assert previous["energy"][0]["is_lower_bound"] is False
    year_ago = found["comparison"]["previous_year"]
    assert quantity(year_ago) is None
    assert year_ago["energy"][0]["missing_percent"] == "100"
    assert year_ago["cost"]["is_lower_bound"] is True


def test_the_figures_of_a_supply_worked_by_hand(tmp_path: Path) -> None:
    """Ten days: 10 kWh an hour at night (22-6), 50 by day, 90 from 9 to 10 on the third day."""
    park = TariffPark.at(tmp_path)

    def load(now: datetime) -> Decimal:
        if (now.day, now.hour) == (3, 9):
            return Decimal(90)
        return Decimal(10) if now.hour >= 22 or now.hour < 6 else Decimal(50)

    first, last = date(2026, 10, 1), date(2026, 10, 10)
    park.fill("acme.import", first, last, load)
    park.fill("pv.energy", first, last, "5")
    park.fill("acme.export", first, last, "1")
    park.fill("acme-evc.import", first, last, "2")

    def is_working(time_ns: int) -> bool:
        return 8 <= datetime.fromtimestamp(time_ns // 10**9, ZONE).hour < 18

    kinds = {"acme-evc": "charger"}
    rates = FixedRates(park.books)
    found = usage(
        park.db, park.books, "acme", f"{first}..{last}", NOW, rates=rates, is_working=is_working, kinds=kinds
    )["electricity"]
    assert found["maximum_demand"] == {"kw": "90", "time": "2026-10-03T09:00:00+08:00", "interval_s": 3600}
    assert found["base_load"] == {"kw": "10", "nights": 10}
    # 8 * 10 + 16 * 50 = 880 a day, 8840 in all; 8840 / 240 h / 90 kW
    assert found["load_factor"] == "0.409259"
    assert found["off_hours"] == {"quantity": "3800", "unit": "kWh", "percent": "42.99"}
    supply = found["supply"]
    assert (supply["grid_import"], supply["generation"], supply["grid_export"]) == ("8840", "1200", "240")
    assert supply["consumption"] == "9800"
    assert supply["self_consumption"] == "0.8"  # (1200 - 240) / 1200
    assert supply["autarky"] == "0.097959"  # 960 / 9800
    assert found["chargers"]["quantity"] == "480"
    assert found["chargers"]["items"][0]["percent"] == "100"


def test_days_say_how_well_each_is_known(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    park.fill("bravo.import", TODAY - timedelta(days=2), TODAY - timedelta(days=2))
    found = energy_days(park.db, park.books, "bravo", "2026-11", NOW)["items"]
    assert len(found) == 22
    assert (found[19]["quantity"], found[19]["measured_percent"]) == ("240", "100")
    assert (found[0]["quantity"], found[0]["missing_percent"]) == (None, "100")


def test_intervals_are_rows_in_pages_and_sums(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    park.fill("bravo.import", TODAY - timedelta(days=1), TODAY - timedelta(days=1), "2.5")
    bounds = at(f"{TODAY - timedelta(days=1)}T00:00"), at(f"{TODAY}T00:00")
    page = interval_rows(park.db, park.books, "bravo.import", bounds, STEPS["15min"], 10)
    assert (len(page.rows), page.next_from) == (10, "2026-11-21T10:00:00+08:00")
    assert page.rows[0]["quantity"] == "2.5"
    assert len(page.rows[0]["hash"]) == 64
    (day,) = interval_rows(park.db, park.books, "bravo.import", bounds, STEPS["1d"], 10).rows
    assert (day["quantity"], day["method"]) == ("60", "sum")


def test_intervals_are_those_that_were_known_at_a_time(tmp_path: Path) -> None:
    from tests.unit.gateway.accounts.tariff_park import changed

    park = TariffPark.at(tmp_path)
    one = park.fill("bravo.import", TODAY, TODAY)[0]
    then_ns = park.now_ns
    park.store("bravo.import", [changed(one, "11")])
    bounds = at(f"{TODAY}T00:00"), at(f"{TODAY}T01:00")
    now, before_it = (
        interval_rows(park.db, park.books, "bravo.import", bounds, "", 10, as_of).rows for as_of in (None, then_ns)
    )
    assert (now[0]["quantity"], before_it[0]["quantity"]) == ("11", "10")


def test_a_park_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    with pytest.raises(Rejected, match="no enterprise `x`"):
        usage(park.db, park.books, "x", "today", NOW)


def test_of_a_time_without_data_neither_cost_nor_emissions_are_zero(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    for entity in ("acme", "park"):
        year_ago = asked(park, "month", entity)["comparison"]["previous_year"]
        assert {name: year_ago["emissions"][f"{name}_kg"] for name in ("scope1", "scope2", "total")} == dict.fromkeys(
            ("scope1", "scope2", "total")
        )
        assert year_ago["emissions"]["is_lower_bound"]
        assert year_ago["cost"] is None or year_ago["cost"]["amount"] is None
    assert asked(park, "month")["comparison"]["previous_year"]["cost"]["amount"] is None


def test_the_command_says_not_known_and_at_least_and_names_what_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    park = park_of(tmp_path)
    electricity = park.books.sources["bravo-electricity"]
    template = replace(electricity.template, activity=Activity.STATIONARY)
    tank = replace(electricity, id="bravo-diesel", meters=(), template=template)
    entity = replace(park.books.entities["bravo"], sources=("bravo-electricity", "bravo-diesel"))
    park.books = replace(
        park.books,
        sources={**park.books.sources, tank.id: tank},
        entities={**park.books.entities, "bravo": entity},
    )
    show_usage(asked(park, "month", "bravo"))
    said = capsys.readouterr()
    rows = {line.split("  ")[0]: line.rstrip() for line in said.out.splitlines()}
    assert rows["CO2e scope1"].split()[3:] == [">=", "0", ">=", "0", "not", "known"]
    assert rows["CO2e scope2"].endswith("not known")
    assert ">=" not in rows["CO2e scope2"]
    assert rows["cost by the kWh"].endswith("not known")
    assert "not in CO2e: bravo-diesel" in said.out + said.err


def test_the_days_of_a_month_that_runs_end_where_its_usage_ends(tmp_path: Path) -> None:
    park = park_of(tmp_path)
    days = energy_days(park.db, park.books, "acme", "2026-11", NOW)
    month = asked(park, "2026-11")
    assert days["period"]["to"] == month["period"]["to"] == "2026-11-22T12:00:00+08:00"
    today = days["items"][-1]
    assert (today["day"], today["quantity"], today["is_lower_bound"]) == ("2026-11-22", "120", False)
    bought = [one["quantity"] for one in days["items"]]
    assert sum(map(Decimal, bought)) == Decimal(quantity(month))
    late = at("2026-11-22T15:30")
    assert energy_days(park.db, park.books, "acme", "2026-11", late)["items"][-1]["is_lower_bound"]
