"""The outbox's file, seen from its thread: every method blocks, repairs what it can and tries once more."""

import contextlib
import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.config.plan import StoreLimits
from gateway.core.batch import Chunk, Stream
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError
from gateway.store import outbox_tables as tables
from gateway.store.codec import Packed, Undecodable, checksum, unpack
from gateway.store.findings import Findings
from gateway.store.layout import Layouts
from gateway.store.migrate import FileErrors, Trouble, connect, full_or_normal, open_database, transaction, trouble_of
from gateway.store.outbox_tables import Account, Cause, Step
from gateway.store.outbox_trim import drop_oldest, give_back, trim, used_bytes, wal_bytes
from gateway.store.quarantine import Quarantine
from gateway.store.salvage import salvage, skip_seqs
from gateway.store.space import Ballast, free_bytes, sync_directory

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_LEAST_TRIM_BYTES = 256 * 1024  # given up on a full disk at least


@dataclass(frozen=True, slots=True)
class View:
    """What the loop may know of the file, taken after an operation."""

    accounts: Mapping[str, Account]
    cursors: Mapping[tuple[str, str], int]  # by sink and stream
    last_seqs: Mapping[str, int]  # highest seq known to be there or to have been there, by stream
    dropped_to: Mapping[str, int]  # highest seq dropped by a bound, by stream
    used_bytes: int = 0
    wal_bytes: int = 0
    free_bytes: int = 0
    has_ballast: bool = False
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Rows read: decoded chunks, and their size in encoded bytes."""

    chunks: list[Chunk]
    view: View | None  # where rows had to be dropped on the way


class OutboxFile:
    """outbox.db with its ballast and quarantine."""

    def __init__(
        self,
        limits: StoreLimits,
        clock: Clock,
        layouts: Layouts,
        findings: Findings,
        *,
        ballast_bytes: int,
        connector: Callable[[Path], sqlite3.Connection] = connect,
    ) -> None:
        self.path = limits.directory / "outbox.db"
        self._fresh_path = limits.directory / "outbox.new.db"  # while a damaged file is being rebuilt
        self._limits = limits
        self._clock = clock
        self._layouts = layouts
        self._findings = findings
        self._connector = connector
        self._synchronous = full_or_normal(limits.durability)
        self._ballast = Ballast(limits.directory / "outbox.ballast", ballast_bytes)
        self._quarantine = Quarantine(limits.directory / "quarantine", clock)
        self._db: sqlite3.Connection | None = None
        self._sinks: tuple[str, ...] | None = None
        self._run = uuid.uuid4().hex
        self._stored_layouts: set[int] = set()
        self._last_seqs: dict[str, int] = dict.fromkeys(Stream, 0)
        self._dropped_to: dict[str, int] = dict.fromkeys(Stream, 0)
        self._age_anchor = (0, 0.0)  # time of storing never runs backwards and ignores steps of the wall clock
        self._lost = False  # the connection was closed after an I/O error

    # -- operations ---------------------------------------------------------------------------------------------------

    def open(self) -> View:
        """Open, check, repair. Raises ConfigError for a newer or a used file, FileErrors where the disk is no use."""
        return self._guarded(self._view)

    def register(self, sinks: Sequence[str]) -> View:
        """Make the cursors those of these sinks."""
        self._sinks = tuple(sinks)

        def operation(db: sqlite3.Connection) -> View:
            self._register(db)
            return self._view(db)

        return self._guarded(operation)

    def commit(self, chunks: Sequence[Packed], position: int) -> tuple[list[int], View]:
        """Store chunks in one transaction; returns their seqs. `position` names this commit within the run."""
        return self._guarded(lambda db: self._commit(db, chunks, position), incoming=_size(chunks))

    def read(self, stream: Stream, after_seq: int, max_bytes: int) -> Found:
        """Decoded rows behind `after_seq`, at least one, then until `max_bytes` encoded bytes are reached.

        A row that cannot be decoded is put into quarantine, counted as dropped(corrupt) and passed over.
        """
        return self._guarded(lambda db: self._read(db, stream, after_seq, max_bytes))

    def advance(self, step: Step) -> View:
        """Move a cursor, book what it passed, delete what nobody needs any more."""

        def operation(db: sqlite3.Connection) -> View:
            with transaction(db):
                tables.advance(db, step)
                tables.delete_delivered(db)
            give_back(db)
            return self._view(db)

        return self._guarded(operation)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._disconnect()

    # -- inside a repaired connection ---------------------------------------------------------------------------------

    def _commit(self, db: sqlite3.Connection, chunks: Sequence[Packed], position: int) -> tuple[list[int], View]:
        now_ns = self._storing_time_ns()
        first = tables.marked_seq(db, self._run, position)
        if first is not None:  # stored by the try whose answer was an error
            seqs = [row[0] for row in db.execute("SELECT seq FROM chunk WHERE seq >= ? ORDER BY seq", (first,))]
            return seqs, self._view(db)
        self._trim(db, _size(chunks), now_ns)
        new = [number for number in self._layouts.hashes() if number not in self._stored_layouts]
        with transaction(db, synchronous=self._synchronous):
            tables.insert_layouts(db, [(number, self._layouts.json_of(number)) for number in new])
            seqs = tables.insert_chunks(db, chunks, now_ns)
            tables.set_mark(db, self._run, position, seqs[0])
        self._stored_layouts.update(new)
        for chunk, seq in zip(chunks, seqs, strict=True):
            self._last_seqs[chunk.stream] = seq
        give_back(db)
        self._settle()
        return seqs, self._view(db)

    def _trim(self, db: sqlite3.Connection, incoming: int, now_ns: int) -> None:
        before = self._oldest_seqs(db)
        for cause, count in trim(db, self._limits, incoming, now_ns).items():
            self._findings.say(f"outbox_{cause}", f"the outbox had to drop its oldest samples ({_WHY[cause]})")
            _LOG.debug("outbox_dropped cause=%s samples=%d", cause, count)
        self._note_dropped(db, before)

    def _oldest_seqs(self, db: sqlite3.Connection) -> dict[Stream, int]:
        query = "SELECT coalesce(min(seq), 0) FROM chunk WHERE stream = ?"
        return {stream: int(db.execute(query, (stream,)).fetchone()[0]) for stream in Stream}

    def _note_dropped(self, db: sqlite3.Connection, before: Mapping[Stream, int]) -> None:
        for stream, seq in self._oldest_seqs(db).items():
            if before[stream] and seq != before[stream]:
                self._dropped_to[stream] = seq - 1 if seq else self._last_seqs[stream]

    def _read(self, db: sqlite3.Connection, stream: Stream, after_seq: int, max_bytes: int) -> Found:
        query = (
            "SELECT seq, t_first, t_last, n, codec, crc32, payload FROM chunk WHERE stream = ? AND seq > ? ORDER BY seq"
        )
        chunks: list[Chunk] = []
        bad: list[tuple[int, bytes, str]] = []
        size = 0
        for seq, first, last, count, codec, crc32, payload in db.execute(query, (stream, after_seq)):
            try:
                if checksum(payload, stream, count, first, last, codec) != crc32:
                    raise Undecodable("its checksum does not match")
                batches, raw = unpack(codec, payload, lambda number: self._layouts.block_of(number, self._layout_json))
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

    def _layout_json(self, number: int) -> str:
        row = (
            None
            if self._db is None
            else self._db.execute("SELECT json FROM layout WHERE hash = ?", (number,)).fetchone()
        )
        if row is None:
            raise Undecodable(f"layout {number} is missing")
        return str(row[0])

    def _drop_row(self, db: sqlite3.Connection, stream: Stream, seq: int, payload: bytes, reason: str) -> None:
        self._quarantine.take_row(f"chunk-{seq}", payload)
        with transaction(db):
            lost = tables.drop_to(db, stream, seq, Cause.CORRUPT, from_seq=seq)
        self._findings.say(
            f"outbox_row_{seq}",
            f"row {seq} of the outbox could not be decoded ({reason}); {lost} samples are counted as dropped, "
            f"the row is kept in {self._quarantine.directory}",
        )

    def _view(self, db: sqlite3.Connection) -> View:
        return View(
            accounts=tables.accounts(db),
            cursors=tables.cursors(db),
            last_seqs=dict(self._last_seqs),
            dropped_to=dict(self._dropped_to),
            used_bytes=used_bytes(db),
            wal_bytes=wal_bytes(self.path),
            free_bytes=free_bytes(self._limits.directory),
            has_ballast=self._ballast.is_present,
            rows=tables.count_rows(db),
        )

    def _settle(self) -> None:
        """After a good commit: the disk works again, and has room again where it has."""
        self._findings.clear("outbox_storage")
        has_ballast = self._ballast.ensure()
        if has_ballast and free_bytes(self._limits.directory) > self._limits.min_free_bytes:
            self._findings.clear("outbox_disk_full")

    # -- opening and repairing ----------------------------------------------------------------------------------------

    def _guarded(self, operation: Callable[[sqlite3.Connection], T], *, incoming: int = 0) -> T:
        """Do it; after trouble with the file repair that and do it once more. Operations may safely be done twice."""
        try:
            return operation(self._ready())
        except FileErrors as error:
            self._repair(error, incoming)
        try:
            return operation(self._ready())
        except FileErrors as error:
            if trouble_of(error) in (Trouble.IO, Trouble.DAMAGED):
                self._disconnect()
            raise

    def _ready(self) -> sqlite3.Connection:
        if self._db is not None:
            return self._db
        if self._fresh_path.exists() and not self.path.exists():  # killed in the last step of a rebuild
            self._fresh_path.rename(self.path)
        db = open_database(self.path, tables.MIGRATIONS, connection=self._connector(self.path))
        try:
            self._start(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _start(self, db: sqlite3.Connection) -> None:
        if self._lost:
            # What the log holds may never have reached the disk: write it anew before anybody counts on it.
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with transaction(db):
            missing = tables.book_missing(db)
        if missing:
            self._findings.say(
                "outbox_missing", f"{missing} samples of the outbox are missing and were counted as dropped (corrupt)"
            )
        self._load(db)
        if self._sinks is not None:
            self._register(db)
        self._lost = False
        self._ballast.ensure()

    def _load(self, db: sqlite3.Connection) -> None:
        if db.execute("SELECT 1 FROM chunk LIMIT 1").fetchone() is None:
            db.execute("DELETE FROM layout")  # maybe of an older configuration; those in use come back with a commit
        self._stored_layouts = {row[0] for row in db.execute("SELECT hash FROM layout")}
        for stream in Stream:
            last = db.execute("SELECT max(seq) FROM chunk WHERE stream = ?", (stream,)).fetchone()[0] or 0
            self._last_seqs[stream] = max(self._last_seqs[stream], last)
        newest = db.execute("SELECT stored FROM chunk ORDER BY seq DESC LIMIT 1").fetchone()
        floor = max(self._storing_time_ns(), newest[0] if newest else 0, self._clock.time_ns())
        self._age_anchor = (floor, self._clock.monotonic())

    def _storing_time_ns(self) -> int:
        anchor_ns, monotonic = self._age_anchor
        return anchor_ns + round((self._clock.monotonic() - monotonic) * 1e9) if anchor_ns else 0

    def _register(self, db: sqlite3.Connection) -> None:
        with transaction(db, synchronous=self._synchronous):
            changed = tables.register(db, self._sinks or ())
            tables.delete_delivered(db)
        if changed.removed:
            _LOG.info("outbox_sinks_removed sinks=%s", ",".join(changed.removed))

    def _repair(self, error: Exception, incoming: int) -> None:
        trouble = trouble_of(error)
        if trouble in (Trouble.IO, Trouble.IN_USE) and self._is_disk_full():
            trouble = Trouble.FULL
        if trouble is None:
            raise error
        if trouble is Trouble.IN_USE:
            raise ConfigError(
                f"{self.path} is in use by another process",
                "stop the other gateway, or give this one a `store.directory` of its own",
            ) from error
        if trouble is Trouble.FULL:
            self._relieve(incoming)
        elif trouble is Trouble.DAMAGED:
            self._rebuild(str(error))
        else:
            self._findings.say(
                "outbox_storage", f"{self.path} cannot be written ({error}): check the disk and its mount"
            )
            self._disconnect()

    def _is_disk_full(self) -> bool:
        try:
            return free_bytes(self._limits.directory) < 16 * 4096
        except OSError:
            return False

    def _disconnect(self) -> None:
        self._lost = True
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def _relieve(self, incoming: int) -> None:
        """Make room on a full disk: ballast, quarantine, oldest rows, checkpoint, ballast again."""
        self._findings.say(
            "outbox_disk_full",
            f"the disk of {self._limits.directory} is full: the oldest samples are dropped; free some space",
        )
        self._ballast.release()
        self._quarantine.clear()
        if self._db is None:
            return
        before = self._oldest_seqs(self._db)
        wanted = max(2 * incoming, _LEAST_TRIM_BYTES, used_bytes(self._db) // 50)
        drop_oldest(self._db, wanted, Cause.DISK_FULL)
        self._note_dropped(self._db, before)
        # Not truncated: on a full disk the log's own blocks are what the next commit can be sure of.
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._ballast.ensure()

    def _rebuild(self, reason: str) -> None:
        """Copy what can still be read into a new file, move the damaged one aside, put the new one in its place.

        In this order a kill in between leaves either the damaged file, and this runs again, or the finished new one.
        """
        self._disconnect()
        fresh = self._fresh_path
        _remove_database(fresh)
        with contextlib.closing(open_database(fresh, tables.MIGRATIONS)) as db:
            result = salvage(self.path, db, self._ballast)
            with transaction(db, synchronous="FULL"):
                missing = tables.book_missing(db)
                # beyond every seq that was ever given, even where the old file tells nothing: there are fewer
                # than a thousand commits a second
                skip_seqs(db, max(*self._last_seqs.values(), self._clock.time_ns() // 1_000_000))
        aside = self._quarantine.take_database(self.path)
        fresh.rename(self.path)
        sync_directory(self.path.parent)
        rest = f"{missing} samples are counted as dropped" if result.knows_cursors else "its accounts start again"
        self._findings.say(
            f"outbox_damaged_{aside.name}",
            f"{self.path.name} was damaged ({reason}) and moved to {aside}; {result.rows} rows were saved, {rest}",
        )


_WHY = {
    Cause.CAP_BYTES: "larger than `store.outbox_max_bytes`",
    Cause.CAP_AGE: "older than `store.outbox_max_age`",
    Cause.DISK_FULL: "less free disk space than `store.min_free_bytes`",
    Cause.CORRUPT: "damaged",
}


def _size(chunks: Sequence[Packed]) -> int:
    return sum(len(chunk.payload) for chunk in chunks)


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
