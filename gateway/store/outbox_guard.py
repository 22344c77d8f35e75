"""outbox.db as a file that can go wrong: opening, a full disk, I/O errors, damage - repaired, said, tried once more."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.config.plan import StoreLimits
from gateway.core.clock import Clock
from gateway.core.durable import sync_directory
from gateway.core.errors import ConfigError
from gateway.store.findings import Findings
from gateway.store.migrate import FileErrors, Trouble, open_database, transaction, trouble_of
from gateway.store.outbox_mend import mend_accounts
from gateway.store.outbox_tables import MIGRATIONS, Cause, book_missing
from gateway.store.outbox_trim import drop_oldest, used_bytes
from gateway.store.quarantine import Quarantine
from gateway.store.salvage import salvage, skip_seqs
from gateway.store.space import Ballast, free_bytes

T = TypeVar("T")
_MENDED = "some of what was counted before is lost"
Connector = Callable[[Path], sqlite3.Connection]

_LEAST_TRIM_BYTES = 256 * 1024  # given up on a full disk at least
_FULL_BYTES = 64 * 1024  # with less than this free, an I/O error is one of space
_QUIET_S = 60.0  # without a drop for so long, and it is over

DROPPING = {
    Cause.DISK_FULL: "outbox_disk_full",
    Cause.CAP_BYTES: "outbox_cap_bytes",
    Cause.CAP_AGE: "outbox_cap_age",
}
"""The finding of each reason for which samples are given up; open while that goes on."""


class GuardedFile:
    """The connection with its ballast and quarantine. Used in the outbox's thread only."""

    def __init__(
        self, limits: StoreLimits, clock: Clock, findings: Findings, *, ballast_bytes: int, connector: Connector
    ) -> None:
        self.path = limits.directory / "outbox.db"
        self.quarantine = Quarantine(limits.directory / "quarantine", clock)
        self.ballast = Ballast(limits.directory / "outbox.ballast", ballast_bytes)
        self.highest_seq = 0  # that this run has seen: no later row may have a lower one
        self.on_open: Callable[[sqlite3.Connection], None] = lambda _: None
        self._fresh_path = limits.directory / "outbox.new.db"  # while a damaged file is being rebuilt
        self._limits = limits
        self._clock = clock
        self._findings = findings
        self._connector = connector
        self._db: sqlite3.Connection | None = None
        self._had_error = False
        self._dropped_at: dict[Cause, float] = {}  # monotonic, of those whose finding is open

    def run(self, operation: Callable[[sqlite3.Connection], T], *, incoming: int = 0) -> T:
        """Do it; after trouble with the file repair that and do it once more, so it must be safe to do twice.

        `incoming` is how many bytes it wants to add. Raises FileErrors where the repair did not help, and ConfigError
        for a file that is too new or in use.
        """
        try:
            return operation(self._ready())
        except FileErrors as error:
            self._repair(error, incoming)
        try:
            return operation(self._ready())
        except FileErrors as error:
            if trouble_of(error) is not Trouble.FULL:
                self._disconnect()
            raise

    def say_dropping(self, cause: Cause, message: str) -> None:
        """Samples are given up at this moment for want of room; `settle` finds out when that is over."""
        self._dropped_at[cause] = self._clock.monotonic()
        self._findings.say(DROPPING[cause], message)

    def settle(self) -> None:
        """After a good commit: the disk works again, and has room again where it has."""
        self._findings.clear("outbox_storage")
        has_ballast = self.ballast.ensure()
        for cause in [cause for cause in self._dropped_at if self._is_over(cause, has_ballast=has_ballast)]:
            del self._dropped_at[cause]
            self._findings.clear(DROPPING[cause])

    def _is_over(self, cause: Cause, *, has_ballast: bool) -> bool:
        is_quiet = self._clock.monotonic() - self._dropped_at[cause] >= _QUIET_S
        if cause is not Cause.DISK_FULL:
            return is_quiet
        # A trim leaves just as much free as it must: clearly more has come from somebody else.
        free, wanted = free_bytes(self._limits.directory), self._limits.min_free_bytes
        return has_ballast and free > wanted and (is_quiet or free > wanted + wanted // 4)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                _checkpoint(self._db)
            self._disconnect()

    def _ready(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._fresh_path.exists() and not self.path.exists():  # killed in the last step of a rebuild
                self._fresh_path.rename(self.path)
            db = open_database(self.path, MIGRATIONS, connection=self._connector(self.path))
            try:
                self._start(db)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _start(self, db: sqlite3.Connection) -> None:
        if self._had_error:
            # What the log holds may never have reached the disk: write it anew before anybody counts on it.
            _checkpoint(db)
        with transaction(db):
            mended = mend_accounts(db)
            missing = book_missing(db)
        if mended:
            self._findings.say(
                "outbox_accounts", f"the accounts of {', '.join(mended)} did not add up and were made to: {_MENDED}"
            )
        if missing:
            self._findings.say("outbox_missing", f"{missing} samples were missing and are counted as dropped (corrupt)")
        self.on_open(db)
        self._had_error = False
        self.ballast.ensure()

    def _disconnect(self) -> None:
        self._had_error = True
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def _repair(self, error: BaseException, incoming: int) -> None:
        trouble = trouble_of(error)
        if trouble is Trouble.IO and self._is_disk_full():
            trouble = Trouble.FULL
        if trouble is Trouble.FULL:
            self._relieve(incoming)
        elif trouble is Trouble.DAMAGED:
            self._rebuild(str(error))
        elif trouble is Trouble.IO:
            self._findings.say("outbox_storage", f"{self.path} cannot be used ({error}): check the disk and its mount")
            self._disconnect()
        elif trouble is Trouble.IN_USE:
            hint = "stop the other gateway, or give this one a `store: directory` of its own"
            raise ConfigError(f"{self.path} is in use by another process", hint) from error
        else:
            raise error

    def _is_disk_full(self) -> bool:
        try:
            return free_bytes(self._limits.directory) < _FULL_BYTES
        except OSError:
            return False

    def _relieve(self, incoming: int) -> None:
        """Make room on a full disk: ballast, quarantine, checkpoint, oldest rows, checkpoint, ballast again."""
        text = f"the disk of {self._limits.directory} is full: the oldest samples are dropped; free some space"
        self.say_dropping(Cause.DISK_FULL, text)
        self.ballast.release()
        self.quarantine.clear()
        if self._db is not None:
            _fold_in(self._db)
            wanted = max(2 * incoming, _LEAST_TRIM_BYTES, used_bytes(self._db) // 50)
            drop_oldest(self._db, wanted, Cause.DISK_FULL)
            _fold_in(self._db)
            self.ballast.ensure()

    def _rebuild(self, reason: str) -> None:
        """Copy what can still be read into a new file, move the damaged one aside, put the new one in its place.

        In this order a kill in between leaves either the damaged file, and this runs again, or the finished new one.
        """
        self._disconnect()
        _remove_database(self._fresh_path)
        with contextlib.closing(open_database(self._fresh_path, MIGRATIONS)) as db:
            result = salvage(self.path, db, self.ballast)
            with transaction(db, synchronous="FULL"):
                # beyond every seq that was ever given, even where the old file tells nothing: there are fewer
                # than a thousand commits a second
                skip_seqs(db, max(self.highest_seq, self._clock.time_ns() // 1_000_000))
                mended = mend_accounts(db)
                missing = book_missing(db)
        aside = self.quarantine.take_database(self.path)
        self._fresh_path.rename(self.path)
        sync_directory(self.path.parent)
        rest = f"{missing} samples are counted as dropped" if result.knows_cursors else "its accounts start again"
        if mended and result.knows_cursors:
            rest += f", and in the accounts of {', '.join(mended)} {_MENDED}"
        self._findings.say(
            f"outbox_damaged_{aside.name}",
            f"{self.path.name} was damaged ({reason}) and moved to {aside}; {result.rows} rows were saved, {rest}",
        )


def _checkpoint(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _fold_in(db: sqlite3.Connection) -> None:
    """Checkpoint as far as it goes, without cutting the log: on a full disk its own blocks are what the next
    transactions can be sure of."""
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
