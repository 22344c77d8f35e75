"""The outbox's tables and what is counted in them. Every function works inside the caller's transaction.

Per sink and stream, in every committed state of the file:
accepted = delivered + buffered + quarantined + dropped(every cause)
and buffered = samples of the rows after the cursor.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from gateway.core.batch import Stream
from gateway.store.codec import Packed
from gateway.store.migrate import Migrations

MIGRATIONS: Migrations = (
    (
        """CREATE TABLE chunk(
            seq INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL,
            t_first INTEGER NOT NULL, t_last INTEGER NOT NULL,
            n INTEGER NOT NULL, stored INTEGER NOT NULL, codec INTEGER NOT NULL, crc32 INTEGER NOT NULL,
            payload BLOB NOT NULL)""",
        "CREATE INDEX chunk_stream ON chunk(stream)",
        "CREATE TABLE layout(hash INTEGER PRIMARY KEY, json TEXT NOT NULL)",
        """CREATE TABLE cursor(
            sink TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, accepted INTEGER NOT NULL,
            delivered INTEGER NOT NULL, buffered INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            PRIMARY KEY(sink, stream)) WITHOUT ROWID""",
        """CREATE TABLE dropped(
            sink TEXT NOT NULL, stream TEXT NOT NULL, cause TEXT NOT NULL, n INTEGER NOT NULL,
            PRIMARY KEY(sink, stream, cause)) WITHOUT ROWID""",
        # the last chunk of the last commit: chunks whose commit gave no answer are recognised by it, not stored twice
        "CREATE TABLE mark(id INTEGER PRIMARY KEY CHECK(id = 1), run TEXT, number INTEGER, seq INTEGER)",
    ),
    (
        # a new file has another one: its seqs mean other rows
        "CREATE TABLE identity(id TEXT NOT NULL)",
        "INSERT INTO identity VALUES(lower(hex(randomblob(16))))",
    ),
)

Streams = Mapping[str, Sequence[Stream]]
"""The streams that a sink takes, by its name; who is not named takes all."""


class Cause(StrEnum):
    """Why samples were dropped by the outbox itself. A sink adds causes of its own (`Written.skipped`)."""

    CAP_BYTES = "cap_bytes"
    CAP_AGE = "cap_age"
    DISK_FULL = "disk_full"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class Account:
    """Where the samples that were committed for a sink are: accepted = delivered + buffered + quarantined + dropped."""

    accepted: int = 0
    delivered: int = 0
    buffered: int = 0
    quarantined: int = 0
    dropped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # by cause
    oldest_ns: int | None = None  # time of the oldest buffered sample; None: nothing is buffered
    stored_ns: int | None = None  # when the oldest buffered row was stored, on the clock by which rows age

    @property
    def is_balanced(self) -> bool:
        """True unless samples went missing without a count."""
        return self.accepted == self.delivered + self.buffered + self.quarantined + sum(self.dropped.values())


@dataclass(frozen=True, slots=True)
class Step:
    """A sink's cursor goes on to `seq`; of the samples that it passes so many were refused or have no form there."""

    sink: str
    stream: str
    seq: int
    quarantined: int = 0
    dropped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # by cause


@dataclass(frozen=True, slots=True)
class Booked:
    """What a step passed: passed = delivered + quarantined + dropped."""

    passed: int
    delivered: int
    quarantined: int
    dropped: Mapping[str, int]  # by cause


@dataclass(frozen=True, slots=True)
class Registered:
    """What `register` changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def insert_layouts(db: sqlite3.Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Store layouts by their hash; those that are there already stay."""
    db.executemany("INSERT OR IGNORE INTO layout(hash, json) VALUES(?, ?)", rows)


