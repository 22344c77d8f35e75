"""A really full disk: the gateway goes on, says so, gives up the oldest, and delivers again when there is room."""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.core.ports import Refused
from gateway.store import audit
from gateway.store.audit import Act, Who
from gateway.store.deadletter import DeadLetters
from gateway.store.outbox import Outbox, Storage
from gateway.store.state import State

TELEMETRY, COUNTERS = Stream.TELEMETRY, Stream.COUNTERS
NOISE = Random(1)
LI = Who("li", "operator", "session", "10.0.0.7")


def limits_for(directory: Path, min_free_bytes: int = 0) -> StoreLimits:
    return StoreLimits(directory / "data", 2**30, 7 * 86400.0, min_free_bytes, 1.0, "power_loss")


def batch(block: Block, number: int, size: int = 100_000) -> Batch:
    return Batch(block, (number, NOISE.randbytes(size // 2).hex()), 1_790_000_000_000_000_000 + number)


def numbers(chunks: list[Chunk]) -> list[int]:
    return [int(one.values[0] or 0) for chunk in chunks for one in chunk.batches]


async def store(outbox: Outbox, block: Block, numbers_: range) -> list[int]:
    """One commit each; returns the numbers that were acknowledged."""
    stored = []
    for number in numbers_:
        position = outbox.append(TELEMETRY, batch(block, number))
        if await outbox.commit() >= position:
            stored.append(number)
    return stored


async def test_with_ballast_the_outbox_goes_on_at_the_cost_of_its_oldest_samples(
    small_disk: Path, block: Block, filler: Any
) -> None:
    outbox = await Outbox.open(limits_for(small_disk), SystemClock(), ballast_bytes=2**22)
    await outbox.register(["a"])
    assert outbox.state.has_ballast
    await store(outbox, block, range(100))
    filler.fill(small_disk)
    stored = await store(outbox, block, range(100, 160))
    assert stored == list(range(100, 160)), "every commit found room"
    kept = numbers(await outbox.read("a", TELEMETRY, 0, 2**40))
    assert kept == list(range(160 - len(kept), 160))
    account = outbox.account("a")
    assert account.dropped == {"disk_full": 2 * (160 - len(kept))}
    assert account.is_balanced
    assert any("is full: the oldest samples are dropped" in finding for finding in outbox.findings)
    await outbox.close()


async def test_without_ballast_nothing_is_acknowledged_and_nothing_is_lost(
    small_disk: Path, block: Block, filler: Any
) -> None:
    outbox = await Outbox.open(limits_for(small_disk), SystemClock(), ballast_bytes=2**22, pending_max_bytes=10**6)
    await outbox.register(["a"])
    await store(outbox, block, range(50))
    (small_disk / "data" / "outbox.ballast").unlink()
    filled = filler.fill(small_disk)
    number = 50
    while not outbox.is_full:
        await store(outbox, block, range(number, number + 1))
        number += 1
        assert number < 500, "the bound on what waits was never reached"
    before = outbox.durable
    assert await outbox.commit() == before
    assert any("nothing can be stored" in finding for finding in outbox.findings)
    filled.unlink()
    assert await outbox.commit() == outbox.position
    kept = numbers(await outbox.read("a", TELEMETRY, 0, 2**40))
    account = outbox.account("a")
    assert kept == list(range(number - len(kept), number))
    assert account.accepted == 2 * number
    assert sum(account.dropped.values()) == 2 * (number - len(kept))
    assert account.is_balanced
    assert not any("nothing can be stored" in finding for finding in outbox.findings)
    await outbox.close()


async def test_when_room_comes_back_the_ballast_does_too(small_disk: Path, block: Block, filler: Any) -> None:
    outbox = await Outbox.open(limits_for(small_disk), SystemClock(), ballast_bytes=2**22)
    await outbox.register(["a"])
    await store(outbox, block, range(50))
    filled = filler.fill(small_disk)
    await store(outbox, block, range(50, 60))
    filled.unlink()
    await store(outbox, block, range(60, 62))
    assert outbox.state.has_ballast
    assert not any("is full" in finding for finding in outbox.findings)
    await outbox.close()


@pytest.mark.parametrize("has_ballast", [True, False])
async def test_the_gateway_starts_on_a_full_disk_and_still_delivers(
    small_disk: Path, block: Block, filler: Any, has_ballast: bool
) -> None:
    limits = limits_for(small_disk)
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=2**22)
    await outbox.register(["a"])
    await store(outbox, block, range(20))
    await outbox.close()
    if not has_ballast:
        (small_disk / "data" / "outbox.ballast").unlink()
    filled = filler.fill(small_disk)
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=2**22)
    await outbox.register(["a"])
    assert numbers(await outbox.read("a", TELEMETRY, 0, 2**40)) == list(range(20))
    if has_ballast:
        assert await store(outbox, block, range(20, 25)) == list(range(20, 25))
    filled.unlink()
    await outbox.commit()
    chunks = await outbox.read("a", TELEMETRY, 0, 2**40)
    await outbox.advance("a", TELEMETRY, chunks[-1].seq)
    assert outbox.account("a").is_balanced
    assert outbox.account("a").buffered == 0
    await outbox.close()


async def test_little_free_space_is_met_by_trimming_before_the_disk_is_full(
    small_disk: Path, block: Block, filler: Any
) -> None:
    outbox = await Outbox.open(limits_for(small_disk, 10 * 2**20), SystemClock(), ballast_bytes=2**20)
    await outbox.register(["a"])
    for number in range(300):
        await store(outbox, block, range(number, number + 1))
    status = os.statvfs(small_disk)
    assert status.f_bavail * status.f_frsize > 6 * 2**20
    account = outbox.account("a")
    assert account.dropped["disk_full"] > 0
    assert account.is_balanced
    kept = numbers(await outbox.read("a", TELEMETRY, 0, 2**40))
    assert kept == list(range(300 - len(kept), 300))
    await outbox.close()


async def test_the_state_database_writes_its_audit_on_a_full_disk_thanks_to_its_ballast(
    small_disk: Path, filler: Any
) -> None:
    state = await State.open(small_disk, SystemClock())
    filler.fill(small_disk)
    for number in range(100):
        await state.put_down(Act(LI, "device read", f"device {number}"))
    assert len(await state.do(lambda db: audit.following(db, 0, 1000))) == 100
    await state.close()
    state = await State.open(small_disk, SystemClock())
    assert len(await state.do(lambda db: audit.following(db, 0, 1000))) == 100
    await state.close()


async def test_a_dead_letter_that_finds_no_room_is_said_to_the_caller(small_disk: Path, filler: Any) -> None:
    letters = DeadLetters(small_disk / "deadletter", SystemClock())
    assert await letters.add("influx", [Refused("first", "", 400, 1)])
    filled = filler.fill(small_disk)
    assert not await letters.add("influx", [Refused("x" * 10_000, "", 400, 1)])
    filled.unlink()
    assert await letters.add("influx", [Refused("third", "", 400, 1)])
    assert [letter.line for letter in await letters.newest(10)] == ["third", "first"]
    letters.close()


async def test_a_full_disk_is_told_while_it_is_full_and_no_longer(small_disk: Path, block: Block, filler: Any) -> None:
    outbox = await Outbox.open(limits_for(small_disk), SystemClock(), ballast_bytes=2**22, pending_max_bytes=10**6)
    await outbox.register(["a"])
    await store(outbox, block, range(50))
    assert (outbox.storage, outbox.troubles) == (Storage.OK, [])
    filled = filler.fill(small_disk)
    number = 50
    while outbox.storage is Storage.OK:
        await store(outbox, block, range(number, number + 1))
        number += 1
        assert number < 500, "the disk was never full"
    assert outbox.storage is Storage.FULL
    assert "is full: the oldest samples are dropped" in outbox.troubles[0]
    filled.unlink()
    await store(outbox, block, range(number, number + 2))
    assert (outbox.storage, outbox.troubles) == (Storage.OK, [])
    await outbox.close()


async def test_a_disk_that_takes_nothing_at_all_is_told_as_such(small_disk: Path, block: Block, filler: Any) -> None:
    outbox = await Outbox.open(limits_for(small_disk), SystemClock(), ballast_bytes=2**22, pending_max_bytes=10**6)
    await outbox.register(["a"])
    (small_disk / "data" / "outbox.ballast").unlink()
    filled = filler.fill(small_disk)
    number = 0
    while not outbox.is_full:
        await store(outbox, block, range(number, number + 1))
        number += 1
        assert number < 500, "the bound on what waits was never reached"
    assert outbox.storage is Storage.FAILING
    assert "nothing can be stored" in outbox.troubles[0]
    filled.unlink()
    await outbox.commit()
    await store(outbox, block, range(number, number + 2))
    assert (outbox.storage, outbox.troubles) == (Storage.OK, [])
    await outbox.close()
