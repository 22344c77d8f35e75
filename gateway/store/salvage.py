"""Copying what can still be read out of a damaged outbox into a new one."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gateway.store.codec import checksum
from gateway.store.migrate import Trouble, connect_readonly, transaction, trouble_of
from gateway.store.space import Ballast

_CURSOR = ("SELECT * FROM cursor", "INSERT OR REPLACE INTO cursor VALUES(?, ?, ?, ?, ?, ?, ?)")
_DROPPED = ("SELECT * FROM dropped", "INSERT OR REPLACE INTO dropped VALUES(?, ?, ?, ?)")
_LAYOUT = ("SELECT * FROM layout", "INSERT OR REPLACE INTO layout VALUES(?, ?)")
_ROWS_PER_TRANSACTION = 64
_MAX_ERRORS = 2000  # each costs a page; a file with more of them has nothing left worth the wait

Row = tuple[int, str, int, int, int, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came across."""

    rows: int
    knows_cursors: bool  # False: delivery starts again at the oldest row, and the accounts at zero


def salvage(damaged: Path, db: sqlite3.Connection, ballast: Ballast) -> Salvaged:
    """Copy cursors, layouts and sound rows, the oldest first, as many as the disk has room for."""
    try:
        source = connect_readonly(damaged)
    except sqlite3.Error:
        return Salvaged(0, knows_cursors=False)
    with contextlib.closing(source):
        source.text_factory = lambda data: data.decode("utf-8", "replace")
        cursors = _copy_table(source, db, _CURSOR, [str, str, int, int, int, int, int])
        _copy_table(source, db, _DROPPED, [str, str, str, int])
        _copy_table(source, db, _LAYOUT, [int, str])
        rows = _copy_chunks(source, db, ballast)
    return Salvaged(rows, knows_cursors=cursors > 0)


def skip_seqs(db: sqlite3.Connection, seq: int) -> None:
    """Let the next row's seq lie beyond `seq`, so that none is ever used twice."""
    db.execute(
        "INSERT INTO sqlite_sequence(name, seq) SELECT 'chunk', 0"
        " WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = 'chunk')"
    )
    db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'chunk'", (seq,))


def _copy_table(
    source: sqlite3.Connection, db: sqlite3.Connection, statements: tuple[str, str], types: Sequence[type]
) -> int:
    """Copy a small table as far as it can be read; returns the rows copied."""
    copied = 0
    select, insert = statements
    with contextlib.suppress(sqlite3.DatabaseError):
        for row in source.execute(select):
            if len(row) == len(types) and all(isinstance(value, kind) for value, kind in zip(row, types, strict=True)):
                db.execute(insert, row)
                copied += 1
    return copied


def _copy_chunks(source: sqlite3.Connection, db: sqlite3.Connection, ballast: Ballast) -> int:
    copied = 0
    rows = _readable(source)
    while batch := list(islice(rows, _ROWS_PER_TRANSACTION)):
        try:
            with transaction(db):
                db.executemany("INSERT OR IGNORE INTO chunk VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)
        except sqlite3.Error as error:
            if trouble_of(error) is not Trouble.FULL:
                raise
            ballast.release()  # what is left to do is small: the account
            return copied
        copied += len(batch)
    return copied


def _readable(source: sqlite3.Connection) -> Iterator[Row]:
    """Every sound row in order, leaping over pages that cannot be read in growing steps."""
    last, leap, errors = 0, 1, 0
    highest = _highest(source)
    while last < highest and errors < _MAX_ERRORS:
        try:
            for row in source.execute("SELECT * FROM chunk WHERE seq > ? ORDER BY seq", (last,)):
                last, leap = row[0], 1
                if _is_sound(row):
                    yield row
            return
        except sqlite3.Error:
            errors += 1
            last, leap = last + leap, leap * 2


def _highest(source: sqlite3.Connection) -> int:
    for query in ("SELECT seq FROM sqlite_sequence WHERE name = 'chunk'", "SELECT max(seq) FROM chunk"):
        with contextlib.suppress(sqlite3.Error):
            row = source.execute(query).fetchone()
            if row is not None and isinstance(row[0], int):
                return row[0]
    return 2**40


def _is_sound(row: Row) -> bool:
    try:
        return checksum(row[8], row[1], row[4], row[2], row[3], row[6]) == row[7]
    except TypeError:
        return False
