"""Interval quantities in ledger.db: one packed row per meter and local day, versions kept, never overwritten.

    new intervals ─▶ after the day's last one, and nobody relied on the row ─▶ the row grows
                  └▶ an interval that is there is another one now, or a hole is filled ─▶ a new version of the day

A replaced row stays, with the instant at which it was replaced. Sums are in columns of their own, so that a period's
are asked in SQL; what a row holds is proven by its digest, and the sums by the row (`faults`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256
from itertools import groupby
from typing import Any

from gateway.core.clock import day_of
from rules.energy import day as packed
from rules.energy.day import Content, PackedDay
from rules.energy.quantity import IntervalQuantity

TABLES = (
    "CREATE TABLE meter(id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE)",
    """CREATE TABLE meter_day(
        meter INTEGER NOT NULL REFERENCES meter(id), day INTEGER NOT NULL, version INTEGER NOT NULL,
        unit TEXT NOT NULL, written_ns INTEGER NOT NULL, replaced_ns INTEGER, known INTEGER NOT NULL,
        measured_ns INTEGER NOT NULL, estimated_ns INTEGER NOT NULL, missing_ns INTEGER NOT NULL,
        digest BLOB NOT NULL, payload BLOB NOT NULL, PRIMARY KEY(meter, day, version))""",
    # sums without the payloads' pages; also the newest version of a day
    """CREATE INDEX meter_day_sums ON meter_day(meter, day, replaced_ns, written_ns, known, measured_ns,
        estimated_ns, missing_ns, unit, version, digest)""",
    "CREATE TABLE meter_state(meter INTEGER PRIMARY KEY REFERENCES meter(id), state BLOB NOT NULL)",
    """CREATE TABLE energy_cursor(
        outbox TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(outbox, stream)) WITHOUT ROWID""",
)
COLUMN_MOST = 10**15  # micro-units of a day that the column holds: thousands of days add up within 64 bits
_ROWS = """SELECT meter.tag, day, version, unit, written_ns, replaced_ns, known, measured_ns, estimated_ns, missing_ns,
    digest, payload FROM meter_day JOIN meter ON meter.id = meter """
_SUMS = """SELECT sum(known), sum(measured_ns), sum(estimated_ns), count(*), min(unit), max(unit), max(abs(known))
    FROM meter_day WHERE meter = (SELECT id FROM meter WHERE tag = ?) AND day BETWEEN ? AND ?
    AND (? IS NULL AND replaced_ns IS NULL OR written_ns <= ? AND (replaced_ns IS NULL OR replaced_ns > ?))"""


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One version of one meter's local day."""

    tag: str
    day: date
    version: int
    unit: str
    written_ns: int
    replaced_ns: int | None
    known_micro: int  # at most `COLUMN_MOST` either way: more stands in the payload alone
    measured_ns: int
    estimated_ns: int
    missing_ns: int  # within the intervals that are there
    digest: str  # SHA-256 of the payload, as hexadecimal text
    payload: bytes

    def content(self) -> Content:
        """What the payload holds. Raises ValueError where the row was changed."""
        return packed.open_payload(self._proven())

    def intervals(self) -> list[IntervalQuantity]:
        """The intervals that are there, in order. Raises like `content`."""
        return packed.unpack(self._proven(), self.unit)

    def slots(self) -> list[tuple[int, int, int | None]]:
        """(start, end, micro-units) of each interval, in order; `None` where a part is missing. Fast."""
        return packed.quantities(self._proven(), self.unit)

    def quantities(self) -> list[int | None]:
        """The micro-units alone."""
        return [micro for _, _, micro in self.slots()]

    def _proven(self) -> bytes:
        if sha256(self.payload).hexdigest() != self.digest:
            raise ValueError(f"{self.tag}, {self.day}, version {self.version}: changed since it was written")
        return self.payload


@dataclass(frozen=True, slots=True)
class PeriodTotal:
    """What is known of some days of one meter. Missing: time without a row too, never zero."""

    known_micro: int
    measured_ns: int
    estimated_ns: int
    missing_ns: int
    days: int  # that have a row
    unit: str  # "" without a row
    is_mixed: bool = False  # rows of several units: the sum says nothing


def meter_ids(db: sqlite3.Connection, tags: Iterable[str]) -> dict[str, int]:
    """Ids of meters, made where they are new; within the caller's transaction."""
    found: dict[str, int] = {}
    for tag in tags:
        row = db.execute("SELECT id FROM meter WHERE tag = ?", (tag,)).fetchone()
        cursor = None if row else db.execute("INSERT INTO meter(tag) VALUES (?)", (tag,))
        found[tag] = int(row[0]) if cursor is None else int(cursor.lastrowid or 0)
    return found


