"""Run by `test_kill`: appends and commits as fast as it can, and notes every acknowledged number in a ledger.

Arguments: data directory, ledger file, first number. Ends by being killed.
"""

import asyncio
import os
import sys
from pathlib import Path

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.point import Point, ValueType
from gateway.store.outbox import Outbox

BLOCK = Block(
    Device("tx1", "park", "acme", "meter"), (Point("number", type=ValueType.INT), Point("note", type=ValueType.TEXT))
)


async def main(directory: Path, ledger: int, number: int) -> None:
    limits = StoreLimits(directory, 2**28, 7 * 86400.0, 0, 1.0, "power_loss")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=2**20)
    await outbox.register(["done", "late"])
    while True:
        for _ in range(1 + number % 7):
            stream = Stream.COUNTERS if number % 3 == 0 else Stream.TELEMETRY
            outbox.append(stream, Batch(BLOCK, (number, "x" * (number % 500)), number))
            number += 1
        if await outbox.commit() == outbox.position:
            os.write(ledger, f"{number - 1}\n".encode())
        for stream in Stream:
            for chunk in await outbox.read("done", stream, outbox.cursor("done", stream), 2**16):
                await outbox.advance("done", stream, chunk.seq)


if __name__ == "__main__":
    handle = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(main(Path(sys.argv[1]), handle, int(sys.argv[3])))
