"""The energy consumer when everything comes wrong: late in any order, of wrong clocks, from older files, renamed."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.accounts.books import AllocationRule, VirtualMeter
from gateway.config.accountplan import Medium
from gateway.core.point import Names
from gateway.store import records
from gateway.store.ledger_verify import verify
from gateway.store.records import Kind, Record
from rules.energy.quantity import Method
from rules.energy.reading import Reading
from tests.faults.energy.plant import (
    QUARTER_NS,
    START_NS,
    Clock,
    Plant,
    Shelf,
    books_of,
    facts,
    intervals_in,
    meter,
    recounted,
    replace_ledger,
)
from tests.unit.gateway.pipeline.test_energy_statements import approve, recorded

TAG = "a.energy_import"
OLD = "old.energy_import"
MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9


def at(plant: Plant, *minutes: int) -> None:
    """Readings that rise by one a minute."""
    for minute in minutes:
        plant.count("a", START_NS + minute * MINUTE_NS, 100.0 + minute)


def bent(minute: int) -> float:
    """A register that counts faster after two hours: what is spread over a gap is not what was counted."""
    return 100.0 + (minute if minute < 120 else 120 + (minute - 120) * 3)


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_backlog_that_comes_newest_first_gives_what_all_readings_give(
    tmp_path: Path, is_committed: bool
) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf())
    order = [*range(60), 360, *range(359, 60, -1), *range(361, 421)]
    for minute in order:
        plant.count("a", START_NS + minute * MINUTE_NS, bent(minute))
        if is_committed and minute in (59, 360):
            await plant.settle()
    await plant.settle()
    readings = [Reading(START_NS + minute * MINUTE_NS, Decimal(repr(bent(minute)))) for minute in order]
    assert facts(await intervals_in(tmp_path, TAG)) == facts(recounted(plant.books, TAG, readings))
    await plant.close()


async def test_a_backlog_of_days_newest_first_gives_what_all_readings_give(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf())
    order = [*range(0, 60, 5), *range(3600, 3720, 5), *range(3595, 55, -5)]
    for place, minute in enumerate(order):
        plant.count("a", START_NS + minute * MINUTE_NS, bent(minute))
        if place in (11, 35) or place % 300 == 0:
            await plant.settle()
    await plant.settle()
    readings = [Reading(START_NS + minute * MINUTE_NS, Decimal(repr(bent(minute)))) for minute in order]
    assert facts(await intervals_in(tmp_path, TAG)) == facts(recounted(plant.books, TAG, readings))
    await plant.close()


@pytest.mark.parametrize("has_history", [True, False])
async def test_a_late_reading_at_a_boundary_says_how_much_was_on_either_side(tmp_path: Path, has_history: bool) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf() if has_history else None)
    at(plant, *range(14), *range(16, 150))
    await plant.settle()
    assert (await intervals_in(tmp_path, TAG))[0].method is Method.INTERPOLATED
    plant.count("a", START_NS + 15 * MINUTE_NS, 113.25)
    await plant.settle()
    found = await intervals_in(tmp_path, TAG)
    assert [one.quantity for one in found[:3]] == [Decimal("13.25"), Decimal("16.75"), 15]
    assert [one.version for one in found[:3]] == [2, 2, 1]
    await plant.close()


async def test_without_a_history_a_backlog_newest_first_still_adds_up(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    for minute in [*range(60), 360, *range(359, 60, -1), *range(361, 421)]:
        plant.count("a", START_NS + minute * MINUTE_NS, bent(minute))
    await plant.settle()
    found = await intervals_in(tmp_path, TAG)
    assert len(found) == 28
    assert sum(one.quantity or 0 for one in found) == Decimal(repr(bent(420))) - 100
    assert [one.quantity for one in found[4:8]] == [15, 15, 15, 15]
    await plant.close()


async def test_what_is_ahead_of_the_clock_is_counted_told_and_not_accounted(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    at(plant, *range(60))
    plant.count("a", START_NS + 365 * DAY_NS, 160.0, is_now=False)
    at(plant, *range(60, 121))
    await plant.settle()
    found = await intervals_in(tmp_path, TAG)
    assert [one.quantity for one in found] == [15] * 8
    account = plant.outbox.account("energy")
    assert (account.dropped, account.is_balanced) == ({"ahead_of_clock": 1}, True)
    assert any("ahead of the gateway's clock" in finding for finding in plant.keeper.findings)
    await plant.close()


async def test_a_clock_that_is_set_back_does_not_carry_the_account_along(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf())
    at(plant, *range(20))
    plant.count("a", START_NS + 3 * DAY_NS, 120.0)  # by a clock that was wrong for a while
    await plant.settle()
    plant.clock.now_ns = START_NS + 20 * MINUTE_NS
    await plant.keeper.look()
    at(plant, *range(20, 61))
    await plant.settle()
    assert [one.quantity for one in (await intervals_in(tmp_path, TAG))[:4]] == [15] * 4
    assert any("set back" in finding for finding in plant.keeper.findings)
    await plant.close()


async def test_a_renamed_meter_keeps_what_people_said_and_its_versions(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(OLD)))
    for minute in range(61):
        plant.count("old", START_NS + minute * MINUTE_NS, 100.0 + minute)
    await plant.settle()
    span = {"start_ns": START_NS, "end_ns": START_NS + QUARTER_NS}
    body = {"form": "correction", "meter": OLD, **span, "quantity_micro": 7_000_000, "reason": "tested"}
    await approve(plant, Kind.CORRECTION, body)
    await plant.keeper.look()
    await plant.close()
    for renamed in ({OLD: TAG}, {}):  # what a later configuration does not say any more still holds
        plant = await Plant.open(tmp_path, books_of(meter(TAG)), renamed=renamed)
        at(plant, *range(61, 91))
        await plant.settle()
        found = await intervals_in(tmp_path, TAG)
        await plant.close()
        assert [one.quantity for one in found] == [7, 15, 15, 15, 15, 15]
        assert [one.version for one in found] == [2, 1, 1, 1, 1, 1]


async def test_a_renamed_meter_is_no_damage_of_its_recorded_days(tmp_path: Path) -> None:
    clock = Clock()
    plant = await Plant.open(tmp_path, books_of(meter(OLD)), clock)
    for minute in range(31):
        plant.count("old", START_NS + minute * MINUTE_NS, 100.0 + minute)
    clock.now_ns = START_NS + 2 * DAY_NS
    await plant.settle()
    assert len(await recorded(plant)) == 1
    await plant.close()
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), clock, renamed={OLD: TAG})
    await plant.settle()
    await plant.close()
    verdict = await asyncio.to_thread(verify, tmp_path)
    assert verdict.is_good


async def test_a_restored_ledger_is_filled_up_from_where_it_ends_however_long_ago(tmp_path: Path) -> None:
    shelf, clock, books = Shelf(), Clock(), books_of(meter(TAG))
    plant = await Plant.open(tmp_path, books, clock, shelf=shelf)
    at(plant, *range(31))
    await plant.settle()
    await plant.ledger.copy()
    copied = await asyncio.to_thread((tmp_path / "ledger.copy.db").read_bytes)
    at(plant, *range(31, 76))
    await plant.settle()
    await plant.close()
    await asyncio.to_thread(replace_ledger, tmp_path, copied)
    clock.now_ns = START_NS + 5 * DAY_NS
    plant = await Plant.open(tmp_path, books, clock, shelf=shelf)
    at(plant, 5 * 24 * 60)
    await plant.settle()
    await plant.close()
    assert [one.quantity for one in await intervals_in(tmp_path, TAG)][:5] == [15] * 5


async def test_an_outbox_that_lost_its_last_chunks_is_taken_in_from_there(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    for minute in range(31):
        at(plant, minute)
        await plant.deliver()
    await plant.settle()
    await plant.close()
    await asyncio.to_thread(_lose_chunks, tmp_path / "outbox.db")
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    at(plant, *range(31, 61))
    await plant.settle()
    await plant.close()
    assert [one.quantity for one in await intervals_in(tmp_path, TAG)] == [15] * 4
    assert any("outbox.db is older" in finding for finding in plant.keeper.findings)


def _lose_chunks(path: Path) -> None:
    """As after a power cut with `durability: process_crash`, or with a backup in its place."""
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'chunk'")
        db.execute("UPDATE cursor SET seq = 3")
    db.close()


async def test_a_change_of_a_shared_meter_is_due_to_all_who_bear_it_even_before_its_day_is_recorded(
    tmp_path: Path,
) -> None:
    rule = AllocationRule("virtual.net", "area", 0, (("bolt", Decimal(1)), ("cord", Decimal(2))), "")
    shared = VirtualMeter("virtual.net", "park", Names(), Medium.ELECTRICITY, "kWh", (TAG,), ())
    books = books_of(meter(TAG, enterprise="park"), virtual={shared.tag: shared}, allocations=(rule,))
    plant = await Plant.open(tmp_path, books)
    at(plant, *range(20), *range(90, 200))
    await plant.settle()
    closes = [await _close(plant, enterprise) for enterprise in ("bolt", "cord", "dell")]
    at(plant, 60)
    await plant.settle()
    assert await recorded(plant) == []
    (finding,) = [one for one in plant.keeper.findings if "restatement is due" in one]
    assert [one.id in finding for one in closes] == [True, True, False]
    await plant.close()


async def _close(plant: Plant, enterprise: str) -> Record:
    def write(db: sqlite3.Connection) -> Record:
        with plant.ledger.write(db):
            return records.append(db, plant.clock.time_ns(), Kind.CLOSE, {}, enterprise=enterprise, period="2026-09")

    return await plant.ledger.do(write)


async def test_a_day_that_comes_out_the_same_again_is_not_recorded_again(tmp_path: Path) -> None:
    clock, shelf = Clock(), Shelf()
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), clock, shelf=shelf)
    at(plant, *range(24 * 60 + 400))
    await plant.settle()
    assert len(await recorded(plant)) == 1
    book = await plant.keeper._ready()
    await plant.keeper._rebuild(book, TAG)
    await plant.keeper.flush()
    assert len(await recorded(plant)) == 1
    await plant.close()
