"""Records of the ledger that hold the end of the audit log's chain: signed checkpoints speak for the log by them."""

import sqlite3
from dataclasses import dataclass
from json import loads

from gateway.core.errors import Unavailable
from gateway.store import records
from gateway.store.audit import Head
from gateway.store.records import Kind

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain at the time of a record of the ledger."""

    seq: int  # of that record
    time_ns: int
    head: Head


def anchor(db: sqlite3.Connection, head: Head, now_ns: int) -> None:
    """Append where the chain ends, unless the newest anchor says the same; inside the caller's transaction."""
    newest = newest_anchor(db)
    if head.count and (newest is None or newest.head != head):
        body = {
            "id": head.id,
            "hash": head.hash.hex(),
            "count": head.count,
            "archived": head.archived,
            "archived_hash": head.archived_hash.hex(),
        }
        records.append(db, now_ns, Kind.AUDIT, body)


def newest_anchor(db: sqlite3.Connection) -> Anchor | None:
    """The last one; `None` where there is none, or it was changed: verifying names it."""
    try:
        found = records.find(db, kinds=[Kind.AUDIT], newest_first=True, limit=1)
        return _anchor(found[0]) if found else None
    except Unavailable:
        return None


def first_anchor_behind(db: sqlite3.Connection, number: int) -> int | None:
    """The number of the first record that holds the chain at this entry or behind it; `None` where none does yet."""
    query = "SELECT seq, content FROM record WHERE kind = ? ORDER BY seq DESC"
    found = None
    for seq, content in db.execute(query, (Kind.AUDIT.value,)):
        if _id_in(content) < number:
            return found
        found = int(seq)
    return found


def _id_in(content: bytes) -> int:
    try:
        return int(loads(content)["body"]["id"])
    except (ValueError, KeyError, TypeError):
        return 0


def anchors(db: sqlite3.Connection) -> list[Anchor]:
    """Every one, oldest first. Raises Unavailable where a record cannot be read: the ledger was changed."""
    found: list[Anchor] = []
    while page := records.find(db, kinds=[Kind.AUDIT], after_seq=found[-1].seq if found else 0, limit=_AT_ONCE):
        found += map(_anchor, page)
    return found


def _anchor(record: records.Record) -> Anchor:
    body = record.body
    try:
        hashes = bytes.fromhex(body["hash"]), bytes.fromhex(body["archived_hash"])
        head = Head(int(body["id"]), hashes[0], int(body["count"]), int(body["archived"]), hashes[1])
    except (KeyError, TypeError, ValueError) as error:
        text = f"record {record.seq} of the ledger, which holds the end of the audit log, was changed"
        raise Unavailable(text, "`park-gateway ledger verify` names everything that was") from error
    return Anchor(record.seq, record.time_ns, head)
