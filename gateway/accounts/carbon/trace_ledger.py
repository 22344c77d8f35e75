"""The end of a trace: the entry's record in the log, its run, and the proof against the newest signed checkpoint."""

import sqlite3
from typing import Any

from gateway.accounts.carbon.runs import Figures
from gateway.accounts.carbon.trace_activity import Broken
from gateway.core.clock import utc_text
from gateway.store.checkpoints import keys, proof_of
from gateway.store.records import Record, get
from rules.ledger.canonical import content_id
from rules.ledger.merkle import leaf_hash, verify_inclusion
from rules.ledger.note import NotANote, Proof, opened

Document = dict[str, Any]


def ledger_step(db: sqlite3.Connection, record: Record | None, figures: Figures) -> Document:
    """Leaf, inclusion proof and checkpoint, checked here. Raises Broken for what does not hold."""
    if record is None:
        note = "the period is open: nothing is recorded before its close"
        return {"step": "ledger", "is_recorded": False, "note": note}
    run = get(db, figures.run)
    if run is None or content_id(figures.snapshot) != run.body["snapshot_sha256"]:
        raise Broken("ledger", f"the run {figures.run} was changed after it was recorded")
    proof = proof_of(db, record.seq)
    return {
        "step": "ledger",
        "is_recorded": True,
        "seq": record.seq,
        "id": record.id,
        "time": utc_text(record.time_ns),
        "run": figures.run,
        "run_seq": run.seq,
        "snapshot_sha256": run.body["snapshot_sha256"],
        "leaf": leaf_hash(record.content).hex(),
        **({"proof": None, "checkpoint": None} if proof is None else _proven(db, record, proof)),
    }


def _proven(db: sqlite3.Connection, record: Record, proof: Proof) -> Document:
    """Signature of the checkpoint and path from the leaf to its root."""
    try:
        head = opened(proof.note, keys(db))
    except NotANote as error:
        raise Broken("ledger", f"the newest checkpoint does not hold: {error}") from error
    leaf = leaf_hash(record.content)
    if not verify_inclusion(leaf, proof.index, head.size, proof.path, head.root):
        raise Broken("ledger", f"record {record.seq} is not the one that was signed: it was changed")
    path = [one.hex() for one in proof.path]
    return {
        "proof": {"index": proof.index, "size": head.size, "path": path, "root": head.root.hex()},
        "checkpoint": proof.note,
        "formula": "RFC 6962 inclusion of the leaf in the root that the checkpoint signs",
    }
