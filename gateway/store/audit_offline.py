"""The audit log while no gateway runs: what a command of the machine's user changes in the files is put down too."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from gateway.core.errors import GatewayError, Unavailable
from gateway.store import audit
from gateway.store.audit import Act, Head, Result, Who
from gateway.store.audit_anchor import anchor
from gateway.store.audit_values import shown
from gateway.store.kept import copy_path
from gateway.store.migrate import FileErrors, full_or_normal, open_database, transaction
from gateway.store.state import MIGRATIONS

COMMAND_LINE = Who("local administrator", "administrator", "files", "")


@dataclass(slots=True)
class OfflineEntry:
    """What is under way. `after` may be set until it ends."""

    after: object
    _db: sqlite3.Connection

    def head(self) -> Head:
        """Where the chain ends."""
        return audit.head(self._db)

    def anchor(self, ledger: sqlite3.Connection) -> None:
        """Let the next checkpoint of this ledger speak for the log; inside its transaction."""
        anchor(ledger, self.head(), time.time_ns())


@contextmanager
def audited_offline(
    directory: Path, durability: str, action: str, target: str, *, after: object = None
) -> Iterator[OfflineEntry]:
    """Put down that something is asked for, and how it went. The caller holds the directory's lock.

    Raises Unavailable where state.db cannot be used: then nothing is done.
    """
    path, synchronous, request_id = directory / "state.db", full_or_normal(durability), token_hex(8)
    if not path.exists() and copy_path(path).exists():
        raise Unavailable(f"{path} is missing, its copy is there", "start the gateway: it restores the file")
    with _opened(path) as db:
        entry = OfflineEntry(after, db)

        def put(result: Result, reason: str) -> None:
            act = Act(COMMAND_LINE, action, target, result, reason, request_id, None, shown(entry.after))
            with transaction(db, synchronous=synchronous):
                audit.append(db, act, time.time_ns(), time.monotonic())

        put(Result.ASKED, "")
        try:
            yield entry
        except GatewayError as error:
            put(Result.REFUSED, error.message)
            raise
        except BaseException as error:
            put(Result.FAILED, type(error).__name__)
            raise
        put(Result.DONE, "")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        if not path.exists():
            path.touch(0o600)
        db = open_database(path, MIGRATIONS)
    except FileErrors as error:
        raise Unavailable(f"{path} cannot be used: {error}", "start the gateway: it repairs what it can") from error
    with closing(db):
        yield db
