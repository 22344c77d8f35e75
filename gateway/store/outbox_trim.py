"""Keeping the outbox within its bounds: the oldest goes first, telemetry before counters, and all of it is counted."""

import sqlite3
from pathlib import Path

from gateway.config.plan import StoreLimits
from gateway.core.batch import Stream
from gateway.store.migrate import PAGE_BYTES, transaction
from gateway.store.outbox_tables import Cause, drop_to
from gateway.store.space import free_bytes

_NEVER_BELOW_BYTES = 4 * 2**20  # for free disk space alone the outbox is not trimmed below this: it would help nobody
_ROUND_BYTES = 32 * 2**20  # given up for free disk space per commit
_SPARE_PAGES = 1024  # free pages kept in the file for the next rows
_GIVEN_BACK_PAGES = 1024  # per call, so that no commit waits long
_ROW_BYTES = 128  # a row's columns and its share of the tree

Dropped = dict[Cause, int]


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the pages in use. The file itself is larger: deleted rows leave free pages behind."""
    pages = db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
    return int(pages) * PAGE_BYTES


def is_within(limits: StoreLimits, used: int, incoming: int, oldest_stored_ns: int, now_ns: int) -> bool:
    """True where `trim` would find nothing to do."""
    return (
        oldest_stored_ns >= now_ns - round(limits.outbox_max_age_s * 1e9)
        and used + incoming <= limits.outbox_max_bytes
        and free_bytes(limits.directory) >= limits.min_free_bytes
    )


def trim(db: sqlite3.Connection, limits: StoreLimits, incoming: int, now_ns: int) -> Dropped:
    """Make the outbox fit its caps in age and bytes, with `incoming` bytes about to come, and leave free disk space.

    Returns the samples dropped by cause.
    """
    dropped: Dropped = {}
    _add(dropped, Cause.CAP_AGE, _drop_older(db, now_ns - round(limits.outbox_max_age_s * 1e9)))
    used = used_bytes(db)
    excess = used + incoming - limits.outbox_max_bytes
    if excess > 0:
        _add(dropped, Cause.CAP_BYTES, drop_oldest(db, excess, Cause.CAP_BYTES))
        used = used_bytes(db)
    shortage = limits.min_free_bytes - free_bytes(limits.directory)
    if shortage > 0 and used > _NEVER_BELOW_BYTES:
        wanted = min(shortage, _ROUND_BYTES, used - _NEVER_BELOW_BYTES)
        _add(dropped, Cause.DISK_FULL, drop_oldest(db, wanted, Cause.DISK_FULL))
        shrink(db)
    return dropped


def _add(dropped: Dropped, cause: Cause, count: int) -> None:
    if count:
        dropped[cause] = dropped.get(cause, 0) + count


def _drop_older(db: sqlite3.Connection, limit_ns: int) -> int:
    """Drop the rows at the head of each stream that were stored before `limit_ns`."""
    lost = 0
    for stream in Stream:
        query = "SELECT seq, stored FROM chunk WHERE stream = ? ORDER BY seq"
        last = None
        for seq, stored in db.execute(query, (stream,)):
            if stored >= limit_ns:
                break
            last = seq
        if last is not None:
            with transaction(db):
                lost += drop_to(db, stream, last, Cause.CAP_AGE)
    return lost


def drop_oldest(db: sqlite3.Connection, wanted: int, cause: Cause) -> int:
    """Drop the oldest rows worth `wanted` bytes, telemetry first; returns the samples lost."""
    lost = 0
    for stream in Stream:
        if wanted <= 0:
            break
        query = "SELECT seq, length(payload) FROM chunk WHERE stream = ? ORDER BY seq"
        last = None
        for seq, size in db.execute(query, (stream,)):
            if wanted <= 0:
                break
            wanted -= size + _ROW_BYTES
            last = seq
        if last is not None:
            with transaction(db):
                lost += drop_to(db, stream, last, cause)
    return lost


def give_back(db: sqlite3.Connection, total: int, free: int) -> bool:
    """Return some of the `free` pages to the file system where there are clearly more than the next rows need."""
    if free <= _SPARE_PAGES + total // 4:
        return False
    # as a script: `execute` would take one step of it, which is one page
    db.executescript(f"PRAGMA incremental_vacuum({_GIVEN_BACK_PAGES})")
    return True


def shrink(db: sqlite3.Connection) -> None:
    """Return every free page and the write-ahead log to the file system now."""
    db.executescript("PRAGMA incremental_vacuum")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def wal_bytes(path: Path) -> int:
    """Size of the write-ahead log."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except OSError:
        return 0
