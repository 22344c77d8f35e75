"""The record of a local day: the digests of all meters' intervals, so that the log's Merkle tree covers them.

Written when the day is over and settled; whenever a day that has one changes, another record is about the first, and
names the closes whose period the day lies in: there a restatement is due.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from gateway.accounts.books import Books
from gateway.store import intervals, records
from gateway.store.records import Kind, Record
from gateway.store.renames import Renames, renames

LONGEST_DAYS = 400  # caught up at once


def note_changes(
    db: sqlite3.Connection, books: Books, touched: Mapping[date, Sequence[str]], now_ns: int
) -> dict[date, list[str]]:
    """Record days that have a record already and changed, inside the caller's transaction. `touched`: meters by day.

    Returns the closes that a restatement is due of, by day: also where a day was closed before it was recorded.
    """
    last = last_day(db)
    due: dict[date, list[str]] = {}
    for day in sorted(touched):
        is_recorded = last is not None and day <= last
        body = _body(db, day, touched[day])
        said = _said(db, day) if is_recorded else []
        known = _known(said, renames(db)) if said else {}
        changed = {tag: now for tag, now in body["meters"].items() if known.get(tag) != now}
        closes = _closes(db, books, day, list(changed))
        if closes:
            due[day] = body["restatement_due"] = closes
        if is_recorded and changed:
            body["meters"] = changed
            records.append(db, now_ns, Kind.ENERGY_DAY, body, period=str(day), about=said[0].id if said else "")
    return due


def _said(db: sqlite3.Connection, day: date) -> list[Record]:
    """The records of a day, oldest first."""
    found: list[Record] = []
    while page := records.find(db, kinds=(Kind.ENERGY_DAY,), period=str(day), after_seq=found[-1].seq if found else 0):
        found += page
    return found


def _known(said: Sequence[Record], names: Renames) -> dict[str, Any]:
    """What the records of a day say of each meter, the newest of them."""
    return {names.of(tag, one.seq): meter for one in said for tag, meter in one.body["meters"].items()}


def record_days(db: sqlite3.Connection, books: Books, until: date, now_ns: int) -> int:
    """Record the days after the last recorded one up to `until`, inside the caller's transaction; how many."""
    last = last_day(db)
    first = _first_day(db) if last is None else last + timedelta(days=1)
    count = 0
    while first is not None and first <= until and count < LONGEST_DAYS:
        body = _body(db, first, list(books.meters))
        if body["meters"]:
            records.append(db, now_ns, Kind.ENERGY_DAY, body, period=str(first))
            count += 1
        first += timedelta(days=1)
    return count


def last_day(db: sqlite3.Connection) -> date | None:
    """The newest day that has a record."""
    query = "SELECT max(period) FROM record WHERE kind = ? AND enterprise = ''"
    found = db.execute(query, (Kind.ENERGY_DAY.value,)).fetchone()[0]
    return None if found is None else date.fromisoformat(found)


def _first_day(db: sqlite3.Connection) -> date | None:
    found = db.execute("SELECT min(day) FROM meter_day").fetchone()[0]
    return None if found is None else date.fromordinal(found)


def _body(db: sqlite3.Connection, day: date, tags: Sequence[str]) -> dict[str, Any]:
    meters = {
        one.tag: {
            "version": one.version,
            "digest": one.digest,
            "unit": one.unit,
            "known_micro": one.known_micro,
            "missing_ns": one.missing_ns,
        }
        for one in intervals.days(db, list(tags), day, day)
    }
    return {"day": str(day), "meters": meters}


def _accounting(books: Books, tags: set[str]) -> set[str]:
    """The enterprises of these meters, of what is computed or emitted by them, and those that bear a part of it."""
    fresh = {tag: one.enterprise for tag, one in books.meters.items() if tag in tags}
    whose: set[str] = set()
    counted: set[str] = set()
    while fresh:
        counted |= fresh.keys()
        whose |= set(fresh.values())
        fresh = {
            tag: one.enterprise
            for tag, one in books.virtual.items()
            if tag not in counted and not counted.isdisjoint((*one.plus, *one.minus))
        }
    sources = books.sources.values()
    whose |= {one.enterprise for one in sources if not counted.isdisjoint((*one.meters, *one.exports, *one.generation))}
    return whose | {enterprise for rule in books.allocations if rule.of in counted for enterprise, _ in rule.weights}


def _closes(db: sqlite3.Connection, books: Books, day: date, tags: Sequence[str]) -> list[str]:
    """The ids of the closes of the day's month, of those who account these meters, and of the park."""
    found = []
    for entity in sorted({*_accounting(books, set(tags)), books.site.id} if tags else ()):
        found += records.find(db, kinds=(Kind.CLOSE,), enterprise=entity, period=f"{day:%Y-%m}", limit=1)
    return [close.id for close in found]
