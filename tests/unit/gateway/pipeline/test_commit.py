"""When the outbox is committed: at the interval, at a full chunk, sooner on request, and never without need."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.point import Point, ValueType
from gateway.pipeline.commit import Committer
from gateway.pipeline.wake import Wake
from gateway.store.outbox import Outbox

BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("note", type=ValueType.TEXT),))


class StepClock:
    """Time passes only when a test says so; sleepers whose time has come go on."""

    def __init__(self) -> None:
        self.seconds = 50.0
        self.sleepers: list[tuple[float, asyncio.Event]] = []

    def time_ns(self) -> int:
        return 1_790_000_000_000_000_000

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self.sleepers.append((self.seconds + seconds, event))
        await event.wait()

    async def move(self, seconds: float) -> None:
        self.seconds += seconds
        for due, event in self.sleepers:
            if due <= self.seconds:
                event.set()
        await settle()


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    limits = StoreLimits(tmp_path, 2**28, 86400.0, 0, 1.0, "process_crash")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    yield outbox
    await outbox.close()


@pytest.fixture
async def committer(outbox: Outbox, clock: StepClock) -> AsyncIterator[Committer]:
    committer = Committer(outbox, clock, interval_s=1.0)
    task = asyncio.ensure_future(committer.run())
    await settle()
    yield committer
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def put(outbox: Outbox, size: int = 0) -> int:
    return outbox.append(Stream.TELEMETRY, Batch(BLOCK, ("x" * size,), 1))


async def durable(outbox: Outbox, position: int) -> None:
    """Wait until the commit, which is done in a thread, has reached `position`."""
    async with asyncio.timeout(30):
        while outbox.durable < position:
            await asyncio.sleep(0.001)


async def test_what_comes_is_committed_an_interval_later(
    outbox: Outbox, committer: Committer, clock: StepClock
) -> None:
    position = put(outbox)
    await settle()
    await clock.move(0.9)
    assert outbox.durable == 0
    put(outbox)
    await clock.move(0.1)
    await durable(outbox, position)


async def test_nothing_is_committed_and_no_timer_runs_while_nothing_comes(
    outbox: Outbox, committer: Committer, clock: StepClock
) -> None:
    await clock.move(100.0)
    assert clock.sleepers == []


async def test_a_full_chunk_is_committed_at_once(outbox: Outbox, committer: Committer) -> None:
    position = put(outbox, 2**20)
    await durable(outbox, position)


async def test_who_waits_for_an_acknowledgement_gets_it_sooner(
    outbox: Outbox, committer: Committer, clock: StepClock
) -> None:
    position = put(outbox)
    await settle()
    committer.hasten(0.05)
    await settle()
    assert outbox.durable == 0
    await clock.move(0.05)
    await durable(outbox, position)


async def test_to_hasten_never_delays(outbox: Outbox, committer: Committer, clock: StepClock) -> None:
    position = put(outbox)
    committer.hasten(0.05)
    committer.hasten(10.0)
    await settle()
    await clock.move(0.05)
    await durable(outbox, position)


async def test_listeners_are_told_the_durable_position_once(outbox: Outbox, committer: Committer) -> None:
    told: list[int] = []
    committer.add_listener(told.append)
    put(outbox)
    put(outbox)
    assert await committer.commit() == 2
    assert await committer.commit() == 2
    assert told == [2]


async def test_what_the_disk_refused_is_tried_again_after_the_interval(tmp_path: Path, clock: StepClock) -> None:
    directory = tmp_path / "data"
    directory.write_text("in the way")
    limits = StoreLimits(directory, 2**28, 86400.0, 0, 1.0, "process_crash")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    committer = Committer(outbox, clock, interval_s=1.0)
    told: list[int] = []
    committer.add_listener(told.append)
    task = asyncio.ensure_future(committer.run())
    position = put(outbox)
    committer.hasten(0.0)
    async with asyncio.timeout(30):
        while not clock.sleepers:  # the second try has been set
            await asyncio.sleep(0.001)
    assert told == []
    directory.unlink()
    await clock.move(1.0)
    await durable(outbox, position)
    await settle()
    assert told == [position]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await outbox.close()


async def test_a_bell_rung_before_the_wait_is_heard(clock: StepClock) -> None:
    wake = Wake(clock)
    wake.set()
    assert await wake.wait(5.0)
    waiting = asyncio.ensure_future(wake.wait(5.0))
    await settle()
    await clock.move(5.0)
    assert await waiting is False
