"""The record log as one file: JSON lines that any program can read, and that `ledger verify` proves.

    {"park_gateway_ledger": 1, "origin": ..., "time": ...}
    {"key": "name+hash+key"}                                  each public key that signed
    {"checkpoint": {"time_ns": ..., "note": "..."}}           each checkpoint, oldest first
    {"seq": 1, "leaf": "<hex>", "content": "<canonical JSON>"}     each record, in order
    {"end": {"records": n}}

The content is text within the line, so that its bytes are those whose hash is the leaf.
"""

import json
import os
import sqlite3
from calendar import timegm
from collections.abc import Iterator
from pathlib import Path
from time import strptime
from typing import Any

from gateway.core.clock import utc_text
from gateway.core.durable import sync_directory
from gateway.core.errors import Unavailable
from gateway.store import checkpoints
from gateway.store.checkpoints import Checkpoint
from gateway.store.ledger_check import Row
from rules.ledger.note import NotANote, Verifier, read_checkpoint, read_verifier

VERSION = 1
LONGEST_LINE = 64 * 2**20  # characters
_QUERY = """SELECT record.seq, content, node.hash FROM record
    JOIN node ON node.level = 0 AND node.number = record.seq - 1 ORDER BY record.seq"""


def write_export(db: sqlite3.Connection, path: Path, now_ns: int) -> int:
    """Write everything to `path`, which appears when it is complete; returns how many records. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    count = 0
    try:
        with part.open("wb") as file:
            db.execute("BEGIN")
            for line in _lines(db, now_ns):
                file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
                count += "seq" in line
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_directory(path.parent)
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        part.unlink(missing_ok=True)
    return count


def _lines(db: sqlite3.Connection, now_ns: int) -> Iterator[dict[str, Any]]:
    known = checkpoints.keys(db)
    origin = known[-1].name if known else ""
    yield {"park_gateway_ledger": VERSION, "origin": origin, "time": utc_text(now_ns)}
    for key in known:
        yield {"key": key.text}
    for one in checkpoints.all_of(db):
        yield {"checkpoint": {"time_ns": one.time_ns, "note": one.note}}
    count = 0
    for count, (seq, content, leaf) in enumerate(db.execute(_QUERY), 1):  # noqa: B007
        yield {"seq": seq, "leaf": bytes(leaf).hex(), "content": bytes(content).decode()}
    yield {"end": {"records": count}}


class ExportFile:
    """An export, as `LogCheck` reads it. Raises Unavailable where it is none."""

    has_nodes = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.keys: list[Verifier] = []
        self.checkpoints: list[Checkpoint] = []
        self._faults: list[str] = []
        self._end: object = None
        head = next(self._documents(), None)
        if head is None or head[1].get("park_gateway_ledger") != VERSION:
            raise Unavailable(f"{path} is no export of a ledger", "`park-gateway ledger export FILE` writes one")
        self._read_head()

    def rows(self) -> Iterator[Row]:
        """The records."""
        for place, line in self._documents():
            if "seq" in line:
                yield self._row(place, line)
            elif "end" in line:
                self._end = line["end"]

    def node(self, level: int, number: int) -> bytes | None:
        """None is stored here; a leaf stands beside its record."""
        return None

    def faults(self, size: int) -> list[str]:
        """What is wrong with the file itself, once the rows were read."""
        if self._end == {"records": size}:
            return self._faults
        return [*self._faults, f"the export does not end with the line that counts its {size} records: it was cut"]

    def _read_head(self) -> None:
        for place, line in self._documents():
            try:
                if "key" in line:
                    self.keys.append(read_verifier(str(line["key"])))
                elif "checkpoint" in line:
                    self.checkpoints.append(_checkpoint(line["checkpoint"]))
                elif "seq" in line:
                    return
            except (NotANote, ValueError, KeyError, TypeError) as error:
                self._faults.append(f"line {place} was changed: {error}")

    def _row(self, place: int, line: dict[str, Any]) -> Row:
        seq, leaf, content = line["seq"], line.get("leaf"), line.get("content")
        try:
            hash_ = bytes.fromhex(str(leaf))
        except ValueError:
            hash_ = b""
        hash_ = hash_ if hash_.hex() == leaf else b""  # a leaf that is written otherwise was changed too
        if type(seq) is not int:
            raise Unavailable(f"line {place} of {self._path} has no number", "the file was changed")
        return Row(seq, str(content).encode(errors="replace"), None, hash_)

    def _documents(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._path.open("rb") as file:
            place = 0
            while line := file.readline(LONGEST_LINE):
                place += 1
                try:
                    document = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise Unavailable(f"line {place} of {self._path} is no JSON: {error}", "is it complete?") from None
                if not isinstance(document, dict):
                    raise Unavailable(f"line {place} of {self._path} is no JSON object", "is it an export?")
                yield place, document


def _checkpoint(line: dict[str, Any]) -> Checkpoint:
    note = str(line["note"])
    head = read_checkpoint(note)
    time_ns = timegm(strptime(head.time, "%Y-%m-%dT%H:%M:%SZ")) * 10**9
    if line["time_ns"] != time_ns:
        raise ValueError("the time beside the checkpoint is not the one in it")
    return Checkpoint(head.size, head.root.hex(), time_ns, note)
