"""Meters that got another tag: what the log said of the former one before is said of the present one."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.store import records
from gateway.store.records import Kind


@dataclass(frozen=True, slots=True)
class Renames:
    """What was renamed, in order: number of the record, former tag, tag."""

    steps: Sequence[tuple[int, str, str]]

    def of(self, tag: str, seq: int) -> str:
        """The present tag of what the record of this number calls so."""
        for after, old, new in self.steps:
            if after > seq and tag == old:
                tag = new
        return tag


def rename(db: sqlite3.Connection, old: str, new: str, now_ns: int) -> bool:
    """Let the rows of a meter go on under another tag, and record that, within the caller's transaction; false where
    there is no such meter, or one that has the other tag already.
    """
    if not db.execute("UPDATE OR IGNORE meter SET tag = ? WHERE tag = ?", (new, old)).rowcount:
        return False
    records.append(db, now_ns, Kind.METER_RENAMED, {"from": old, "to": new})
    return True


def renames(db: sqlite3.Connection) -> Renames:
    """Everything that was renamed."""
    found: list[tuple[int, str, str]] = []
    after = 0
    while page := records.find(db, kinds=(Kind.METER_RENAMED,), after_seq=after):
        found += [(one.seq, str(one.body["from"]), str(one.body["to"])) for one in page]
        after = page[-1].seq
    return Renames(found)
