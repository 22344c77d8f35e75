"""A large backlog must not delay the start."""

import asyncio
import random

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.store.outbox import Outbox

ROWS, ROW_BYTES = 300, 1_000_000  # 300 MB; the time of the start grows with the size


@pytest.mark.slow
async def test_the_outbox_opens_quickly_with_a_large_backlog(limits: StoreLimits, block: Block) -> None:
    from dataclasses import replace

    roomy = replace(limits, outbox_max_bytes=2**30, durability="process_crash")
    text = random.Random(1).randbytes(ROW_BYTES).hex()
    outbox = await Outbox.open(roomy, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a"])
    for number in range(ROWS):
        outbox.append(Stream.TELEMETRY, Batch(block, (number, text[number:] + text[:number]), number))
        await outbox.commit()
    await outbox.close()
    loop = asyncio.get_running_loop()
    start = loop.time()
    outbox = await Outbox.open(roomy, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a"])
    (first, *_) = await outbox.read("a", Stream.TELEMETRY, outbox.cursor("a", Stream.TELEMETRY), 1)
    elapsed_s = loop.time() - start
    assert first.batches[0].values[0] == 0
    assert outbox.account("a").buffered == 2 * ROWS
    assert elapsed_s < 1.5, f"{elapsed_s:.2f} s for 300 MB; the bar is 5 s for 1 GB"
    await outbox.close()
