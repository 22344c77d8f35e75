"""The middle of a trace: the activity line, and the records that it was made of with who stands for them."""

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.core.clock import utc_text
from gateway.store.evidence import EvidenceStore
from gateway.store.records import Record, get
from rules.carbon.inventory.entry import Entry
from rules.energy.allocation import MICRO
from rules.energy.reading import plain_text

Document = dict[str, Any]


class Broken(Exception):
    """A link of the chain does not hold: which step, and what is missing or differs."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(message)
        self.step = step
        self.message = message


def _units(part: Mapping[str, Any]) -> str:
    """What is known of a meter, out of its micro-units."""
    return plain_text(Decimal(part["known_micro"]) / MICRO)


def line_step(line: Mapping[str, Any], entry: Entry) -> Document:
    """The line as the run froze it; its quantity is the sum of its meters."""
    parts = [f"{part['meter']} {_units(part)} {part['unit']}" for part in line["meters"]]
    known = Fraction(sum(int(part["known_micro"]) for part in line["meters"]), MICRO)
    if line["meters"] and known != Fraction(line["quantity"]):
        raise Broken("activity", f"the meters of line {line['id']} do not add up to {line['quantity']} {line['unit']}")
    return {
        "step": "activity",
        "id": line["id"],
        "source": line["source"],
        "enterprise": line["enterprise"],
        "direction": line["direction"],
        "value": line["quantity"],
        "unit": line["unit"],
        "from": line["from"],
        "to": line["to"],
        "formula": " + ".join(parts) if parts else line["description"]["quantity"]["text"],
        "of_this_entry": format(entry.quantity, "f"),
        "grade": line["grade"],
        "shares": dict(line["shares"]),
        "gaps": list(line["gaps"]),
        "description": dict(line["description"]),
    }


def records_step(db: sqlite3.Connection, line: Mapping[str, Any], evidence: EvidenceStore | None) -> Document:
    """The records: what was filled in, by whom, approved by whom, and the files, each looked at."""
    found: list[Document] = []
    for record_id in line["records"]:
        record = get(db, record_id)
        if record is None:
            raise Broken("records", f"the ledger has no record {record_id}")
        found.append(_record(record, evidence))
    return {"step": "records", "value": line["quantity"], "unit": line["unit"], "records": found}


def _record(record: Record, evidence: EvidenceStore | None) -> Document:
    body = record.body
    files = [dict(file) for file in body.get("evidence", ())]
    for file in files:
        if evidence is not None and not evidence.is_sound(file["sha256"]):
            raise Broken("records", f"file {file['sha256']} of record {record.id} is missing or was changed")
    return {
        "id": record.id,
        "seq": record.seq,
        "kind": record.kind.value,
        "by": body.get("by", ""),
        "principal": body.get("principal", {}),
        "time": utc_text(record.time_ns),
        "about": record.about,
        "content": {name: value for name, value in body.items() if name not in ("likeness", "request", "principal")},
        "files": files,
    }
