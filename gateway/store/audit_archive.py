"""Archives of the audit log: JSON lines with the chain in them. Entries leave state.db only when somebody has the file.

The first line says behind which entry and hash the file begins; every other line is an entry with its hash. The same
entries make the same bytes, so the SHA-256 of a file proves that whoever names it has it all.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.errors import Rejected, Unavailable
from gateway.store import audit
from gateway.store.audit import AuditRow
from rules.ledger import canonical

FORMAT = "park-gateway audit 1"
AT_ONCE = 500  # entries in a page: some hundredths of a second of the file's thread
_MOST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ArchiveHead:
    """Where a file begins: behind this entry, which has this hash."""

    after: int
    hash: bytes


def head_line(head: ArchiveHead) -> bytes:
    """The first line."""
    return canonical({"format": FORMAT, "after": head.after, "hash": head.hash.hex()}) + b"\n"


def row_line(row: AuditRow) -> bytes:
    """An entry."""
    return canonical({**row.document, "hash": row.hash.hex()}) + b"\n"


def begin(db: sqlite3.Connection) -> ArchiveHead:
    """Where the next file begins."""
    _, upto, hash_ = audit.archived(db)
    return ArchiveHead(upto, hash_)


def page(db: sqlite3.Connection, after: int, upto: int) -> tuple[bytes, int]:
    """The lines of the next entries, and the number of the last of them; no lines: there are no more."""
    rows = audit.following(db, after, AT_ONCE, upto)
    return b"".join(map(row_line, rows)), rows[-1].id if rows else after


def removal_end(db: sqlite3.Connection, upto: int) -> tuple[int, bytes, int]:
    """The last entry up to `upto`, its hash, and how many there are up to it. Raises Rejected where there is none."""
    query = "SELECT id, CAST(hash AS BLOB) FROM audit WHERE id <= ? ORDER BY id DESC LIMIT 1"
    row = db.execute(query, (upto,)).fetchone()
    if row is None:
        raise Rejected(f"there are no entries up to {upto}", "park-gateway audit list shows what there is")
    count = int(db.execute("SELECT count(*) FROM audit WHERE id <= ?", (upto,)).fetchone()[0])
    return int(row[0]), bytes(row[1]), count


def remove(db: sqlite3.Connection, upto: int, sha256: str, now_ns: int) -> int:
    """Let the entries up to `upto` go, whose file has this hash; how many. Inside the caller's transaction."""
    first = audit.archived(db)[1] + 1
    last, hash_, count = removal_end(db, upto)
    values = (now_ns, first, last, count, sha256, hash_)
    db.execute("INSERT INTO audit_archive VALUES(NULL, ?, ?, ?, ?, ?, ?)", values)
    db.execute("DELETE FROM audit WHERE id <= ?", (last,))
    return count


def archives(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """What was archived, oldest first."""
    query = "SELECT time_ns, first, upto, rows, sha256 FROM audit_archive ORDER BY number"
    return [dict(zip(("time_ns", "first", "upto", "rows", "sha256"), row, strict=True)) for row in db.execute(query)]


def read_archive(path: Path) -> tuple[ArchiveHead, Iterator[AuditRow]]:
    """A file's beginning and its entries. Raises Unavailable, while they are read too, for what is no archive."""
    lines = _lines(path)
    document = _json(path, 1, next(lines, b""))
    if document.get("format") != FORMAT:
        raise Unavailable(f"{path} is no archive of an audit log", "park-gateway audit export writes them")
    try:
        head = ArchiveHead(int(document["after"]), bytes.fromhex(document["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _changed(path, 1) from error
    return head, _rows(path, lines)


def _rows(path: Path, lines: Iterator[bytes]) -> Iterator[AuditRow]:
    for number, line in enumerate(lines, 2):
        document = _json(path, number, line)
        try:
            hash_ = bytes.fromhex(document.pop("hash"))
            yield AuditRow(**document, hash=hash_)
        except (KeyError, TypeError, ValueError) as error:
            raise _changed(path, number) from error


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(_MOST_LINE):
                yield line
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error}", "name the files that `audit export` wrote") from error


def _json(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
        if isinstance(document, dict) and canonical(document) + b"\n" == line:
            return document
    except (ValueError, RecursionError, TypeError):
        pass
    raise _changed(path, number)


def _changed(path: Path, number: int) -> Unavailable:
    return Unavailable(f"{path}, line {number}: not what `audit export` wrote", "take the file from where it was kept")
