"""Whose each device was when, in state.db: what a tenant may see of it, in time.

    device        from_ns               enterprise
    oven-3        0                     dongyue      since ever: as far as anybody knows
    oven-3        1793462400000000000   huali        a new tenant moved in, the meter stayed

A row is put down where a device is seen for the first time, and at every start and reload that finds it with another
enterprise than its newest row says. Devices of a gateway that is older than the table have been whose they are since
ever, and so have those that nobody knew before: what their meters remember of earlier is theirs. A device that comes
back after it was taken out of the configuration goes on where its rows end. Rows are never removed but by a date that
somebody writes (`enterprise_since`), and each change stands in the audit log.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.core.errors import Unavailable
from gateway.core.ownership import EVER_NS, Ownership, Stretch, Stretches, moved, ownership
from gateway.store.kept import copy_path
from gateway.store.migrate import FileErrors, connect_readonly

TABLES: tuple[str, ...] = (
    """CREATE TABLE ownership(
        device TEXT NOT NULL, from_ns INTEGER NOT NULL, enterprise TEXT NOT NULL,
        PRIMARY KEY(device, from_ns)) WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a device is by the configuration. `since_ns`: as somebody wrote it."""

    enterprise: str
    since_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A device whose stretches are other than before."""

    device: str
    before: Stretches
    after: Stretches


def read(db: sqlite3.Connection) -> Ownership:
    """Whose the devices were."""
    return ownership(db.execute("SELECT device, from_ns, enterprise FROM ownership ORDER BY device, from_ns"))


def read_copy(directory: Path) -> Ownership:
    """The same out of the copy of state.db, which is brought up to date with every move: the file itself is the running
    gateway's alone. Plain where there is none, or one of before the table. Raises Unavailable."""
    path = copy_path(directory / "state.db")
    if not path.exists():
        return Ownership()
    try:
        with closing(connect_readonly(path)) as db:
            is_there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'ownership'").fetchone()
            return read(db) if is_there else Ownership()
    except FileErrors as error:
        raise Unavailable(f"{path} cannot be used: {error}", "start the gateway: it repairs what it can") from error


def put_down(
    db: sqlite3.Connection, owned: Mapping[str, Owned], renamed: Iterable[tuple[str, str]], now_ns: int
) -> list[Move]:
    """Bring the table up to date with the configuration; which devices have moved, those that are new apart.

    `renamed`: (old id, id); what is known of a device follows its name. Within a transaction of the caller, before the
    points of new devices get their ids: a device that has some already is not new.
    """
    _rename(db, renamed)
    known = _all(db)
    now_ns = max(now_ns, _accounted_ns(db))
    is_first = not known
    moves: list[Move] = []
    for device, wanted in owned.items():
        before = known.get(device)
        if before is None:
            from_ns = EVER_NS if is_first or not _has_points(db, device) else now_ns
            after: Stretches = (Stretch(from_ns if wanted.since_ns is None else wanted.since_ns, wanted.enterprise),)
        else:
            after = moved(before, wanted.enterprise, now_ns, wanted.since_ns)
        if after != before:
            _store(db, device, after)
            moves += [Move(device, before, after)] if before is not None else []
    return moves


def take_back(db: sqlite3.Connection, moves: Iterable[Move], renamed: Iterable[tuple[str, str]]) -> None:
    """Let it be as before these moves, which were of a configuration that was not reached. Within a transaction."""
    for move in moves:
        _store(db, move.device, move.before)
    _rename(db, renamed)


def _rename(db: sqlite3.Connection, renamed: Iterable[tuple[str, str]]) -> None:
    for old, new in renamed:
        if db.execute("SELECT 1 FROM ownership WHERE device = ? LIMIT 1", (new,)).fetchone() is None:
            db.execute("UPDATE ownership SET device = ? WHERE device = ?", (new, old))


def _all(db: sqlite3.Connection) -> dict[str, Stretches]:
    found: dict[str, Stretches] = {}
    for device, from_ns, enterprise in db.execute("SELECT * FROM ownership ORDER BY device, from_ns"):
        found[device] = (*found.get(device, ()), Stretch(from_ns, enterprise))
    return found


def _accounted_ns(db: sqlite3.Connection) -> int:
    """Until when the gateway is known to have run: a clock that has lost its battery would let a move lie before."""
    row = db.execute("SELECT time_ns FROM connectivity_written").fetchone()
    return EVER_NS if row is None or row[0] is None else int(row[0])


def _has_points(db: sqlite3.Connection, device: str) -> bool:
    query = "SELECT 1 FROM point WHERE tag >= ? AND tag < ? LIMIT 1"  # `.` is followed by `/`; ids have neither
    return db.execute(query, (f"{device}.", f"{device}/")).fetchone() is not None


def _store(db: sqlite3.Connection, device: str, stretches: Stretches) -> None:
    db.execute("DELETE FROM ownership WHERE device = ?", (device,))
    rows = [(device, one.from_ns, one.enterprise) for one in stretches]
    db.executemany("INSERT INTO ownership VALUES(?, ?, ?)", rows)
