"""Days that are stored, anew: another multiplier, readings or events that came late, or some that were withdrawn.

    days of one meter ─▶ plain: `recut_plain`, the day's bytes to other bytes      ─┐
                      └▶ else: `recut` over the neighbouring days' deciding readings ├─▶ pieces ─▶ `merge`

`recalculated` reads, best in the jobs process on a connection of its own; `merge` writes, in the ledger's thread, only
what still rests on the row that was read. A piece is a day, so transactions are as short as the caller likes.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.accounts.records.submissions import Correction
from gateway.core.clock import day_of
from gateway.store import intervals as store
from gateway.store.intervals import StoredDay
from gateway.store.ledger import open_readonly
from rules.energy.account import Item
from rules.energy.corrected import corrected
from rules.energy.day import PackedDay, pack, sealed
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Event, Origin, Reading
from rules.energy.recut import Terms, recut, recut_plain
from rules.energy.spec import MeterSpec

FARTHEST_DAYS = 800  # how far one reading may lie from the next: meters that are read once a year, and some more
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be recalculated. Picklable."""

    spec: MeterSpec  # as it holds now: with all its multipliers
    zone: str
    interval_s: int
    first: date
    last: date  # included
    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()
    corrections: tuple[Correction, ...] = ()  # of this meter, all that are approved

    @property
    def grid(self) -> Grid:
        """The intervals of the site."""
        return Grid(ZoneInfo(self.zone), self.interval_s)


class Piece(NamedTuple):
    """A day that is another one now. A tuple: many of them cross a pipe."""

    tag: str
    day: date
    rests_on: str  # digest of the row that was read; "" where there was none
    packed: PackedDay


def recalculate(directory: Path, order: Order) -> list[Piece]:
    """For `jobs.run`: one meter, some days, from the data directory. Raises what `open_readonly` raises."""
    db = open_readonly(directory)
    try:
        return list(recalculated(db, order))
    finally:
        db.close()


def recalculated(db: sqlite3.Connection, order: Order) -> Iterator[Piece]:
    """The days that change, in order; what people corrected stays corrected.

    With readings or events to add or remove, days around them change too as far as the next readings lie.
    """
    items = (*order.added, *order.removed)
    if items:
        yield from _around(db, order)
        return
    terms = Terms.of(order.spec)
    for stored in store.days(db, [order.spec.tag], order.first, order.last):
        content = stored.content()
        anew = recut_plain(terms, content)
        if anew is content:
            continue
        if anew is None:
            yield from _over_links(db, order, stored)
            continue
        micro = sum(sum(one.micro) for one in anew.stretches)
        totals = (micro, stored.measured_ns, stored.estimated_ns, stored.missing_ns)
        yield Piece(stored.tag, stored.day, stored.digest, sealed(anew, stored.unit, totals))


def _over_links(db: sqlite3.Connection, order: Order, stored: StoredDay) -> Iterator[Piece]:
    old = stored.intervals()
    wanted = Span(old[0].span.start_ns, old[-1].span.end_ns)
    context = [*_before(db, order, stored.day, old), *old]
    yield from _pieces(db, order, recut(order.spec, order.grid, context, wanted))


def _before(db: sqlite3.Connection, order: Order, day: date, old: Sequence[IntervalQuantity]) -> list[IntervalQuantity]:
    """The intervals before a day, back to where the links begin that reach into it."""
    earliest = min((reading.time_ns for one in old[:1] for reading in one.readings), default=None)
    if earliest is None or earliest >= old[0].span.start_ns:
        return []
    first = max(day_of(earliest, ZoneInfo(order.zone)), day - FARTHEST_DAYS * _ONE)
    return [one for part in store.days(db, [order.spec.tag], first, day - _ONE) for one in part.intervals()]


