"""Up to where the stored days of meters were sent to the sinks: one mark for each meter and day.

A row of a day only grows within one version (`intervals.store`), so of a version that was sent the rest is enough; of
another version everything is sent again.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

TABLES = (
    """CREATE TABLE interval_mark(
        meter INTEGER NOT NULL REFERENCES meter(id), day INTEGER NOT NULL, version INTEGER NOT NULL,
        end_ns INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(meter, day)) WITHOUT ROWID""",
)
_UNSENT = """SELECT meter.tag, stored.meter, stored.day, stored.digest, mark.version, mark.end_ns
    FROM meter CROSS JOIN meter_day AS stored ON stored.meter = meter.id AND stored.day >= ?
    LEFT JOIN interval_mark AS mark ON mark.meter = stored.meter AND mark.day = stored.day
    WHERE stored.replaced_ns IS NULL AND stored.digest IS NOT mark.digest ORDER BY stored.day, stored.meter"""


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """What was sent of a day."""

    meter: int  # id
    day: int  # ordinal
    version: int
    end_ns: int  # of the last interval
    digest: bytes  # of the row


@dataclass(frozen=True, slots=True)
class Unsent:
    """A day of which the newest row is not the one that was sent."""

    tag: str
    meter: int
    day: int
    digest: bytes
    sent_version: int  # 0: nothing was sent
    sent_end_ns: int


def unsent(db: sqlite3.Connection, first_day: int) -> list[Unsent]:
    """The days from this ordinal on, the oldest first."""
    rows = db.execute(_UNSENT, (first_day,))
    return [Unsent(tag, meter, day, digest, version or 0, end or 0) for tag, meter, day, digest, version, end in rows]


def put(db: sqlite3.Connection, marks: Iterable[IntervalMark]) -> None:
    """Remember marks, within the caller's transaction."""
    rows = [(one.meter, one.day, one.version, one.end_ns, one.digest) for one in marks]
    db.executemany("INSERT OR REPLACE INTO interval_mark VALUES (?, ?, ?, ?, ?)", rows)
