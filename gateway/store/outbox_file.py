"""What the outbox does with its file, seen from its thread: commit, read, advance. Every method blocks."""

import logging
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.config.plan import StoreLimits
from gateway.core.batch import Chunk, Stream
from gateway.core.clock import Clock
from gateway.store import outbox_tables as tables
from gateway.store.codec import Packed, Undecodable, checksum, unpack
from gateway.store.findings import Findings
from gateway.store.layout import Layouts
from gateway.store.migrate import full_or_normal, transaction
from gateway.store.outbox_guard import Connector, GuardedFile
from gateway.store.outbox_ledger import Ledger
from gateway.store.outbox_tables import Account, Cause, Step, Streams
from gateway.store.outbox_trim import give_back, is_within, trim, wal_bytes
from gateway.store.saved import save
from gateway.store.space import free_bytes

_LOG = logging.getLogger(__name__)
_WHY = {
    Cause.CAP_BYTES: "it reached its largest size",
    Cause.CAP_AGE: "they reached the greatest age",
    Cause.DISK_FULL: "the disk has too little free space",
}


@dataclass(frozen=True, slots=True)
class View:
    """What the loop may know of the file, taken after an operation."""

    accounts: Mapping[str, Account]
    cursors: Mapping[tuple[str, str], int]  # by sink and stream
    gone_to: Mapping[str, int]  # by stream: no row up to this seq is held
    last_seqs: Mapping[str, int]  # by stream: the highest seq that is or was there
    rows: int = 0
    used_bytes: int = 0
    wal_bytes: int = 0
    free_bytes: int = 0
    has_ballast: bool = False
    identity: str = ""  # of the file; empty: not known yet
    highest_seq: int = 0  # that the file ever gave


@dataclass(frozen=True, slots=True)
class Found:
    """Rows read, decoded, and a view where rows had to be dropped on the way."""

    chunks: list[Chunk]
    view: View | None


