"""Stored years anew: only what changes becomes another version, and only where nobody was faster."""

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.accounts.energy.recalculate import Order, Piece, merge, recalculate, recalculated
from gateway.accounts.records.submissions import Correction
from gateway.core.jobs import Jobs
from gateway.store import intervals, ledger
from rules.energy.account import Item, MeterAccount, Outcome, quantities
from rules.energy.corrected import corrected
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity, Method
from rules.energy.reading import Event, EventKind, Reading
from rules.energy.spec import MeterSpec

ZONE = "Europe/Berlin"
GRID = Grid(ZoneInfo(ZONE))
SPEC = MeterSpec("m.e", rated=Decimal(900))
SECOND = 1_000_000_000
FIRST = date(2026, 3, 28)  # the next day has 23 hours
LAST = FIRST + timedelta(days=3)
START = 1_774_652_400
HOURS = 24 + 23 + 24 + 24


def readings(every_s: int = 60) -> list[Item]:
    seconds = range(START - every_s, START + HOURS * 3600 + 5 * every_s, every_s)
    return [Reading(one * SECOND + one * 7919 % 900_001, Decimal(50_000 + (one - START) // 12)) for one in seconds]


def counted(items: list[Item], spec: MeterSpec = SPEC) -> list[IntervalQuantity]:
    return quantities(spec, GRID, items, Span(START * SECOND, (START + HOURS * 3600) * SECOND))


def put(db: sqlite3.Connection, found: list[IntervalQuantity], now_ns: int = 1) -> None:
    intervals.store(db, "m.e", found, now_ns, zone=ZoneInfo(ZONE), meter=SPEC.digest)


def stored(db: sqlite3.Connection) -> list[IntervalQuantity]:
    return [one for day in intervals.days(db, ["m.e"], FIRST, LAST) for one in day.intervals()]


def facts(found: list[IntervalQuantity]) -> list[tuple[object, ...]]:
    return [(one.span, one.quantity, one.known, one.measured_ns, one.estimated_ns, one.marks) for one in found]


def order(spec: MeterSpec = SPEC, **parts: object) -> Order:
    return replace(Order(spec, ZONE, 900, FIRST, LAST), **parts)  # type: ignore[arg-type]


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for table in intervals.TABLES:
        connection.execute(table)
    yield connection
    connection.close()


def test_where_nothing_changed_nothing_is_given(db: sqlite3.Connection) -> None:
    put(db, counted(readings()))
    assert list(recalculated(db, order())) == []
    assert list(recalculated(db, order(replace(SPEC, rated=Decimal(800))))) == []


def test_a_multiplier_from_a_day_on_changes_the_days_since_and_the_interval_in_which_it_began(
    db: sqlite3.Connection,
) -> None:
    put(db, counted(readings()))
    for from_s, count in ((START + 24 * 3600, 3), (START + 24 * 3600 + 1300, 3), (START + 47 * 3600, 2)):
        spec = replace(SPEC, multipliers=((0, Decimal(1)), (from_s * SECOND, Decimal(40))))
        pieces = list(recalculated(db, order(spec)))
        assert [piece.day for piece in pieces][-count:] == [LAST - timedelta(days=back) for back in range(count)][::-1]
        before = facts(stored(db))
        db.execute("SAVEPOINT one")
        assert merge(db, pieces, 2) == []
        after = stored(db)
        for one, old, new in zip(after, before, facts(after), strict=True):
            assert (old == new) == (one.span.end_ns <= from_s * SECOND - 61 * SECOND or one.version == 1)
            if one.span.start_ns > (from_s + 900) * SECOND:
                assert one.version == 2
                assert one.quantity is not None
                assert abs(one.quantity - 3000) < Decimal("0.01")
        assert [one.version for one in intervals.versions(db, "m.e", LAST)] == [1, 2]
        assert list(intervals.faults(db)) == []
        db.execute("ROLLBACK TO one")


def test_remarkable_days_are_recalculated_too_and_what_people_corrected_stays(db: sqlite3.Connection) -> None:
    every = [item for item in readings() if not START + 40_000 < item.time_ns // SECOND < START + 100_000]
    every.insert(50, Reading(every[50].time_ns - SECOND, Decimal(0)))
    found = counted(every)
    place = next(at for at, one in enumerate(found) if one.estimated_ns)
    said = Correction("m.e", found[place].span.start_ns, found[place].span.end_ns, 5_000_000, "why", "record-1")
    put(db, [*found[:place], corrected(found[place], 5_000_000, "record-1"), *found[place + 1 :]])
    assert list(recalculated(db, order(corrections=(said,)))) == []
    spec = replace(SPEC, multipliers=((0, Decimal(3)),))
    assert merge(db, recalculated(db, order(spec, corrections=(said,))), 2) == []
    wanted, after = counted(every, spec), stored(db)
    assert (after[place].quantity, after[place].method) == (5, Method.CORRECTED)
    del wanted[place], after[place]
    assert [(one.quantity, one.marks, one.findings, one.hash) for one in after] == [
        (one.quantity, one.marks, one.findings, one.hash) for one in wanted
    ]
    assert {one.version for one in after} == {2}


def test_what_comes_too_late_for_the_account_is_counted_from_the_stored_readings(db: sqlite3.Connection) -> None:
    account, every = MeterAccount(SPEC, GRID, 600 * SECOND, 100), readings()
    gap = [item for item in every if START + 80_000 < item.time_ns // SECOND < START + 90_000]
    for item in every:
        if item not in gap:
            account.add(item)
    put(db, [replace(one, is_provisional=False) for one in account.changes()])
    assert account.add(gap[0]) is Outcome.TOO_LATE
    assert any(one.estimated_ns for one in stored(db))
    assert merge(db, recalculated(db, order(added=tuple(gap))), 2) == []
    wanted = {one.span: one for one in counted(every)}
    found = [one for one in stored(db) if one.span in wanted and one.span.end_ns <= (START + HOURS * 3600) * SECOND]
    assert not any(one.estimated_ns for one in found)
    assert [(one.quantity, one.method) for one in found[1:]] == [
        (wanted[one.span].quantity, wanted[one.span].method) for one in found[1:]
    ]
    assert {one.version for one in found} == {1, 2}


def test_readings_of_a_meter_that_people_read_divide_the_months_between(db: sqlite3.Connection) -> None:
    spec = replace(SPEC, rated=None, gap_ns=900 * SECOND)
    ends: list[Item] = [Reading(START * SECOND, Decimal(0)), Reading((START + HOURS * 3600) * SECOND, Decimal(9500))]
    made = list(recalculated(db, order(spec, added=tuple(ends))))
    assert [piece.rests_on for piece in made] == [""] * 4
    assert merge(db, made, 1) == []
    assert {one.quantity for one in stored(db)} == {25}
    middle = Reading((START + 47 * 3600) * SECOND, Decimal(9400))
    assert merge(db, recalculated(db, order(spec, added=(middle,))), 2) == []
    assert facts(stored(db)) == facts(counted([*ends, middle], spec))
    assert merge(db, recalculated(db, order(spec, removed=(middle,))), 3) == []
    assert {(one.quantity, one.version) for one in stored(db)} == {(25, 3)}


def test_an_event_that_was_wrong_is_taken_back_with_the_readings_of_the_first_version(db: sqlite3.Connection) -> None:
    every = readings()
    put(db, counted(every))
    before = facts(stored(db))
    event = Event((START + 50_030) * SECOND, EventKind.EXCHANGE, Decimal(99_999), Decimal(1))
    merge(db, recalculated(db, order(added=(event,))), 2)
    assert facts(stored(db)) != before
    merge(db, recalculated(db, order(removed=(event,))), 3)
    assert [one[:5] for one in facts(stored(db))] == [one[:5] for one in before]


def test_a_day_that_changed_meanwhile_is_given_back(db: sqlite3.Connection) -> None:
    found = counted(readings())
    put(db, found)
    spec = replace(SPEC, multipliers=((0, Decimal(2)),))
    pieces = list(recalculated(db, order(spec)))
    put(db, [corrected(found[100], 1, "record-1")], 2)
    (stale,) = merge(db, pieces, 3)
    assert stale.day == FIRST + timedelta(days=1)
    assert merge(db, pieces, 4) == pieces


async def in_a_child(directory: Path, what: Order) -> list[Piece]:
    jobs = Jobs()
    try:
        return await jobs.run(recalculate, directory, what)
    finally:
        await jobs.close()


def test_it_runs_in_the_jobs_process_beside_the_writer(tmp_path: Path) -> None:
    with ledger.open_offline(tmp_path) as db:
        with ledger.writing(db):
            put(db, counted(readings()))
        spec = replace(SPEC, multipliers=((0, Decimal("1.5")),))
        pieces = asyncio.run(in_a_child(tmp_path, order(spec)))
        assert pieces == list(recalculated(db, order(spec)))
        with ledger.writing(db):
            assert merge(db, pieces, 2) == []
        assert intervals.totals(db, ["m.e"], FIRST, LAST, zone=ZoneInfo(ZONE))["m.e"].known_micro > 0
        assert {one.version for one in stored(db)} == {2}
