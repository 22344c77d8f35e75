"""SQL on a month's roll-up: 15-minute minimum, mean, maximum, count and last value of every point.

It is made an hour at a time from the day's file, by replacing that hour as a whole: doing it again after a crash, or
because late samples came in, gives the same. Until then the hour stands in the day's `stale_hour` and is read raw.

Samples of a day whose file was removed join what the roll-up has. That cannot be done twice: `late_block` says which
chunks did, in the same transaction.
"""
# ruff: noqa: S608 - statements are put together from this package's constants and from integers

from collections.abc import Collection
from pathlib import Path

from drivers.history.arrow import ColumnStream
from drivers.history.client import Session
from drivers.history.days import NUMBERS, USABLE
from drivers.history.memory import Span
from drivers.history.schema import has_table, make
from drivers.history.segment import DAY_NS, HOUR_NS
from drivers.history.trend import QUARTER_NS, Bucket
from gateway.core.batch import Stream

_ROLLED = (
    f"CREATE OR REPLACE TEMP TABLE rolled AS SELECT point_id, time_ns - time_ns % {QUARTER_NS} AS bucket, "
    "min(value) AS minimum, avg(value) AS mean, max(value) AS maximum, count(*) AS count, "
    "arg_max(value, time_ns) AS last, max(time_ns) AS last_ns FROM {} {} "
    "GROUP BY point_id, bucket ORDER BY point_id, bucket"
)


def roll_up(session: Session, day_file: Path, rollup_file: Path, hour: int) -> None:
    """Bring the roll-up of one hour (counted from 1970) up to date. One file is open at a time, so that a damaged one
    is known by its error."""
    bounds = [hour * HOUR_NS, (hour + 1) * HOUR_NS]
    with session.attached(day_file, "day", read_only=True):
        session.execute(_ROLLED.format(NUMBERS, f"WHERE time_ns >= ? AND time_ns < ? AND {USABLE}"), bounds)
    with session.attached(rollup_file, "rollup", read_only=False):
        make(session, rollup_file, "rollup")
        with session.transaction():
            session.execute("DELETE FROM rollup.bucket WHERE time_ns >= ? AND time_ns < ?", bounds)
            session.execute("INSERT INTO rollup.bucket FROM rolled")
    session.execute("DROP TABLE rolled")
    with session.attached(day_file, "day", read_only=False):
        session.execute("DELETE FROM day.stale_hour WHERE hour = ?", [hour])


_LATE = "rollup.late_block"
_SAME = "FROM rolled WHERE rolled.point_id = bucket.point_id AND rolled.bucket = bucket.time_ns"


def join_late(session: Session, rollup_file: Path, day: int, numbers: ColumnStream, spans: Collection[Span]) -> None:
    """Commit samples of a removed day and the names of their chunks; nothing where exactly these are in."""
    with session.columns("late", numbers):
        session.execute(_ROLLED.format("late", f"WHERE {USABLE}"))
    with session.attached(rollup_file, "rollup", read_only=False):
        make(session, rollup_file, "rollup")
        if not all(span in late_spans(session, day, span.stream, span.seq_last) for span in spans):
            with session.transaction():
                session.execute(
                    "CREATE OR REPLACE TEMP TABLE joined AS SELECT point_id, bucket, min(minimum), "
                    "sum(mean * count) / sum(count), max(maximum), sum(count)::UINTEGER, arg_max(last, last_ns), "
                    "max(last_ns) FROM (FROM rolled UNION ALL "
                    f"FROM rollup.bucket AS bucket WHERE EXISTS ({_SAME})) GROUP BY point_id, bucket"
                )
                session.execute(f"DELETE FROM rollup.bucket AS bucket WHERE EXISTS ({_SAME})")
                session.execute("INSERT INTO rollup.bucket FROM joined ORDER BY point_id, bucket")
                for span in spans:
                    values = [day, span.stream.value, span.seq_first, span.seq_last, span.t_first_ns, span.t_last_ns]
                    session.execute(f"INSERT INTO {_LATE} VALUES (?, ?, ?, ?, ?, ?)", values)
    for table in ("rolled", "joined"):
        session.execute(f"DROP TABLE IF EXISTS {table}")


def late_spans(session: Session, day: int, stream: Stream, seq: int) -> list[Span]:
    """The runs of chunks whose late samples of a removed day are in the attached roll-up: with `seq` or later ones."""
    if not has_table(session, "rollup", "late_block"):
        return []
    rows = session.execute(
        f"SELECT seq_first, seq_last, t_first_ns, t_last_ns FROM {_LATE} "
        "WHERE day = ? AND stream = ? AND seq_last >= ?",
        [day, stream.value, seq],
    )
    return [Span(stream, *row) for row in rows]


def has_day(session: Session, day: int) -> bool:
    """True where the attached roll-up has something of a day."""
    sql = "SELECT count(*) > 0 FROM rollup.bucket WHERE time_ns >= ? AND time_ns < ?"
    return bool(session.execute(sql, [day * DAY_NS, (day + 1) * DAY_NS])[0][0])


def rolled_buckets(
    session: Session, point_id: int, bounds: tuple[int, int], step_ns: int, *, without: Collection[int]
) -> list[Bucket]:
    """The roll-up's course of a point in an attached file, without the hours that are read raw.

    A 15-minute bucket belongs to the step in which it begins.
    """
    rows = session.execute(
        f"SELECT time_ns - time_ns % {int(step_ns)} AS step, min(minimum), sum(mean * count), max(maximum), "
        "sum(count)::BIGINT, arg_max(last, last_ns), max(last_ns) FROM rollup.bucket "
        f"WHERE point_id = ? AND time_ns > ? AND time_ns < ? AND NOT list_contains(?::BIGINT[], time_ns // {HOUR_NS}) "
        "GROUP BY step ORDER BY step",
        [point_id, bounds[0] - QUARTER_NS, bounds[1], sorted(without)],
    )
    return [Bucket(*row) for row in rows]
