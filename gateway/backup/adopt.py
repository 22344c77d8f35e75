"""Databases out of a backup, made ready to go on: checked, brought to this version, and told that there is a gap.

What was given or lost since the backup was made must not be given again: ids of points and accounts leap, sessions
that may have been ended are ended, and the gap stands in the audit log and in the ledger.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.backup.contents import ledger_head
from gateway.backup.manifest import LEDGER, OUTBOX, STATE, LedgerHead, Manifest
from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable
from gateway.store import audit, identities, ledger, outbox_tables, records, state
from gateway.store.audit import Act, Who
from gateway.store.audit_values import shown
from gateway.store.findings import one_line
from gateway.store.ledger_verify import verify
from gateway.store.migrate import FileErrors, Migrations, connect_readonly, open_database, transaction
from gateway.store.records import Kind

ACTION = "backup restore"
BY = Who("local administrator", "administrator", "socket", "")
_MIGRATIONS: dict[str, Migrations] = {
    STATE: state.MIGRATIONS,
    LEDGER: ledger.MIGRATIONS,
    OUTBOX: outbox_tables.MIGRATIONS,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Present:
    """What is known of the files that are about to be put aside; `None`: there are none, or they cannot say."""

    highest_point: int | None = None
    highest_account: int | None = None
    newest_audit: int | None = None
    ledger: LedgerHead | None = None
    was_there: bool = False

    @classmethod
    def of(cls, directory: Path) -> "Present":
        """Look into a data directory. Never raises: it may be the damage that somebody restores for."""
        path = directory / STATE
        return cls(
            _asked(path, lambda db: _highest(db, "point")),
            _asked(path, lambda db: _highest(db, "account")),
            _asked(path, lambda db: audit.head(db).id),
            _asked(directory / LEDGER, ledger_head),
            path.exists(),
        )


def check(staged: Path, manifest: Manifest) -> list[str]:
    """Open every database, and verify the ledger with its evidence: every hash and signature.

    Returns what does not verify although it is what was put into the backup: it was so before. Raises ConfigError for
    a database of a newer version, Rejected for what is not sound or not what the manifest says.
    """
    for name, migrations in _MIGRATIONS.items():
        if name in manifest.names:
            with _opened(staged / name, migrations):
                pass
    with closing(ledger.open_file_readonly(staged / LEDGER)) as db:
        found = ledger_head(db)
    if (found.size, found.root) != (manifest.ledger.size, manifest.ledger.root):
        raise Rejected("the ledger in the backup is not the one that its manifest names", "use another backup")
    return [fault.message for fault in verify(staged).faults]


def adopt(staged: Path, manifest: Manifest, present: Present, clock: Clock, said: str) -> None:
    """Make the databases ready, on the disk when this returns. `said`: the name of the backup's file."""
    lost = _lost(present, manifest)
    with _opened(staged / STATE, state.MIGRATIONS) as db:
        _adopt_state(db, manifest, present, clock, said)
        _fold(db)
    with _opened(staged / LEDGER, ledger.MIGRATIONS) as db:
        with transaction(db, synchronous="FULL"):
            body = {"kept": manifest.ledger.size, "lost": lost}
            records.append(db, clock.time_ns(), Kind.RESTORED, body)
            # Numbers of chunks say nothing of a file that was put back, or that goes on beside an older ledger. Without
            # a place in any, the accounts are filled up from the history where the outbox has let go of readings, and
            # what it holds is taken in: what is there already counts once.
            db.execute("DELETE FROM energy_cursor")
        _fold(db)


def _adopt_state(db: sqlite3.Connection, manifest: Manifest, present: Present, clock: Clock, said: str) -> None:
    now_ns, monotonic_s = clock.time_ns(), clock.monotonic()
    point = max(_highest(db, "point"), present.highest_point or 0) + state.ID_LEAP
    if present.was_there and present.highest_point is None:
        point = max(point, now_ns // 10**9)  # nobody can say which were given: seconds since 1970 are beyond all
    account = max(_highest(db, "account"), present.highest_account or 0)
    state.leap(db, point)
    with transaction(db, synchronous="FULL"):
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'account'")
        db.execute("INSERT INTO sqlite_sequence(name, seq) VALUES('account', ?)", (account,))
        identities.end_all_sessions(db)
        audit.tell_gap(db, audit.RESTORED, present.newest_audit, now_ns, monotonic_s)
        after = shown(
            {"time": manifest.time, "gateway_version": manifest.gateway_version, "records": manifest.ledger.size}
        )
        audit.append(db, Act(BY, ACTION, said, after=after), now_ns, monotonic_s)


def _lost(present: Present, manifest: Manifest) -> int | None:
    """How many records the ledger that is put aside has more; `None` where it cannot say."""
    return None if present.ledger is None else max(0, present.ledger.size - manifest.ledger.size)


def _highest(db: sqlite3.Connection, table: str) -> int:
    query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?"
    return int(db.execute(query, (table,)).fetchone()[0])


def _asked(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T | None:
    with suppress(*FileErrors, Unavailable, ValueError), closing(connect_readonly(path)) as db:
        return ask(db)
    return None


def _opened(path: Path, migrations: Migrations) -> "closing[sqlite3.Connection]":
    try:
        return closing(open_database(path, migrations))
    except FileErrors as error:
        raise Rejected(
            f"{path.name} in the backup is not sound: {one_line(str(error))}", "use another backup"
        ) from error


def _fold(db: sqlite3.Connection) -> None:
    """Everything in the one file: what is renamed has no write-ahead log beside it."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
