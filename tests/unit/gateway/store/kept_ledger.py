"""A ledger with records, checkpoints, meters and a photo, to be tampered with."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from shutil import copytree

from gateway.store import checkpoints, intervals, records
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import MIGRATIONS
from gateway.store.ledger_check import Verdict
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind
from rules.energy.grid import Span
from rules.energy.quantity import IntervalQuantity, Method
from rules.ledger.note import Signer

NOW = 1_790_000_000 * 10**9
KEY = Signer("park-gateway/test", b"\x05" * 32)
DAY = date(2026, 9, 21)
QUARTER_NS = 900 * 10**9
PHOTO = b"\xff\xd8\xff a photo of a meter"
TRIGGERS = ("record_no_update", "record_no_delete", "record_no_gap", "node_no_update", "node_no_delete",
            "checkpoint_no_update", "checkpoint_no_delete")  # fmt: skip


@dataclass
class Kept:
    """A ledger of 21 records, 3 checkpoints, 2 meters, a photo."""

    directory: Path
    notes: list[str]  # of its checkpoints

    @property
    def path(self) -> Path:
        return self.directory / "ledger.db"

    def tamper(self, *statements: str, values: tuple[object, ...] = ()) -> None:
        """Change the file as somebody would who knows SQL."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            for trigger in TRIGGERS:
                db.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                changed = db.execute(statement, values)
                assert changed.rowcount, statement


def interval(tag: str, number: int) -> IntervalQuantity:
    start = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()) * 10**9 + number * QUARTER_NS
    known = Decimal(number) / 8
    proof = sha256(f"{tag} {number}".encode()).hexdigest()
    span = Span(start, start + QUARTER_NS)
    return IntervalQuantity(span, "kWh", known, known, Method.MEASURED, QUARTER_NS, 0, (), (), 0, (), (), proof)


def kept_in(directory: Path) -> Kept:
    """Written here as the gateway would."""
    digest = EvidenceStore(directory).put(PHOTO)
    notes = []
    with closing(open_database(directory / "ledger.db", MIGRATIONS, is_shared=True)) as db:
        with transaction(db):
            for n in range(9):
                records.append(db, NOW + n, Kind.ACTIVITY, {"n": n, "t": "1.5"}, enterprise="acme", period="2026-09")
            notes.append(checkpoints.sign(db, KEY, NOW).note)
            records.append(db, NOW, Kind.READING, {"evidence": [{"sha256": digest, "name": "meter.jpg"}]})
        with transaction(db):
            for tag in ("m1", "m2"):
                intervals.store(db, tag, [interval(tag, n) for n in range(96)], NOW, zone=UTC)
            meters = {}
            for one in intervals.days(db, ["m1", "m2"], DAY, DAY):
                meters[one.tag] = {"version": one.version, "digest": one.digest, "unit": one.unit}
            records.append(db, NOW, Kind.ENERGY_DAY, {"day": str(DAY), "meters": meters}, period=str(DAY))
            for n in range(7):
                records.append(db, NOW + n, Kind.ENTRY, {"mass_kg": f"{n}.000000001"}, about="run", period="2026-09")
            notes.append(checkpoints.sign(db, KEY, NOW + 10**12).note)
            for _ in range(3):
                records.append(db, NOW, Kind.APPROVAL, {"by": "Li"}, about="x")
            notes.append(checkpoints.sign(db, KEY, NOW + 2 * 10**12).note)
    return Kept(directory, notes)


def copied(original: Kept, directory: Path) -> Kept:
    """A copy to do harm to."""
    copytree(original.directory, directory, dirs_exist_ok=True)
    return Kept(directory, original.notes)


def said(verdict: Verdict) -> str:
    return "\n".join(fault.message for fault in verdict.faults)
