"""The audit log in state.db: who did what, appended and never changed, each entry chained to the one before it.

An entry's hash is over the hash before it and its own canonical JSON. The ledger's signed checkpoints hold the newest
hash (`audit_anchor`), so that nobody who can write the file can change what was put down without being found out.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from gateway.store.audit_values import shown
from gateway.store.migrate import Step
from rules.ledger import canonical

RESTORED = "state restored"  # action of the entry that stands at the end of a gap: the file was replaced by its copy
GAP = "audit gap"  # the same, found at a start: the ledger knows newer entries than this file has
NO_HASH = bytes(32)  # before the first entry
ENTRY_BYTES = 400  # of an entry without its values, on the disk
_COLUMNS = (
    "id, time_ns, monotonic_ns, who, role, via, origin, action, target, result, reason, request_id, before, after, hash"
)
_SELECTED = _COLUMNS.replace("hash", "CAST(hash AS BLOB)")  # somebody may have made text of it
_INSERT = f"INSERT INTO audit({_COLUMNS}) VALUES({', '.join('?' * 15)})"


class Result(StrEnum):
    """How it went. What changes something is put down twice, with one request id: before it is done, and after."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"  # the reason says why
    FAILED = "failed"  # begun, and ended by a fault or by the end of the gateway


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts: a person or key, the command line, a signal, the gateway itself."""

    name: str
    role: str
    via: str  # `session`, `key`, `socket`, `signal`, `gateway`
    origin: str  # address of the network, or empty


GATEWAY = Who("gateway", "gateway", "gateway", "")
SIGNAL = Who("operating system", "administrator", "signal", "")


@dataclass(frozen=True, slots=True)
class Act:
    """What is put down. `before` and `after` are texts that `shown` made."""

    who: Who
    action: str
    target: str
    result: Result = Result.DONE
    reason: str = ""
    request_id: str = ""
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry as it is stored."""

    id: int
    time_ns: int  # UTC
    monotonic_ns: int  # of the machine's start: tells the order of entries over a step of the clock
    who: str
    role: str
    via: str
    origin: str
    action: str
    target: str
    result: str
    reason: str
    request_id: str
    before: str | None
    after: str | None
    hash: bytes

    @property
    def document(self) -> dict[str, Any]:
        """What is hashed."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "hash"}

    def chained(self, before: bytes) -> bytes:
        """The hash that this entry has behind one with the hash `before`."""
        return sha256(before + canonical(self.document)).digest()

    def is_behind(self, before: bytes) -> bool:
        """True where its hash follows from `before`; a column of another type than it was makes it false."""
        try:
            return self.chained(before) == self.hash
        except (TypeError, ValueError):
            return False

    @property
    def size_bytes(self) -> int:
        """What it takes on the disk, roughly."""
        return ENTRY_BYTES + len(self.before or "") + len(self.after or "") + len(self.target) + len(self.reason)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the newest entry, and how many there were, those in archives included."""

    id: int
    hash: bytes
    count: int
    archived: int = 0  # entries up to this one are in archives only
    archived_hash: bytes = NO_HASH


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries; what is `None` does not limit."""

    from_ns: int | None = None
    to_ns: int | None = None
    who: str | None = None
    action: str | None = None  # the whole action, or its beginning with a `*` behind
    target: str | None = None
    result: Result | None = None
    before_id: int | None = None
    last_steps: bool = False  # without what was asked and has its result behind it

    def up_to(self, before_id: int | None) -> "AuditQuery":
        """The same, of entries before this one."""
        return replace(self, before_id=before_id)


def append(db: sqlite3.Connection, act: Act, time_ns: int, monotonic_s: float, *, beyond: int = 0) -> AuditRow:
    """Append an entry inside the caller's transaction; its number lies beyond `beyond` too."""
    number, before = _end(db)
    who = act.who
    row = AuditRow(
        max(number, beyond) + 1, time_ns, int(monotonic_s * 1e9), _line(who.name, 200), _line(who.role, 50),
        _line(who.via, 50), _line(who.origin, 100), _line(act.action, 100), _line(act.target, 300), act.result.value,
        _line(act.reason, 500), act.request_id, act.before, act.after, NO_HASH,
    )  # fmt: skip
    stored = (*row.document.values(), row.chained(before))
    db.execute(_INSERT, stored)
    return AuditRow(*stored)


