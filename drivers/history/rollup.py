"""SQL on a month's roll-up: 15-minute minimum, mean, maximum, count and last value of every point.

It is made an hour at a time from the day's file, by replacing that hour as a whole: doing it again after a crash, or
because late samples came in, gives the same. Until then the hour stands in the day's `stale_hour` and is read raw.
"""
# ruff: noqa: S608 - statements are put together from this package's constants and from integers

from collections.abc import Collection
from pathlib import Path

from drivers.history.client import Session
from drivers.history.days import NUMBERS, USABLE
from drivers.history.schema import make
from drivers.history.segment import DAY_NS, HOUR_NS
from drivers.history.trend import QUARTER_NS, Bucket


def roll_up(session: Session, day_file: Path, rollup_file: Path, hour: int) -> None:
    """Bring the roll-up of one hour (counted from 1970) up to date. One file is open at a time, so that a damaged one
    is known by its error."""
    bounds = [hour * HOUR_NS, (hour + 1) * HOUR_NS]
    with session.attached(day_file, "day", read_only=True):
        session.execute(
            "CREATE OR REPLACE TEMP TABLE rolled AS SELECT point_id, time_ns - time_ns % "
            f"{QUARTER_NS} AS bucket, min(value), avg(value), max(value), count(*), arg_max(value, time_ns), "
            f"max(time_ns) FROM {NUMBERS} WHERE time_ns >= ? AND time_ns < ? AND {USABLE} "
            "GROUP BY point_id, bucket ORDER BY point_id, bucket",
            bounds,
        )
    with session.attached(rollup_file, "rollup", read_only=False):
        make(session, rollup_file, "rollup")
        with session.transaction():
            session.execute("DELETE FROM rollup.bucket WHERE time_ns >= ? AND time_ns < ?", bounds)
            session.execute("INSERT INTO rollup.bucket FROM rolled")
    session.execute("DROP TABLE rolled")
    with session.attached(day_file, "day", read_only=False):
        session.execute("DELETE FROM day.stale_hour WHERE hour = ?", [hour])


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
