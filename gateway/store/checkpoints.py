"""Checkpoints: the signed root of the log at a moment. Who keeps one outside can tell whether history was rewritten."""

import sqlite3
from dataclasses import dataclass

from gateway.core.clock import utc_text
from gateway.core.errors import Unavailable
from gateway.store import records, tree
from rules.ledger import merkle
from rules.ledger.note import NotANote, Proof, Signer, TreeHead, Verifier, read_verifier, signed

TABLES = (
    """CREATE TABLE checkpoint(
        number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
        note TEXT NOT NULL)""",
    "CREATE TABLE checkpoint_key(number INTEGER PRIMARY KEY, verifier TEXT NOT NULL UNIQUE)",
    """CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
)
_SECOND_NS = 10**9
REPEAT_NS = 3600 * 10**9  # within an hour the same log gets no second checkpoint


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """So many records had this root at this time; `note` says it with a signature."""

    size: int
    root_hex: str
    time_ns: int  # UTC, when it was signed
    note: str


def sign(db: sqlite3.Connection, key: Signer, now_ns: int) -> Checkpoint:
    """Sign the log as it is, inside the caller's transaction; the newest checkpoint where nothing came since."""
    now_ns -= now_ns % _SECOND_NS  # the note says seconds
    size = records.size(db)
    before = newest(db)
    if before is not None and before.size == size and 0 <= now_ns - before.time_ns < REPEAT_NS:
        return before
    root = tree.root(db, size)
    remember_key(db, key.verifier)
    note = signed(TreeHead(key.name, size, root, utc_text(now_ns)), key)
    db.execute("INSERT INTO checkpoint VALUES(NULL, ?, ?, ?, ?)", (now_ns, size, root, note))
    return Checkpoint(size, root.hex(), now_ns, note)


def newest(db: sqlite3.Connection) -> Checkpoint | None:
    """The last one that was signed."""
    row = db.execute("SELECT size, root, time_ns, note FROM checkpoint ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _checkpoint(row)


def all_of(db: sqlite3.Connection) -> list[Checkpoint]:
    """Every checkpoint, oldest first."""
    return [_checkpoint(row) for row in db.execute("SELECT size, root, time_ns, note FROM checkpoint ORDER BY number")]


def inclusion(db: sqlite3.Connection, seq: int, size: int) -> list[bytes]:
    """The audit path of record `seq` (from 1) in the tree of the first `size` records. Raises ValueError."""
    return merkle.inclusion_proof(seq - 1, size, lambda level, number: tree.node(db, level, number))


def consistency(db: sqlite3.Connection, old: int, new: int) -> list[bytes]:
    """The proof that the log of `new` records begins with the one of `old`. Raises ValueError."""
    return merkle.consistency_proof(old, new, lambda level, number: tree.node(db, level, number))


def proof_of(db: sqlite3.Connection, seq: int) -> Proof | None:
    """That record `seq` is in the log of the newest checkpoint; `None` where none is over it yet."""
    found = newest(db)
    if found is None or found.size < seq:
        return None
    return Proof(seq - 1, tuple(inclusion(db, seq, found.size)), found.note)


def remember_key(db: sqlite3.Connection, verifier: Verifier) -> None:
    """Keep the public key with what it signs."""
    db.execute("INSERT OR IGNORE INTO checkpoint_key VALUES(NULL, ?)", (verifier.text,))


def keys(db: sqlite3.Connection) -> list[Verifier]:
    """Every key that signed here, oldest first. Raises Unavailable where one was changed."""
    rows = db.execute("SELECT verifier FROM checkpoint_key ORDER BY number")
    try:
        return [read_verifier(str(row[0])) for row in rows]
    except NotANote as error:
        text = f"a public key that the ledger keeps was changed: {error}"
        raise Unavailable(text, "`park-gateway ledger verify` says what else; put a backup in its place") from error


def _checkpoint(row: tuple[int, bytes, int, str]) -> Checkpoint:
    size, root, time_ns, note = row
    return Checkpoint(size, bytes(root).hex(), time_ns, note)