def tell_gap(db: sqlite3.Connection, action: str, lost_upto: int | None, time_ns: int, monotonic_s: float) -> AuditRow:
    """Put down that entries are missing behind the present end, up to this one where that is known.

    The numbers after it are ones that nobody had: seconds since 1970 are more than there ever were entries.
    """
    told = shown({"kept": _end(db)[0], "lost_upto": lost_upto})
    beyond = max(lost_upto or 0, time_ns // 10**9)
    return append(db, Act(GATEWAY, action, "state.db", after=told), time_ns, monotonic_s, beyond=beyond)


def head(db: sqlite3.Connection) -> Head:
    """The end of the chain."""
    number, hash_ = _end(db)
    rows, upto, end = archived(db)
    count = int(db.execute("SELECT count(*) FROM audit").fetchone()[0])
    return Head(number, hash_, rows + count, upto, end)


def archived(db: sqlite3.Connection) -> tuple[int, int, bytes]:
    """Of what is in archives only: how many entries, the number of the last, its hash."""
    rows = int(db.execute("SELECT coalesce(sum(rows), 0) FROM audit_archive").fetchone()[0])
    last = db.execute("SELECT upto, hash FROM audit_archive ORDER BY number DESC LIMIT 1").fetchone()
    return (rows, int(last[0]), bytes(last[1])) if last else (rows, 0, NO_HASH)


def size_bytes(db: sqlite3.Connection) -> int:
    """What the entries take on the disk, roughly."""
    sizes = " + ".join(f"coalesce(length({name}), 0)" for name in ("before", "after", "target", "reason"))
    query = f"SELECT coalesce(sum({ENTRY_BYTES} + {sizes}), 0) FROM audit"  # noqa: S608  constant names
    return int(db.execute(query).fetchone()[0])


def get(db: sqlite3.Connection, number: int) -> AuditRow | None:
    """One entry."""
    row = db.execute(f"SELECT {_SELECTED} FROM audit WHERE id = ?", (number,)).fetchone()  # noqa: S608
    return None if row is None else AuditRow(*row)


def hash_before(db: sqlite3.Connection, number: int) -> bytes:
    """The hash of the entry before this one."""
    row = db.execute("SELECT CAST(hash AS BLOB) FROM audit WHERE id < ? ORDER BY id DESC LIMIT 1", (number,)).fetchone()
    return archived(db)[2] if row is None else bytes(row[0])


def following(db: sqlite3.Connection, after: int, limit: int, upto: int | None = None) -> list[AuditRow]:
    """Entries behind this one, the oldest first."""
    query = f"SELECT {_SELECTED} FROM audit WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"  # noqa: S608
    return [AuditRow(*row) for row in db.execute(query, (after, 2**62 if upto is None else upto, limit))]


def read(db: sqlite3.Connection, query: AuditQuery, limit: int) -> list[AuditRow]:
    """Entries that the query wants, the newest first."""
    where, values = _where(query)
    sql = f"SELECT {_SELECTED} FROM audit AS entry{where} ORDER BY id DESC LIMIT ?"  # noqa: S608  constant names
    return [AuditRow(*row) for row in db.execute(sql, (*values, limit))]


def of_request(db: sqlite3.Connection, request_id: str) -> list[AuditRow]:
    """The entries of one request, the oldest first."""
    query = f"SELECT {_SELECTED} FROM audit WHERE request_id = ? ORDER BY id LIMIT 20"  # noqa: S608
    return [AuditRow(*row) for row in db.execute(query, (request_id,))] if request_id else []


def _where(query: AuditQuery) -> tuple[str, list[object]]:
    limits: Iterable[tuple[str, object]] = (
        ("time_ns >= ?", query.from_ns),
        ("time_ns < ?", query.to_ns),
        ("who = ?", query.who),
        ("action GLOB ?", _pattern(query.action)),
        ("target = ?", query.target),
        ("result = ?", query.result and query.result.value),
        ("id < ?", query.before_id),
    )
    given = [(text, value) for text, value in limits if value is not None]
    texts = [text for text, _ in given]
    if query.last_steps:
        later = "SELECT 1 FROM audit AS later WHERE later.request_id = entry.request_id AND later.id > entry.id"
        texts.append(f"NOT (result = 'asked' AND request_id <> '' AND EXISTS({later}))")
    return (" WHERE " + " AND ".join(texts) if texts else ""), [value for _, value in given]


def _pattern(action: str | None) -> str | None:
    if action is None:
        return None
    stem = action.removesuffix("*")
    plain = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)
    return f"{plain}*" if action.endswith("*") else plain


