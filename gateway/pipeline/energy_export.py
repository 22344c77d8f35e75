"""Finished intervals on their way to the sinks, as measurement `energy_interval`: what ledger.db has and they have not.

Marks in ledger.db say what was sent; one is written after the outbox has committed what it speaks of. So a kill sends
the last intervals again, with the same time, and loses none. Another version of a day is sent as a whole.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock, day_of
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, ValueType
from gateway.store import interval_marks, intervals
from gateway.store.interval_marks import IntervalMark, Unsent
from gateway.store.ledger import Ledger
from rules.energy.quantity import IntervalQuantity

KIND = "energy_interval"
FARTHEST_DAYS = 62  # an older day is not sent, also where it changes
_DEVICE = "energy-interval"  # the device whose point ids the intervals have in the history
_AT_ONCE = 4  # days read, then sent, without letting others go on
_MOST = 60  # days in one round: what was never sent comes slowly
_FIELDS = ("known", "estimated", "missing", "method", "version")

Day = tuple[IntervalMark, str, list[IntervalQuantity]]


def tags_of(books: Books) -> list[str]:
    """The tags whose integer ids the intervals carry."""
    return [f"{_DEVICE}.{tag}.{field}" for tag in books.meters for field in _FIELDS]


class IntervalBatches:
    """Makes batches of intervals. The register stands in the fields' names: a device has several."""

    def __init__(self, books: Books, ids: Mapping[str, int]) -> None:
        self._site = books.site.id
        self._units = {tag: meter.spec.accounted_unit for tag, meter in books.meters.items()}
        self._blocks = {tag: self._block(meter, ids) for tag, meter in books.meters.items()}

    def _block(self, meter: Meter, ids: Mapping[str, int]) -> Block:
        register = meter.tag.partition(".")[2]
        unit = meter.spec.accounted_unit
        points = (
            Point(f"{register}_known_{unit.lower()}", unit),
            Point(f"{register}_estimated"),
            Point(f"{register}_missing"),
            Point(f"{register}_method", kind=PointKind.STATE, type=ValueType.TEXT),
            Point(f"{register}_version", kind=PointKind.STATE, type=ValueType.INT),
        )
        device = Device(meter.device or self._site, self._site, meter.enterprise, KIND)
        return Block(device, points, 0.0, tuple(ids[f"{_DEVICE}.{meter.tag}.{field}"] for field in _FIELDS))

    def batch(self, tag: str, interval: IntervalQuantity) -> Batch:
        """One interval, at its start. Every field has a value: InfluxDB replaces field by field."""
        known = interval.known if interval.unit == self._units[tag] else None
        missing = interval.shares.missing if known is not None else 1
        values = (
            float(known or 0), float(interval.shares.estimated), float(missing), interval.method.value,
            interval.version,
        )  # fmt: skip
        return Batch(self._blocks[tag], values, interval.span.start_ns)


class IntervalExport:
    """Copies what the outbox has not got."""

    def __init__(self, ledger: Ledger, books: Books, ids: Mapping[str, int], clock: Clock) -> None:
        self._ledger = ledger
        self._tags = frozenset(books.meters)
        self._zone = ZoneInfo(books.site.timezone)
        self._batches = IntervalBatches(books, ids)
        self._clock = clock
        self._store: Callable[[Batch], int | None] = lambda batch: None
        self._seen = -1  # changes of ledger.db, when everything was copied
        self._copied: dict[tuple[int, int], IntervalMark] = {}  # in the outbox, and not yet marked
        self._waiting: deque[tuple[int, IntervalMark]] = deque()  # position in the outbox
        self._durable: list[IntervalMark] = []
        self._position = 0

    def connect(self, store: Callable[[Batch], int | None]) -> None:
        """`store` puts a batch into the outbox and says at which position (`None`: there is no room)."""
        self._store = store

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        while self._waiting and self._waiting[0][0] <= position:
            self._durable.append(self._waiting.popleft()[1])

    async def copy(self) -> None:
        """Copy what is missing. Raises Unavailable; what the outbox has no room for waits for the next time."""
        if await self._ledger.do(lambda db: db.total_changes) == self._seen:
            return
        await self._mark()
        first = day_of(self._clock.time_ns(), self._zone).toordinal() - FARTHEST_DAYS
        seen, rows = await self._ledger.do(lambda db: (db.total_changes, interval_marks.unsent(db, first)))
        wanted = [one for one in rows if one.tag in self._tags and not self._has(one)]
        for start in range(0, len(wanted[:_MOST]), _AT_ONCE):
            days = await self._ledger.do(partial(self._read, wanted[start : min(start + _AT_ONCE, _MOST)]))
            if not all(self._send(*day) for day in days):
                return
        if len(wanted) <= _MOST:
            self._seen = seen

    def _has(self, row: Unsent) -> bool:
        copied = self._copied.get((row.meter, row.day))
        return copied is not None and copied.digest == row.digest

    async def _mark(self) -> None:
        marks = list(self._durable)
        if not marks:
            return

        def put(db: sqlite3.Connection) -> None:
            with self._ledger.write(db):
                interval_marks.put(db, marks)

        await self._ledger.do(put)
        del self._durable[: len(marks)]
        for one in marks:
            if self._copied.get((one.meter, one.day)) is one:
                del self._copied[one.meter, one.day]

    def _read(self, rows: Sequence[Unsent], db: sqlite3.Connection) -> list[Day]:
        """In the ledger's thread: what is to be sent of these days, and the mark for it."""
        found: list[Day] = []
        for row in rows:
            day = date.fromordinal(row.day)
            for stored in intervals.days(db, [row.tag], day, day):
                copied = self._copied.get((row.meter, row.day))
                sent = (copied.version, copied.end_ns) if copied else (row.sent_version, row.sent_end_ns)
                every = stored.intervals()
                news = [one for one in every if stored.version != sent[0] or one.span.start_ns >= sent[1]]
                digest = bytes.fromhex(stored.digest)
                mark = IntervalMark(row.meter, row.day, stored.version, every[-1].span.end_ns, digest)
                found.append((mark, row.tag, news))
        return found

    def _send(self, mark: IntervalMark, tag: str, news: Sequence[IntervalQuantity]) -> bool:
        for interval in news:
            position = self._store(self._batches.batch(tag, interval))
            if position is None:
                return False
            self._position = position
        self._copied[mark.meter, mark.day] = mark
        self._waiting.append((self._position, mark))
        return True
