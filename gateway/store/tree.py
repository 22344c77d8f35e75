"""The Merkle tree of the record log as stored: the hash of every complete subtree, written once when it is complete."""

import sqlite3

from rules.ledger import merkle

TABLES = (
    """CREATE TABLE node(
        level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(level, number))
        WITHOUT ROWID""",
    """CREATE TRIGGER node_no_update BEFORE UPDATE ON node
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER node_no_delete BEFORE DELETE ON node
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
)


def append(db: sqlite3.Connection, index: int, leaf: bytes) -> None:
    """Store leaf `index` (from 0, its hash) and the subtrees that it completes."""
    rows = merkle.nodes_of_append(index, leaf, lambda level, number: node(db, level, number))
    db.executemany("INSERT INTO node VALUES(?, ?, ?)", rows)


def node(db: sqlite3.Connection, level: int, number: int) -> bytes:
    """A stored hash. Raises LookupError where the subtree is not complete."""
    row = db.execute("SELECT hash FROM node WHERE level = ? AND number = ?", (level, number)).fetchone()
    if row is None:
        raise LookupError(f"the tree has no node {level}/{number}")
    return bytes(row[0])


def root(db: sqlite3.Connection, size: int) -> bytes:
    """The root over the first `size` records."""
    return merkle.root(size, lambda level, number: node(db, level, number))
