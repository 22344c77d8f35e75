"""The state database: integer ids of points, whose devices were when, the audit table, alarms and their journal,
connectivity, notifications.

It changes rarely and matters for years: a copy is kept beside it, and a damaged file is replaced by the copy.
"""

import contextlib
import logging
import sqlite3
import uuid
from collections.abc import Mapping
from pathlib import Path

from gateway.core.clock import Clock
from gateway.store import audit, connectivity, identities, journal, notices, ownership
from gateway.store.audit import Act, AuditRow
from gateway.store.kept import KeptFile
from gateway.store.migrate import FileErrors, Migrations, connect_readonly, transaction

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
    identities.TABLES,
    audit.STEP,
    ownership.TABLES,
)
ID_LEAP = 100_000  # more points than a park gains between two copies
_LOG = logging.getLogger(__name__)


class State(KeptFile):
    """state.db. Made by `open`; its calls run in a thread of its own."""

    def __init__(self, directory: Path, clock: Clock, durability: str) -> None:
        super().__init__(directory, clock, durability, name="state", migrations=MIGRATIONS)
        self.installation_id = ""  # made once, survives everything but the loss of the disk

    @classmethod
    async def open(cls, directory: Path, clock: Clock, *, durability: str = "power_loss") -> "State":
        """Open, check, restore from the copy where the file is damaged (the findings tell), and take a fresh copy.

        Raises ConfigError for a file of a newer version or one in use, Unavailable where the disk cannot be used.
        """
        state = cls(directory, clock, durability)
        await state._begin(state._identify)
        return state

    async def ids_for(self, tags: Mapping[str, str | None]) -> dict[str, int]:
        """The integer id of every tag; the value of each tag is the one it was renamed from, or `None`.

        An id is never used for another point. A tag takes over the id of its former name unless it has one itself
        or the former name is still in use.
        """
        ids, has_changed = await self.do(lambda db: _ids_for(db, tags, self._synchronous))
        if has_changed:
            await self.copy()
        return ids

    async def put_down(self, act: Act) -> AuditRow:
        """Append to the audit log; on the disk when this returns. Raises Unavailable where it cannot be stored."""

        def store(db: sqlite3.Connection) -> AuditRow:
            with self.write(db):
                return audit.append(db, act, self._clock.time_ns(), self._clock.monotonic())

        return await self.do(store)

    def _restored(self, db: sqlite3.Connection, aside: Path | None) -> str:
        highest = db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'point'").fetchone()[0]
        leap(db, highest + ID_LEAP)  # ids given after the copy was made must not be given again
        with transaction(db, synchronous="FULL"):
            identities.end_all_sessions(db)
            audit.tell_gap(db, audit.RESTORED, _newest_audit(aside), self._clock.time_ns(), self._clock.monotonic())
        return ""

    def _started_empty(self, db: sqlite3.Connection) -> str:
        # seconds since 1970 as the first id: beyond every one that was ever given
        leap(db, self._clock.time_ns() // 1_000_000_000)
        with transaction(db, synchronous="FULL"):
            audit.tell_gap(db, audit.RESTORED, None, self._clock.time_ns(), self._clock.monotonic())
        return ""

    def _identify(self, db: sqlite3.Connection) -> None:
        with transaction(db, synchronous=self._synchronous):
            db.execute("INSERT OR IGNORE INTO meta VALUES('installation_id', ?)", (str(uuid.uuid4()),))
        query = "SELECT value FROM meta WHERE key = 'installation_id'"
        self.installation_id = str(db.execute(query).fetchone()[0])


def _newest_audit(aside: Path | None) -> int | None:
    """The number of the last entry that a damaged file still tells; `None` where it cannot say."""
    with contextlib.suppress(*FileErrors):
        if aside is not None:
            with contextlib.closing(connect_readonly(aside)) as db:
                return int(db.execute("SELECT max(id) FROM audit").fetchone()[0] or 0)
    return None


def leap(db: sqlite3.Connection, number: int) -> None:
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