def insert_chunks(db: sqlite3.Connection, chunks: Sequence[Packed], stored_ns: int) -> list[int]:
    """Append rows and count them as accepted and buffered for every sink; returns their seqs."""
    seqs: list[int] = []
    for chunk in chunks:
        cursor = db.execute(
            "INSERT INTO chunk VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                chunk.stream,
                chunk.t_first_ns,
                chunk.t_last_ns,
                chunk.count,
                stored_ns,
                chunk.codec,
                chunk.crc32,
                chunk.payload,
            ),
        )
        seqs.append(int(cursor.lastrowid or 0))
        db.execute(
            "UPDATE cursor SET accepted = accepted + ?1, buffered = buffered + ?1 WHERE stream = ?2",
            (chunk.count, chunk.stream),
        )
    return seqs


def set_mark(db: sqlite3.Connection, run: str, number: int, seq: int) -> None:
    """Remember the newest chunk that was stored: its number within the run of the gateway, and its seq."""
    db.execute("INSERT OR REPLACE INTO mark VALUES(1, ?, ?, ?)", (run, number, seq))


def marked(db: sqlite3.Connection, run: str) -> tuple[int, int]:
    """Number and seq of the newest chunk of this run; (0, 0) where none was stored."""
    row = db.execute("SELECT number, seq FROM mark WHERE run = ?", (run,)).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def identity(db: sqlite3.Connection) -> str:
    """What tells this file from one that replaced it."""
    row = db.execute("SELECT id FROM identity").fetchone()
    return "" if row is None else str(row[0])


def register(db: sqlite3.Connection, sinks: Sequence[str], only: Streams) -> Registered:
    """Make the cursors those of exactly these sinks. A new sink starts before the oldest row: it gets the backlog."""
    known = {str(row[0]) for row in db.execute("SELECT DISTINCT sink FROM cursor")}
    removed = tuple(sorted(known - set(sinks)))
    for sink in removed:
        db.execute("DELETE FROM cursor WHERE sink = ?", (sink,))
        db.execute("DELETE FROM dropped WHERE sink = ?", (sink,))
    for sink in sinks:
        for stream in only.get(sink, tuple(Stream)):
            db.execute(
                "INSERT OR IGNORE INTO cursor SELECT ?1, ?2, 0, s.n, 0, s.n, 0"
                " FROM (SELECT coalesce(sum(n), 0) AS n FROM chunk WHERE stream = ?2) AS s",
                (sink, stream),
            )
    return Registered(tuple(sink for sink in sinks if sink not in known), removed)


def advance(db: sqlite3.Connection, step: Step) -> Booked | None:
    """Move a cursor forward and book the samples of the rows it passes; `None` where it is there already.

    What was neither refused nor skipped was delivered. A report is cut to the samples of those rows: rows that were
    dropped while the sink worked on them are counted already.
    """
    row = db.execute("SELECT seq FROM cursor WHERE sink = ? AND stream = ?", (step.sink, step.stream)).fetchone()
    if row is None or step.seq <= row[0]:
        return None
    left = passed = _samples(db, step.stream, row[0], step.seq)
    refused = min(step.quarantined, left)
    left -= refused
    dropped: dict[str, int] = {}
    for cause, count in step.dropped.items():
        if lost := min(count, left):
            left -= lost
            dropped[cause] = lost
            _count_dropped(db, step.sink, step.stream, cause, lost)
    db.execute(
        "UPDATE cursor SET seq = ?, buffered = buffered - ?, delivered = delivered + ?, quarantined = quarantined + ?"
        " WHERE sink = ? AND stream = ?",
        (step.seq, passed, left, refused, step.sink, step.stream),
    )
    return Booked(passed, left, refused, dropped)


def redeliver(db: sqlite3.Connection, sink: str, count: int) -> None:
    """Book so many samples that were refused once as delivered; not more than are booked as refused."""
    query = "SELECT stream, quarantined FROM cursor WHERE sink = ? ORDER BY stream"
    for stream, refused in db.execute(query, (sink,)).fetchall():
        part = min(count, refused)
        db.execute(
            "UPDATE cursor SET quarantined = quarantined - ?1, delivered = delivered + ?1"
            " WHERE sink = ?2 AND stream = ?3",
            (part, sink, stream),
        )
        count -= part


