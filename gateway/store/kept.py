"""A database that matters for years: it changes rarely, a copy is kept beside it, a damaged file is replaced by it.

What state.db and ledger.db have in common: a thread of its own, checked when opened, repaired where it can be.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from gateway.core.clock import Clock
from gateway.core.durable import sync_directory, sync_file
from gateway.core.errors import ConfigError, Unavailable
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
from gateway.store.space import Ballast
from gateway.store.thread import FileThread

BALLAST_BYTES = 4 * 2**20  # a hundred audit entries, each a few pages in the write-ahead log
COPY_INTERVAL_S = 3600.0

T = TypeVar("T")


class KeptFile:
    """`<name>.db` in a data directory, `<name>.copy.db` beside it. Its calls run in a thread of its own.

    A kind of file says what has to be done about the gap between a copy and the file that it replaces: `_restored`,
    `_started_empty`. With `is_shared` other processes may read it meanwhile; only one writes.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        durability: str,
        *,
        name: str,
        migrations: Migrations,
        is_shared: bool = False,
        ballast_bytes: int = BALLAST_BYTES,
    ) -> None:
        self.path = directory / f"{name}.db"
        self._name = name
        self._migrations = migrations
        self._is_shared = is_shared
        self._copy_path = copy_path(self.path)
        self._clock = clock
        self._synchronous = full_or_normal(durability)
        self._findings = Findings(f"gateway.store.{name}")
        self._ballast = Ballast(directory / f"{name}.ballast", ballast_bytes)
        self._quarantine = Quarantine(directory / "quarantine", clock)
        self._thread = FileThread(name)
        self._db: sqlite3.Connection | None = None

    @property
    def findings(self) -> list[str]:
        """What is or was wrong in this run."""
        return self._findings.all()

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

    async def _begin(self, operation: Callable[[sqlite3.Connection], None]) -> None:
        """Open, check, restore where it is damaged; then do this, and take a fresh copy."""
        try:
            await self.do(operation)
        except BaseException:
            self._thread.close()
            raise
        await self.copy()

    # -- what a kind of file adds -------------------------------------------------------------------------------------

    def _restored(self, db: sqlite3.Connection, aside: Path | None) -> str:
        """The copy is about to take the place of the damaged file, which lies at `aside`. Returns what to tell."""
        return ""

    def _started_empty(self, db: sqlite3.Connection) -> str:
        """There was no sound copy. Returns what to tell."""
        return ""

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
        self._findings.clear(f"{self._name}_storage")
        return result

    def _ready(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists() and self._copy_path.exists():  # killed while it was restored
                self._restore("missing")
            self._db = self._opened(self.path)
        return self._db

    def _opened(self, path: Path) -> sqlite3.Connection:
        return open_database(path, self._migrations, is_shared=self._is_shared)

    def _repair(self, error: BaseException) -> None:
        trouble = trouble_of(error)
        if trouble is Trouble.IN_USE:
            hint = "stop the other gateway, or give this one a `store: directory` of its own"
            raise ConfigError(f"{self.path} is in use by another process", hint) from error
        if trouble is None:
            raise error
        if trouble is Trouble.FULL:
            self._findings.say(f"{self._name}_full", f"the disk of {self.path} is full: free some space")
            self._ballast.release()
            return
        self._disconnect()
        if trouble is Trouble.DAMAGED:
            self._restore(f"damaged ({error})")
        else:
            text = f"{self.path} cannot be used ({error}): check the disk and its mount"
            self._findings.say(f"{self._name}_storage", text)

    def _restore(self, reason: str) -> None:
        """Put the copy in place of what is there."""
        was_there = self.path.exists()
        # a log that was left without its file must not be applied to another one
        aside = self._quarantine.take_database(self.path)
        source, more = "started empty", ""
        if self._copy_path.exists():
            try:
                more = self._take_copy(aside if was_there else None)
                source = "restored from its copy"
            except FileErrors as error:
                if trouble_of(error) not in (Trouble.DAMAGED, None):
                    raise  # no room, a disk that is away: the copy may be good, and is taken when it can be
                self._quarantine.take_database(self._copy_path)  # a person may find more in it than SQLite does
        if source == "started empty":
            db = self._opened(self.path)
            more = self._started_empty(db)
            db.close()
        where = f"; it was moved to {aside}" if was_there else ""
        self._findings.say(f"{self._name}_damaged", f"{self.path} was {reason} and is {source}{where}{more}")

    def _take_copy(self, aside: Path | None) -> str:
        fresh = self.path.with_name(f"{self._name}.new.db")
        for left in self.path.parent.glob(f"{fresh.name}*"):  # of a try that was killed: its log must not be applied
            left.unlink()
        shutil.copyfile(self._copy_path, fresh)
        db = open_database(fresh, self._migrations)
        more = self._restored(db, aside)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.close()
        sync_file(fresh)
        fresh.rename(self.path)
        sync_directory(self.path.parent)
        return more

    def _copy(self) -> bool:
        fresh = self._copy_path.with_suffix(".tmp")
        try:
            fresh.unlink(missing_ok=True)
            self._ready().execute("VACUUM INTO ?", (str(fresh),))
            sync_file(fresh)  # SQLite before 3.43 does not
            fresh.replace(self._copy_path)
            sync_directory(self._copy_path.parent)
        except FileErrors as error:
            self._findings.say(f"{self._name}_copy", f"no copy of {self.path} could be made: {error}")
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
        self._findings.clear(f"{self._name}_copy")
        if self._ballast.ensure():
            self._findings.clear(f"{self._name}_full")
        return True

    def _disconnect(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def copy_path(path: Path) -> Path:
    """Where the copy of a file is kept."""
    return path.with_name(f"{path.stem}.copy.db")
