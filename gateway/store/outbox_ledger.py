"""What the tables of outbox.db say, kept in memory beside them: a commit or a cursor step then asks the file nothing.

Read from the file once and carried on with every transaction. Whoever changes the tables in another way, or does not
know how a transaction ended, throws the ledger away, and it is read anew.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.batch import Stream
from gateway.store import outbox_tables as tables
from gateway.store.codec import Packed
from gateway.store.migrate import PAGE_BYTES
from gateway.store.outbox_tables import Account, Step


@dataclass(slots=True)
class Position:
    """A sink's row of `cursor` for one stream."""

    seq: int
    accepted: int
    delivered: int
    buffered: int
    quarantined: int
    oldest: (
        tuple[int, int] | None
    )  # time of the first buffered chunk, and when it was stored; None: nothing is buffered


@dataclass(slots=True)
class Ledger:
    """The figures of one file. Every method is called inside the transaction that it goes with."""

    positions: dict[tuple[str, str], Position]  # by sink and stream
    dropped: dict[str, Counter[str]]  # by sink: samples by cause
    heads: dict[str, tuple[int, int]]  # by stream that has rows: seq of its oldest row, and when that was stored
    rows: int
    mark: tuple[int, int]  # number and seq of the newest chunk of this run
    pages: int = 0
    free_pages: int = 0

    @classmethod
    def read(cls, db: sqlite3.Connection, run: str) -> "Ledger":
        """What the file says now."""
        query = "SELECT sink, stream, seq, accepted, delivered, buffered, quarantined FROM cursor"
        positions = {
            (sink, stream): Position(
                seq,
                accepted,
                delivered,
                buffered,
                quarantined,
                tables.oldest_after(db, stream, seq) if buffered else None,
            )
            for sink, stream, seq, accepted, delivered, buffered, quarantined in db.execute(query)
        }
        dropped: dict[str, Counter[str]] = {}
        for sink, cause, count in db.execute("SELECT sink, cause, sum(n) FROM dropped GROUP BY sink, cause"):
            dropped.setdefault(sink, Counter())[cause] = count
        found = {stream.value: tables.head(db, stream) for stream in Stream}
        heads = {stream: head for stream, head in found.items() if head is not None}
        ledger = cls(positions, dropped, heads, tables.count_rows(db), tables.marked(db, run))
        ledger.measure(db)
        return ledger

    def measure(self, db: sqlite3.Connection) -> None:
        """Take note of the file's size."""
        self.pages = int(db.execute("PRAGMA page_count").fetchone()[0])
        self.free_pages = int(db.execute("PRAGMA freelist_count").fetchone()[0])

    @property
    def used_bytes(self) -> int:
        """Bytes of the pages in use. The file itself is larger: deleted rows leave free pages behind."""
        return (self.pages - self.free_pages) * PAGE_BYTES

    def added(self, chunks: Sequence[Packed], seqs: Sequence[int], stored_ns: int) -> None:
        """These rows were inserted."""
        self.rows += len(chunks)
        for chunk, seq in zip(chunks, seqs, strict=True):
            self.heads.setdefault(chunk.stream.value, (seq, stored_ns))
            for (_, stream), position in self.positions.items():
                if stream == chunk.stream:
                    if not position.buffered:
                        position.oldest = chunk.t_first_ns, stored_ns
                    position.accepted += chunk.count
                    position.buffered += chunk.count

    def advance(self, db: sqlite3.Connection, step: Step) -> None:
        """Move a cursor, book what it passes, delete what nobody needs any more."""
        booked = tables.advance(db, step)
        if booked is None:
            return
        position = self.positions[step.sink, step.stream]
        position.seq = step.seq
        position.delivered += booked.delivered
        position.quarantined += booked.quarantined
        position.buffered -= booked.passed
        position.oldest = tables.oldest_after(db, step.stream, step.seq) if position.buffered else None
        if booked.dropped:
            self.dropped.setdefault(step.sink, Counter()).update(booked.dropped)
        self._delete_delivered(db, str(step.stream))

    def _delete_delivered(self, db: sqlite3.Connection, stream: str) -> None:
        lowest = min(position.seq for (_, of), position in self.positions.items() if of == stream)
        first = self.heads.get(stream)
        if first is None or first[0] > lowest:
            return
        self.rows -= tables.delete_to(db, stream, lowest)
        left = tables.head(db, stream)
        if left is None:
            del self.heads[stream]
        else:
            self.heads[stream] = left

    def accounts(self) -> dict[str, Account]:
        """The account of every sink, its streams added up."""
        by_sink: dict[str, list[Position]] = {}
        for (sink, _), position in self.positions.items():
            by_sink.setdefault(sink, []).append(position)
        return {
            sink: Account(
                accepted=sum(one.accepted for one in positions),
                delivered=sum(one.delivered for one in positions),
                buffered=sum(one.buffered for one in positions),
                quarantined=sum(one.quarantined for one in positions),
                dropped=MappingProxyType(dict(self.dropped.get(sink, {}))),
                oldest_ns=min((one.oldest[0] for one in positions if one.oldest is not None), default=None),
                stored_ns=min((one.oldest[1] for one in positions if one.oldest is not None), default=None),
            )
            for sink, positions in by_sink.items()
        }