def _samples(db: sqlite3.Connection, stream: str, after_seq: int, to_seq: int) -> int:
    query = "SELECT coalesce(sum(n), 0) FROM chunk WHERE stream = ? AND seq > ? AND seq <= ?"
    return int(db.execute(query, (stream, after_seq, to_seq)).fetchone()[0])


def _count_dropped(db: sqlite3.Connection, sink: str, stream: str, cause: str, count: int) -> None:
    if count:
        db.execute(
            "INSERT INTO dropped VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (sink, stream, cause, count),
        )


def delete_delivered(db: sqlite3.Connection) -> None:
    """Delete the rows that every sink has passed. Without any sink all rows stay, for the sink that comes."""
    lowest = db.execute("SELECT stream, min(seq) FROM cursor GROUP BY stream").fetchall()
    for stream, seq in lowest:
        delete_to(db, stream, seq)


def delete_to(db: sqlite3.Connection, stream: str, seq: int) -> int:
    """Delete the rows of a stream up to `seq`; returns how many those were."""
    return db.execute("DELETE FROM chunk WHERE stream = ? AND seq <= ?", (stream, seq)).rowcount


def drop_to(db: sqlite3.Connection, stream: str, seq: int, cause: str, *, from_seq: int = 0) -> int:
    """Delete the rows of a stream from `from_seq` up to `seq` and count them, for every sink that still needed them.

    Returns the samples lost to the sink that lost most.
    """
    worst = 0
    for sink, cursor in db.execute("SELECT sink, seq FROM cursor WHERE stream = ?", (stream,)).fetchall():
        lost = _samples(db, stream, max(cursor, from_seq - 1), seq)
        _count_dropped(db, sink, stream, cause, lost)
        db.execute("UPDATE cursor SET buffered = buffered - ? WHERE sink = ? AND stream = ?", (lost, sink, stream))
        worst = max(worst, lost)
    db.execute("DELETE FROM chunk WHERE stream = ? AND seq BETWEEN ? AND ?", (stream, from_seq, seq))
    return worst


def book_missing(db: sqlite3.Connection) -> int:
    """Count as corrupt what the cursors say is buffered and no row holds; returns the samples of the worst sink.

    The reverse (more rows than the account knows) is taken in as accepted.
    """
    worst = 0
    for sink, stream, seq, buffered in db.execute("SELECT sink, stream, seq, buffered FROM cursor").fetchall():
        missing = buffered - _samples(db, stream, seq, 2**62)
        if missing == 0:
            continue
        worst = max(worst, abs(missing))
        _count_dropped(db, sink, stream, Cause.CORRUPT, max(missing, 0))
        db.execute(
            "UPDATE cursor SET buffered = buffered - ?1, accepted = accepted - min(?1, 0)"
            " WHERE sink = ?2 AND stream = ?3",
            (missing, sink, stream),
        )
    return worst


def oldest_after(db: sqlite3.Connection, stream: str, seq: int) -> tuple[int, int] | None:
    """Time of the first chunk of a stream after `seq`, and when it was stored."""
    query = "SELECT t_first, stored FROM chunk WHERE stream = ? AND seq > ? ORDER BY seq LIMIT 1"
    row = db.execute(query, (stream, seq)).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def head(db: sqlite3.Connection, stream: str) -> tuple[int, int] | None:
    """Seq of the oldest row of a stream, and when it was stored."""
    query = "SELECT seq, stored FROM chunk WHERE stream = ? ORDER BY seq LIMIT 1"
    row = db.execute(query, (stream,)).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def layout_json(db: sqlite3.Connection, number: int) -> str | None:
    """The JSON of a layout by its hash."""
    row = db.execute("SELECT json FROM layout WHERE hash = ?", (number,)).fetchone()
    return None if row is None else str(row[0])


def count_rows(db: sqlite3.Connection) -> int:
    """How many chunks the file holds."""
    return int(db.execute("SELECT count(*) FROM chunk").fetchone()[0])
