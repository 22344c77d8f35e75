"""The energy consumer: a sink inside the gateway that makes intervals of the counters' stream, in ledger.db.

  forwarder ─▶ write ─▶ book (in the ledger's thread) ─▶ one transaction: intervals, states, cursor ─▶ durable seq
                         ├─ late, corrected: recalculated from stored readings, by the jobs process
                         └─ finished intervals ─▶ balances as computed points

The outbox holds what is not committed, so a commit may wait for the end of an interval: a flash card lives longer.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.core.batch import Batch, Chunk, Stream
from gateway.core.clock import Clock, day_of
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.history import History
from gateway.core.jobs import Jobs
from gateway.core.ports import Counts, Written
from gateway.core.quality import Quality
from gateway.pipeline.energy_book import EnergyBook, Replaced, Stored
from gateway.pipeline.energy_days import record_days
from gateway.pipeline.energy_points import BalancePoints
from gateway.pipeline.energy_readings import reading_of
from gateway.pipeline.energy_recount import local_midnight_ns, recalculated
from gateway.store.findings import Findings
from gateway.store.ledger import Ledger
from rules.energy.account import Item, MeterAccount
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading

Listener = Callable[[Mapping[str, Sequence[IntervalQuantity]]], None]

NAME = "energy"  # among the sinks
STREAMS = (Stream.COUNTERS,)
COMMIT_S = 5.0  # after the first meter's interval was over: the others end theirs meanwhile
MOST_WAITING = 50_000  # readings; then a commit comes sooner
LOOK_S = 5.0
AHEAD = "ahead_of_clock"  # cause of what is not taken
SETTLED_NS = 3 * 3_600_000_000_000  # after its end a day is recorded: late readings come mostly by then
_SLICE = 200  # batches taken in without letting others use the ledger
_METERS = 10  # prepared in one call
_ITEMS = 2_000  # readings that an account takes in one call
_PAGE = 50_000  # samples read from the history at once
_MOST_SAMPLES = 2_000_000  # for one recalculation


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the consumer asks the gateway for."""

    ids: Mapping[str, int]  # of points, by tag: the history's names for them
    history: Callable[[], History | None]
    outbox: Callable[[], tuple[str, int]]  # its identity, and the highest seq that it gave
    passed: Callable[[], int]  # the seq of COUNTERS up to which the outbox holds nothing for this sink any more
    oldest_ns: Callable[[], int | None]  # of what waits in the outbox for this sink
    renamed: Mapping[str, str]  # tags: former -> present
    devices: Mapping[str, Device]  # that may have points of balances, by id


