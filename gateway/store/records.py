"""The ledger's log: every record is appended once and never changed; record n is leaf n - 1 of the Merkle tree.

What people submit, what runs compute, what is closed and restated: all of it is a record here, so all of it is proven
by the same tree. A correction is another record that is about the first.
"""

import json
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.core.errors import Rejected, Unavailable
from gateway.store import tree
from gateway.store.findings import one_line
from rules.ledger import canonical, content_id
from rules.ledger.merkle import leaf_hash
from rules.ledger.uuid7 import RANDOM_BYTES, uuid7

TABLES = (
    """CREATE TABLE record(
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, enterprise TEXT NOT NULL,
        period TEXT NOT NULL, about TEXT NOT NULL, time_ns INTEGER NOT NULL, content BLOB NOT NULL)""",
    # each ends with seq by itself: pages come without sorting
    "CREATE INDEX record_by_kind ON record(kind)",
    "CREATE INDEX record_by_enterprise ON record(kind, enterprise)",
    "CREATE INDEX record_by_period ON record(kind, period)",
    "CREATE INDEX record_by_about ON record(about) WHERE about <> ''",
    "CREATE INDEX record_submitted ON record(seq, id) WHERE length(id) = 36",
    """CREATE TRIGGER record_no_update BEFORE UPDATE ON record
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER record_no_delete BEFORE DELETE ON record
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
    # INSERT OR REPLACE deletes without the trigger above
    """CREATE TRIGGER record_no_gap BEFORE INSERT ON record
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM record)
            OR EXISTS(SELECT 1 FROM record WHERE id = NEW.id)
        BEGIN SELECT raise(ABORT, 'a record is appended with the next number and an id of its own'); END""",
)
FORMAT_VERSION = 1  # `v` of the content
SHORTEST_PREFIX = 8  # characters of an id
_NO_BODY = '{"body":{}}'
_COLUMNS = "seq, id, kind, enterprise, period, about, time_ns, content"


class Kind(StrEnum):
    """What a record is."""

    ACTIVITY = "activity"  # a delivery note, an invoice, a mass balance, ...: a quantity with its evidence
    DENOMINATOR = "denominator"  # production, output value, area, employees of a period
    READING = "reading"  # of a meter that people read
    METER_EVENT = "meter_event"  # exchange, reset
    CORRECTION = "correction"  # of one interval, with its reason
    EVIDENCE = "evidence"  # a file: SHA-256, media type, name
    INSTRUMENT = "instrument"
    ALLOCATION = "allocation"  # of an instrument
    FACTOR = "factor"  # of one's own
    APPROVAL = "approval"  # `about` a record, by somebody else than who prepared it
    REJECTION = "rejection"
    WITHDRAWAL = "withdrawal"  # by who prepared it, before anybody decided
    ENERGY_DAY = "energy_day"  # the digests of all meters' intervals of one local day
    RUN = "run"  # a calculation, with everything that it froze
    ENTRY = "entry"  # one line of a run
    PROPOSAL = "proposal"  # of a close or a restatement, which another person has to approve
    CLOSE = "close"  # of a period
    RESTATEMENT = "restatement"
    METER_RENAMED = "meter_renamed"  # what was said of its former tag is said of the other one
    AUDIT = "audit"  # where the audit log's chain ends: checkpoints speak for it too
    RESTORED = "restored"  # the file was lost or damaged: what came after this log's copy is gone


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `body` is what its kind says."""

    seq: int  # from 1, without a gap
    id: str
    kind: Kind
    enterprise: str  # whose; empty: the park's
    period: str
    about: str  # id of the record that this one approves, corrects, supersedes
    time_ns: int  # UTC, when it was appended
    body: dict[str, Any]

    @property
    def content(self) -> bytes:
        """The canonical JSON that is stored, and whose hash is the leaf."""
        head = {"v": FORMAT_VERSION, "id": self.id, "kind": self.kind.value, "enterprise": self.enterprise}
        where = {"period": self.period, "about": self.about, "time_ns": self.time_ns, "body": self.body}
        return canonical({**head, **where})


def append(
    db: sqlite3.Connection,
    now_ns: int,
    kind: Kind,
    body: dict[str, Any],
    *,
    enterprise: str = "",
    period: str = "",
    about: str = "",
    id: str = "",  # noqa: A002
) -> Record:
    """Append a record inside the caller's transaction. Without `id`: an ENTRY gets its content's hash, others a UUIDv7.

    Raises TypeError and ValueError for a body without a canonical form or an entry whose id is not its hash,
    sqlite3.IntegrityError where the id is there already.
    """
    if kind is Kind.ENTRY:
        expected = content_id(body)
        if id not in ("", expected):
            raise ValueError(f"the id of an entry is the hash of its body, {expected}, not {id}")
        id = expected  # noqa: A001
    record = Record(size(db) + 1, id or _new_id(db, now_ns), kind, enterprise, period, about, now_ns, body)
    content = record.content
    row = (record.seq, record.id, kind.value, enterprise, period, about, now_ns, content)
    db.execute("INSERT INTO record VALUES(?, ?, ?, ?, ?, ?, ?, ?)", row)
    tree.append(db, record.seq - 1, leaf_hash(content))
    return record