def store(
    db: sqlite3.Connection,
    tag: str,
    intervals: Iterable[IntervalQuantity],
    now_ns: int,
    *,
    zone: tzinfo,
    meter: str = "",
    frozen_ns: int = 0,
) -> list[date]:
    """Put intervals into their days, within the caller's transaction; gives the days of which a version was replaced.

    `meter` is the digest of the declaration (`MeterSpec.digest`), `frozen_ns` the newest instant at which somebody
    relied on what was known (a close): a row written before it gets another version for everything that is new.
    An interval that is there already changes nothing; another one of its span counts the interval's version on.
    """
    (meter_id,) = meter_ids(db, [tag]).values()
    ordered = sorted(intervals, key=lambda interval: interval.span.start_ns)
    replaced: list[date] = []
    for ordinal, part in groupby(ordered, key=lambda one: day_of(one.span.start_ns, zone).toordinal()):
        old = _newest(db, tag, meter_id, ordinal)
        if _put(db, meter_id, ordinal, old, list(part), now_ns, meter, frozen_ns):
            replaced.append(date.fromordinal(ordinal))
    return replaced


def _put(
    db: sqlite3.Connection,
    meter_id: int,
    ordinal: int,
    old: StoredDay | None,
    fresh: list[IntervalQuantity],
    now_ns: int,
    meter: str,
    frozen_ns: int,
) -> bool:
    if old is None:
        _insert(db, meter_id, ordinal, 1, now_ns, packed.pack(fresh, [meter]))
        return False
    may_grow = old.written_ns >= frozen_ns and all(one.unit == old.unit for one in fresh)
    end_ns = old.slots()[-1][1]
    if may_grow and fresh[0].span.start_ns >= end_ns and abs(old.known_micro) < COLUMN_MOST:
        _grow(db, meter_id, ordinal, old, packed.extended(_packed(old), fresh, [meter]))
        return False
    found, news = _merged(old, fresh)
    if found is None:
        return False
    whole = packed.pack(found, _meters(old, meter))
    is_same = not news or (may_grow and all(one.span.start_ns >= end_ns for one in news))
    if is_same:
        _grow(db, meter_id, ordinal, old, whole)
    else:
        _supersede(db, meter_id, ordinal, old.version, now_ns, whole)
    return not is_same


def merged(old: StoredDay, fresh: Sequence[IntervalQuantity], meter: str) -> PackedDay | None:
    """The day with these intervals instead of those in their place; `None` where nothing changes."""
    found, _ = _merged(old, fresh)
    return packed.pack(found, _meters(old, meter)) if found else None


def replace_day(db: sqlite3.Connection, tag: str, day: date, rests_on: str, whole: PackedDay, now_ns: int) -> bool:
    """Store a day that was worked out elsewhere from the row of that digest ("" from none), within the caller's
    transaction; false where the newest row is another one by now.
    """
    (meter_id,) = meter_ids(db, [tag]).values()
    query = "SELECT version, digest FROM meter_day WHERE meter = ? AND day = ? AND replaced_ns IS NULL"
    version, digest = db.execute(query, (meter_id, day.toordinal())).fetchone() or (0, b"")
    if digest.hex() != rests_on:
        return False
    if version:
        _supersede(db, meter_id, day.toordinal(), version, now_ns, whole)
    else:
        _insert(db, meter_id, day.toordinal(), 1, now_ns, whole)
    return True


def _merged(
    old: StoredDay, fresh: Sequence[IntervalQuantity]
) -> tuple[list[IntervalQuantity] | None, list[IntervalQuantity]]:
    """The day's intervals with the new ones, `None` where nothing changes; those that are others than before."""
    found = {one.span.start_ns: one for one in old.intervals()}
    before, news = dict(found), []
    for one in fresh:
        there = found.get(one.span.start_ns)
        if there is not None and there.hash == one.hash and there.span == one.span:
            found[one.span.start_ns] = replace(one, version=there.version)  # whether it is doubted may change
            continue
        found = {start: kept for start, kept in found.items() if not _overlap(kept, one)}
        version = max(one.version, there.version + 1) if there else one.version
        found[one.span.start_ns] = replace(one, version=version)
        news.append(one)
    return (None if found == before else list(found.values())), news


def _overlap(one: IntervalQuantity, other: IntervalQuantity) -> bool:
    return one.span.start_ns < other.span.end_ns and other.span.start_ns < one.span.end_ns


def _meters(old: StoredDay, meter: str) -> list[str]:
    contexts = old.content().contexts
    return list(dict.fromkeys([meter, *(one.meter for one in contexts)]))


def _packed(old: StoredDay) -> PackedDay:
    totals = (old.known_micro, old.measured_ns, old.estimated_ns, old.missing_ns)
    return PackedDay(old.unit, *totals, bytes.fromhex(old.digest), old.payload)


