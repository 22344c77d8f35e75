"""Run by `test_kill`: brings a script of readings through the outbox into the ledger, a few at a time; notes progress.

Arguments: data directory, progress file, seed of the script, number of readings that are in the outbox for sure.
"""

import asyncio
import os
import sys
from itertools import islice
from pathlib import Path

from tests.faults.energy.plant import Plant, script, script_books

MINUTES = 2000


async def main(directory: Path, progress: int, seed: int, done: int) -> None:
    plant = await Plant.open(directory, script_books(), durability="power_loss")
    readings = list(islice(script(MINUTES, seed), done, None))
    for start in range(0, len(readings), 7):
        for device, time_ns, value in readings[start : start + 7]:
            plant.count(device, time_ns, value)
        await plant.outbox.commit()
        done += len(readings[start : start + 7])
        os.write(progress, f"{done}\n".encode())
        await plant.forwarder._deliver()
    await plant.settle()
    os.write(progress, b"end\n")


if __name__ == "__main__":
    handle = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(main(Path(sys.argv[1]), handle, int(sys.argv[3]), int(sys.argv[4])))
