"""What a close or a restatement answers: its record, and the checkpoint that signs it."""

from typing import Any

from gateway.core.clock import utc_text
from gateway.store.checkpoints import Checkpoint
from gateway.store.records import Record


def closed_document(record: Record, checkpoint: Checkpoint) -> dict[str, Any]:
    """JSON, the same from the API and the command line."""
    return {
        "record": record.id,
        "seq": record.seq,
        "kind": record.kind.value,
        "entity": record.enterprise,
        "period": record.period,
        "time": utc_text(record.time_ns),
        **record.body,
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root_hex, "note": checkpoint.note},
    }