class EnergyKeeper:
    """Implements `gateway.core.ports.Sink`; `run` does what no chunk brings about."""

    name = NAME

    def __init__(
        self,
        ledger: Ledger,
        books: Books,
        jobs: Jobs,
        clock: Clock,
        around: Surroundings,
        *,
        commit_s: float = COMMIT_S,
    ) -> None:
        self.counts = Counts()
        self.points = BalancePoints(books, around.devices)
        self.export: Callable[[], Awaitable[None]] | None = None  # sends finished intervals to the sinks
        self._ledger = ledger
        self._books = books
        self._jobs = jobs
        self._clock = clock
        self._around = around
        self._commit_s = commit_s
        self._lock = asyncio.Lock()
        self._findings = Findings(__name__)
        self._zone = ZoneInfo(books.site.timezone)
        self._listeners: list[Listener] = []
        self._recorded: date | None = None
        self._book: EnergyBook | None = None
        self._turned_at: float | None = None  # monotonic

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        return self._findings.all()

    def add_listener(self, listener: Listener) -> None:
        """Have `listener` called on the loop with the intervals of every commit, by tag."""
        self._listeners.append(listener)

    # -- as a sink ----------------------------------------------------------------------------------------------------

    async def write(self, chunk: Chunk) -> Written:
        """Take a chunk in. What it says is durable some time later. Raises Unavailable."""
        async with self._lock:
            book = await self._ready()
            for start in range(0, len(chunk.batches), _SLICE):
                part: Sequence[Batch] = chunk.batches[start : start + _SLICE]
                is_last = start + _SLICE >= len(chunk.batches)
                await self._do(partial(book.take, chunk.seq, start, part, is_last=is_last))
            refused = await self._ledger.do(book.refusals)
            if self._is_due(book):
                await self._commit(book)
            return Written(book.committed.seq, skipped=Counter(self._say_refused(refused)))

    def _say_refused(self, refused: Mapping[str, int]) -> dict[str, int]:
        """What is ahead of the clock is no reading: the account would be carried on to there."""
        for tag in refused:
            text = f"{tag}: readings are more than an hour ahead of the gateway's clock and are not accounted"
            self._findings.say(f"energy_ahead_{tag}", f"{text}: is a clock wrong, or a time zone?")
        return {AHEAD: sum(refused.values())} if refused else {}

    async def flush(self) -> dict[str, int]:
        """Commit everything that was taken in. Raises Unavailable."""
        async with self._lock:
            if self._book is None:
                return {}
            if self._book.waiting or self._book.place != self._book.committed:
                await self._commit(self._book)
            return {Stream.COUNTERS.value: self._book.committed.seq}

    def change(self, books: Books, devices: Mapping[str, Device]) -> None:
        """Go on with other books, after `flush` and while no chunk is handed in. `devices` may have balances."""
        self._book, self._turned_at, self._recorded = None, None, None
        self._books = books
        self.points = BalancePoints(books, devices)

    async def close(self) -> None:
        """Nothing is held open: the ledger is the gateway's."""

    # -- besides ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look after what people said and which days are over, until cancelled."""
        while True:
            try:
                await self.look()
                self._findings.clear("energy_ledger")
            except Unavailable as error:
                self._findings.say("energy_ledger", f"the energy account waits: {error}")
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """One look. Raises Unavailable."""
        async with self._lock:
            book = await self._ready()
            heard = await self._ledger.do(book.hear)
            for tag in await self._ledger.do(book.ahead):
                await self._rebuild(book, tag)
                text = f"{tag}: its account was ahead of the clock, which was set back: recalculated since yesterday"
                self._findings.say(f"energy_set_back_{tag}", text)
            if heard or self._is_due(book):
                await self._commit(book)
            await self._record_days()
        self.points.publish(self._clock.time_ns())
        if self.export is not None:
            await self.export()

    async def _record_days(self) -> None:
        """Record the days that are over, once everything that was read until then is in."""
        zone = self._zone
        until = day_of(self._clock.time_ns() - SETTLED_NS, zone) - timedelta(days=1)
        oldest_ns = self._around.oldest_ns()
        if oldest_ns is not None:
            until = min(until, day_of(oldest_ns, zone) - timedelta(days=1))

        if until == self._recorded:
            return

        def record(db: sqlite3.Connection) -> int:
            with self._ledger.write(db):
                return record_days(db, self._books, until, self._clock.time_ns())

        self.counts["days_recorded"] += await self._ledger.do(record)
        self._recorded = until

    # -- opening ------------------------------------------------------------------------------------------------------

    async def _ready(self) -> EnergyBook:
        """The book, read from ledger.db where that has not happened yet."""
        book = self._book
        if book is None:
            book = EnergyBook(self._books, self._around.renamed, self._clock.time_ns)
            tags = await self._ledger.do(partial(book.open, self._ledger.write))
            redeclared: list[str] = []
            for part in _parts(tags, _METERS):
                redeclared += await self._ledger.do(partial(book.load, part))
            await self._go_to(book)
            await self._mend(book, redeclared)
            self._book = book
        else:
            await self._go_to(book)
        return book

    async def _go_to(self, book: EnergyBook) -> None:
        identity, highest_seq = self._around.outbox()
        if identity == book.place.outbox:
            return
        if await self._ledger.do(partial(book.go_to, identity, highest_seq, self._ledger.write)):
            text = "outbox.db is older than what was taken from it: what comes now is taken in as new"
            self._findings.say("energy_outbox_older", text)

    async def _mend(self, book: EnergyBook, redeclared: Sequence[str]) -> None:
        """Meters that cannot go on from their saved state go on from the stored readings."""
        for tag in redeclared:
            count = await self._rebuild(book, tag)
            text = (
                f"{tag} is declared otherwise than before, or its state could not be read: since yesterday recalculated"
            )
            self._findings.say(
                f"energy_rebuilt_{tag}", f"{text} from {count} stored readings (`energy recount` for older days)"
            )
        if (
            book.is_comparable and book.committed.seq < self._around.passed()
        ):  # the outbox has let go of readings that this ledger never saw
            for tag in sorted(set(book.entries) - set(redeclared)):
                await self._rebuild(book, tag, book.entries[tag].newest_ns)
            text = "ledger.db is older than what the outbox delivered: recalculated from stored readings since then"
            self._findings.say("energy_behind", text)

    async def _rebuild(self, book: EnergyBook, tag: str, since_ns: int = 0) -> int:
        """Begin the account of a meter anew, from stored readings: since yesterday, or the earlier day of `since_ns`.
        Without samples of the history what is stored stays: readings that decided it do not show again how well.

        Returns how many readings there were.
        """
        if book.entries[tag].meter.is_manual:
            return 0
        now_ns = self._clock.time_ns()
        from_ns = local_midnight_ns(now_ns, book.zone, 1)
        if since_ns:
            from_ns = min(from_ns, local_midnight_ns(since_ns, book.zone, 0))
        samples = await self._stored(tag, (from_ns - 86_400_000_000_000, now_ns + 1))
        self.counts["rebuilt"] += 1
        account, items = await self._ledger.do(partial(book.begin_anew, tag, samples, from_ns))
        for start in range(0, len(items), _ITEMS):
            part = items[start : start + _ITEMS]
            await self._do(partial(_add, account, part))
        await self._do(partial(book.end_anew, tag, account, from_ns if samples else None))
        return len(items)

    # -- committing ---------------------------------------------------------------------------------------------------

    def _is_due(self, book: EnergyBook) -> bool:
        if book.turned and self._turned_at is None:
            self._turned_at = self._clock.monotonic()
        is_over = self._turned_at is not None and self._clock.monotonic() - self._turned_at >= self._commit_s
        return is_over or book.waiting >= MOST_WAITING

    async def _commit(self, book: EnergyBook) -> None:
        """Everything that was taken in, in one transaction. Raises Unavailable; then it is read anew."""
        try:
            await self._recalculate(book)
            for part in _parts(await self._ledger.do(lambda db: book.dirty), _METERS):
                await self._do(partial(book.prepare, part))
            stored = await self._ledger.do(partial(book.commit, self._ledger.write))
        except Replaced as error:
            self._book = None
            raise Unavailable("ledger.db was restored from its copy: the energy account is read anew") from error
        except BaseException:
            self._book = None
            raise
        self._turned_at = None
        self._note(stored)

    def _note(self, stored: Stored) -> None:
        self.counts["commits"] += 1
        self.counts["intervals"] += sum(map(len, stored.intervals.values()))
        for day, closes in stored.restatements.items():
            text = f"intervals of {day} changed after its period was closed: a restatement is due (`carbon restate`)"
            self._findings.say(f"energy_restate_{day}", f"{text}; closes {', '.join(closes)}")
        self.points.take(stored.intervals)
        for listener in self._listeners:
            listener(stored.intervals)

    async def _recalculate(self, book: EnergyBook) -> None:
        """Whatever came too late for its account, and what people corrected or took back."""
        for tag in await self._ledger.do(lambda db: book.overdue):
            if await self._ledger.do(partial(book.taken_back, tag)):
                await self._rebuild(book, tag)
            await self._do(partial(book.prepare, [tag]))  # what is recalculated counts more: so it comes after this
            found: list[IntervalQuantity] = []
            tasks = await self._ledger.do(partial(book.tasks, tag))
            for task in tasks:
                samples = await self._stored(tag, task.bounds) if task.has_history else []
                found += await self._jobs.run(recalculated, task, samples, book.grid, is_own=True)
            is_reached: bool = await self._ledger.do(partial(book.is_reached, tag, found))
            if tasks and is_reached:
                await self._rebuild(book, tag)
            await self._do(partial(book.take_recalculated, tag, found))
            self.counts["recalculated"] += len(found)

    async def _stored(self, tag: str, bounds: tuple[int, int]) -> list[Reading]:
        """The samples of a register that the history holds; none where there is no history."""
        history, point = self._around.history(), self._around.ids.get(tag)
        found: list[Reading] = []
        at_ns, end_ns = bounds
        while history is not None and point is not None and len(found) < _MOST_SAMPLES:
            page = await history.raw(point, at_ns, end_ns, _PAGE)
            readings = (reading_of(time_ns, value, Quality(number)) for time_ns, value, number in page.rows)
            found += [reading for reading in readings if reading is not None]
            if not page.is_truncated or not page.rows:
                break
            at_ns = page.rows[-1][0] + 1
        return found

    async def _do(self, call: Callable[[], None]) -> None:
        """In the ledger's thread, where the book is used and nowhere else."""
        await self._ledger.do(lambda db: call())


def _add(account: MeterAccount, items: Sequence[Item]) -> None:
    for item in items:
        account.add(item)


def _parts(tags: Sequence[str], size: int) -> list[Sequence[str]]:
    return [tags[start : start + size] for start in range(0, len(tags), size)]