def _insert(db: sqlite3.Connection, meter_id: int, ordinal: int, version: int, now_ns: int, day: PackedDay) -> None:
    """A new row."""
    known = max(-COLUMN_MOST, min(COLUMN_MOST, day.known_micro))
    times = (day.measured_ns, day.estimated_ns, day.missing_ns)
    db.execute(
        "INSERT INTO meter_day VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?)",
        (meter_id, ordinal, version, day.unit, now_ns, known, *times, day.digest, day.payload),
    )


def _supersede(db: sqlite3.Connection, meter_id: int, ordinal: int, version: int, now_ns: int, day: PackedDay) -> None:
    """The next version of a row: the old one stays, replaced now."""
    db.execute(
        "UPDATE meter_day SET replaced_ns = ? WHERE meter = ? AND day = ? AND version = ?",
        (now_ns, meter_id, ordinal, version),
    )
    _insert(db, meter_id, ordinal, version + 1, now_ns, day)


def _grow(db: sqlite3.Connection, meter_id: int, ordinal: int, old: StoredDay, day: PackedDay) -> None:
    """The same version with more in it."""
    db.execute("DELETE FROM meter_day WHERE meter = ? AND day = ? AND version = ?", (meter_id, ordinal, old.version))
    _insert(db, meter_id, ordinal, old.version, old.written_ns, day)


def _newest(db: sqlite3.Connection, tag: str, meter_id: int, ordinal: int) -> StoredDay | None:
    query = _ROWS + "WHERE meter = ? AND day = ? AND replaced_ns IS NULL"
    row = db.execute(query, (meter_id, ordinal)).fetchone()
    return _day(row) if row else None


def days(
    db: sqlite3.Connection, tags: Iterable[str], first: date, last: date, *, as_of_ns: int | None = None
) -> Iterator[StoredDay]:
    """The days from first to last (both included) that have a row, meter by meter, in order; as known at an instant."""
    query = (
        _ROWS
        + """WHERE meter.tag = ? AND day BETWEEN ? AND ? AND
        (? IS NULL AND replaced_ns IS NULL OR written_ns <= ? AND (replaced_ns IS NULL OR replaced_ns > ?))
        ORDER BY day"""
    )
    for tag in tags:
        span = (first.toordinal(), last.toordinal())
        rows = db.execute(query, (tag, *span, as_of_ns, as_of_ns, as_of_ns))
        yield from map(_day, rows)


def versions(db: sqlite3.Connection, tag: str, day: date) -> list[StoredDay]:
    """Every version of a day, the oldest first."""
    query = _ROWS + "WHERE meter.tag = ? AND day = ? ORDER BY version"
    return [_day(row) for row in db.execute(query, (tag, day.toordinal()))]


def totals(
    db: sqlite3.Connection,
    tags: Iterable[str],
    first: date,
    last: date,
    *,
    zone: tzinfo,
    as_of_ns: int | None = None,
) -> dict[str, PeriodTotal]:
    """Sums over the days from first to last (both included), every tag; time without an interval is missing."""
    period_ns = _start_ns(last + timedelta(days=1), zone) - _start_ns(first, zone)
    found: dict[str, PeriodTotal] = {}
    for tag in tags:
        span = (first.toordinal(), last.toordinal())
        row = db.execute(_SUMS, (tag, *span, as_of_ns, as_of_ns, as_of_ns)).fetchone()
        known, measured, estimated, count, low, high, most = row
        if most is not None and most >= COLUMN_MOST:
            known = sum(_sums(one)[0] for one in days(db, [tag], first, last, as_of_ns=as_of_ns))
        missing = period_ns - (measured or 0) - (estimated or 0)
        found[tag] = PeriodTotal(known or 0, measured or 0, estimated or 0, missing, count, low or "", low != high)
    return found


def _start_ns(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000_000


def _sums(day: StoredDay) -> tuple[int, int, int, int]:
    return day.content().sums(day.unit)


def faults(db: sqlite3.Connection) -> Iterator[str]:
    """Rows that are not what was written: for each a text that says which, and what is wrong. Reads everything."""
    for one in map(_day, db.execute(_ROWS + "ORDER BY meter, day, version")):
        try:
            known, *times = _sums(one)
        except ValueError as error:
            yield str(error)
            continue
        clamped = max(-COLUMN_MOST, min(COLUMN_MOST, known))
        if (clamped, *times) != (one.known_micro, one.measured_ns, one.estimated_ns, one.missing_ns):
            yield f"{one.tag}, {one.day}, version {one.version}: the sums are not those of its intervals"


def _day(row: tuple[Any, ...]) -> StoredDay:
    tag, ordinal, version, unit, written_ns, replaced_ns, known, *times, digest, payload = row
    head = (tag, date.fromordinal(ordinal), version, unit, written_ns, replaced_ns, known)
    return StoredDay(*head, times[0], times[1], times[2], digest.hex(), payload)
