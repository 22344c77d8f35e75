"""The demo's past: what the park's counters showed since the first of last month, as intervals in ledger.db.

Written once, before the gateway first starts. Whole days come from registers at quarter hours; today is fed to the
consumer that goes on with it while the gateway runs.
"""

import asyncio
import os
import shutil
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.simulator.past import past
from gateway.accounts.books import Books
from gateway.cli.demo import DATA
from gateway.core.clock import SystemClock
from gateway.pipeline.energy_book import EnergyBook
from gateway.pipeline.energy_days import record_days
from gateway.store.interval_marks import IntervalMark, Unsent, put, unsent
from gateway.store.intervals import replace_day
from gateway.store.ledger import Ledger
from rules.energy.day import PackedDay
from rules.energy.even import even_day
from rules.energy.reading import Reading
from rules.energy.recut import Terms

_NS = 1_000_000_000
_STEP_S = 900
_MOST_WORKERS = 4
_FIRST_VERSION = 1
_MINUTE_S = 60  # as dense as the meters' declarations want their readings


def needs_past(config: Path) -> bool:
    """True before the first start."""
    return not (config.parent / DATA).exists()


def begin_accounts(config: Path, seed: int, now_s: int) -> None:
    """The past of a new demo's meters, what its people recorded, and last month closed: all of it, or nothing."""
    from gateway.cli.demo_books import write_books
    from gateway.pipeline.configuration import load_configuration

    found = load_configuration(config)
    fresh = config.parent / f"{DATA}.new"  # a demo that is ended meanwhile begins again
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)

    async def begin() -> None:
        zone = ZoneInfo(found.loaded.plan.site.timezone)
        ledger = await Ledger.open(fresh, SystemClock(), durability="process_crash", zone=zone)
        try:
            first = first_day(found.books, now_s)
            await write_past(ledger, found.books, seed, first, now_s)
            await write_books(ledger, found.books, first, now_s * _NS)
        finally:
            await ledger.close()

    asyncio.run(begin())
    fresh.rename(config.parent / DATA)


async def write_past(ledger: Ledger, books: Books, seed: int, first: date, now_s: int) -> None:
    """Fill an empty ledger with the park's intervals from the beginning of a local day until now."""
    zone = ZoneInfo(books.site.timezone)
    today = datetime.fromtimestamp(now_s, zone).date()
    days = [first + timedelta(days=count) for count in range((today - first).days)]
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    parts = [days[place * len(days) // workers : (place + 1) * len(days) // workers] for place in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for found in pool.map(partial(_packed, books, seed), parts):
            await ledger.do(partial(_store, ledger, found, now_s))
    await ledger.do(partial(_mark_sent, ledger, zone))
    await ledger.do(partial(_feed, ledger, books, seed, midnight_s(today, zone), now_s))
    await ledger.do(partial(_record_days, ledger, books, today - timedelta(days=1), now_s))


def first_day(books: Books, now_s: int) -> date:
    """The first of last month, local time."""
    today = datetime.fromtimestamp(now_s, ZoneInfo(books.site.timezone)).date()
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def midnight_s(day: date, zone: ZoneInfo) -> int:
    """UTC seconds at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _packed(books: Books, seed: int, days: list[date]) -> list[tuple[date, dict[str, PackedDay]]]:
    """Days one after the other, packed, by tag: what one process works out."""
    if not days:
        return []
    zone = ZoneInfo(books.site.timezone)
    terms = {tag: Terms.of(meter.spec) for tag, meter in books.meters.items() if not meter.is_manual}
    bounds = {midnight_s(day + timedelta(days=1), zone): day for day in days}
    start_s = midnight_s(days[0], zone)
    found: list[tuple[date, dict[str, PackedDay]]] = []
    values: dict[str, list[Decimal]] = {}
    for second, row in past(seed, start_s, max(bounds) + 1, _STEP_S):
        known = {tag: value for tag, value in row.items() if tag in terms}
        for tag, value in known.items():
            values.setdefault(tag, []).append(value)
        if second in bounds:
            whole = {tag: even_day(terms[tag], start_s * _NS, _STEP_S * _NS, one) for tag, one in values.items()}
            found.append((bounds[second], whole))
            values, start_s = {tag: [value] for tag, value in known.items()}, second
    return found


def _store(ledger: Ledger, found: list[tuple[date, dict[str, PackedDay]]], now_s: int, db: sqlite3.Connection) -> None:
    with ledger.write(db):
        for day, packed in found:
            for tag, one in packed.items():
                replace_day(db, tag, day, "", one, now_s * _NS)


def _mark_sent(ledger: Ledger, zone: ZoneInfo, db: sqlite3.Connection) -> None:
    """What was made up for the accounts is no news for the sinks: a million old samples would be the first to go."""

    def mark(one: Unsent) -> IntervalMark:
        end_s = midnight_s(date.fromordinal(one.day + 1), zone)
        return IntervalMark(one.meter, one.day, _FIRST_VERSION, end_s * _NS, one.digest)

    with ledger.write(db):
        put(db, [mark(one) for one in unsent(db, 0)])


def _feed(ledger: Ledger, books: Books, seed: int, start_s: int, now_s: int, db: sqlite3.Connection) -> None:
    """Today's readings, one a minute, into the accounts that go on with them."""
    book = EnergyBook(books, {}, lambda: now_s * _NS)
    book.load(book.open(ledger.write, db), db)
    for second, row in past(seed, start_s, now_s, _MINUTE_S):
        for tag, value in row.items():
            if (entry := book.entries.get(tag)) is not None:
                entry.add(Reading(second * _NS, value), book.grid)
    book.prepare(book.dirty)
    book.commit(ledger.write, db)


def _record_days(ledger: Ledger, books: Books, until: date, now_s: int, db: sqlite3.Connection) -> None:
    """Put the days' digests into the log, as the gateway does when a day is over."""
    with ledger.write(db):
        record_days(db, books, until, now_s * _NS)
