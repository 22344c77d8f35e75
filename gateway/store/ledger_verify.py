"""Verifies a ledger as it lies on a disk: ledger.db with its evidence, or an export, without a gateway."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.core.errors import Rejected, Unavailable
from gateway.store import checkpoints
from gateway.store.audit_anchor import anchors
from gateway.store.audit_verify import STATE, verify_state
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import MIGRATIONS, NAME, open_file_readonly
from gateway.store.ledger_check import MOST_FAULTS, Fault, LogCheck, Row, Verdict
from gateway.store.ledger_export import ExportFile
from gateway.store.ledger_rows import row_faults
from gateway.store.migrate import take_steps
from rules.ledger.note import NotANote, Verifier, read_verifier

_ROWS = """SELECT record.seq, record.id, kind, enterprise, period, about, time_ns, content, node.hash
    FROM record LEFT JOIN node ON node.level = 0 AND node.number = record.seq - 1 ORDER BY record.seq"""
_FIELDS = ("id", "kind", "enterprise", "period", "about", "time_ns")
_SQLITE = b"SQLite format 3\x00"
_SHOWN_FILES = 5


class DatabaseLog:
    """The log of ledger.db, as `LogCheck` reads it."""

    has_nodes = True

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.checkpoints = checkpoints.all_of(db)
        self.faults: list[Fault] = []
        self.keys = list(self._read_keys())

    def rows(self) -> Iterator[Row]:
        """The records with what is stored beside them."""
        for row in self._db.execute(_ROWS):
            seq, *columns, content, leaf = row
            yield Row(
                seq,
                _as_bytes(content),
                dict(zip(_FIELDS, columns, strict=True)),
                None if leaf is None else _as_bytes(leaf),
            )

    def node(self, level: int, number: int) -> bytes | None:
        """A stored hash."""
        row = self._db.execute("SELECT hash FROM node WHERE level = ? AND number = ?", (level, number)).fetchone()
        return None if row is None else _as_bytes(row[0])

    def _read_keys(self) -> Iterator[Verifier]:
        for number, (text,) in enumerate(self._db.execute("SELECT verifier FROM checkpoint_key ORDER BY number"), 1):
            try:
                yield read_verifier(str(text))
            except NotANote as error:
                self.faults.append(Fault(f"the public key number {number} was changed: {error}"))


def verify(path: Path, *, outside: Sequence[str] = (), trusted: Sequence[Verifier] = ()) -> Verdict:
    """Check a data directory, a ledger.db or an export. `outside`: texts of checkpoints that were kept elsewhere.

    `trusted`: public keys known from elsewhere, which then count alone. Raises Unavailable for what cannot be read,
    ConfigError for another version.
    """
    file = path / f"{NAME}.db" if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            is_database = opened.read(len(_SQLITE)) == _SQLITE
        if not is_database:
            return _of_export(file, outside, trusted)
        with closing(open_file_readonly(file)) as db:
            db.execute("BEGIN")  # one state of the file, however long it takes
            return _of_database(db, EvidenceStore(file.parent), outside, trusted)
    except (OSError, sqlite3.DatabaseError) as error:
        hint = "name a data directory, a ledger.db or an export; a damaged ledger.db: start the gateway, it restores it"
        raise Unavailable(f"{file} cannot be read: {error}", hint) from error


def _of_export(file: Path, outside: Sequence[str], trusted: Sequence[Verifier]) -> Verdict:
    export = ExportFile(file)
    found = LogCheck(export, outside, trusted).run()
    for text in export.faults(found.size):
        found.say(Fault(text))
    found.notes.append("an export holds no interval rows and no evidence files: they were not checked")
    return found


def _of_database(
    db: sqlite3.Connection, evidence: EvidenceStore, outside: Sequence[str], trusted: Sequence[Verifier]
) -> Verdict:
    log = DatabaseLog(db)
    check = LogCheck(log, outside, trusted)
    found = check.run()
    for fault in (*log.faults, *_node_faults(db, found.size), *_number_faults(db)):
        found.say(fault)
    for digest, named in check.files.items():
        found.files += 1
        state = _evidence_fault(evidence, digest)
        if state:
            found.say(named.fault(f"the evidence {digest[:64]} of record {named.seq} {state}"))
    for fault in (*row_faults(db, check.days), *_index_faults(db)):
        found.say(fault)
    _check_audit(db, evidence.directory.parent, found)
    found.notes += [*_guard_notes(db), *_unnamed(evidence, check.files)]
    found.days = int(db.execute("SELECT count(*) FROM meter_day").fetchone()[0])
    return found


def _check_audit(db: sqlite3.Connection, directory: Path, found: Verdict) -> None:
    """The audit log beside it: records of this ledger speak for it."""
    try:
        known = anchors(db)
        if not known and not (directory / STATE).is_file():
            return
        checked = verify_state(directory, known)
    except Unavailable as error:
        found.notes.append(f"the audit log was not checked: {error}")
        return
    found.audit_entries = checked.entries
    for one in checked.faults:
        found.say(Fault(f"audit log: {one.text}"))
    found.notes += [f"audit log: {one.text}" for one in checked.gaps]


def _node_faults(db: sqlite3.Connection, size: int) -> Iterator[Fault]:
    """A tree of so many leaves has so many nodes: more of them are left of records that were removed."""
    expected = sum(size >> level for level in range(size.bit_length()))
    count = int(db.execute("SELECT count(*) FROM node").fetchone()[0])
    if count > expected:
        yield Fault(f"the tree holds {count - expected} hashes more than {size} records have: records were removed")


def _number_faults(db: sqlite3.Connection) -> Iterator[Fault]:
    for table, what in (("checkpoint", "checkpoints"), ("checkpoint_key", "public keys")):
        count, newest = db.execute(f"SELECT count(*), coalesce(max(number), 0) FROM {table}").fetchone()  # noqa: S608
        if count != newest:
            yield Fault(f"the numbers of the {what} are not 1 to {count}: one was removed or renumbered")


def _evidence_fault(evidence: EvidenceStore, digest: str) -> str:
    try:
        path = evidence.path(digest)
    except Rejected:
        return "is none: a file is named by its SHA-256"
    if evidence.is_sound(digest):
        return ""
    return "was changed" if path.exists() else "is missing"


def _unnamed(evidence: EvidenceStore, named: Collection[str]) -> Iterator[str]:
    """Files that nobody used, or whose records are lost: nothing in the log speaks for them."""
    found = [digest for digest in evidence.digests() if digest not in named]
    if found:
        more = ", ..." if len(found) > _SHOWN_FILES else ""
        yield f"evidence that no record names: {len(found)} ({', '.join(found[:_SHOWN_FILES])}{more})"


def _index_faults(db: sqlite3.Connection) -> Iterator[Fault]:
    """Sums and searches are answered from indexes alone: one that is not its table's tells something else than it."""
    for (text,) in db.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if text != "ok":
            yield Fault(f"the file is not sound: {' '.join(str(text).split())[:200]}")


def _guard_notes(db: sqlite3.Connection) -> list[str]:
    """The tables, indexes and triggers that are not those which the gateway makes."""
    with closing(sqlite3.connect(":memory:")) as own:
        for steps in MIGRATIONS:
            take_steps(own, steps)
        expected, there = _schema(own), _schema(db)
    names = sorted({name for name, _ in expected ^ there})
    if not names:
        return []
    return [f"somebody worked on the file with another program: changed are {', '.join(names)[:500]}"]


def _schema(db: sqlite3.Connection) -> set[tuple[str, str]]:
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    return {(str(name), str(sql)) for name, sql in db.execute(query)}


def _as_bytes(value: Any) -> bytes:
    """A hash or a content whose type was changed is not what it was, and nothing to fail on."""
    return value if isinstance(value, bytes) else str(value).encode()
