"""The ledger as JSON for programs: records, checkpoints and proofs, the same from the API and the command line."""

import base64
import json
import sqlite3
from typing import Any

from gateway.core.clock import utc_text
from gateway.core.errors import Rejected, Unavailable
from gateway.store import checkpoints, records, tree
from gateway.store.checkpoints import Checkpoint
from gateway.store.ledger_check import files_of
from gateway.store.records import Kind, Record
from rules.ledger.merkle import leaf_hash
from rules.ledger.note import Verifier

Json = dict[str, Any]


def record_document(record: Record, *, with_body: bool = True) -> Json:
    """One record."""
    head: Json = {
        "seq": record.seq,
        "id": record.id,
        "kind": record.kind.value,
        "enterprise": record.enterprise,
        "period": record.period,
        "about": record.about,
        "time": utc_text(record.time_ns),
        "time_ns": str(record.time_ns),  # beyond what a double holds
    }
    if with_body:
        head |= {"leaf": leaf_hash(record.content).hex(), "body": record.body}
    return head


def checkpoint_document(checkpoint: Checkpoint) -> Json:
    """One checkpoint."""
    return {
        "size": checkpoint.size,
        "root": checkpoint.root_hex,
        "time": utc_text(checkpoint.time_ns),
        "note": checkpoint.note,
    }


def key_document(keys: list[Verifier]) -> Json:
    """The public key that signs now, and those before it."""
    if not keys:
        raise Unavailable("the ledger has no key yet", "the gateway makes it when it first starts")
    return {"origin": keys[-1].name, "key": keys[-1].text, "former": [key.text for key in keys[:-1]]}


def inclusion_document(db: sqlite3.Connection, record: Record, size: int | None = None) -> Json:
    """The proof that a record is in the log of `size` records; without a size the newest checkpoint's, with its note.

    Raises Rejected where the record is not among them.
    """
    newest = checkpoints.newest(db)
    asked = size if size is not None else (newest.size if newest else 0)
    if not record.seq <= asked <= records.size(db):
        text = f"record {record.seq} is not in the log of {asked} records that a proof was asked of"
        raise Rejected(text, f"ask for a size from {record.seq} on, or sign a checkpoint: ledger checkpoint")
    path = checkpoints.inclusion(db, record.seq, asked)
    is_signed = newest is not None and newest.size == asked
    return {
        "seq": record.seq,
        "id": record.id,
        "index": record.seq - 1,
        "size": asked,
        "leaf": leaf_hash(record.content).hex(),
        "root": tree.root(db, asked).hex(),
        "path": [hash_.hex() for hash_ in path],
        "checkpoint": newest.note if newest is not None and is_signed else None,
    }


def consistency_document(db: sqlite3.Connection, old: int, new: int) -> Json:
    """The proof that the log of `new` records begins with the one of `old`. Raises Rejected."""
    if not 0 < old <= new <= records.size(db):
        raise Rejected(f"there is no proof from {old} to {new} records", f"the log has {records.size(db)}")
    return {
        "old": old,
        "new": new,
        "old_root": tree.root(db, old).hex(),
        "new_root": tree.root(db, new).hex(),
        "path": [hash_.hex() for hash_ in checkpoints.consistency(db, old, new)],
    }


def file_of(db: sqlite3.Connection, digest: str, enterprise: str | None) -> Json | None:
    """What a record says of an evidence file: name, media type; `None` where no record that may be seen names it."""
    kinds = [kind.value for kind in Kind if kind not in (Kind.RUN, Kind.ENTRY, Kind.ENERGY_DAY)]
    marks = ", ".join("?" * len(kinds))
    query = f"""SELECT id FROM record WHERE kind IN ({marks}) AND (? IS NULL OR enterprise = ?)
        AND instr(content, CAST(? AS BLOB)) > 0 ORDER BY seq"""  # noqa: S608
    for (record_id,) in db.execute(query, (*kinds, enterprise, enterprise, digest)):
        record = records.get(db, record_id)
        if record is None or digest not in files_of(record.kind, record.body):
            continue
        named = [record.body, *(entry for entry in record.body.get("evidence", []) if isinstance(entry, dict))]
        return next(entry for entry in named if entry.get("sha256") == digest)
    return None


def encoded(document: Json) -> bytes:
    """A document as JSON text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def digest_header(digest: str) -> str:
    """`Repr-Digest` (RFC 9530) of a file by its SHA-256 in hex."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
