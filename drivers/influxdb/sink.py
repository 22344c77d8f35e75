"""The InfluxDB sink: a chunk becomes bodies, each body is settled line by line where it must be.

chunk ──▶ make_body (worker thread) ──▶ Settlement ◀──▶ Transport ──▶ Written(durable_seq, refused, skipped)
                                             └── Keep ──▶ Unavailable; the progress stays for the next try
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from drivers.influxdb.body import Body, Limits, make_body, pack
from drivers.influxdb.client import connect
from drivers.influxdb.config import SinkOptions
from drivers.influxdb.escape import escape_key
from drivers.influxdb.line import Encoder
from drivers.influxdb.messages import explain
from drivers.influxdb.policy import Probe, Send, Settlement
from drivers.influxdb.transport import Answer, Transport
from drivers.influxdb.watch import RejectWatch
from gateway.config.plan import SinkPlan
from gateway.core.batch import Chunk, Stream
from gateway.core.clock import Clock
from gateway.core.ports import Counts, Refused, Sink, Written

PAUSE_S = 0.0002  # the worker thread sleeps so long after each slice, and the loop gets the interpreter
MIN_BODY = 1024  # bytes; 413 never brings the limit below

_logger = logging.getLogger(__name__)


def build(plan: SinkPlan, directory: Path, clock: Clock) -> Sink:
    """The sink of a plan; keeps no files in `directory`."""
    return InfluxSink(plan.name, cast("SinkOptions", plan.options), clock)


def rest() -> None:
    """Pause of the worker thread between two slices."""
    time.sleep(PAUSE_S)


@dataclass(slots=True)
class _Progress:
    """How far a chunk has come; outlives an `Unavailable`, so that nothing settled is sent or refused again."""

    chunk: Chunk
    position: int = 0  # batches that are settled
    body: Body | None = None  # the one at hand
    settlement: Settlement = field(default_factory=Settlement)
    refused: list[Refused] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def is_of(self, chunk: Chunk) -> bool:
        """True where this is the same outbox row, even if it was decoded anew."""
        mine = self.chunk
        return (mine.seq, mine.count, mine.t_first_ns, mine.t_last_ns, len(mine.batches)) == (
            chunk.seq,
            chunk.count,
            chunk.t_first_ns,
            chunk.t_last_ns,
            len(chunk.batches),
        )


class InfluxSink:
    """One InfluxDB server; everything it accepted is durable there, so `durable_seq` never lags."""

    gather_s = 0.5  # small chunks may come together: a point that is written twice is still one point

    def __init__(self, name: str, options: SinkOptions, clock: Clock) -> None:
        self.name = name
        self.counts: Counts = Counter()
        self._options = options
        self._clock = clock
        self._encoder = Encoder(text_fields=options.text_fields)
        self._limits = Limits(options.max_lines, options.max_body)
        self._transport: Transport | None = None
        self._connecting = asyncio.Lock()  # two streams may come first at the same time
        self._progress: dict[Stream, _Progress] = {}
        self._durable: dict[Stream, int] = {}
        self._watch = RejectWatch(options, clock) if options.watch_rejects else None

    async def write(self, chunk: Chunk) -> Written:
        """Deliver a chunk in order. See `Sink.write`; called for one chunk per stream at a time."""
        progress = self._progress.get(chunk.stream)
        if progress is None or not progress.is_of(chunk):
            progress = self._progress[chunk.stream] = _Progress(chunk)
        progress.settlement.resume()
        while progress.body is not None or progress.position < len(chunk.batches):
            body = progress.body or await self._load(progress)
            await self._settle(progress.settlement, body)
            self._close_body(progress, body)
        del self._progress[chunk.stream]
        self._durable[chunk.stream] = chunk.seq
        await self._watch_rejects()
        return Written(chunk.seq, progress.refused, progress.skipped)

    async def flush(self) -> dict[str, int]:
        """What was written is durable already."""
        return {str(stream): seq for stream, seq in self._durable.items()}

    async def resend(self, refused: Sequence[Refused]) -> Sequence[Refused]:
        """Send lines again, as one body. See `Resender.resend`."""
        lines = [one.text.encode(errors="replace") for one in refused]
        payload = await asyncio.to_thread(pack, lines, self._options.gzip)
        body = Body(0, lines, [one.count for one in refused], Counter(), payload)
        settlement = Settlement()
        settlement.load(len(lines))
        await self._settle(settlement, body)
        self.counts["lines"] += len(lines) - len(settlement.refused)
        return [replace(refused[one.line], reason=one.reason, status=one.status) for one in settlement.refused]

    async def close(self) -> None:
        """Close the connections; the next write would open new ones."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    async def _load(self, progress: _Progress) -> Body:
        batches, start = progress.chunk.batches, progress.position
        body = await asyncio.to_thread(
            make_body, self._encoder, batches, start, self._limits, gzip=self._options.gzip, pause=rest
        )
        progress.body = body
        progress.settlement.load(len(body.lines))
        return body

    async def _settle(self, settlement: Settlement, body: Body) -> None:
        """Send and ask until every line is written or refused. Raises `Unavailable`."""
        while (order := settlement.next()) is not None:
            keep = settlement.answered(await self._ask(order, body))
            self._shrink(settlement, body)
            if keep is not None:
                self.counts["kept_" + keep.cause] += 1
                raise explain(keep, self._options)

    def _close_body(self, progress: _Progress, body: Body) -> None:
        refused = progress.settlement.refused
        for line in refused:
            text = body.lines[line.line].decode(errors="replace")
            progress.refused.append(Refused(text, line.reason, line.status, body.counts[line.line]))
        self.counts["lines"] += len(body.lines) - len(refused)
        self.counts["refused_lines"] += len(refused)
        progress.skipped.update(body.skipped)
        progress.position = body.stop
        progress.body = None

    async def _ask(self, order: Send | Probe, body: Body) -> Answer:
        if isinstance(order, Probe):
            self.counts["heartbeats"] += 1
            payload = pack([self._heartbeat()], self._options.gzip)
        elif len(order.lines) == len(body.lines):
            payload = body.payload
        else:
            payload = await asyncio.to_thread(pack, [body.lines[i] for i in order.lines], self._options.gzip)
        transport = await self._connected()
        self.counts["requests"] += 1
        self.counts["bytes"] += len(payload)
        answer = await transport.post(payload)
        self.counts[f"status_{answer.status}"] += 1
        return answer

    async def _connected(self) -> Transport:
        async with self._connecting:
            if self._transport is None:
                self._transport = await connect(self._options, self._clock)
            return self._transport

    def _heartbeat(self) -> bytes:
        """A line that no server can have a reason against but one that refuses every line."""
        return b"park_gateway,sink=%b up=1 %d" % (escape_key(self.name), self._clock.time_ns())

    def _shrink(self, settlement: Settlement, body: Body) -> None:
        """Remember what was too large for the server (413): the next bodies are half of it."""
        lines, settlement.too_large = settlement.too_large, None
        if lines is None:
            return
        size = len(b"\n".join(body.lines)) * lines // len(body.lines)
        self._limits = Limits(
            max(1, min(self._limits.lines, lines // 2)), max(MIN_BODY, min(self._limits.size, size // 2))
        )

    async def _watch_rejects(self) -> None:
        added = await self._watch.added() if self._watch is not None else 0
        if added:
            self.counts["rows_rejected_by_server"] += added
            _logger.warning("sink_rows_rejected sink=%s url=%s rows=%d", self.name, self._options.url, added)
