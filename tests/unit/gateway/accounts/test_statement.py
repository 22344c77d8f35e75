"""Statements from stored intervals: worked by hand, over clock changes and holidays, with what is missing."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.accounts.energy.statement import statement
from gateway.accounts.energy.statement_csv import STATEMENT_COLUMNS, statement_cells
from gateway.accounts.energy.usage import usage
from gateway.core.errors import Rejected
from gateway.core.point import Names
from rules.energy.tariff.rates import whole_day
from rules.energy.tariff.tariff import Band, Charge, DayType, Demand, DemandBy, Tariff, Times
from tests.unit.gateway.accounts.tariff_park import TariffPark, at, changed
from tests.unit.rules.energy.tariff.tariff_cases import tariff

OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


def full_tariff(name: str = "t1", **more: object) -> Tariff:
    return tariff(
        name,
        demand=Demand(DemandBy.MAXIMUM, Decimal(40)),
        power_factor=Decimal("0.90"),
        funds=(Charge(Names("fund", "基金"), Decimal("0.0268")),),
        self_use=Decimal("0.5"),
        feed_in=Decimal("0.4153"),
        source="a notice",
        **more,
    )


def october(folder: Path, *tariffs: Tariff) -> TariffPark:
    """100 kWh an hour, 300 in the hour from 9 o'clock of the 12th (a Monday); PV 20 by day, 5 of it exported."""
    park = TariffPark.at(folder, *(tariffs or (full_tariff(),)))

    def load(now: datetime) -> Decimal:
        return Decimal(300) if (now.day, now.hour) == (12, 9) else Decimal(100)

    def by_day(kwh: str):  # type: ignore[no-untyped-def]
        return lambda now: Decimal(kwh) if 8 <= now.hour < 16 else Decimal(0)

    park.fill("acme.import", *OCTOBER, load)
    park.fill("acme.reactive", *OCTOBER, "61.974")
    park.fill("pv.energy", *OCTOBER, by_day("20"))
    park.fill("acme.export", *OCTOBER, by_day("5"))
    park.fill("yard.import", *OCTOBER, "10.000001")
    park.fill("bravo.import", *OCTOBER, "50")
    return park


def lines_of(document: dict) -> dict[tuple[str, str | None], tuple[str, str]]:  # type: ignore[type-arg]
    return {(one["kind"], one["period"]): (one["quantity"], one["amount"]) for one in document["lines"]}


def test_a_month_worked_by_hand(tmp_path: Path) -> None:
    """October 2026: holidays 1-7; workdays 8, 9, 10 (Saturday, exchanged), 12-16, 19-23, 26-30: 18; weekend days: 6.

    Own energy. Deep valley: 7 days of 24 h. Workdays: 7 h peak, 8 h valley, 9 h flat. Weekend: valley.
    Peak 18*7*100 + 200 = 12800; valley 18*8*100 + 6*2400 = 28800; flat 18*9*100 = 16200; deep valley 16800.
    74600 in all.
    Power factor: 744 h of 61.974 kvarh = 46108.656 against 74600: 0.85 -> +2.5 %.
    """
    park = october(tmp_path)
    document = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    found = lines_of(document)
    assert found["energy", "peak"] == ("12800", "12801.28")
    assert found["energy", "flat"] == ("16200", "10530.00")
    assert found["energy", "valley"] == ("28800", "8640.00")
    assert found["energy", "deep_valley"] == ("16800", "2520.00")
    assert found["demand", None] == ("300", "12000.00")
    assert document["power_factor"] == "0.85"
    # 2.5 % of 12801.28 + 10530 + 8640 + 2520 + 12000 = 46491.28
    assert found["power_factor", None] == ("46491.28", "1162.28")
    # the yard: two thirds of 10.000001 kWh an hour, 6.666667 each: 126 h peak, 162 flat, 288 valley, 168 deep valley
    assert found["share", "peak"] == ("840.000042", "840.08")
    assert found["share", "flat"] == ("1080.000054", "702.00")
    assert found["share", "valley"] == ("1920.000096", "576.00")
    assert found["share", "deep_valley"] == ("1120.000056", "168.00")
    assert found["fund", None] == ("79560.000248", "2132.21")
    assert found["self_use", None] == ("3720", "1860.00")  # 31 days of 8 h of 15 kWh
    assert found["feed_in", None] == ("1240", "-514.97")
    assert Decimal(document["total"]) == sum(Decimal(one["amount"]) for one in document["lines"])
    assert document["total"] == "53416.88"
    assert (document["is_complete"], document["is_lower_bound"], document["missing"]) == (True, False, [])
    assert document["tariffs"][0]["source"] == "a notice"


