"""Connectivity accounts in state.db: samples by device and local hour and day, gateway-down time, outages.

Accounts are stored as increments. Each write has a number, and one that is already there changes nothing: what is
tried again after an error of the disk is never counted twice.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

TABLES: tuple[str, ...] = (
    """CREATE TABLE connectivity_span(
        kind TEXT NOT NULL, from_ns INTEGER NOT NULL, device TEXT NOT NULL,
        good INTEGER NOT NULL, bad INTEGER NOT NULL, PRIMARY KEY(kind, from_ns, device)) WITHOUT ROWID""",
    """CREATE TABLE connectivity_missing(
        kind TEXT NOT NULL, from_ns INTEGER NOT NULL, device TEXT NOT NULL, reason TEXT NOT NULL,
        samples INTEGER NOT NULL, PRIMARY KEY(kind, from_ns, device, reason)) WITHOUT ROWID""",
    """CREATE TABLE connectivity_down(
        kind TEXT NOT NULL, from_ns INTEGER NOT NULL, down_ns INTEGER NOT NULL,
        PRIMARY KEY(kind, from_ns)) WITHOUT ROWID""",
    """CREATE TABLE connectivity_outage(
        device TEXT NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER, reason TEXT NOT NULL, message TEXT NOT NULL,
        down_ns INTEGER NOT NULL, PRIMARY KEY(device, from_ns)) WITHOUT ROWID""",
    "CREATE TABLE connectivity_written(one INTEGER PRIMARY KEY CHECK(one = 1), time_ns INTEGER, number INTEGER)",
)
OUTAGES_PER_DEVICE = 500  # kept; a device that comes and goes all day must not fill the disk

Key = tuple[str, int, str]
"""Kind of span, its start (UTC, ns), device."""

Span = tuple[str, int, int]
"""Kind, from, to before: spans of this kind that start in this range."""

OutageRow = tuple[str, int, int | None, str, str, int]
"""Device, from, to, reason, message, gateway-down time in it."""


@dataclass(slots=True)
class Counts:
    """Samples of one or more spans of a device."""

    good: int = 0
    bad: int = 0  # came without a value
    reasons: dict[str, int] = field(default_factory=dict)  # of those that did not come, and of the bad ones


@dataclass(frozen=True, slots=True)
class Written:
    """What a gateway that starts finds of the one before."""

    time_ns: int | None  # when it last wrote; None: never
    number: int
    open_outages: Sequence[OutageRow]
    answered: frozenset[str]  # devices that ever gave a good sample


@dataclass(slots=True)
class Increment:
    """What is written at once."""

    time_ns: int  # UTC: until when everything is accounted for
    number: int = 0
    counts: Mapping[Key, Counts] = field(default_factory=dict)
    down_ns: Mapping[tuple[str, int], int] = field(default_factory=dict)  # by kind and start
    outages: Sequence[OutageRow] = ()


def begin(db: sqlite3.Connection, renamed: Iterable[tuple[str, str]], write: AbstractContextManager[None]) -> Written:
    """What the gateway before left; accounts of devices that were renamed (old id, id) follow their name."""
    rename(db, renamed, write)
    row = db.execute("SELECT time_ns, number FROM connectivity_written").fetchone()
    outages = db.execute(f"SELECT {_OUTAGE} FROM connectivity_outage WHERE to_ns IS NULL").fetchall()  # noqa: S608
    answered = db.execute("SELECT DISTINCT device FROM connectivity_span WHERE kind = 'd' AND good > 0").fetchall()
    return Written(row[0] if row else None, row[1] if row else 0, outages, frozenset(device for (device,) in answered))


def rename(db: sqlite3.Connection, renamed: Iterable[tuple[str, str]], write: AbstractContextManager[None]) -> None:
    """Let accounts of devices (old id, id) follow their name; where the new name has some already, both stay."""
    with write:
        for old, new in renamed:
            for table in ("connectivity_span", "connectivity_missing", "connectivity_outage"):
                db.execute(f"UPDATE OR IGNORE {table} SET device = ? WHERE device = ?", (new, old))  # noqa: S608


def number(db: sqlite3.Connection) -> int:
    """The number of the newest write; 0: none yet."""
    row = db.execute("SELECT number FROM connectivity_written").fetchone()
    return 0 if row is None else int(row[0])


def store(db: sqlite3.Connection, increment: Increment, write: AbstractContextManager[None]) -> None:
    """Add an increment, unless one of its number is there already."""
    with write:
        if number(db) >= increment.number:
            return
        _add(db, increment)
        db.execute("INSERT OR REPLACE INTO connectivity_written VALUES(1, ?, ?)", (increment.time_ns, increment.number))


def _add(db: sqlite3.Connection, increment: Increment) -> None:
    db.executemany(
        """INSERT INTO connectivity_span VALUES(?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET good = good + excluded.good, bad = bad + excluded.bad""",
        ((*key, counts.good, counts.bad) for key, counts in increment.counts.items()),
    )
    db.executemany(
        """INSERT INTO connectivity_missing VALUES(?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET samples = samples + excluded.samples""",
        (
            (*key, reason, samples)
            for key, counts in increment.counts.items()
            for reason, samples in counts.reasons.items()
        ),
    )
    db.executemany(
        """INSERT INTO connectivity_down VALUES(?, ?, ?)
        ON CONFLICT DO UPDATE SET down_ns = down_ns + excluded.down_ns""",
        ((*key, down_ns) for key, down_ns in increment.down_ns.items()),
    )
    db.executemany("INSERT OR REPLACE INTO connectivity_outage VALUES(?, ?, ?, ?, ?, ?)", increment.outages)


def sums(db: sqlite3.Connection, spans: Iterable[Span]) -> dict[str, Counts]:
    """Samples by device, of all these spans together."""
    found: dict[str, Counts] = {}
    for span in spans:
        for device, good, bad in db.execute(
            f"SELECT device, sum(good), sum(bad) FROM connectivity_span {_IN_SPAN} GROUP BY device",  # noqa: S608
            span,
        ):
            counts = found.setdefault(device, Counts())
            counts.good, counts.bad = counts.good + good, counts.bad + bad
        for device, reason, samples in db.execute(
            f"SELECT device, reason, sum(samples) FROM connectivity_missing {_IN_SPAN} GROUP BY device, reason",  # noqa: S608
            span,
        ):
            reasons = found.setdefault(device, Counts()).reasons
            reasons[reason] = reasons.get(reason, 0) + samples
    return found


def series(db: sqlite3.Connection, span: Span, devices: Iterable[str]) -> dict[tuple[str, int], Counts]:
    """Samples by device and start of each span of this kind in the range."""
    wanted = set(devices)
    found: dict[tuple[str, int], Counts] = {}
    query = f"SELECT device, from_ns, good, bad FROM connectivity_span {_IN_SPAN}"  # noqa: S608
    for device, from_ns, good, bad in db.execute(query, span):
        if device in wanted:
            found[device, from_ns] = Counts(good, bad)
    query = f"SELECT device, from_ns, reason, samples FROM connectivity_missing {_IN_SPAN}"  # noqa: S608
    for device, from_ns, reason, samples in db.execute(query, span):
        if device in wanted:
            found.setdefault((device, from_ns), Counts()).reasons[reason] = samples
    return found


def down(db: sqlite3.Connection, spans: Iterable[Span]) -> dict[tuple[str, int], int]:
    """Time in which the gateway did not run (ns), by kind and start of span."""
    query = f"SELECT kind, from_ns, down_ns FROM connectivity_down {_IN_SPAN}"  # noqa: S608
    return {(kind, from_ns): down_ns for span in spans for kind, from_ns, down_ns in db.execute(query, span)}


def outages(db: sqlite3.Connection, from_ns: int, to_ns: int, devices: Iterable[str], most: int) -> list[OutageRow]:
    """Outages with a part in this range, of these devices, at most `most` of each, newest first."""
    query = (
        f"SELECT {_OUTAGE} FROM connectivity_outage WHERE device = ? AND from_ns < ? "  # noqa: S608
        "AND coalesce(to_ns, ?) > ? ORDER BY from_ns DESC LIMIT ?"
    )
    found = [row for device in devices for row in db.execute(query, (device, to_ns, to_ns, from_ns, most))]
    return sorted(found, key=lambda row: -row[1])


def purge(db: sqlite3.Connection, hours_ns: int, days_ns: int, write: AbstractContextManager[None]) -> None:
    """Forget hours before `hours_ns`, days and ended outages before `days_ns`, and too many outages of one device."""
    with write:
        for table in ("connectivity_span", "connectivity_missing", "connectivity_down"):
            for kind, before_ns in (("h", hours_ns), ("d", days_ns)):
                db.execute(f"DELETE FROM {table} WHERE kind = ? AND from_ns < ?", (kind, before_ns))  # noqa: S608
        db.execute("DELETE FROM connectivity_outage WHERE to_ns < ?", (days_ns,))
        db.execute(
            """DELETE FROM connectivity_outage WHERE (device, from_ns) IN (SELECT device, from_ns FROM (
                SELECT device, from_ns, row_number() OVER (PARTITION BY device ORDER BY from_ns DESC) AS place
                FROM connectivity_outage) WHERE place > ?)""",
            (OUTAGES_PER_DEVICE,),
        )


_OUTAGE = "device, from_ns, to_ns, reason, message, down_ns"
_IN_SPAN = "WHERE kind = ? AND from_ns >= ? AND from_ns < ?"
