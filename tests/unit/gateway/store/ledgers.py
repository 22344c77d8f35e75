"""A ledger for tests, what is added to it, and what harms it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.store import ledger_verify, records
from gateway.store.ledger import Ledger
from gateway.store.ledger_check import Verdict
from gateway.store.records import Kind


@asynccontextmanager
async def opened(directory: Path, clock: Any, zone: str = "UTC") -> AsyncIterator[Ledger]:
    found = await Ledger.open(directory, clock, durability="process_crash", zone=ZoneInfo(zone))
    yield found
    await found.close()


async def add(into: Ledger, count: int = 1) -> None:
    def write(db: sqlite3.Connection) -> None:
        with into.write(db):
            for number in range(count):
                records.append(db, into._clock.time_ns(), Kind.ACTIVITY, {"number": number})

    await into.do(write)


async def verify(directory: Path, **known: Any) -> Verdict:
    return await asyncio.to_thread(ledger_verify.verify, directory, **known)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)
