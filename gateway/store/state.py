"""The state database: integer ids of points, the audit table, alarms and their journal, connectivity, notifications.

It changes rarely and matters for years: a copy is kept beside it, and a damaged file is replaced by the copy.
"""

import logging
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from gateway.core.clock import Clock
from gateway.store import connectivity, journal, notices
from gateway.store.kept import KeptFile
from gateway.store.migrate import Migrations, transaction

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
_ID_LEAP = 100_000  # more points than a park gains between two copies
_LOG = logging.getLogger(__name__)


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

    def _restored(self, db: sqlite3.Connection, aside: Path | None) -> str:
        highest = db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'point'").fetchone()[0]
        _leap(db, highest + _ID_LEAP)  # ids given after the copy was made must not be given again
        return ""

    def _started_empty(self, db: sqlite3.Connection) -> str:
        # seconds since 1970 as the first id: beyond every one that was ever given
        _leap(db, self._clock.time_ns() // 1_000_000_000)
        return ""

    def _identify(self, db: sqlite3.Connection) -> None:
        with transaction(db, synchronous=self._synchronous):
            db.execute("INSERT OR IGNORE INTO meta VALUES('installation_id', ?)", (str(uuid.uuid4()),))
        query = "SELECT value FROM meta WHERE key = 'installation_id'"
        self.installation_id = str(db.execute(query).fetchone()[0])


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