class OutboxFile:
    """The operations. Where the file cannot be used they raise FileErrors and have changed nothing."""

    def __init__(
        self,
        limits: StoreLimits,
        clock: Clock,
        layouts: Layouts,
        findings: Findings,
        *,
        ballast_bytes: int,
        connector: Connector,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._layouts = layouts
        self._findings = findings
        self._synchronous = full_or_normal(limits.durability)
        self._guard = GuardedFile(limits, clock, findings, ballast_bytes=ballast_bytes, connector=connector)
        self._guard.on_open = self._load
        self.path = self._guard.path
        self._run = uuid.uuid4().hex
        self._sinks: tuple[str, ...] | None = None
        self._only: Streams = {}
        self._identity = ""
        self._stored_layouts: set[int] = set()
        self._last_seqs: dict[str, int] = dict.fromkeys(Stream, 0)
        self._age_anchor: tuple[int, float] | None = None
        self._ledger: Ledger | None = None  # not known: a transaction is under way, or nobody knows how it ended

    def open(self) -> View:
        """Open, check, repair. Raises ConfigError for a file that is too new or in use."""
        return self._guard.run(self._view)

    def close(self) -> None:
        """Let go of the file."""
        self._guard.close()

    def register(self, sinks: Sequence[str], only: Streams) -> View:
        """Make the cursors those of these sinks."""
        self._sinks, self._only = tuple(sinks), only

        def operation(db: sqlite3.Connection) -> View:
            self._register(db)
            return self._view(db)

        return self._guard.run(operation)

    def commit(self, chunks: Sequence[Packed], first_number: int) -> tuple[list[int], View]:
        """Store chunks in one transaction; returns their seqs.

        The chunks of a run are numbered from 1 without a gap; `first_number` is that of the first one given here.
        """
        return self._guard.run(lambda db: self._commit(db, chunks, first_number), incoming=_size(chunks))

    def read(self, stream: Stream, after_seq: int, max_bytes: int) -> Found:
        """Decoded rows after `after_seq`, at least one, then until `max_bytes` encoded bytes are reached.

        A row that cannot be decoded is put into quarantine, counted as dropped(corrupt) and passed over.
        """

        def operation(db: sqlite3.Connection) -> Found:
            ledger = self._take_ledger(db)  # after trouble it is read anew: repairing may drop rows
            found = self._read(db, stream, after_seq, max_bytes)
            if found.view is None:
                self._ledger = ledger
            return found

        return self._guard.run(operation)

    def advance(self, step: Step) -> View:
        """Move a cursor, book what it passed, delete what nobody needs any more."""

        def operation(db: sqlite3.Connection) -> View:
            ledger = self._take_ledger(db)
            with transaction(db):
                ledger.advance(db, step)
                ledger.measure(db)
            return self._done(db, ledger)

        return self._guard.run(operation)

    def redeliver(self, sink: str, count: int) -> View:
        """Book samples that were refused once as delivered."""

        def operation(db: sqlite3.Connection) -> View:
            self._ledger = None
            with transaction(db):
                tables.redeliver(db, sink, count)
            return self._view(db)

        return self._guard.run(operation)

    def save(self, target: Path) -> None:
        """Write what the file holds now to a new one. Raises Unavailable where that fails."""
        self._guard.run(lambda db: save(db, target))

    def storing_time_ns(self) -> int:
        """Time by which rows age: it never runs backwards, and a step of the wall clock makes no row old or young.

        May be asked from any thread."""
        if self._age_anchor is None:
            return 0
        start_ns, monotonic = self._age_anchor
        return start_ns + round((self._clock.monotonic() - monotonic) * 1e9)

    # -- with an open file --------------------------------------------------------------------------------------------

    def _take_ledger(self, db: sqlite3.Connection) -> Ledger:
        """The ledger, for a transaction; `_done` puts it back when that went well."""
        ledger, self._ledger = self._ledger, None
        return ledger or Ledger.read(db, self._run)

    def _done(self, db: sqlite3.Connection, ledger: Ledger) -> View:
        """After a transaction: what the loop may know."""
        if give_back(db, ledger.pages, ledger.free_pages):
            ledger.measure(db)
        self._ledger = ledger
        return self._view(db)

    def _load(self, db: sqlite3.Connection) -> None:
        self._ledger = None
        self._identity = tables.identity(db)
        if db.execute("SELECT 1 FROM chunk LIMIT 1").fetchone() is None:
            db.execute("DELETE FROM layout")  # maybe of an older configuration; those in use come back with a commit
        self._stored_layouts = {row[0] for row in db.execute("SELECT hash FROM layout")}
        for stream in Stream:
            last = db.execute("SELECT max(seq) FROM chunk WHERE stream = ?", (stream,)).fetchone()[0]
            self._note_seq(stream, last or 0)
        given = db.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'chunk'").fetchone()[0]
        self._guard.highest_seq = max(self._guard.highest_seq, given or 0)
        newest = db.execute("SELECT stored FROM chunk ORDER BY seq DESC LIMIT 1").fetchone()
        start_ns = max(self._clock.time_ns(), newest[0] if newest else 0, self.storing_time_ns())
        self._age_anchor = (start_ns, self._clock.monotonic())
        if self._sinks is not None:
            self._register(db)

    def _note_seq(self, stream: Stream, seq: int) -> None:
        self._last_seqs[stream] = max(self._last_seqs[stream], seq)
        self._guard.highest_seq = max(self._guard.highest_seq, seq)

    def _register(self, db: sqlite3.Connection) -> None:
        self._ledger = None
        with transaction(db, synchronous=self._synchronous):
            changed = tables.register(db, self._sinks or (), self._only)
            tables.delete_delivered(db)
        for word, sinks in (("added", changed.added), ("removed", changed.removed)):
            if sinks:
                _LOG.info("outbox_sinks_%s sinks=%s", word, ",".join(sinks))

    def _commit(self, db: sqlite3.Connection, chunks: Sequence[Packed], first_number: int) -> tuple[list[int], View]:
        ledger = self._take_ledger(db)
        number, seq = ledger.mark
        stored = max(0, number - first_number + 1)  # by a try whose answer was an error
        seqs = [seq - number + first_number + i for i in range(stored)]
        missing = chunks[stored:]
        if missing:
            now_ns = self.storing_time_ns()
            ledger = self._trimmed(db, ledger, _size(missing), now_ns)
            seqs += self._insert(db, ledger, missing, first_number + len(chunks) - 1, now_ns)
        for chunk, chunk_seq in zip(chunks, seqs, strict=True):
            self._note_seq(chunk.stream, chunk_seq)
        self._guard.settle()
        return seqs, self._done(db, ledger)

    def _insert(
        self, db: sqlite3.Connection, ledger: Ledger, chunks: Sequence[Packed], last_number: int, now_ns: int
    ) -> list[int]:
        new = [number for number in self._layouts.hashes() if number not in self._stored_layouts]
        with transaction(db, synchronous=self._synchronous):
            tables.insert_layouts(db, [(number, self._layouts.json_of(number)) for number in new])
            seqs = tables.insert_chunks(db, chunks, now_ns)
            tables.set_mark(db, self._run, last_number, seqs[-1])
            ledger.added(chunks, seqs, now_ns)
            ledger.mark = last_number, seqs[-1]
            ledger.measure(db)
        self._stored_layouts.update(new)
        return seqs

    def _trimmed(self, db: sqlite3.Connection, ledger: Ledger, incoming: int, now_ns: int) -> Ledger:
        """Make room where that is needed; the ledger as it is then."""
        oldest_ns = min((stored_ns for _, stored_ns in ledger.heads.values()), default=now_ns)
        if is_within(self._limits, ledger.used_bytes, incoming, oldest_ns, now_ns):
            return ledger
        for cause, count in trim(db, self._limits, incoming, now_ns).items():
            text = f"the outbox dropped its oldest samples because {_WHY[cause]}: bring the sinks back"
            self._guard.say_dropping(cause, text)
            _LOG.debug("outbox_dropped cause=%s samples=%d", cause, count)
        return Ledger.read(db, self._run)

    def _read(self, db: sqlite3.Connection, stream: Stream, after_seq: int, max_bytes: int) -> Found:
        query = (
            "SELECT seq, t_first, t_last, n, codec, crc32, payload FROM chunk WHERE stream = ? AND seq > ? ORDER BY seq"
        )
        read = partial(_layout_json, db)
        chunks: list[Chunk] = []
        bad: list[tuple[int, bytes, str]] = []
        size = 0
        for seq, first, last, count, codec, crc32, payload in db.execute(query, (stream, after_seq)):
            try:
                if checksum(payload, stream, count, first, last, codec) != crc32:
                    raise Undecodable("its checksum does not match")
                batches, raw = unpack(codec, payload, lambda number: self._layouts.block_of(number, read))
            except Undecodable as error:
                bad.append((seq, payload, str(error)))
                continue
            chunks.append(Chunk(seq, stream, tuple(batches), count, first, last))
            size += raw
            if size >= max_bytes:
                break
        for row in bad:
            self._drop_row(db, stream, *row)
        return Found(chunks, self._view(db) if bad else None)

    def _drop_row(self, db: sqlite3.Connection, stream: Stream, seq: int, payload: bytes, reason: str) -> None:
        is_kept = self._guard.quarantine.take_row(f"chunk-{seq}", payload)
        self._ledger = None
        with transaction(db):
            lost = tables.drop_to(db, stream, seq, Cause.CORRUPT, from_seq=seq)
        place = f"the row is kept in {self._guard.quarantine.directory}" if is_kept else "the row could not be kept"
        self._findings.say(
            f"outbox_row_{seq}",
            f"row {seq} of the outbox could not be decoded ({reason}); {lost} samples are counted as dropped, {place}",
        )

    def _view(self, db: sqlite3.Connection) -> View:
        ledger = self._ledger = self._ledger or Ledger.read(db, self._run)
        heads = ledger.heads
        return View(
            accounts=ledger.accounts(),
            cursors={key: position.seq for key, position in ledger.positions.items()},
            gone_to={
                stream: heads[stream][0] - 1 if stream in heads else last for stream, last in self._last_seqs.items()
            },
            last_seqs=dict(self._last_seqs),
            rows=ledger.rows,
            used_bytes=ledger.used_bytes,
            wal_bytes=wal_bytes(self.path),
            free_bytes=free_bytes(self._limits.directory),
            has_ballast=self._guard.ballast.is_present,
            identity=self._identity,
            highest_seq=self._guard.highest_seq,
        )


def _layout_json(db: sqlite3.Connection, number: int) -> str:
    text = tables.layout_json(db, number)
    if text is None:
        raise Undecodable("the description of its points is missing")
    return text


def _size(chunks: Sequence[Packed]) -> int:
    return sum(len(chunk.payload) for chunk in chunks)