def _end(db: sqlite3.Connection) -> tuple[int, bytes]:
    row = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    if row is not None:
        return int(row[0]), bytes(row[1])
    _, upto, hash_ = archived(db)
    return upto, hash_


def _line(text: str, most: int) -> str:
    """One line without what steers a terminal; SQLite takes no half of a surrogate pair."""
    line = "".join(letter if letter.isprintable() else " " for letter in str(text)).strip()
    line = line.encode(errors="replace").decode()
    return line if len(line) <= most else f"{line[: most - 1]}…"


# -- the table: step 4 of state.db ------------------------------------------------------------------------------------

_TABLE = """CREATE TABLE audit(
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, monotonic_ns INTEGER NOT NULL, who TEXT NOT NULL,
    role TEXT NOT NULL, via TEXT NOT NULL, origin TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
    result TEXT NOT NULL, reason TEXT NOT NULL, request_id TEXT NOT NULL, before TEXT, after TEXT,
    hash BLOB NOT NULL)"""
_ARCHIVE = """CREATE TABLE audit_archive(
    number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, first INTEGER NOT NULL, upto INTEGER NOT NULL,
    rows INTEGER NOT NULL, sha256 TEXT NOT NULL, hash BLOB NOT NULL)"""
_GUARDS = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        WHEN OLD.id > coalesce((SELECT max(upto) FROM audit_archive), 0)
        BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END""",
    # INSERT OR REPLACE deletes without the trigger above
    """CREATE TRIGGER audit_only_behind BEFORE INSERT ON audit
        WHEN NEW.id <= coalesce((SELECT max(id) FROM audit), (SELECT max(upto) FROM audit_archive), 0)
        BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END""",
    *(
        f"""CREATE TRIGGER audit_archive_no_{what.lower()} BEFORE {what} ON audit_archive
        BEGIN SELECT raise(ABORT, 'the audit table is append-only'); END"""
        for what in ("UPDATE", "DELETE")
    ),
)


def _chain_what_there_is(db: sqlite3.Connection) -> None:
    """Entries of before the chain: nothing spoke for them, from now on it does."""
    before = NO_HASH
    query = "SELECT id, time_ns, who, role, origin, action, target, result, request_id FROM audit_before ORDER BY id"
    for number, (_, time_ns, who, role, origin, action, target, said, request_id) in enumerate(db.execute(query), 1):
        result, _, reason = str(said).partition(": ")
        via = origin if origin in ("socket", "signal") else "session"
        row = AuditRow(
            number, time_ns, 0, who, role, via, origin, action, target, result, reason, request_id, None, None, b""
        )
        before = row.chained(before)
        db.execute(_INSERT, (*row.document.values(), before))


STEP: tuple[Step, ...] = (
    "DROP TRIGGER audit_no_update",
    "DROP TRIGGER audit_no_delete",
    "ALTER TABLE audit RENAME TO audit_before",
    _TABLE,
    _ARCHIVE,
    _chain_what_there_is,
    "DROP TABLE audit_before",
    "CREATE INDEX audit_by_time ON audit(time_ns)",
    "CREATE INDEX audit_by_request ON audit(request_id)",
    *_GUARDS,
)
