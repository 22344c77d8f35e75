"""The state database: integer ids of points, the audit table, alarms and their journal, connectivity, notifications.

It changes rarely and matters for years: a copy is kept beside it, and a damaged file is replaced by the copy.
"""

import contextlib
import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TypeVar

from gateway.core.clock import Clock
from gateway.core.errors import ConfigError, Unavailable
from gateway.store import connectivity, journal, notices
from gateway.store.findings import Findings
from gateway.store.migrate import (
    FileErrors,
    Migrations,
    Trouble,
    full_or_normal,
    open_database,
    transaction,
    trouble_of,
)
from gateway.store.quarantine import Quarantine
from gateway.store.space import Ballast, sync_directory, sync_file
from gateway.store.thread import FileThread

MIGRATIONS: Migrations = (
    (
        "CREATE TABLE point(id INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL UNIQUE)",
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE audit(
            id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
            origin TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, result TEXT NOT NULL,
            request_id TEXT NOT NULL)""",
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
            BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END""",
    ),
    (*journal.TABLES, *connectivity.TABLES, *notices.TABLES),
)
BALLAST_BYTES = 2**20
COPY_INTERVAL_S = 3600.0
_ID_LEAP = 100_000  # more points than a park gains between two copies
_LOG = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, from where, and how it went."""

    time_ns: int
    who: str
    role: str
    origin: str  # address or `socket`
    action: str
    target: str  # device, point, user
    result: str
    request_id: str


class State:
    """state.db. Made by `open`; its calls run in a thread of its own."""

    def __init__(self, directory: Path, clock: Clock, durability: str) -> None:
        self.path = directory / "state.db"
        self.installation_id = ""  # made once, survives everything but the loss of the disk
        self._copy_path = directory / "state.copy.db"
        self._clock = clock
        self._synchronous = full_or_normal(durability)
        self._findings = Findings("gateway.store.state")
        self._ballast = Ballast(directory / "state.ballast", BALLAST_BYTES)
        self._quarantine = Quarantine(directory / "quarantine", clock)
        self._thread = FileThread("state")
        self._db: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, directory: Path, clock: Clock, *, durability: str = "power_loss") -> "State":
        """Open, check, restore from the copy where the file is damaged (the findings tell), and take a fresh copy.

        Raises ConfigError for a file of a newer version or one in use, Unavailable where the disk cannot be used.
        """
        state = cls(directory, clock, durability)
        try:
            await state.do(state._identify)
        except BaseException:
            state._thread.close()
            raise
        await state.copy()
        return state

    @property
    def findings(self) -> list[str]:
        """What is or was wrong in this run."""
        return self._findings.all()

    async def ids_for(self, tags: Mapping[str, str | None]) -> dict[str, int]:
        """The integer id of every tag; the value of each tag is the one it was renamed from, or `None`.

        An id is never used for another point. A tag takes over the id of its former name unless it has one itself
        or the former name is still in use.
        """
        ids, has_changed = await self.do(lambda db: _ids_for(db, tags, self._synchronous))
        if has_changed:
            await self.copy()
        return ids

    async def audit(
        self, *, who: str, role: str, origin: str, action: str, target: str, result: str = "ok", request_id: str = ""
    ) -> None:
        """Append an entry; on the disk when this returns. Raises Unavailable where it cannot be stored."""
        entry = AuditEntry(self._clock.time_ns(), who, role, origin, action, target, result, request_id)

        def store(db: sqlite3.Connection) -> None:
            with transaction(db, synchronous=self._synchronous):
                db.execute("INSERT INTO audit VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(entry))

        await self.do(store)

    async def newest_audit(self, limit: int) -> list[AuditEntry]:
        """The newest entries, newest first."""
        query = (
            "SELECT time_ns, who, role, origin, action, target, result, request_id FROM audit ORDER BY id DESC LIMIT ?"
        )
        return await self.do(lambda db: [AuditEntry(*row) for row in db.execute(query, (limit,))])

    async def do(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run this in the database's thread; it opens its own transaction with `write`. Raises Unavailable.

        After a damaged file was replaced it is run once more.
        """
        try:
            return await self._thread.run(lambda: self._guarded(operation))
        except FileErrors as error:
            raise Unavailable(f"{self.path} cannot be used: {error}", "check the gateway's disk") from error

    def write(self, db: sqlite3.Connection) -> AbstractContextManager[None]:
        """A transaction that is on the disk when it ends, as the configuration's durability says."""
        return transaction(db, synchronous=self._synchronous)

    async def run(self) -> None:
        """Take a copy every hour, until cancelled."""
        while True:
            await self._clock.sleep(COPY_INTERVAL_S)
            await self.copy()

    async def copy(self) -> bool:
        """Take a copy now. False, and a finding, where that fails; the database itself goes on."""
        return await self._thread.run(self._copy)

    async def close(self) -> None:
        """Take a copy and let go of the file."""
        await self.copy()
        await self._thread.run(self._disconnect)
        self._thread.close()

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _guarded(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return operation(self._ready())
        except FileErrors as error:
            self._repair(error)
        try:
            result = operation(self._ready())
        except FileErrors as error:
            if trouble_of(error) is not Trouble.FULL:
                self._disconnect()
            raise
        self._findings.clear("state_storage")
        return result

    def _ready(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists() and self._copy_path.exists():  # killed while it was restored
                self._restore("missing")
            self._db = open_database(self.path, MIGRATIONS)
        return self._db

    def _repair(self, error: BaseException) -> None:
        trouble = trouble_of(error)
        if trouble is Trouble.IN_USE:
            hint = "stop the other gateway, or give this one a `store: directory` of its own"
            raise ConfigError(f"{self.path} is in use by another process", hint) from error
        if trouble is None:
            raise error
        if trouble is Trouble.FULL:
            self._findings.say("state_full", f"the disk of {self.path} is full: free some space")
            self._ballast.release()
            return
        self._disconnect()
        if trouble is Trouble.DAMAGED:
            self._restore(f"damaged ({error})")
        else:
            self._findings.say("state_storage", f"{self.path} cannot be used ({error}): check the disk and its mount")

    def _restore(self, reason: str) -> None:
        """Put the copy in place of what is there."""
        aside = f"; it was moved to {self._quarantine.take_database(self.path)}" if self.path.exists() else ""
        source = "started empty"
        if self._copy_path.exists():
            with contextlib.suppress(*FileErrors):
                self._take_copy()
                source = "restored from its copy"
        if source == "started empty":
            db = open_database(self.path, MIGRATIONS)
            # seconds since 1970 as the first id: beyond every one that was ever given
            _leap(db, self._clock.time_ns() // 1_000_000_000)
            db.close()
        self._findings.say("state_damaged", f"{self.path} was {reason} and is {source}{aside}")

    def _take_copy(self) -> None:
        fresh = self.path.with_name("state.new.db")
        for left in self.path.parent.glob("state.new.db*"):  # of a try that was killed: its log must not be applied
            left.unlink()
        fresh.write_bytes(self._copy_path.read_bytes())
        db = open_database(fresh, MIGRATIONS)
        highest = db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'point'").fetchone()[0]
        _leap(db, highest + _ID_LEAP)  # ids given after the copy was made must not be given again
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.close()
        fresh.rename(self.path)
        sync_directory(self.path.parent)

    def _identify(self, db: sqlite3.Connection) -> None:
        with transaction(db, synchronous=self._synchronous):
            db.execute("INSERT OR IGNORE INTO meta VALUES('installation_id', ?)", (str(uuid.uuid4()),))
        query = "SELECT value FROM meta WHERE key = 'installation_id'"
        self.installation_id = str(db.execute(query).fetchone()[0])

    def _copy(self) -> bool:
        fresh = self._copy_path.with_suffix(".tmp")
        try:
            fresh.unlink(missing_ok=True)
            self._ready().execute("VACUUM INTO ?", (str(fresh),))
            sync_file(fresh)  # SQLite before 3.43 does not
            fresh.replace(self._copy_path)
            sync_directory(self._copy_path.parent)
        except FileErrors as error:
            self._findings.say("state_copy", f"no copy of {self.path} could be made: {error}")
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
        self._findings.clear("state_copy")
        if self._ballast.ensure():
            self._findings.clear("state_full")
        return True

    def _disconnect(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _leap(db: sqlite3.Connection, number: int) -> None:
    """Let the next point id lie beyond `number`."""
    with transaction(db, synchronous="FULL"):
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'point'")
        db.execute("INSERT INTO sqlite_sequence(name, seq) VALUES('point', ?)", (number,))


def _ids_for(db: sqlite3.Connection, tags: Mapping[str, str | None], synchronous: str) -> tuple[dict[str, int], bool]:
    known: dict[str, int] = dict(db.execute("SELECT tag, id FROM point"))
    renamed: list[tuple[str, int]] = []
    new: list[tuple[str]] = []
    for tag, former in tags.items():
        if tag in known:
            continue
        if former is not None and former in known and former not in tags:
            renamed.append((tag, known.pop(former)))
        else:
            new.append((tag,))
    if renamed or new:
        with transaction(db, synchronous=synchronous):
            db.executemany("UPDATE point SET tag = ? WHERE id = ?", renamed)
            db.executemany("INSERT INTO point(tag) VALUES(?)", new)
        known = dict(db.execute("SELECT tag, id FROM point"))
        _LOG.info("point_ids new=%d renamed=%d", len(new), len(renamed))
    return {tag: known[tag] for tag in tags}, bool(renamed or new)