def _around(db: sqlite3.Connection, order: Order) -> Iterator[Piece]:
    """With items: from the reading before the first to where, after the last, everything is as it was."""
    times = [item.time_ns for item in (*order.added, *order.removed)]
    zone = ZoneInfo(order.zone)
    first = min(order.first, day_of(min(times), zone) - _ONE)
    last = max(order.last, day_of(max(times), zone) + _ONE)
    first, last = _widened(db, order.spec.tag, first, last)
    old = [one for part in store.days(db, [order.spec.tag], first, last) for one in part.intervals()]
    context = [*_before(db, order, first, old), *old] if old else []
    added = [*order.added, *_kept_before(db, order, first, last)]
    found = recut(order.spec, order.grid, context, _everything, added=added, removed=order.removed)
    yield from _pieces(db, order, found)


_everything = Span(-(2**63), 2**63)


def _widened(db: sqlite3.Connection, tag: str, first: date, last: date) -> tuple[date, date]:
    """With the nearest stored day on either side, and one more after it: a level is believed after some readings."""
    query = """SELECT day FROM meter_day WHERE meter = (SELECT id FROM meter WHERE tag = ?) AND replaced_ns IS NULL
        AND day """
    before = db.execute(query + "< ? AND day >= ? ORDER BY day DESC LIMIT 1", _near(tag, first, -1)).fetchone()
    after = db.execute(query + "> ? AND day <= ? ORDER BY day LIMIT 2", _near(tag, last, 1)).fetchall()
    return date.fromordinal(before[0]) if before else first, date.fromordinal(after[-1][0]) if after else last


def _near(tag: str, day: date, way: int) -> tuple[str, int, int]:
    return tag, day.toordinal(), day.toordinal() + way * FARTHEST_DAYS


def _kept_before(db: sqlite3.Connection, order: Order, first: date, last: date) -> list[Item]:
    """Where something is withdrawn: readings that decided earlier versions, when it was not there yet."""
    days = {day_of(item.time_ns, ZoneInfo(order.zone)) for item in order.removed}
    gone = {(item.time_ns, item.value) for item in order.removed if isinstance(item, Reading)}
    found: dict[Item, None] = {}
    for day in sorted(one for one in days if first <= one <= last):
        for version in store.versions(db, order.spec.tag, day)[:-1]:
            for interval in version.intervals():
                found |= dict.fromkeys(one for one in interval.readings if one.origin is Origin.METER)
    return [one for one in found if isinstance(one, Event) or (one.time_ns, one.value) not in gone]


def _pieces(db: sqlite3.Connection, order: Order, changed: Sequence[IntervalQuantity]) -> Iterator[Piece]:
    """The changed intervals in their days, with those that stay."""
    zone = ZoneInfo(order.zone)
    by_day: dict[date, list[IntervalQuantity]] = {}
    for one in _corrected(changed, order.corrections):
        by_day.setdefault(day_of(one.span.start_ns, zone), []).append(one)
    for day, fresh in sorted(by_day.items()):
        stored = next(store.days(db, [order.spec.tag], day, day), None)
        packed = store.merged(stored, fresh, order.spec.digest) if stored else pack(fresh, [order.spec.digest])
        if packed is not None:
            yield Piece(order.spec.tag, day, stored.digest if stored else "", packed)


def _corrected(changed: Iterable[IntervalQuantity], corrections: Iterable[Correction]) -> Iterator[IntervalQuantity]:
    by_span = {(one.start_ns, one.end_ns): one for one in corrections}
    for interval in changed:
        said = by_span.get((interval.span.start_ns, interval.span.end_ns))
        yield corrected(interval, said.quantity_micro, said.record) if said else interval


def merge(db: sqlite3.Connection, pieces: Iterable[Piece], now_ns: int) -> list[Piece]:
    """Store them, within the caller's transaction; gives those whose day has changed since: recalculate them again."""
    stale = []
    for piece in pieces:
        if not store.replace_day(db, piece.tag, piece.day, piece.rests_on, piece.packed, now_ns):
            stale.append(piece)
    return stale
