"""Accounts that add up again: what damage left of the tables `cursor` and `dropped` of outbox.db is made one story.

SQLite's own check finds broken pages, not figures that no longer belong together, and a salvage may have read one
table and not the other. So the figures are looked at whenever the file is opened.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from gateway.core.batch import Stream

_MOST = 2**53  # no count of samples gets there
_STREAMS = frozenset(stream.value for stream in Stream)

Row = tuple[Any, ...]


def mend_accounts(db: sqlite3.Connection) -> list[str]:
    """Make every account add up, inside the caller's transaction; returns the sinks whose account was changed.

    A cursor that cannot be true goes, and with it the drops of its sink and stream: that account starts again, and so
    does delivery, at the oldest row. Of all others `accepted` becomes what is known of them.
    """
    before = _rows(db, "cursor"), _rows(db, "dropped")
    cursors, dropped = _consistent(*before, highest_seq=_highest_seq(db))
    if (cursors, dropped) == before:
        return []
    # All anew, not row by row: a row with a damaged key would not be found.
    db.execute("DELETE FROM cursor")
    db.execute("DELETE FROM dropped")
    db.executemany("INSERT OR REPLACE INTO cursor VALUES(?, ?, ?, ?, ?, ?, ?)", cursors)
    db.executemany("INSERT OR REPLACE INTO dropped VALUES(?, ?, ?, ?)", dropped)
    changed = {*before[0], *before[1]} ^ {*cursors, *dropped}
    return sorted({str(row[0]) for row in changed})


def _rows(db: sqlite3.Connection, table: str) -> list[Row]:
    factory = db.text_factory
    db.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        return db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - one of two names above
    finally:
        db.text_factory = factory


def _highest_seq(db: sqlite3.Connection) -> int:
    """The highest seq that was ever given, as far as the file knows."""
    found = db.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'chunk'").fetchone()[0]
    return found if isinstance(found, int) else 0


def _consistent(cursors: Sequence[Row], dropped: Sequence[Row], *, highest_seq: int) -> tuple[list[Row], list[Row]]:
    """What is kept of the rows, in the order of their keys: a row out of order would not be found either."""
    known = {
        (sink, stream): (seq, *counts)
        for sink, stream, seq, *counts in cursors
        if _is_key(sink, stream) and all(map(_is_count, (seq, *counts))) and seq <= highest_seq
    }
    kept = {
        (sink, stream, cause): count
        for sink, stream, cause, count in dropped
        if (sink, stream) in known and _is_text(cause) and _is_count(count)
    }
    lost: Counter[tuple[str, str]] = Counter()
    for (sink, stream, _), count in kept.items():
        lost[sink, stream] += count
    return (
        [
            (*key, seq, delivered + buffered + quarantined + lost[key], delivered, buffered, quarantined)
            for key, (seq, _, delivered, buffered, quarantined) in sorted(known.items())
        ],
        [(*key, count) for key, count in sorted(kept.items())],
    )


def _is_key(sink: object, stream: object) -> bool:
    return _is_text(sink) and stream in _STREAMS


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\ufffd" not in value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST
