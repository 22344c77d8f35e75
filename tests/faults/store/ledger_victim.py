"""Run by `test_ledger_kill`: appends records and signs as fast as it can; notes what is acknowledged in a file.

Arguments: data directory, file, first number. Ends by being killed.
"""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

from gateway.core.clock import SystemClock
from gateway.store import records
from gateway.store.ledger import Ledger
from gateway.store.records import Kind


async def main(directory: Path, told: int, number: int) -> None:
    ledger = await Ledger.open(directory, SystemClock(), durability="power_loss")

    def append(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            for n in range(number, number + 1 + number % 9):
                kind = Kind.ENTRY if n % 2 else Kind.ACTIVITY
                records.append(db, SystemClock().time_ns(), kind, {"number": n, "text": "x" * (n % 3000)})

    while True:
        await ledger.do(append)
        number += 1 + number % 9
        os.write(told, f"{number - 1}\n".encode())
        if number % 5 == 0:
            await ledger.checkpoint()
        if number % 7 == 0:
            await ledger.copy()


if __name__ == "__main__":
    handle = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(main(Path(sys.argv[1]), handle, int(sys.argv[3])))
