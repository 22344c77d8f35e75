"""Opening a SQLite file: pragmas, `user_version`, forward migrations, transactions, and what an error of it means."""

import errno
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from gateway.core.errors import ConfigError

Step = str | Callable[[sqlite3.Connection], None]
"""A statement, or what statements alone cannot do (a hash over rows)."""
Migrations = Sequence[Sequence[Step]]
"""`migrations[i]` holds the steps that lead from `user_version` i to i + 1. Only ever appended to."""

PAGE_BYTES = 4096
LOG_PAGES = 512  # the write-ahead log is folded in at this size; a ballast must have room for it
_MAGIC = b"SQLite format 3\x00"
_VERSION_AT = 60  # offset of user_version in the file header, big endian (SQLite file format, 1.3)


class Damaged(Exception):
    """The file is not a sound SQLite database."""


FileErrors = (sqlite3.Error, OSError, Damaged)
"""What working with a file may raise; `trouble_of` sorts them."""


class Trouble(StrEnum):
    """What an error of SQLite asks for."""

    FULL = "full"  # make room
    DAMAGED = "damaged"  # move the file aside and start a new one
    IN_USE = "in_use"  # another process holds the file
    IO = "io"  # close, open again, check again: the page cache cannot be trusted after a failed fsync


def trouble_of(error: BaseException) -> Trouble | None:
    """What to do about this error; `None` where the fault is in the calling code."""
    if isinstance(error, Damaged):
        return Trouble.DAMAGED
    if isinstance(error, OSError):
        return Trouble.FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Trouble.IO
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room for the memory that processes share
        return Trouble.FULL
    kinds = {
        sqlite3.SQLITE_FULL: Trouble.FULL,
        sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
        sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
        sqlite3.SQLITE_BUSY: Trouble.IN_USE,
        sqlite3.SQLITE_LOCKED: Trouble.IN_USE,
        sqlite3.SQLITE_IOERR: Trouble.IO,
        sqlite3.SQLITE_CANTOPEN: Trouble.IO,
        sqlite3.SQLITE_READONLY: Trouble.IO,
        sqlite3.SQLITE_PERM: Trouble.IO,
    }
    return kinds.get(int(code) & 0xFF)


@contextmanager
def transaction(db: sqlite3.Connection, *, synchronous: str = "NORMAL") -> Iterator[None]:
    """Everything inside is stored together or not at all.

    `synchronous` FULL makes it survive a power cut when this returns; NORMAL leaves the fsync to the next FULL one,
    right for what may safely be done again (a cursor, a trim) and kind to flash cards.
    """
    db.execute(f"PRAGMA synchronous={synchronous}")
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite has rolled back by itself after some errors
            db.execute("ROLLBACK")
        raise


def full_or_normal(durability: str) -> str:
    """The `synchronous` of commits under the setting `durability: power_loss | process_crash`."""
    return "FULL" if durability == "power_loss" else "NORMAL"


def connect(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions, used by one thread."""
    return sqlite3.connect(path, isolation_level=None, timeout=2.0)


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Whatever is in the path: a URI escapes it, and needs it absolute."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=2.0)


def open_database(
    path: Path,
    migrations: Migrations,
    *,
    connection: sqlite3.Connection | None = None,
    is_shared: bool = False,
) -> sqlite3.Connection:
    """Open or create a database, check it and bring it to the newest version.

    Locked for this process alone (which also spares the shared-memory file, so that opening works on a full disk)
    unless other processes may read it meanwhile (`is_shared`).
    Raises ConfigError for a file of a newer version, which is left untouched, Damaged for one that is not sound, and
    sqlite3.Error otherwise.
    """
    _refuse_newer(path, _version_in_header(path), migrations)
    db = connection or connect(path)
    try:
        if not is_shared:
            db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before anything else reads the file and makes shared memory
        if (
            db.execute("PRAGMA page_count").fetchone()[0] == 0
        ):  # later they would not help, yet write: bad on a full disk
            db.execute(f"PRAGMA page_size={PAGE_BYTES}")
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        db.execute(f"PRAGMA journal_size_limit={8 * 2**20}")
        db.execute("PRAGMA foreign_keys=ON")
        _refuse_newer(path, _user_version(db), migrations)
        _check(db)
        _migrate(db, migrations)
    except BaseException:
        db.close()
        raise
    return db


def _version_in_header(path: Path) -> int:
    """Read without SQLite, because opening a file with a write-ahead log already changes it."""
    try:
        with path.open("rb") as file:
            header = file.read(_VERSION_AT + 4)
    except FileNotFoundError:
        return 0
    if len(header) < _VERSION_AT + 4 or not header.startswith(_MAGIC):
        return 0
    return int.from_bytes(header[_VERSION_AT:], "big")


def _user_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _refuse_newer(path: Path, version: int, migrations: Migrations) -> None:
    if version > len(migrations):
        raise ConfigError(
            f"{path} was written by a newer park-gateway (version {version}, this one knows {len(migrations)})",
            "install that version again, or give this one another `store.directory`",
        )


def _check(db: sqlite3.Connection) -> None:
    """Raises Damaged unless SQLite finds the whole file sound."""
    rows = db.execute("PRAGMA quick_check(1)").fetchall()
    if rows != [("ok",)]:
        # "*** in database main ***", then a line for each fault
        raise Damaged(" ".join(str(rows[0][0]).split("***")[-1].split()) if rows else "quick_check gave no answer")


def _migrate(db: sqlite3.Connection, migrations: Migrations) -> None:
    for version in range(_user_version(db), len(migrations)):
        with transaction(db, synchronous="FULL"):
            take_steps(db, migrations[version])
            db.execute(f"PRAGMA user_version={version + 1}")


def take_steps(db: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """One migration, inside the caller's transaction."""
    for step in steps:
        if isinstance(step, str):
            db.execute(step)
        else:
            step(db)
