"""An outbox for tests, and what is done with one."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Chunk, Stream
from gateway.store.outbox import Outbox

TELEMETRY, COUNTERS = Stream.TELEMETRY, Stream.COUNTERS
MakeBatch = Callable[..., Batch]
LARGE = 2**40


@asynccontextmanager
async def opened(
    limits: StoreLimits, clock: Any, sinks: tuple[str, ...] = ("a",), **options: Any
) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(limits, clock, **{"ballast_bytes": 4096, **options})
    await outbox.register(sinks)
    yield outbox
    await outbox.close()


def numbers(chunks: list[Chunk]) -> list[object]:
    return [batch.values[1] for chunk in chunks for batch in chunk.batches]


async def store(outbox: Outbox, *batches: Batch, stream: Stream = TELEMETRY) -> None:
    """One commit per batch, so one chunk each."""
    for batch in batches:
        outbox.append(stream, batch)
        await outbox.commit()


def assert_balanced(outbox: Outbox, *sinks: str) -> None:
    assert all(outbox.account(sink).is_balanced for sink in sinks), [outbox.account(sink) for sink in sinks]