def test_the_shares_of_all_tenants_are_the_shared_meter_to_the_last_digit(tmp_path: Path) -> None:
    park = october(tmp_path)
    shares = [
        Decimal(line["quantity"])
        for name in ("acme", "bravo")
        for line in statement(park.db, park.books, name, "2026-10", park.now_ns)["lines"]
        if line["kind"] == "share"
    ]
    assert sum(shares) == Decimal("10.000001") * 744


def test_readings_at_begin_and_end_and_the_comparison_stand_in_it(tmp_path: Path) -> None:
    park = october(tmp_path)
    park.fill("acme.import", date(2025, 10, 1), date(2025, 10, 31), "40")
    old = replace(full_tariff("t0"), valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31))
    park.books = replace(park.books, tariffs=(old, *park.books.tariffs))
    document = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    reading = next(one for one in document["readings"] if one["meter"] == "acme.import")
    assert reading["begin"] == {"time": "2026-10-01T00:00:00+08:00", "value": "1000"}
    assert reading["end"] == {"time": "2026-11-01T00:00:00+08:00", "value": "75600"}
    assert document["comparison"]["previous_year"]["energy"] == {"quantity": "29760", "unit": "kWh"}
    assert document["comparison"]["previous_period"]["is_complete"] is False


def test_a_gap_makes_a_lower_bound_that_names_it(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path, full_tariff())
    park.fill("acme.import", OCTOBER[0], date(2026, 10, 30))
    document = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    assert document["is_complete"] is False
    assert "acme.import: 24 h without quantity" in [one["en"] for one in document["missing"]]
    assert any("power-factor adjustment was not applied" in one["en"] for one in document["missing"])
    assert ("energy", "peak") in lines_of(document)


def test_a_missing_export_leaves_not_even_a_lower_bound(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path, full_tariff())
    park.fill("acme.import", *OCTOBER)
    document = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    assert (document["is_complete"], document["is_lower_bound"]) == (False, False)


def test_a_month_that_is_not_over_says_so(tmp_path: Path) -> None:
    park = october(tmp_path)
    document = statement(park.db, park.books, "bravo", "2026-10", at("2026-10-20T12:00"))
    assert any("the month is not over" in one["en"] for one in document["missing"])


def test_hours_to_come_are_no_gap_of_a_running_month(tmp_path: Path) -> None:
    park = october(tmp_path)
    park.now_ns = at("2026-10-23T10:40")
    document = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    assert [one["en"] for one in document["missing"]] == ["the month is not over: 2026-10-23T10:40:00+08:00"]
    assert (document["is_complete"], document["is_lower_bound"]) == (False, False)  # exports will be taken away
    assert all(one["is_lower_bound"] for one in document["readings"])


def test_a_gap_of_a_running_month_is_named_up_to_now(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path, full_tariff())
    park.fill("acme.import", OCTOBER[0], date(2026, 10, 20))
    document = statement(park.db, park.books, "acme", "2026-10", at("2026-10-23T10:40"))
    assert "acme.import: 58 h without quantity" in [one["en"] for one in document["missing"]]


def test_two_versions_in_one_month_bill_their_own_days(tmp_path: Path) -> None:
    old = tariff("old", last=date(2026, 10, 15), fixed=(Charge(Names("meter", ""), Decimal(31)),))
    new = tariff("new", date(2026, 10, 16), fixed=(Charge(Names("meter", ""), Decimal(62)),))
    park = TariffPark.at(tmp_path, old, new)
    park.fill("bravo.import", *OCTOBER)
    document = statement(park.db, park.books, "bravo", "2026-10", park.now_ns)
    fixed = [(one["tariff"], one["amount"], one["days"]) for one in document["lines"] if one["kind"] == "fixed"]
    assert fixed == [("old", "15.00", 15), ("new", "32.00", 16)]
    energy = sum(Decimal(one["quantity"]) for one in document["lines"] if one["kind"] == "energy")
    assert energy == 7440