def size(db: sqlite3.Connection) -> int:
    """How many records there are: the number of the newest."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM record").fetchone()[0])


def get(
    db: sqlite3.Connection,
    id: str,  # noqa: A002
    *,
    kinds: Collection[Kind] = (),
    enterprise: str | None = None,
) -> Record | None:
    """The record with this id, or the one whose id begins so (8 characters); Rejected where several do.

    With `kinds` and `enterprise` there are no others than these: records of one millisecond begin alike.
    """
    rows = beginning_with(db, id, kinds=kinds, enterprise=enterprise, limit=2)
    if len(rows) > 1:
        raise Rejected(f"several records have an id that begins with {id}", "copy more of it, or all of it")
    return rows[0] if rows else None


def beginning_with(
    db: sqlite3.Connection,
    id: str,  # noqa: A002
    *,
    kinds: Collection[Kind] = (),
    enterprise: str | None = None,
    limit: int = 20,
) -> list[Record]:
    """The record with this id; else those whose ids begin so, by id. Fewer than 8 characters begin none."""
    where, values = "", []  # type: str, list[str]
    if kinds:
        where, values = f" AND kind IN ({', '.join('?' * len(kinds))})", [kind.value for kind in kinds]
    if enterprise is not None:
        where, values = f"{where} AND enterprise = ?", [*values, enterprise]
    query = f"SELECT {_COLUMNS} FROM record WHERE id "  # noqa: S608
    row = db.execute(f"{query} = ?{where}", (id, *values)).fetchone()
    if row is not None:
        return [_record(row)]
    if len(id) < SHORTEST_PREFIX or not set(id) <= set("0123456789abcdef-"):
        return []
    rows = db.execute(f"{query} > ? AND id < ?{where} ORDER BY id LIMIT ?", (id, id + "g", *values, limit))
    return [_record(one) for one in rows]


def id_at(db: sqlite3.Connection, seq: int) -> str | None:
    """The id of the record with this number, without reading its content."""
    row = db.execute("SELECT id FROM record WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else str(row[0])


def at(db: sqlite3.Connection, seq: int) -> Record | None:
    """The record with this number."""
    row = db.execute(f"SELECT {_COLUMNS} FROM record WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
    return None if row is None else _record(row)


def find(
    db: sqlite3.Connection,
    *,
    kinds: Collection[Kind] = (),
    enterprise: str | None = None,
    period: str | None = None,
    about: str | None = None,
    after_seq: int = 0,
    limit: int = 1000,
    newest_first: bool = False,
    with_body: bool = True,
    most_bytes: int | None = None,
) -> list[Record]:
    """Records in the order in which they were appended; `None` and no kinds: all.

    With `newest_first`, `after_seq` above 0 means those appended before it: the next page. Without `with_body` bodies
    are empty, and cost nothing. With `most_bytes` it ends where the contents are more, after the first at the earliest.
    """
    where, values = ["seq < ?" if newest_first and after_seq else "seq > ?"], [after_seq]  # type: list[str], list[object]
    if kinds:
        where.append(f"kind IN ({', '.join('?' * len(kinds))})")
        values += [kind.value for kind in kinds]
    for column, value in (("enterprise", enterprise), ("period", period), ("about", about)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if about:
        where.append("about <> ''")  # lets SQLite use the partial index
    order = "DESC" if newest_first else "ASC"
    columns = _COLUMNS if with_body else _COLUMNS.replace("content", f"'{_NO_BODY}'")
    query = f"SELECT {columns} FROM record WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"  # noqa: S608
    found: list[Record] = []
    size_bytes = 0
    for row in db.execute(query, (*values, limit)):
        size_bytes += len(row[-1])
        if found and most_bytes is not None and size_bytes > most_bytes:
            break
        found.append(_record(row))
    return found


def _new_id(db: sqlite3.Connection, now_ns: int) -> str:
    query = "SELECT id FROM record WHERE length(id) = 36 ORDER BY seq DESC LIMIT 1"
    newest = db.execute(query).fetchone()
    return uuid7(now_ns, secrets.token_bytes(RANDOM_BYTES), after="" if newest is None else str(newest[0]))


def _record(row: tuple[Any, ...]) -> Record:
    seq, id_, kind, enterprise, period, about, time_ns, content = row
    try:
        return Record(seq, id_, Kind(kind), enterprise, period, about, time_ns, json.loads(content)["body"])
    except (ValueError, KeyError, TypeError) as error:
        hint = "`park-gateway ledger verify` names everything that was"
        raise Unavailable(f"record {seq} of the ledger was changed: {one_line(str(error))}", hint) from error
