"""Verifies the audit log as it lies on a disk: state.db beside its ledger without a gateway, and archives of it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from gateway.core.errors import Unavailable
from gateway.store import audit
from gateway.store.audit_anchor import Anchor
from gateway.store.audit_archive import read_archive
from gateway.store.audit_chain import AuditFinding, AuditVerdict, ChainCheck, Code
from gateway.store.findings import one_line
from gateway.store.migrate import connect_readonly

STATE = "state.db"
_STEP = 4  # of state.db, in which the chain came
_AT_ONCE = 1_000


class InUse(Unavailable):
    """A gateway runs and holds the file: it answers itself."""


def verify_state(directory: Path, known: Sequence[Anchor]) -> AuditVerdict:
    """Check state.db against the anchors of its ledger. Raises InUse, Unavailable."""
    path = directory / STATE
    if not path.is_file():
        raise Unavailable(f"there is no {path}", "the gateway makes it when it first starts, or restores it")
    try:
        with closing(connect_readonly(path)) as db:
            db.execute("PRAGMA busy_timeout=200")
            if int(db.execute("PRAGMA user_version").fetchone()[0]) < _STEP:
                raise Unavailable(f"{path} was written by an older park-gateway", "start this one once")
            db.execute("BEGIN")
            return check_rows(db, known)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise InUse(f"{path} is in use", "park-gateway audit verify asks the running gateway") from error
        hint = "start the gateway: it restores a damaged file from its copy"
        raise Unavailable(f"{path} cannot be read: {one_line(str(error))}", hint) from error


def check_rows(db: sqlite3.Connection, known: Sequence[Anchor]) -> AuditVerdict:
    """Every entry of an open state.db."""
    check = beginning(db, known)
    while rows := audit.following(db, check.verdict.last, _AT_ONCE):
        check.feed(rows)
    return check.end()


def beginning(db: sqlite3.Connection, known: Sequence[Anchor]) -> ChainCheck:
    """A check that begins behind what is in archives."""
    count, upto, hash_ = audit.archived(db)
    check = ChainCheck(known, upto, hash_, count)
    stray = db.execute("SELECT id FROM audit WHERE id <= ? ORDER BY id LIMIT 1", (upto,)).fetchone()
    if stray is not None:
        text = f"entry {stray[0]} stands before entry {upto + 1}, the first: it was inserted"
        check.verdict.faults.append(AuditFinding(Code.INSERTED, text, int(stray[0]), int(stray[0])))
    return check


def verify_archives(files: Sequence[Path], known: Sequence[Anchor], rest: AuditVerdict) -> AuditVerdict:
    """Check archives, in the order in which they were made, and that `rest` (what state.db has) goes on behind them.

    Raises Unavailable for a file that is no archive, or was changed so that it cannot be read.
    """
    check: ChainCheck | None = None
    for file in files:
        head, rows = read_archive(file)
        if check is None:
            upto = [one for one in known if one.head.id <= rest.archived]
            check = ChainCheck(upto, head.after, head.hash, None if head.after else 0)
        elif (check.verdict.last, check.verdict.hash) != (head.after, head.hash):
            text = f"{file} begins behind entry {head.after}, the one before it ends at entry {check.verdict.last}"
            text = f"{text}, or with another hash: name every archive, the oldest first"
            check.verdict.faults.append(AuditFinding(Code.ARCHIVE, text, head.after, check.verdict.last))
        check.feed(rows)
    assert check is not None
    found = check.end()
    if (found.last, found.hash) != (rest.archived, rest.archived_hash):
        text = f"the archives end at entry {found.last}, state.db goes on behind entry {rest.archived}"
        text = f"{text}, or the hashes are not the same"
        found.faults.append(AuditFinding(Code.ARCHIVE, text, found.last, rest.archived))
    return found
