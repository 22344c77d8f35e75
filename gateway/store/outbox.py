"""The outbox: samples on their way to the sinks, durable by group commit, one cursor per sink.

On the loop: `append` encodes a batch into the open chunk of its stream. In the outbox's own thread: commits, reads and
cursors. What was committed last stays in memory as it came, so that a sink that keeps up costs no reading and decoding.

  append ──▶ open chunk ──▶ sealed chunks ──▶ commit ──▶ outbox.db ──▶ read (decoded)
             (per stream)                       └──▶ tail (memory) ──▶ read
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.store.codec import ChunkWriter, Packed, pack
from gateway.store.findings import Findings
from gateway.store.layout import Layouts
from gateway.store.migrate import FileErrors, connect
from gateway.store.outbox_file import Found, OutboxFile, View
from gateway.store.outbox_guard import DROPPING, Connector
from gateway.store.outbox_tables import Account, Step, Streams
from gateway.store.tail import Tail
from gateway.store.thread import FileThread

PENDING_MAX_BYTES = 8 * 2**20
TAIL_MAX_BYTES = 8 * 2**20
BALLAST_BYTES = 6 * 2**20  # the log, and the transactions of a trim
_COUNTERS = Stream.COUNTERS
_FAILING = ("outbox_commit", "outbox_storage")  # findings that are open while nothing can be stored
_NOTHING: Mapping[str, int] = MappingProxyType({})
_ALL_STREAMS: Streams = MappingProxyType({})

T = TypeVar("T")


class Storage(StrEnum):
    """Whether samples are kept at the moment."""

    OK = "ok"
    FULL = "full"  # for want of room the oldest samples are dropped: a full disk, a cap
    FAILING = "failing"  # nothing can be stored


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the outbox is, for the API."""

    rows: int  # chunks held
    used_bytes: int
    wal_bytes: int
    free_bytes: int  # on its disk
    pending_bytes: int  # encoded, not yet committed
    has_ballast: bool
    is_full: bool


class _Sealed:
    """A chunk that waits for its commit; compressed once, however often that is tried."""

    __slots__ = ("_packed", "stream", "writer")

    def __init__(self, stream: Stream, writer: ChunkWriter) -> None:
        self.stream = stream
        self.writer = writer
        self._packed: Packed | None = None

    def packed(self) -> Packed:
        """Its row."""
        if self._packed is None:
            self._packed = pack(self.stream, self.writer)
        return self._packed


