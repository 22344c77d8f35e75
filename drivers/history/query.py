"""The query side of the history: a point's course in buckets, its raw samples, and export.

Works beside the running sink (newest minute from memory) and on the files of a stopped gateway (`open_reader`). One
question is one piece of work on the DuckDB thread, so that a block on its way to disk is seen exactly once.
"""
# ruff: noqa: S608 - statements are put together from this package's constants and from integers

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drivers.history.arrow import ColumnStream
from drivers.history.client import Duck, Row, Session
from drivers.history.days import IS_WHOLE, NUMBERS, buckets, numbers_of, rows_of_point
from drivers.history.export import Exported, export
from drivers.history.files import Folder, days_within, month_days, month_of
from drivers.history.memory import Memory
from drivers.history.rollup import rolled_buckets
from drivers.history.segment import COLUMNS, DAY_NS, HOUR_NS
from drivers.history.store import Store
from drivers.history.trend import QUARTER_NS, Bucket, Trend
from gateway.core.errors import Unavailable
from gateway.core.history import Progress, Wish
from gateway.core.point import Value

LONG_NS = 14 * DAY_NS  # longer ranges come from the roll-up where the step allows it
MAX_ROWS = 100_000

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw samples in order of time: (UTC nanoseconds, value, number of its `Quality`).

    Numbers come as float, those of points whose type is int as exact int (bool: 0 and 1), texts as str, bad ones as
    `None`. A number with a fraction stays a float whatever the point's type.
    """

    rows: tuple[tuple[int, Value | None, int], ...]
    is_truncated: bool = False  # there were more than the limit


class HistoryReader:
    """Answers questions about stored and newest samples. Points are given by their integer id of state.db."""

    def __init__(self, duck: Duck, store: Store) -> None:
        self._duck = duck
        self._store = store

    async def trend(
        self,
        point_id: int,
        from_ns: int,
        to_ns: int,
        step_ns: int,
        limit: int = 5_000,
        *,
        is_exact: bool = False,
        timeout_s: float = 10.0,
    ) -> Trend:
        """A point's course from `from_ns` up to before `to_ns` (UTC), in buckets that begin at multiples of the step.

        Only values that are not bad count. Where the samples of a day are gone, or the range is longer than 14 days
        and the step at least 15 minutes, it comes from the 15-minute roll-up (such a bucket belongs to the step in
        which it begins, and the step is never finer than 15 minutes). `is_exact`: a bucket of the roll-up that has a
        part outside is left out. Raises `Unavailable` after `timeout_s`.
        """
        bounds = (max(from_ns, 0), to_ns)
        rolled = _whole_quarters(bounds) if is_exact else bounds
        work = partial(_trend, self._store, point_id, bounds, rolled, max(step_ns, 1), min(limit, MAX_ROWS))
        return await self._duck.run(work, timeout_s=timeout_s)

    async def raw(
        self, point_id: int, from_ns: int, to_ns: int, limit: int = 5_000, *, timeout_s: float = 10.0
    ) -> Samples:
        """The samples of a point from `from_ns` up to before `to_ns` (UTC), bad ones included, the first `limit`.

        Raises `Unavailable` after `timeout_s`.
        """
        work = partial(_raw, self._store, point_id, (max(from_ns, 0), to_ns), min(limit, MAX_ROWS))
        return await self._duck.run(work, timeout_s=timeout_s)

    async def export(self, wish: Wish, progress: Progress | None = None) -> Exported:
        """Write the samples of some points to a new CSV or Parquet file. Raises `Unavailable`; then there is none."""
        return await export(self._duck, self._store, wish, progress)

    async def close(self) -> None:
        """Let go of the files. Only for a reader of one's own (`open_reader`): a sink closes its reader's files."""
        await self._duck.close()
        self._store.folder.unlock()


async def open_reader(path: Path, memory_limit: int = 32 * 2**20) -> HistoryReader:
    """A reader on the history folder of a gateway that does not run. Raises `Unavailable` while one does."""
    store = Store(Folder(path), Memory(), is_read_only=True)
    duck = Duck(path, memory_limit)
    try:
        await duck.run(lambda _: store.open(), timeout_s=10.0)
    except Unavailable:
        await duck.close()
        raise
    return HistoryReader(duck, store)


def _trend(
    store: Store, point_id: int, bounds: Bounds, rolled_bounds: Bounds, step_ns: int, limit: int, session: Session
) -> Trend:
    store.open()
    found: list[Bucket] = []
    is_long = step_ns >= QUARTER_NS and bounds[1] - bounds[0] > LONG_NS
    usage = store.folder.usage()
    days = days_within(usage.days, bounds)
    rolled = [day for day in days if month_of(day) in usage.rollups]  # the others are read raw, all of them
    stale = {day: store.stale(session, day) for day in rolled} if is_long else {}
    for month in sorted(usage.rollups):
        for part in _rolled_parts(month, rolled_bounds, () if is_long else days):
            without = set[int]().union(*stale.values())
            file = store.folder.rollup_file(month)
            ask = partial(rolled_buckets, session, point_id, part, max(step_ns, QUARTER_NS), without=without)
            found += store.read(session, file, "rollup", ask) or []
    for day in days:
        for part in _raw_parts(day, bounds, stale.get(day)):
            ask = partial(buckets, session, NUMBERS, point_id, part, step_ns)
            found += store.read(session, store.folder.day_file(day), "day", ask) or []
    with session.columns("newest", numbers_of(store.memory.segments)):
        found += buckets(session, "newest", point_id, bounds, step_ns)
    return Trend.of(found, limit)


def _whole_quarters(bounds: Bounds) -> Bounds:
    return -(-bounds[0] // QUARTER_NS) * QUARTER_NS, bounds[1] // QUARTER_NS * QUARTER_NS


def _clip(part: Bounds, bounds: Bounds) -> Bounds:
    return max(part[0], bounds[0]), min(part[1], bounds[1])


def _rolled_parts(month: int, bounds: Bounds, raw_days: Iterable[int]) -> Iterator[Bounds]:
    """The parts of the range in this month that have no raw days."""
    days = month_days(month)
    begin = days.start
    for day in [*sorted(day for day in raw_days if day in days), days.stop]:
        part = _clip((begin * DAY_NS, day * DAY_NS), bounds)
        if part[0] < part[1]:
            yield part
        begin = day + 1


def _raw_parts(day: int, bounds: Bounds, hours: Iterable[int] | None) -> Iterator[Bounds]:
    """The parts of the range that are read from the day's file: all of it, or these hours."""
    if hours is None:
        yield _clip((day * DAY_NS, (day + 1) * DAY_NS), bounds)
        return
    parts = (_clip((hour * HOUR_NS, (hour + 1) * HOUR_NS), bounds) for hour in sorted(hours))
    yield from (part for part in parts if part[0] < part[1])


