"""Forwarding: one task per sink that reads its streams in order, writes, and moves the sink's cursor.

outbox.read ──▶ sink.write ──▶ refused? ──▶ dead letter ──▶ outbox.advance (up to the sink's durable seq)
     ▲                 └─ Unavailable: back to the cursor, wait, again

A sink that may get the same samples twice (`gather_s` > 0) gets chunks that come in quick succession put together: a
request costs more than what a small chunk holds.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

from gateway.core.batch import Chunk, Stream
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.ports import Refused, Sink, Written
from gateway.pipeline.wake import Wake
from gateway.store.deadletter import DeadLetters
from gateway.store.outbox import Outbox

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
LONGEST_RETRY_AFTER_S = 600.0  # what a server may ask for at most
_LEAST_WAIT_S = 0.1  # full jitter may give next to nothing
_READ_BYTES = 2**20
_ORDER = (Stream.COUNTERS, Stream.TELEMETRY)  # counters are few and matter more


class ForwardState(StrEnum):
    """What a forwarder is about."""

    IDLE = "idle"  # everything was taken
    DELIVERING = "delivering"
    WAITING = "waiting"  # the sink does not take anything at the moment


@dataclass(slots=True)
class ForwardStatus:
    """How the delivery to one sink is, for the API."""

    state: ForwardState = ForwardState.IDLE
    since_ns: int = 0  # when it entered this state
    error: str | None = None
    hint: str = ""
    last_success_ns: int | None = None
    retry_at: float | None = None  # monotonic


@dataclass(slots=True)
class _Report:
    """What a sink did not take of a chunk; booked when the cursor passes it, forgotten when it is sent again."""

    refused: list[Refused] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def _as_one(chunks: list[Chunk]) -> Chunk:
    """Chunks of one stream put together; it has the seq of the last."""
    return Chunk(
        chunks[-1].seq,
        chunks[-1].stream,
        tuple(batch for chunk in chunks for batch in chunk.batches),
        sum(chunk.count for chunk in chunks),
        min(chunk.t_first_ns for chunk in chunks),
        max(chunk.t_last_ns for chunk in chunks),
    )


class Forwarder:
    """Delivers the outbox to one sink. Its trouble is its own: it blocks nobody else."""

    def __init__(
        self,
        sink: Sink,
        outbox: Outbox,
        dead_letters: DeadLetters,
        clock: Clock,
        random: Random,
        *,
        write_timeout_s: float = 60.0,
        flush_after_s: float = 10.0,
        gather_s: float = 0.0,
        streams: Sequence[Stream] = _ORDER,
    ) -> None:
        self.sink = sink
        self._streams = streams
        self.status = ForwardStatus(since_ns=clock.time_ns())
        self._outbox = outbox
        self._dead_letters = dead_letters
        self._clock = clock
        self._random = random
        self._write_timeout_s = write_timeout_s
        self._flush_after_s = flush_after_s
        self._gather_s = gather_s
        self._delivered_at = clock.monotonic() - gather_s
        self._joined_to: dict[Stream, int] = {}  # last seq of a joined chunk that failed: it is made the same again
        self._wake = Wake(clock)
        self._failures = 0
        self._taken: dict[Stream, int] = {}  # seq that the sink has taken, durable or not
        self._reports: dict[Stream, dict[int, _Report]] = {}
        self._rewind()

    @property
    def oldest_ns(self) -> int | None:
        """Time of the oldest sample that this sink does not have yet."""
        return self._outbox.account(self.sink.name).oldest_ns

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled. Handles `Unavailable` itself; anything else is for the supervisor."""
        self._rewind()
        while True:
            try:
                await self._gather()
                await self._deliver()
                await self._rest()
            except Unavailable as error:
                await self._back_off(error)

    async def finish(self, limit_s: float) -> None:
        """At the stop, after `run` was cancelled and the last commit: deliver what is there and have the sink make it
        durable, for at most `limit_s` seconds. What is left stays in the outbox."""
        try:
            async with asyncio.timeout(limit_s):
                if self.status.state is not ForwardState.WAITING:
                    await self._deliver()
                await self._flush()
        except (Unavailable, TimeoutError) as error:
            _LOG.debug("forward_unfinished sink=%s reason=%s", self.sink.name, error)

    # -- delivering ---------------------------------------------------------------------------------------------------

    async def _gather(self) -> None:
        """Let some time pass since the last delivery."""
        left_s = self._delivered_at + self._gather_s - self._clock.monotonic()
        if left_s > 0:
            await self._clock.sleep(left_s)
        self._delivered_at = self._clock.monotonic()

    async def _deliver(self) -> None:
        """Write everything there is, in order within each stream, both streams in turns."""
        has_more = True
        while has_more:
            has_more = False
            for stream in self._streams:
                chunks = await self._outbox.read(self.sink.name, stream, self._taken[stream], _READ_BYTES)
                for chunk in self._joined(chunks) if self._gather_s else chunks:
                    self._joined_to[stream] = chunk.seq
                    await self._write(chunk)
                    del self._joined_to[stream]
                    has_more = True

    def _joined(self, chunks: list[Chunk]) -> list[Chunk]:
        """These chunks as one - or as two, where a part of them failed as one before: what the sink knows of its
        progress in that part holds on."""
        if len(chunks) < 2:
            return chunks
        end = self._joined_to.get(chunks[0].stream, chunks[-1].seq)
        parts = [[chunk for chunk in chunks if chunk.seq <= end], [chunk for chunk in chunks if chunk.seq > end]]
        return [_as_one(part) for part in parts if part]

    async def _write(self, chunk: Chunk) -> None:
        if self.status.state is ForwardState.IDLE:
            self._enter(ForwardState.DELIVERING)
        written = await self._in_time(self.sink.write(chunk))
        self._taken[chunk.stream] = chunk.seq
        self._note(chunk, written)
        await self._confirm(chunk.stream, written.durable_seq)
        self._succeeded()

    def _note(self, chunk: Chunk, written: Written) -> None:
        if written.refused or written.skipped:
            report = self._reports[chunk.stream].setdefault(chunk.seq, _Report())
            report.refused.extend(written.refused)
            report.skipped.update(written.skipped)

    async def _confirm(self, stream: Stream, durable_seq: int) -> None:
        """Move the cursor to what is safe on the other side; what was refused is put away first."""
        seq = min(durable_seq, self._taken[stream])
        if seq <= self._outbox.cursor(self.sink.name, stream):
            return
        reports = self._reports[stream]
        due = [number for number in reports if number <= seq]
        refused = [item for number in due for item in reports[number].refused]
        dropped = sum((reports[number].skipped for number in due), Counter[str]())
        quarantined = sum(item.count for item in refused)
        if refused and not await self._dead_letters.add(self.sink.name, refused):
            dropped["dead_letter"] += quarantined
            quarantined = 0
        await self._outbox.advance(self.sink.name, stream, seq, quarantined=quarantined, dropped=dropped)
        for number in due:
            del reports[number]

    async def _rest(self) -> None:
        """Wait for more; when none comes, have the sink make durable what it took."""
        is_outstanding = any(seq > self._outbox.cursor(self.sink.name, s) for s, seq in self._taken.items())
        if not is_outstanding:
            self._enter(ForwardState.IDLE)
            self._recovered()
            await self._wake.wait()
        elif not await self._wake.wait(self._flush_after_s):
            await self._flush()

    async def _flush(self) -> None:
        for stream, seq in (await self._in_time(self.sink.flush())).items():
            await self._confirm(Stream(stream), seq)

    async def _in_time(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._write_timeout_s):
                return await call
        except TimeoutError as error:
            raise Unavailable(
                f"sink `{self.sink.name}` gave no answer within {self._write_timeout_s:g} s",
                "is the server overloaded or the network broken?",
            ) from error

    # -- trouble ------------------------------------------------------------------------------------------------------

    def _rewind(self) -> None:
        """Start again after the last seq that is durable on the other side."""
        self._taken = {stream: self._outbox.cursor(self.sink.name, stream) for stream in self._streams}
        self._reports = {stream: {} for stream in self._streams}

    async def _back_off(self, error: Unavailable) -> None:
        """Full jitter (a random part of a ceiling that doubles), so that many gateways do not return in step."""
        self._rewind()
        ceiling_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures, 10))
        wait_s = max(_LEAST_WAIT_S, self._random.uniform(0.0, ceiling_s))
        if error.retry_after_s is not None:
            wait_s = max(wait_s, min(error.retry_after_s, LONGEST_RETRY_AFTER_S))
        self._failures += 1
        if self.status.error is None:
            _LOG.warning("sink_unavailable sink=%s reason=%s hint=%s", self.sink.name, error.message, error.hint)
        self.status.error, self.status.hint = error.message, error.hint
        self.status.retry_at = self._clock.monotonic() + wait_s
        self._enter(ForwardState.WAITING)
        await self._clock.sleep(wait_s)

    def _succeeded(self) -> None:
        self.status.last_success_ns = self._clock.time_ns()
        self._enter(ForwardState.DELIVERING)
        self._recovered()

    def _recovered(self) -> None:
        if self.status.error is not None:
            _LOG.info("sink_available sink=%s", self.sink.name)
            self.status.error, self.status.hint, self.status.retry_at = None, "", None
            self._failures = 0

    def _enter(self, state: ForwardState) -> None:
        if self.status.state is not state:
            self.status.state = state
            self.status.since_ns = self._clock.time_ns()