def test_days_without_a_version_are_named(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path, tariff(last=date(2026, 10, 20)))
    park.fill("bravo.import", *OCTOBER)
    document = statement(park.db, park.books, "bravo", "2026-10", park.now_ns)
    assert "no tariff holds on 2026-10-21 to 2026-10-31" in [one["en"] for one in document["missing"]]
    assert document["is_lower_bound"] is True


def test_late_data_changes_the_statement_by_exactly_its_price(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    intervals = park.fill("bravo.import", *OCTOBER)
    before = statement(park.db, park.books, "bravo", "2026-10", park.now_ns)
    peak = next(one for one in intervals if one.span.start_ns == at("2026-10-12T09:00"))
    park.store("bravo.import", [changed(peak, "1010")])
    after = statement(park.db, park.books, "bravo", "2026-10", park.now_ns)
    difference = Fraction(after["total"]) - Fraction(before["total"])
    assert abs(difference - Fraction(1000) * Fraction("1.0001")) <= Fraction(1, 100)


@pytest.mark.parametrize(
    ("enterprise", "period", "told"),
    [
        ("acme", "2026", "is no month"),
        ("nobody", "2026-10", "no enterprise `nobody`"),
        ("acme", "2025-10", "no tariff for `acme`"),
        ("acme", "soon", "is no period"),
    ],
)
def test_what_cannot_be_stated_is_refused(tmp_path: Path, enterprise: str, period: str, told: str) -> None:
    park = TariffPark.at(tmp_path)
    with pytest.raises(Rejected, match=told):
        statement(park.db, park.books, enterprise, period, park.now_ns)


def test_the_table_has_every_line_and_the_total_with_what_is_missing(tmp_path: Path) -> None:
    park = TariffPark.at(tmp_path)
    park.fill("bravo.import", OCTOBER[0], date(2026, 10, 30))
    document = statement(park.db, park.books, "bravo", "2026-10", park.now_ns)
    rows = statement_cells(document)
    assert {len(row) for row in rows} == {len(STATEMENT_COLUMNS)}
    assert rows[-1][3] == "total"
    assert str(rows[-1][-1]).startswith("lower bound: ")
    assert sum((row[10] for row in rows[:-1]), Decimal(0)) == rows[-1][10]


def test_intervals_that_were_shorter_once_have_the_prices_of_their_time(tmp_path: Path) -> None:
    prices = (Band.PEAK, Decimal("1.0001")), (Band.VALLEY, Decimal("0.3"))
    spans = whole_day([(8 * 60, 16 * 60, Band.PEAK)], Band.VALLEY)
    times = (Times(frozenset(range(1, 13)), frozenset(DayType), spans, prices),)
    park = october(tmp_path, tariff("t1", times=times, self_use=Decimal("0.5"), feed_in=Decimal("0.4")))
    before = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    cost = usage(park.db, park.books, "acme", "2026-10", park.now_ns)["cost"]
    park.books = replace(park.books, interval_s=2 * park.books.interval_s)
    after = statement(park.db, park.books, "acme", "2026-10", park.now_ns)
    assert (after["total"], lines_of(after)["energy", "peak"]) == (before["total"], lines_of(before)["energy", "peak"])
    assert usage(park.db, park.books, "acme", "2026-10", park.now_ns)["cost"] == cost


def test_the_running_cost_is_rounded_once_and_the_lines_of_a_statement_each(tmp_path: Path) -> None:
    park = october(tmp_path)
    cost = usage(park.db, park.books, "acme", "2026-10", park.now_ns)["cost"]["amount"]
    # 34491.28 of the bands, 74600 kWh x 0.0268 of funds, 3720 x 0.5 of PV, less 1240 x 0.4153
    assert cost == "37835.59"
    lines = statement(park.db, park.books, "acme", "2026-10", park.now_ns)["lines"]
    own = [Decimal(one["amount"]) for one in lines if one["kind"] in ("energy", "self_use", "feed_in")]
    funds = Decimal("1999.28")  # of what it takes itself; the line has shares too
    assert abs(sum(own) + funds - Decimal(cost)) <= Decimal("0.005") * (len(own) + 1)
