"""`tariffs:` compiled: every mistake at once with its place, and what a right one means."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.accounts.setup.compile import load_books
from gateway.accounts.setup.tariffs import compile_tariffs
from gateway.config import load
from gateway.config.problems import Report
from gateway.plugins import known_drivers
from rules.energy.tariff.tariff import Band, DayType, Tariff

HEAD = """\
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises:
  - {id: acme}
  - {id: bravo}
calendars:
  factory: {country: cn, workdays: [2026-11-08]}
tariffs:
"""
RIGHT = """\
  - id: zj-2026
    valid_from: 2026-01-01
    valid_to: 2026-12-31
    enterprises: [acme, bravo, qinghe]
    calendar: factory
    source: a notice
    prices: {peak: 1.1, flat: 0.7, valley: 0.3}
    times:
      - {months: [7, 8], peak: ["08:00-11:00", "15:00-17:00"], sharp: "19:00-21:00", prices: {sharp: 1.4}}
      - {months: [1, 2, 3, 4, 5, 6, 9, 10, 11, 12], days: [workday], peak: "08:00-11:00", valley: "22:00-06:00"}
      - {months: [1, 2, 3, 4, 5, 6, 9, 10, 11, 12], days: [weekend, holiday], rest: valley}
    demand: {by: capacity, price: 30, capacity_kva: {acme: 800}}
    power_factor: 0.90
    funds: [{name: {en: fund, zh: 基金}, per_kwh: 0.0268}]
    common: [{name: security, per_month: 900, by: area, weights: {acme: 2, bravo: 1}}]
    vat: {percent: 13}
    self_use: 0.5
    feed_in: 0.4153
"""


@dataclass
class Compiled:
    """What came out of a text."""

    tariffs: tuple[Tariff, ...]
    problems: list[str]


@pytest.fixture
def compiled(tmp_path: Path):  # type: ignore[no-untyped-def]
    def compile_text(text: str) -> Compiled:
        path = tmp_path / "park.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        report = Report()
        tariffs = compile_tariffs(load(path, known_drivers()).plan, report)
        return Compiled(tariffs, [str(one).removeprefix(f"{path}:") for one in report.problems])

    return compile_text


def test_a_tariff_with_everything_is_read(compiled) -> None:  # type: ignore[no-untyped-def]
    found = compiled(RIGHT)
    assert found.problems == []
    (one,) = found.tariffs
    assert (one.id, one.valid_to, one.currency, one.power_factor) == (
        "zj-2026",
        date(2026, 12, 31),
        "CNY",
        Decimal("0.90"),
    )
    summer = one.times_of(date(2026, 7, 4))
    assert dict(summer.prices)[Band.SHARP] == Decimal("1.4")
    assert summer.band_at(19 * 60) is Band.SHARP
    assert one.times_of(date(2026, 11, 8)).band_at(8 * 60) is Band.PEAK  # worked by the site's own calendar
    assert one.times_of(date(2026, 11, 7)).day_types == {DayType.WEEKEND, DayType.HOLIDAY}
    assert dict(one.demand.capacity_kva) == {"acme": Decimal(800)}


def test_one_price_needs_no_times(compiled) -> None:  # type: ignore[no-untyped-def]
    (one,) = compiled("  - {id: flat, valid_from: 2026-01-01, price: 0.65432101}\n").tariffs
    assert one.times_of(date(2026, 5, 1)).prices == ((Band.FLAT, Decimal("0.65432101")),)


def test_the_books_have_the_tariffs(tmp_path: Path) -> None:
    path = tmp_path / "park.yaml"
    path.write_text(HEAD + RIGHT, encoding="utf-8")
    assert [one.id for one in load_books(load(path, known_drivers()).plan).tariffs] == ["zj-2026"]


def test_every_mistake_is_told_at_once_with_its_place(compiled) -> None:  # type: ignore[no-untyped-def]
    text = RIGHT.replace("[acme, bravo, qinghe]", "[acme, brava]").replace("calendar: factory", "calendar: factoy")
    text = text.replace("{acme: 2, bravo: 1}", "{acme: 2, brav: 1}") + "  - {id: other, valid_from: soon, prize: 1}\n"
    assert sorted(compiled(text).problems) == [
        "11:25: no enterprise `brava` (did you mean `bravo`?)",
        "12:5: no calendar `factoy` (did you mean `factory`?)",
        "22:76: no enterprise `brav` (did you mean `bravo`?)",
        "26:29: not a day, found `soon` (write for example `2026-01-31`)",
        "26:35: unknown key `prize` (did you mean `price`?)",
    ]


def test_a_misspelt_period_is_told_with_those_that_there_are(compiled) -> None:  # type: ignore[no-untyped-def]
    (told,) = compiled(RIGHT.replace("valley: 0.3}", "valey: 0.3}")).problems
    assert told.startswith("14:")
    assert "`deep_valley`" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"22:00-06:00"', '"22:10-06:00"', "15:.*valley begins at 22:10, within an interval of 15 min"),
        ('"08:00-11:00", "15:00-17:00"', '"08:00-11:00", "10:00-17:00"', "16:9: 10:00 lies in `peak` and in `peak`"),
        ("days: [weekend, holiday], ", "days: [weekend], ", "15:5: no periods for month 1, holiday; month 2, holiday"),
        ("days: [weekend, holiday], ", "", "month 1, workday: stands in entry 2 and in entry 3 of `times`"),
        (", prices: {sharp: 1.4}", "", "16:9: no price for `sharp`"),
        ("power_factor: 0.90", "power_factor: 0.95", "not a standard value"),
        ("price: 30, capacity_kva: {acme: 800}", "price: 30", "no contracted capacity"),
        ("valid_to: 2026-12-31", "valid_to: 2025-12-31", "ends before it begins"),
        ("prices: {peak: 1.1,", "prices: {peak: 1.123456789,", "more than 8 digits"),
        ("source: a notice", "currency: XXX", "13:5: currency `XXX` is not known"),
        ("weights: {acme: 2, bravo: 1}", "weights: {acme: 0}", "every weight is 0"),
    ],
)
def test_a_mistake_is_told(compiled, old: str, new: str, told: str) -> None:  # type: ignore[no-untyped-def]
    import re

    text = RIGHT.replace(old, new)
    assert text != RIGHT
    found = compiled(text)
    assert found.tariffs == ()
    assert any(re.search(told, one) for one in found.problems), found.problems


def test_gaps_and_overlaps_of_versions_are_errors_that_name_both(compiled) -> None:  # type: ignore[no-untyped-def]
    text = (
        "  - {id: a, valid_from: 2026-01-01, valid_to: 2026-06-30, price: 1}\n"
        "  - {id: b, valid_from: 2026-06-30, valid_to: 2026-08-31, price: 1}\n"
        "  - {id: c, valid_from: 2026-09-02, price: 1}\n"
    )
    problems = compiled(text).problems
    assert any(one.startswith("9:") and "two tariffs for acme on 2026-06-30: `a`" in one for one in problems)
    assert any(one.startswith("10:") and "no tariff for acme on 2026-09-01, between `b`" in one for one in problems)


def test_versions_of_different_tenants_do_not_meet(compiled) -> None:  # type: ignore[no-untyped-def]
    text = (
        "  - {id: a, valid_from: 2026-01-01, enterprises: [acme], price: 1}\n"
        "  - {id: b, valid_from: 2026-06-30, enterprises: [bravo], price: 1}\n"
    )
    assert compiled(text).problems == []
