"""The energy consumer in the ledger's thread: meters in memory, and what is committed of them in one transaction.

Every method works on ledger.db's connection or on memory alone and returns soon: the caller cuts long work into calls.
What is taken is remembered with the place in the outbox that it came from, so nothing counts twice however often a
chunk is handed in; after a commit that failed the caller forgets the book, and everything is read from both files anew.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.accounts.energy.meters import unpacked_state
from gateway.accounts.records.submissions import Correction, corrections, events_by_meter, readings_by_meter
from gateway.core.batch import Batch, Stream
from gateway.core.clock import day_of
from gateway.pipeline.energy_days import last_day, note_changes
from gateway.pipeline.energy_meter import (
    KEEP_COUNT,
    KEEP_NS,
    MeterEntry,
    Stated,
    renamed,
    restore,
)
from gateway.pipeline.energy_readings import ReadingPicker
from gateway.pipeline.energy_recount import MARGIN_NS, Task, known, tasks_of
from gateway.store import intervals, records
from gateway.store.renames import rename
from rules.energy.account import Item, MeterAccount, in_order
from rules.energy.grid import Grid
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading

_STREAM = Stream.COUNTERS.value
AHEAD_NS = 3_600_000_000_000  # of the gateway's clock: what a device says to be later than that is not believed

Write = Callable[[sqlite3.Connection], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a file of the outbox was taken in: chunks, and batches of the chunk after them."""

    outbox: str = ""  # identity
    seq: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What a commit stored."""

    intervals: Mapping[str, Sequence[IntervalQuantity]]  # by tag
    restatements: Mapping[date, Sequence[str]]  # closes that a restatement is due of, by day


class Replaced(Exception):
    """ledger.db is not the file that this book was read from: it was restored from its copy."""


class EnergyBook:
    """See the module."""

    def __init__(self, books: Books, renamed_tags: Mapping[str, str], now_ns: Callable[[], int]) -> None:
        self.books = books
        self.zone = ZoneInfo(books.site.timezone)
        self.grid = Grid(self.zone, books.interval_s)
        self.entries: dict[str, MeterEntry] = {}
        self.place = Place()  # taken in
        self.committed = Place()
        self.is_comparable = False  # this outbox is the one that was read before, or the first
        self.turned = 0  # meters whose interval is over, since the last commit
        self.waiting = 0  # readings since the last commit
        self._renamed = renamed_tags
        self._now_ns = now_ns
        self.picker = ReadingPicker(renamed_tags)
        self.refused: Counter[str] = Counter()  # readings ahead of the clock, by tag, since somebody asked
        self._people_seq = -1  # of the log, up to where it was looked at

    # -- opening ------------------------------------------------------------------------------------------------------

    def open(self, write: Write, db: sqlite3.Connection) -> list[str]:
        """Make the rows of all meters; their tags, to be loaded in turns."""
        with write(db):
            for old, new in self._renamed.items():
                if new in self.books.meters:
                    rename(db, old, new, self._now_ns())
            self._numbers = intervals.meter_ids(db, list(self.books.meters))
        self.picker.watch(iter(self.books.meters))
        return list(self.books.meters)

    def load(self, tags: Sequence[str], db: sqlite3.Connection) -> list[str]:
        """Take these meters up where the last commit left them; those that cannot: declared otherwise, unreadable."""
        broken = []
        for tag in tags:
            entry = self.entries[tag] = self._fresh_entry(self.books.meters[tag])
            row = db.execute("SELECT state FROM meter_state WHERE meter = ?", (entry.number,)).fetchone()
            if row is None:
                continue
            try:
                document = unpacked_state(row[0])
                present = renamed(document, entry.meter.spec.canonical)
                restore(entry, present)
                if present is not document:
                    entry.account.changes()  # nothing but hashes, which have the tag in them: they stay as stored
            except (ValueError, KeyError, TypeError):
                entry.account = self.fresh_account(entry.meter)
                broken.append(tag)
            if entry.newest_ns:
                entry.turns_ns = self.grid.span(entry.newest_ns).end_ns
        return broken

    def _fresh_entry(self, meter: Meter) -> MeterEntry:
        return MeterEntry(meter, self._numbers[meter.tag], self.fresh_account(meter))

    def fresh_account(self, meter: Meter) -> MeterAccount:
        """An account without a reading."""
        return MeterAccount(meter.spec, self.grid, KEEP_NS, KEEP_COUNT)

    def go_to(self, outbox: str, highest_seq: int, write: Write, db: sqlite3.Connection) -> bool:
        """Take the place in this file of the outbox up: in another one the numbers mean other chunks. So they do in
        one that lost its last chunks (a power cut, a backup): true, it is read from its beginning then.
        """
        query = "SELECT count(*), max(outbox = ?) FROM energy_cursor WHERE outbox <> ''"
        count, is_there = db.execute(query, (outbox,)).fetchone()
        seq = _cursor(db, outbox)
        is_older = seq > highest_seq
        self.is_comparable = (not count or bool(is_there)) and not is_older
        if is_older:
            seq = 0
            with write(db):
                db.execute("UPDATE energy_cursor SET seq = 0 WHERE outbox = ?", (outbox,))
        self.place = self.committed = Place(outbox, seq)
        return is_older

    # -- taking in ----------------------------------------------------------------------------------------------------

    def take(self, seq: int, start: int, batches: Sequence[Batch], *, is_last: bool) -> None:
        """Some batches of a chunk, from its `start`-th on; those that were taken before are passed over."""
        if seq <= self.place.seq:
            return
        skipped = max(0, self.place.batches - start)
        limit_ns = self._now_ns() + AHEAD_NS
        for batch in batches[skipped:]:
            for tag, reading in self.picker.readings(batch):
                if reading.time_ns > limit_ns:
                    self.refused[tag] += 1
                else:
                    self.turned += self.entries[tag].add(reading, self.grid)
                    self.waiting += 1
        done = max(self.place.batches, start + len(batches))
        self.place = Place(self.place.outbox, seq, 0) if is_last else Place(self.place.outbox, self.place.seq, done)

    def refusals(self, _: sqlite3.Connection) -> dict[str, int]:
        """Readings that were not taken since this was asked last, by tag."""
        found, self.refused = dict(self.refused), Counter()
        return found

    def hear(self, db: sqlite3.Connection) -> list[str]:
        """Take up what people said about meters since the last time: readings, exchanges, corrections that are
        approved now, or no longer. The tags that are concerned."""
        newest = records.size(db)
        if newest == self._people_seq:
            return []
        self._people_seq = newest
        readings, events = readings_by_meter(db), events_by_meter(db)
        corrected: dict[str, list[Correction]] = {}
        for one in corrections(db):
            corrected.setdefault(one.tag, []).append(one)
        heard = []
        for tag, entry in self.entries.items():
            now = Stated(
                frozenset((*readings.get(tag, ()), *events.get(tag, ()))),
                frozenset(corrected.get(tag, ())),
            )
            if now != entry.stated:
                self._take_statements(entry, now)
                heard.append(tag)
        return heard

    def _take_statements(self, entry: MeterEntry, now: Stated) -> None:
        gone, come = entry.stated.items - now.items, now.items - entry.stated.items
        for item in sorted(come, key=lambda one: one.time_ns):
            self.turned += entry.add(item, self.grid)
        entry.gone += gone
        entry.spans += [(item.time_ns, item.time_ns + 1) for item in gone]
        entry.spans += [(one.start_ns, one.end_ns) for one in entry.stated.corrections ^ now.corrections]
        entry.stated, entry.is_dirty = now, True
        self.waiting += 1

    # -- giving out ---------------------------------------------------------------------------------------------------

    @property
    def dirty(self) -> list[str]:
        """Meters with something to store."""
        return [tag for tag, entry in self.entries.items() if entry.is_dirty]

    @property
    def overdue(self) -> list[str]:
        """Meters of which days have to be recalculated from the stored readings."""
        return [tag for tag, entry in self.entries.items() if entry.late or entry.spans]

    def tasks(self, tag: str, db: sqlite3.Connection) -> list[Task]:
        """What is to be recalculated of a meter."""
        return tasks_of(db, self.entries[tag], self.zone)

    def take_recalculated(self, tag: str, found: Sequence[IntervalQuantity]) -> None:
        """The recalculated intervals of everything that was overdue of a meter; stored with the next commit."""
        entry = self.entries[tag]
        entry.put(found)
        entry.late, entry.spans, entry.gone, entry.is_dirty = [], [], [], True

    def is_reached(self, tag: str, found: Sequence[IntervalQuantity], _: sqlite3.Connection) -> bool:
        """True where the account of a meter has to begin anew, with what came late."""
        entry = self.entries[tag]
        return bool(entry.late) and entry.is_reached_by(found, self.grid)

    def ahead(self, _: sqlite3.Connection) -> list[str]:
        """Meters whose account is ahead of the clock: that was set back. What comes now would be late in all of them,
        and every one of them would carry the time until then with it."""
        limit_ns = self._now_ns() + AHEAD_NS
        return [tag for tag, one in self.entries.items() if one.newest_ns > limit_ns and not one.meter.is_manual]

    def taken_back(self, tag: str, _: sqlite3.Connection) -> bool:
        """True where the account of a meter still counts with what people took back."""
        entry = self.entries[tag]
        return bool(entry.gone) and not entry.meter.is_manual

    def begin_anew(
        self, tag: str, samples: Sequence[Reading], from_ns: int, db: sqlite3.Connection
    ) -> tuple[MeterAccount, list[Item]]:
        """An account of a meter without a reading, and those that it is to take, from samples and what is known."""
        entry = self.entries[tag]
        bounds = from_ns - MARGIN_NS, self._now_ns() + AHEAD_NS
        return self.fresh_account(entry.meter), in_order([*samples, *known(db, entry, bounds, self.zone)])

    def end_anew(self, tag: str, account: MeterAccount, from_ns: int | None) -> None:
        """Go on with this account; its intervals from `from_ns` on are stored again. `None`: what is stored stays."""
        entry = self.entries[tag]
        entry.account, entry.is_dirty = account, True
        entry.put(one for one in account.changes() if from_ns is not None and one.span.start_ns >= from_ns)
        entry.newest_ns = max((item.time_ns for item in account.items), default=0)
        entry.turns_ns = self.grid.span(entry.newest_ns).end_ns if entry.newest_ns else 0
        self.turned += 1

    def prepare(self, tags: Sequence[str]) -> None:
        """Work out what is to be stored of these."""
        for tag in tags:
            self.entries[tag].prepare()

    def commit(self, write: Write, db: sqlite3.Connection) -> Stored:
        """Intervals, states and the place in the outbox, all or nothing.

        Raises Replaced where the file is another one than at the last commit.
        """
        now_ns = self._now_ns()
        due = [entry for entry in self.entries.values() if entry.blob is not None]
        with write(db):
            if _cursor(db, self.place.outbox) != self.committed.seq:
                raise Replaced
            stored = {entry.meter.tag: entry.with_corrections(entry.fresh) for entry in due if entry.fresh}
            for tag, found in stored.items():
                self._store(db, tag, found, now_ns)
            states = [(entry.number, entry.blob) for entry in due]
            db.executemany("INSERT OR REPLACE INTO meter_state VALUES(?, ?)", states)
            row = (self.place.outbox, _STREAM, self.place.seq)
            db.execute("INSERT OR REPLACE INTO energy_cursor VALUES(?, ?, ?)", row)
            restatements = note_changes(db, self.books, self._touched(stored), now_ns)
        for entry in due:
            entry.settled()
        self.committed, self.turned, self.waiting = self.place, 0, 0
        return Stored(stored, restatements)

    def _store(self, db: sqlite3.Connection, tag: str, found: Sequence[IntervalQuantity], now_ns: int) -> None:
        """Days that somebody relied on, recorded or closed, get another version for whatever is new."""
        recorded = last_day(db)
        meter = self.books.meters[tag].spec.digest
        for is_relied_on, part in groupby(
            sorted(found, key=lambda one: one.span.start_ns),
            key=lambda one: recorded is not None and day_of(one.span.start_ns, self.zone) <= recorded,
        ):
            frozen_ns = now_ns if is_relied_on else _closed_ns(db)
            intervals.store(db, tag, part, now_ns, zone=self.zone, meter=meter, frozen_ns=frozen_ns)

    def _touched(self, stored: Mapping[str, Sequence[IntervalQuantity]]) -> dict[date, list[str]]:
        touched: dict[date, list[str]] = {}
        for tag, found in stored.items():
            for day in {day_of(one.span.start_ns, self.zone) for one in found}:
                touched.setdefault(day, []).append(tag)
        return touched


def _closed_ns(db: sqlite3.Connection) -> int:
    """When a period was closed or restated last."""
    query = "SELECT max(time_ns) FROM record WHERE kind IN (?, ?)"
    found = db.execute(query, (records.Kind.CLOSE.value, records.Kind.RESTATEMENT.value)).fetchone()[0]
    return 0 if found is None else int(found)


def _cursor(db: sqlite3.Connection, outbox: str) -> int:
    row = db.execute("SELECT seq FROM energy_cursor WHERE outbox = ? AND stream = ?", (outbox, _STREAM)).fetchone()
    return 0 if row is None else int(row[0])
