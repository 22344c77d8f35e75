"""SQL on a day's file: its tables, how a block goes in, and what a query finds there.

Every sample is one row of exactly one of three tables: `sample` (numbers and bad values), `big_integer` (integers that
a double cannot hold) and `text`. `block` says which chunks are in the file: it is written with their rows in one
transaction, so that a chunk that is sent again after a crash is known. `stale_hour` lists the hours whose roll-up does
not have everything yet. `whole_number` lists the points whose type is int or bool: their numbers, doubles in `sample`,
come back as integers.
"""
# ruff: noqa: S608 - statements are put together from this package's constants and from integers

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice

from drivers.history.arrow import ColumnStream
from drivers.history.client import Row, Session
from drivers.history.memory import Span
from drivers.history.schema import has_table
from drivers.history.segment import COLUMNS, DAY_NS, HOUR_NS, Odd, Segment
from drivers.history.trend import Bucket
from gateway.core.batch import Stream

_INSERT = "INSERT INTO day.sample SELECT time_ns, point_id, if(quality < 128, value, NULL), quality FROM newest"
_INSERT_WHOLE = "INSERT INTO day.whole_number SELECT unnest(?::INTEGER[]) EXCEPT SELECT point_id FROM day.whole_number"
_ODD_ROWS = 1_000  # handed over at once as Python lists, while the interpreter lock is held


def insert_block(
    session: Session, segments: Sequence[Segment], spans: Iterable[Span], new_hours: Iterable[int]
) -> None:
    """Commit the rows of a block, the names of its chunks, the hours and points that the file does not list yet."""
    rows = ColumnStream(COLUMNS, [part.columns for part in segments if part.times])
    whole = sorted(frozenset[int]().union(*(part.whole for part in segments)))
    with session.columns("newest", rows), session.transaction():  # a failed transaction ends before the name goes
        session.execute(_INSERT)
        session.execute(_INSERT_WHOLE, [whole])
        insert_odd(session, "day.big_integer", (row for segment in segments for row in segment.integers))
        insert_odd(session, "day.text", (row for segment in segments for row in segment.texts))
        for hour in new_hours:
            session.execute("INSERT INTO day.stale_hour VALUES (?)", [hour])
        for span in spans:
            values = [span.stream.value, span.seq_first, span.seq_last, span.t_first_ns, span.t_last_ns]
            session.execute("INSERT INTO day.block VALUES (?, ?, ?, ?, ?)", values)


def has_block(session: Session, spans: Iterable[Span]) -> bool:
    """True where exactly this block is in the file: an earlier commit that seemed to fail did not."""
    return any(span in spans_from(session, span.stream, span.seq_last) for span in spans)


def insert_odd(session: Session, table: str, rows: Iterable[Odd]) -> None:
    """Add texts or big integers to a table, some at a time."""
    rows = iter(rows)
    while part := list(islice(rows, _ODD_ROWS)):
        columns = [list(column) for column in zip(*part, strict=True)]
        session.execute(
            f"INSERT INTO {table} SELECT unnest(?::BIGINT[]), unnest(?::INTEGER[]), unnest(?::VARCHAR[]), "
            "unnest(?::UTINYINT[])",
            columns,
        )


def spans_from(session: Session, stream: Stream, seq: int) -> list[Span]:
    """The runs of chunks in the file that may hold `seq` or a later chunk."""
    rows = session.execute(
        "SELECT seq_first, seq_last, t_first_ns, t_last_ns FROM day.block WHERE stream = ? AND seq_last >= ?",
        [stream.value, seq],
    )
    return [Span(stream, *row) for row in rows]


def numbers_of(segments: Iterable[Segment]) -> ColumnStream:
    """The numbers of these segments as a table; integers that a double cannot hold as the nearest one."""
    parts = [segment.columns for segment in segments if segment.times]
    for segment in segments:
        if segment.integers:
            times, ids, values, qualities = zip(*segment.integers, strict=True)
            parts.append((array("q", times), array("i", ids), array("d", map(float, values)), array("B", qualities)))
    return ColumnStream(COLUMNS, parts)


def stale_hours(session: Session) -> set[int]:
    """Hours since 1970 whose roll-up does not have all of this file's rows."""
    return {hour for (hour,) in session.execute("SELECT hour FROM day.stale_hour")}


def mark_stale(session: Session, day: int) -> None:
    """List every hour that has numbers in `stale_hour`: there is no roll-up of this day any more."""
    known = stale_hours(session)
    for hour in range(day * _HOURS, (day + 1) * _HOURS):
        bounds = [hour * HOUR_NS, (hour + 1) * HOUR_NS]
        sql = f"SELECT 1 FROM {NUMBERS} WHERE time_ns >= ? AND time_ns < ? LIMIT 1"
        if hour not in known and session.execute(sql, bounds):
            session.execute("INSERT INTO day.stale_hour VALUES (?)", [hour])


def is_whole(session: Session, point_id: int) -> bool:
    """True where the file says that the point's type is int or bool."""
    if not has_table(session, "day", "whole_number"):
        return False
    return bool(session.execute("SELECT 1 FROM day.whole_number WHERE point_id = ? LIMIT 1", [point_id]))


NUMBERS = """(SELECT time_ns, point_id, value, quality FROM day.sample
    UNION ALL SELECT time_ns, point_id, value::DOUBLE, quality FROM day.big_integer)"""
USABLE = "quality < 128 AND isfinite(value)"
IS_WHOLE = "(abs(value) <= 9007199254740992 AND value = trunc(value))"  # 2^53; a NaN compares as the largest number
_HOURS = DAY_NS // HOUR_NS


def buckets(session: Session, source: str, point_id: int, bounds: tuple[int, int], step_ns: int) -> list[Bucket]:
    """One bucket per step that has values which are not bad, in order of time."""
    rows = session.execute(
        f"SELECT time_ns - time_ns % {int(step_ns)} AS bucket, min(value), sum(value), max(value), count(*), "
        f"arg_max(value, time_ns), max(time_ns) FROM {source} "
        f"WHERE point_id = ? AND time_ns >= ? AND time_ns < ? AND {USABLE} GROUP BY bucket ORDER BY bucket",
        [point_id, *bounds],
    )
    return [Bucket(*row) for row in rows]


def rows_of_point(session: Session, point_id: int, bounds: tuple[int, int], limit: int) -> list[Row]:
    """(time_ns, quality, value, text, exact integer) of every sample in the file, in order of time.

    A point whose type is int or bool has its whole numbers as exact integers.
    """
    exact = f"if({IS_WHOLE}, try_cast(value AS HUGEINT), NULL)" if is_whole(session, point_id) else "NULL::HUGEINT"
    where = "WHERE point_id = ? AND time_ns >= ? AND time_ns < ?"
    return session.execute(
        f"SELECT time_ns, quality, value, NULL AS text, {exact} AS exact FROM day.sample {where} "
        f"UNION ALL SELECT time_ns, quality, NULL, value, NULL FROM day.text {where} "
        f"UNION ALL SELECT time_ns, quality, NULL, NULL, value FROM day.big_integer {where} "
        f"ORDER BY time_ns LIMIT {int(limit)}",
        [point_id, *bounds] * 3,
    )