class Outbox:
    """See the module. Made by `open`; every method is called on the loop."""

    def __init__(
        self, file: OutboxFile, thread: FileThread, layouts: Layouts, findings: Findings, *, bounds: tuple[int, int]
    ) -> None:
        self._file = file
        self._thread = thread
        self._layouts = layouts
        self._findings = findings
        self._pending_max, self._tail_max = bounds
        self._view = View({}, {}, {}, {})
        self._writers = [ChunkWriter(), ChunkWriter()]  # telemetry, counters: an enum as a key costs 0.2 us a look-up
        self._sealed: list[_Sealed] = []
        self._queued_bytes = 0
        self._flying_bytes = 0
        self._flight: asyncio.Future[tuple[list[int], View]] | None = None
        self._first_number = 1  # of the oldest chunk that is not committed
        self._tails = {stream: Tail() for stream in Stream}
        self._reading: dict[tuple[str, Stream], int] = {}
        self._listeners: list[Callable[[bool], None]] = []
        self.position = 0  # of the batch that was appended last, in this run of the gateway
        self.durable = 0  # everything up to this position is committed

    @classmethod
    async def open(
        cls,
        limits: StoreLimits,
        clock: Clock,
        *,
        pending_max_bytes: int = PENDING_MAX_BYTES,
        tail_max_bytes: int = TAIL_MAX_BYTES,
        ballast_bytes: int = BALLAST_BYTES,
        connector: Connector = connect,
    ) -> "Outbox":
        """Open `outbox.db` in the data directory, repaired where that is needed; the findings tell.

        With a disk that cannot be used the outbox works all the same, from memory and within its bound, and tries
        again with each commit. Raises ConfigError for a file of a newer version or one that another process uses.
        """
        layouts, findings = Layouts(), Findings("gateway.store.outbox")
        file = OutboxFile(limits, clock, layouts, findings, ballast_bytes=ballast_bytes, connector=connector)
        bounds = (pending_max_bytes, tail_max_bytes)
        outbox = cls(file, FileThread("outbox"), layouts, findings, bounds=bounds)
        try:
            outbox._seen(await outbox._thread.run(file.open))
            for stream, tail in outbox._tails.items():
                tail.floor = outbox._view.last_seqs[stream]
        except FileErrors as error:
            outbox._say_not_stored(error)
        except BaseException:
            outbox._thread.close()
            raise
        return outbox

    # -- taking in ----------------------------------------------------------------------------------------------------

    def listen(self, on_pending: Callable[[bool], None]) -> None:
        """Have `on_pending` called when something waits again (False) and when a chunk is closed (True)."""
        self._listeners.append(on_pending)

    def prepare(self, blocks: Sequence[Block]) -> None:
        """Work out the layouts of these blocks now, rather than with their first batch."""
        for block in blocks:
            self._layouts.hash_of(block)

    def append(self, stream: Stream, batch: Batch) -> int:
        """Take a batch in; returns its position. It is durable when `durable` has reached that."""
        writer = self._writers[stream is _COUNTERS]
        if not self._queued_bytes:
            self._tell(is_urgent=False)
        self._queued_bytes += writer.add(self._layouts.hash_of(batch.block), batch)
        self.position = position = self.position + 1
        if writer.is_full:
            self._seal(stream)
            self._tell(is_urgent=True)
        return position

    @property
    def is_full(self) -> bool:
        """True while so much waits for a commit that nothing should be appended."""
        return self._queued_bytes + self._flying_bytes >= self._pending_max

    @property
    def has_pending(self) -> bool:
        """True where something waits for the next commit."""
        return self._queued_bytes > 0

    def _tell(self, *, is_urgent: bool) -> None:
        for listener in self._listeners:
            listener(is_urgent)

    def _seal(self, stream: Stream) -> None:
        writer = self._writers[stream is _COUNTERS]
        self._writers[stream is _COUNTERS] = ChunkWriter()
        self._sealed.append(_Sealed(stream, writer))

    # -- committing ---------------------------------------------------------------------------------------------------

    async def commit(self) -> int:
        """Store everything that was appended before this call; returns the position that is durable now.

        Where the disk refuses, everything stays pending, in order, and the findings say why.
        """
        target = self.position
        while self.durable < target:
            flight = self._flight or self._take_off()
            await asyncio.wait({flight})
            error = flight.exception()
            if isinstance(error, FileErrors):
                break
            if error is not None:
                raise error
        return self.durable

    def _take_off(self) -> asyncio.Future[tuple[list[int], View]]:
        for stream in Stream:
            if self._writers[stream is _COUNTERS].batches:
                self._seal(stream)
        chunks, self._sealed = self._sealed, []
        position, first_number = self.position, self._first_number
        self._flying_bytes, self._queued_bytes = self._queued_bytes, 0

        def store() -> tuple[list[int], View]:
            return self._file.commit([chunk.packed() for chunk in chunks], first_number)

        flight = self._flight = self._thread.submit(store)
        # A callback, because the waiting task may be cancelled meanwhile: what was stored must be known as stored.
        flight.add_done_callback(lambda done: self._land(done, chunks, position))
        return flight

    def _land(self, flight: asyncio.Future[tuple[list[int], View]], chunks: list[_Sealed], position: int) -> None:
        flown, self._flying_bytes, self._flight = self._flying_bytes, 0, None
        error = flight.exception()
        if error is not None:
            self._sealed[:0] = chunks
            self._queued_bytes += flown
            self._say_not_stored(error)
            return
        seqs, view = flight.result()
        self._first_number += len(chunks)
        self.durable = position
        self._findings.clear("outbox_commit")
        for chunk, seq in zip(chunks, seqs, strict=True):
            row = chunk.packed()
            committed = Chunk(seq, chunk.stream, tuple(chunk.writer.batches), row.count, row.t_first_ns, row.t_last_ns)
            self._tails[chunk.stream].add(committed, chunk.writer.size)
        self._seen(view)

    def _say_not_stored(self, error: BaseException) -> None:
        self._findings.say("outbox_commit", f"nothing can be stored in {self._file.path} at the moment: {error}")

    # -- giving out ---------------------------------------------------------------------------------------------------

    async def register(self, sinks: Sequence[str], only: Streams = _ALL_STREAMS) -> None:
        """Say which sinks there are. A new one gets everything that is still held; one that is gone holds nothing.

        `only` names sinks that take some of the streams: of the others nothing is held for them. With a file that
        cannot be used at the moment this happens as soon as it can.
        """
        try:
            await self._thread.run(lambda: self._file.register(sinks, only), self._seen)
        except FileErrors as error:
            self._say_not_stored(error)
        self._reading = {
            (sink, stream): self.cursor(sink, stream) for sink in sinks for stream in only.get(sink, tuple(Stream))
        }

    async def read(self, sink: str, stream: Stream, after_seq: int, max_bytes: int) -> list[Chunk]:
        """Committed chunks of a stream after `after_seq`, in order; none: there are no more.

        At least one, then until `max_bytes` encoded bytes are reached. Raises Unavailable where that fails.
        """
        self._reading[sink, stream] = after_seq
        tail = self._tails[stream]
        self._evict(stream)
        if tail.has_all_after(after_seq):
            return tail.after(after_seq, max_bytes)
        found = await self._do(lambda: self._file.read(stream, after_seq, max_bytes), self._found)
        return found.chunks

    async def advance(
        self, sink: str, stream: Stream, seq: int, *, quarantined: int = 0, dropped: Mapping[str, int] = _NOTHING
    ) -> None:
        """Move a sink's cursor to `seq`: of the samples it passes so many were refused and dropped (by cause), all
        others delivered. Raises Unavailable where the file cannot be written; nothing has changed then."""
        await self._do(lambda: self._file.advance(Step(sink, stream, seq, quarantined, dict(dropped))), self._seen)

    async def redeliver(self, sink: str, count: int) -> None:
        """So many samples that the sink refused once were taken by it now. Raises Unavailable; nothing has changed."""
        await self._do(lambda: self._file.redeliver(sink, count), self._seen)

    def cursor(self, sink: str, stream: Stream) -> int:
        """The seq up to which this sink needs nothing any more."""
        return self._view.cursors.get((sink, stream), 0)

    def account(self, sink: str) -> Account:
        """Where the samples committed for this sink are."""
        return self._view.accounts.get(sink, Account())

    def waited_s(self, sink: str) -> float | None:
        """How long the oldest row that waits for this sink has been in the file, whatever the time of its samples."""
        stored_ns = self.account(sink).stored_ns
        return None if stored_ns is None else max(0.0, round((self._file.storing_time_ns() - stored_ns) / 1e9, 3))

    @property
    def identity(self) -> str:
        """What tells the file from one that replaced it and gives the same seqs to other chunks."""
        return self._view.identity

    @property
    def highest_seq(self) -> int:
        """The highest seq that the file gave. Who knows a higher one of this file has seen what it lost since."""
        return self._view.highest_seq

    @property
    def findings(self) -> list[str]:
        """What is or was wrong in this run, for a person."""
        return self._findings.all()

    @property
    def troubles(self) -> list[str]:
        """The findings that say why samples are not stored, or dropped for want of room, at the moment."""
        return self._findings.of((*_FAILING, *DROPPING.values()))

    @property
    def storage(self) -> Storage:
        """The same in one word."""
        if self.is_full or self._findings.of(_FAILING):
            return Storage.FAILING
        return Storage.FULL if self.troubles else Storage.OK

    @property
    def state(self) -> OutboxState:
        """Sizes, as of the last operation."""
        view = self._view
        pending = self._queued_bytes + self._flying_bytes
        sizes = (view.rows, view.used_bytes, view.wal_bytes, view.free_bytes)
        return OutboxState(*sizes, pending, view.has_ballast, self.is_full)

    async def save(self, target: Path) -> None:
        """Write what is committed to a new file. Raises Unavailable where that fails."""
        await self._do(lambda: self._file.save(target), lambda _: None)

    async def close(self) -> None:
        """Commit what waits, and let go of the file."""
        await self.commit()
        await self._thread.run(self._file.close)
        self._thread.close()

    async def _do(self, call: Callable[[], T], then: Callable[[T], None]) -> T:
        try:
            return await self._thread.run(call, then)
        except FileErrors as error:
            raise Unavailable(f"{self._file.path} cannot be used: {error}", "check the gateway's disk") from error

    def _found(self, found: Found) -> None:
        if found.view is not None:
            self._seen(found.view)

    def _seen(self, view: View) -> None:
        self._view = view
        for stream in Stream:
            self._evict(stream)

    def _evict(self, stream: Stream) -> None:
        """What every sink has read needs no place in memory; neither does what the file holds no more."""
        read = [seq for (_, read_stream), seq in self._reading.items() if read_stream is stream]
        needless = min(read, default=2**63)
        self._tails[stream].evict(max(needless, self._view.gone_to.get(stream, 0)), self._tail_max // len(Stream))