def _raw(store: Store, point_id: int, bounds: Bounds, limit: int, session: Session) -> Samples:
    store.open()
    rows: list[Row] = []
    for day in days_within(store.folder.usage().days, bounds):
        if len(rows) > limit:
            break
        ask = partial(rows_of_point, session, point_id, bounds, limit + 1)
        rows += store.read(session, store.folder.day_file(day), "day", ask) or []
    stored = [(time_ns, _value(*rest), quality) for time_ns, quality, *rest in rows]
    merged = sorted([*stored, *_newest_rows(session, store, point_id, bounds, limit + 1)], key=lambda row: row[0])
    return Samples(tuple(merged[:limit]), len(merged) > limit)


def _value(number: float | None, text: str | None, exact: int | None) -> Value | None:
    if text is not None:
        return text
    return number if exact is None else exact


def _newest_rows(
    session: Session, store: Store, point_id: int, bounds: Bounds, limit: int
) -> Iterator[tuple[int, Value | None, int]]:
    segments = store.memory.raw_segments
    with session.columns("newest", ColumnStream(COLUMNS, [part.columns for part in segments if part.times])):
        rows = session.execute(
            f"SELECT time_ns, if(quality < 128, value, NULL), {IS_WHOLE}, quality FROM newest "
            f"WHERE point_id = ? AND time_ns >= ? AND time_ns < ? ORDER BY time_ns LIMIT {int(limit)}",
            [point_id, *bounds],
        )
    whole_days = {segment.day for segment in segments if point_id in segment.whole}
    for time_ns, value, is_whole, quality in rows:
        is_exact = value is not None and is_whole and time_ns // DAY_NS in whole_days
        yield time_ns, int(value) if is_exact else value, quality
    for segment in segments:
        for odd, kind in ((segment.texts, str), (segment.integers, int)):
            yield from ((t, kind(v), q) for t, i, v, q in odd if i == point_id and bounds[0] <= t < bounds[1])
