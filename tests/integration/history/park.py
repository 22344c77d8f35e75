"""What tests of the history share: a clock that is moved by hand, a meter, an outbox that numbers its chunks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.history.config import SinkOptions
from drivers.history.sink import HistorySink, build
from gateway.config.plan import SinkPlan
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.device import Device
from gateway.core.point import Point, Value, ValueType
from gateway.core.quality import Quality

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
NOON = 1_795_348_800 * SECOND  # 2026-11-22 12:00 UTC
MIDNIGHT = NOON + DAY // 2


@dataclass
class ManualClock:
    """Time stands until it is moved."""

    now_ns: int = NOON
    elapsed_s: float = 0.0

    def time_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.now_ns += int(seconds * SECOND)


@dataclass
class Outbox:
    """Numbers chunks as the real one does: from 1, one sequence for all streams."""

    seq: int = 0

    def chunk(self, *batches: Batch, stream: Stream = Stream.TELEMETRY) -> Chunk:
        self.seq += 1
        times = [batch.time_ns for batch in batches]
        return Chunk(self.seq, stream, batches, sum(batch.count for batch in batches), min(times), max(times))


@dataclass
class Meter:
    """A device's block whose points have the ids from `first_id` on."""

    types: Sequence[ValueType] = (ValueType.FLOAT,)
    first_id: int = 1
    block: Block = field(init=False)

    def __post_init__(self) -> None:
        points = tuple(Point(f"p{number}", type=kind) for number, kind in enumerate(self.types))
        ids = tuple(range(self.first_id, self.first_id + len(points)))
        self.block = Block(Device("tx1", "park", "works", "meter"), points, 1.0, ids)

    def at(
        self,
        time_ns: int,
        *values: Value | None,
        quality: Sequence[Quality] | None = None,
        present: int | None = None,
    ) -> Batch:
        return Batch(self.block, values, time_ns, None if quality is None else tuple(quality), present)


def make_sink(directory: Path, clock: ManualClock, **options: Any) -> HistorySink:
    """A history in `directory/history`; options in seconds and bytes."""
    chosen = SinkOptions.model_construct(**{**SinkOptions().model_dump(), **options})
    return build(SinkPlan("history", "history", chosen), directory, clock)


async def write_all(sink: HistorySink, *chunks: Chunk) -> None:
    """Write them in order and make them durable."""
    for chunk in chunks:
        await sink.write(chunk)
    await sink.flush()


async def read_all(sink: HistorySink, point_id: int = 1) -> list[tuple[int, Value | None, int]]:
    """Every sample of a point, in order of time."""
    return list((await sink.reader.raw(point_id, 0, 2**62, 100_000)).rows)
