"""A really full disk under the ledger: what cannot be kept is refused, what is kept is whole, and it says so."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from gateway.store import records
from gateway.store.ledger import Ledger
from gateway.store.ledger_verify import verify
from gateway.store.records import Kind


async def append(ledger: Ledger, number: int, characters: int = 500) -> None:
    def write(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            body = {"number": number, "text": "x" * characters}
            records.append(db, SystemClock().time_ns(), Kind.ACTIVITY, body)

    await ledger.do(write)


async def take_until_full(ledger: Ledger) -> int:
    """Append until one is refused; how many were taken."""
    for number in range(5_000):
        try:
            await append(ledger, number)
        except Unavailable:
            return number
    return 5_000


async def test_the_ledger_refuses_on_a_full_disk_and_keeps_every_record_that_it_took(
    small_disk: Path, filler: Any
) -> None:
    ledger = await Ledger.open(small_disk / "data", SystemClock())
    filler.fill(small_disk)
    taken = await take_until_full(ledger)
    assert 50 < taken < 5_000, "the ballast made room, and not for ever"
    assert any("is full: free some space" in finding for finding in ledger.findings)
    (small_disk / "filler").unlink()
    await append(ledger, taken)
    assert await ledger.do(records.size) == taken + 1
    await ledger.close()
    verdict = await asyncio.to_thread(verify, small_disk / "data")
    assert verdict.faults == []
    assert verdict.size == taken + 1


async def test_a_ledger_opens_on_a_full_disk_with_what_it_has(small_disk: Path, filler: Any) -> None:
    ledger = await Ledger.open(small_disk / "data", SystemClock())
    await append(ledger, 1)
    await ledger.close()
    filler.fill(small_disk)
    ledger = await Ledger.open(small_disk / "data", SystemClock())
    assert await ledger.do(records.size) == 1
    assert any("is full" in finding or "no copy" in finding for finding in ledger.findings)
    await ledger.close()
