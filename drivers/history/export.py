"""Export of stored samples to one CSV or Parquet file.

An hour is one piece of work on the DuckDB thread, so that blocks and questions have their turn in between. The parts
are put together beside the target, which appears under its name when it is complete. Columns: `time` (UTC), `tag`,
`value`, `text`, `quality` (`good`, `bad_timeout`).

Points whose type is int are written as exact integers, of up to 128 bits (`5`, `9007199254740993`), those whose type is
bool as `0` and `1`. In Parquet, where a column has one type, `value` is the nearest double and the exact integer stands
in a further column `integer` (64 bits; the digits of a wider one in `text`).
"""
# ruff: noqa: S608 - statements are put together from this package's constants and from integers

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp

from drivers.history.arrow import ColumnStream
from drivers.history.client import Duck, Session
from drivers.history.days import IS_WHOLE, insert_odd
from drivers.history.files import days_within
from drivers.history.schema import has_table
from drivers.history.segment import COLUMNS, DAY_NS, HOUR_NS, Segment
from drivers.history.store import Store
from gateway.core.history import Format, Progress, Wish
from gateway.core.quality import Quality

Bounds = tuple[int, int]
_TIMEOUT_S = 300.0  # one hour of samples, on a slow disk, sorted
_DIGITS = (
    f"coalesce(digits, if(point_id IN (SELECT point_id FROM whole) AND {IS_WHOLE}, "
    "try_cast(value AS BIGINT)::VARCHAR, NULL))"
)
_HEADER = b"time,tag,value,text,quality\n"
_FORMULA = "^[=+\\-@\\t\\r\\n＝＋－＠]"  # a spreadsheet takes a cell that begins so for a formula
_SAFE = "if(regexp_matches({0}, '" + _FORMULA + "'), '''' || {0}, {0})"
_ISO = (
    "strftime(make_timestamp_ns(time_ns - time_ns % 1000000000), '%Y-%m-%dT%H:%M:%S') "
    "|| '.' || lpad((time_ns % 1000000000)::VARCHAR, 9, '0') || 'Z'"
)
_CLIP = (
    "AND EXISTS (FROM within WHERE within.point_id = wanted.point_id "
    "AND time_ns >= within.from_ns AND time_ns < within.to_ns) "
)
_NEWEST = (
    "SELECT time_ns, point_id, if(quality < 128, value, NULL) AS value, NULL AS text, NULL AS digits, quality "
    "FROM newest",
    "SELECT time_ns, point_id, NULL, value, NULL, quality FROM newest_text",
    "SELECT time_ns, point_id, value::DOUBLE, NULL, value, quality FROM newest_integer",
)
_STORED = (
    "SELECT time_ns, point_id, value, NULL, NULL, quality FROM day.sample",
    "SELECT time_ns, point_id, NULL, value, NULL, quality FROM day.text",
    "SELECT time_ns, point_id, value::DOUBLE, NULL, value::VARCHAR, quality FROM day.big_integer",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path
    rows: int
    bytes: int


async def export(duck: Duck, store: Store, wish: Wish, progress: Progress | None = None) -> Exported:
    """Write what is stored of these points, in order of time.

    Only samples, no roll-ups: days that are gone are not in the file. In CSV a text that a spreadsheet would take for
    a formula gets a leading apostrophe. Raises `Unavailable`; then there is no file.
    """
    folder = await duck.run(partial(_begin, wish), timeout_s=_TIMEOUT_S)
    try:
        parts = await duck.run(partial(_parts, store, wish.bounds), timeout_s=_TIMEOUT_S)
        target = _Target(folder, wish)
        rows = 0
        for done, part in enumerate(parts, start=1):
            rows += await duck.run(partial(_write_part, store, target, part, done), timeout_s=_TIMEOUT_S)
            if progress is not None:
                progress(done, len(parts))
        size = await duck.run(partial(_finish, target), timeout_s=_TIMEOUT_S)
    finally:
        await duck.run(lambda _: shutil.rmtree(folder, ignore_errors=True), timeout_s=_TIMEOUT_S)
    return Exported(wish.path, rows, size)


@dataclass(frozen=True, slots=True)
class _Target:
    folder: Path  # of the parts, beside the target
    wish: Wish

    @property
    def is_csv(self) -> bool:
        return self.wish.form is Format.CSV

    @property
    def whole(self) -> Path:
        return self.folder / "whole"

    def part(self, number: int) -> Path:
        return self.folder / f"{number:06}.part"


def _begin(wish: Wish, session: Session) -> Path:
    return Path(mkdtemp(prefix=".export-", dir=wish.path.parent))


def _parts(store: Store, bounds: Bounds, session: Session) -> list[Bounds]:
    """The hours of the range on days that have samples; one empty part where there are none."""
    store.open()
    days = {*store.folder.usage().days, *(segment.day for segment in store.memory.raw_segments)}
    parts: list[Bounds] = []
    for day in days_within(days, bounds):
        for begin in range(day * DAY_NS, (day + 1) * DAY_NS, HOUR_NS):
            part = max(begin, bounds[0]), min(begin + HOUR_NS, bounds[1])
            if part[0] < part[1]:
                parts.append(part)
    return parts or [(bounds[0], bounds[0])]


def _write_part(store: Store, target: _Target, part: Bounds, number: int, session: Session) -> int:
    day = part[0] // DAY_NS
    segments = [segment for segment in store.memory.raw_segments if segment.day == day]
    _make_tables(session, target.wish, segments)
    with session.columns("newest", ColumnStream(COLUMNS, [segment.columns for segment in segments if segment.times])):
        copy = partial(_copy, session, target, part, number)
        rows = store.read(session, store.folder.day_file(day), "day", partial(_copy_stored, session, copy))
        return copy(_NEWEST) if rows is None else rows


def _copy_stored(session: Session, copy: Callable[[Iterable[str]], int]) -> int:
    if has_table(session, "day", "whole_number"):
        session.execute("INSERT INTO whole SELECT point_id FROM day.whole_number")
    return copy((*_NEWEST, *_STORED))


def _make_tables(session: Session, wish: Wish, segments: Sequence[Segment]) -> None:
    _make_pairs(session, "wanted", "tag", "point_id", wish.points)
    if wish.within:
        _make_within(session, wish)
    _make_pairs(session, "named", "name", "quality", {quality.name.lower(): int(quality) for quality in Quality})
    session.execute(
        "CREATE OR REPLACE TEMP TABLE whole AS SELECT unnest(?::INTEGER[]) AS point_id",
        [sorted(frozenset[int]().union(*(segment.whole for segment in segments)))],
    )
    texts = chain.from_iterable(segment.texts for segment in segments)
    integers = chain.from_iterable(segment.integers for segment in segments)
    for table, rows in (("newest_text", texts), ("newest_integer", integers)):
        columns = "time_ns BIGINT, point_id INTEGER, value VARCHAR, quality UTINYINT"
        session.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
        insert_odd(session, table, rows)


def _make_within(session: Session, wish: Wish) -> None:
    """The times in which each point counts: those that were wished, or the whole of it."""
    rows = [
        (wish.points[tag], *bounds) for tag in wish.points for bounds in wish.within.get(tag, [(0, wish.bounds[1])])
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    session.execute(
        "CREATE OR REPLACE TEMP TABLE within AS SELECT unnest(?::INTEGER[]) AS point_id, "
        "unnest(?::BIGINT[]) AS from_ns, unnest(?::BIGINT[]) AS to_ns",
        columns,
    )


def _make_pairs(session: Session, table: str, text: str, number: str, pairs: Mapping[str, int]) -> None:
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS "
        f"SELECT unnest(?::VARCHAR[]) AS {text}, unnest(?::INTEGER[]) AS {number}",
        [list(pairs), list(pairs.values())],
    )


def _copy(session: Session, target: _Target, part: Bounds, number: int, sources: Iterable[str]) -> int:
    file = target.part(number)
    options = "FORMAT csv, HEADER false" if target.is_csv else "FORMAT parquet, COMPRESSION zstd"
    clip = _CLIP if target.wish.within else ""
    select = _select(" UNION ALL ".join(sources), part, clip, is_csv=target.is_csv)
    ((rows,),) = session.execute(f"COPY ({select}) TO {quoted(file)} ({options})")
    if target.is_csv:
        _append(file, target.whole)
    return int(rows)


def _append(file: Path, whole: Path) -> None:
    with whole.open("ab") as target, file.open("rb") as source:
        if target.tell() == 0:
            target.write(_HEADER)
        shutil.copyfileobj(source, target)
    file.unlink()


def _select(sources: str, part: Bounds, clip: str, *, is_csv: bool) -> str:
    time = _ISO if is_csv else "make_timestamp_ns(time_ns)"
    tag, text = (_SAFE.format(column) if is_csv else column for column in ("tag", "text"))
    if is_csv:
        values = f"coalesce({_DIGITS}, value::VARCHAR) AS value, {text} AS text"
    else:
        integer = f"try_cast({_DIGITS} AS BIGINT)"
        values = f"value, {integer} AS integer, coalesce(text, if({integer} IS NULL, digits, NULL)) AS text"
    return (
        f"SELECT {time} AS time, {tag} AS tag, {values}, "
        f"coalesce(name, quality::VARCHAR) AS quality FROM ({sources}) JOIN wanted USING (point_id) "
        f"LEFT JOIN named USING (quality) WHERE time_ns >= {int(part[0])} AND time_ns < {int(part[1])} {clip}"
        "ORDER BY time_ns, tag"
    )


def _finish(target: _Target, session: Session) -> int:
    if not target.is_csv:
        parts = ", ".join(quoted(part) for part in sorted(target.folder.glob("*.part")))
        whole = f"COPY (FROM read_parquet([{parts}])) TO {quoted(target.whole)} (FORMAT parquet, COMPRESSION zstd)"
        session.execute(whole)
    target.whole.replace(target.wish.path)
    return target.wish.path.stat().st_size


def quoted(path: Path) -> str:
    """A path as an SQL text."""
    return "'" + str(path).replace("'", "''") + "'"
