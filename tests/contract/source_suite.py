"""What every Source must do, whatever it speaks. A driver's test subclasses `SourceSuite` and gives it a `Rig`.

class TestModbusSource(SourceSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        rig = ModbusRig()
        await rig.up()
        yield rig
        await rig.down()
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from gateway.core.batch import Batch
from gateway.core.errors import Unavailable
from gateway.core.ports import Fault, Frame, Source
from gateway.core.quality import Quality

PATIENCE_S = 30.0  # a deadline for real sockets on a busy machine, not a waiting time


class FakeIntake:
    """Keeps everything a source hands in. `is_full`: refuses batches, as the pipeline does with a full queue."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.faults: list[tuple[str, Fault | None, tuple[str, ...]]] = []
        self.frames: list[Frame] = []
        self.traced: set[str] = set()
        self.is_full = False
        self.refused = 0

    def accept(self, batch: Batch) -> int | None:
        if self.is_full:
            self.refused += 1
            return None
        self.batches.append(batch)
        return len(self.batches)

    def hasten(self, delay_s: float) -> None:
        assert delay_s >= 0

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        self.faults.append((device, fault, points))

    def frame(self, frame: Frame) -> None:
        self.frames.append(frame)

    def is_traced(self, device: str) -> bool:
        return device in self.traced

    def good(self) -> list[Batch]:
        """The batches that carry at least one value."""
        return [batch for batch in self.batches if any(value is not None for value in batch.values)]

    def standing_faults(self) -> dict[str, Fault]:
        """Faults of whole devices that were not cleared since."""
        standing: dict[str, Fault] = {}
        for device, fault, points in self.faults:
            if fault is not None and not points:
                standing[device] = fault
            elif not points:
                standing.pop(device, None)
        return standing


class Rig(Protocol):
    """A source and the peer it talks to. Every point of the source belongs to `device`."""

    source: Source
    device: str
    point: str  # name of a point whose value the peer knows

    async def up(self) -> None:
        """The peer can be reached (again, at the same address)."""
        ...

    async def down(self) -> None:
        """The peer drops every connection and cannot be reached. May be called twice."""
        ...

    async def feed(self) -> None:
        """Do what makes the peer give a value for every point now (publish); nothing where the source polls."""
        ...


async def until(claim: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until a claim holds, looking every 5 ms; fails loudly when it never does."""
    deadline = time.monotonic() + patience_s
    while not claim():
        assert time.monotonic() < deadline, "never came true"
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(source: Source, intake: FakeIntake) -> AsyncIterator["asyncio.Task[None]"]:
    """The source at work; stopped by cancelling at the end, as the engine does."""
    task = asyncio.create_task(source.run(intake))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unavailable):
            async with asyncio.timeout(PATIENCE_S):
                await task


async def until_good(rig: Rig, intake: FakeIntake, count: int = 1) -> None:
    """Feed until `count` more batches with values came in."""
    wanted = len(intake.good()) + count
    await _feed_until(rig, lambda: len(intake.good()) >= wanted)


async def _feed_until(rig: Rig, claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline, "no value came"
        await rig.feed()
        await asyncio.sleep(0.02)


def bad_points(batches: list[Batch], quality: Quality) -> Counter[str]:
    """How often each point was handed in with this quality."""
    counted: Counter[str] = Counter()
    for batch in batches:
        for position, point in enumerate(batch.block.points):
            is_present = batch.present is None or batch.present >> position & 1
            if is_present and batch.quality is not None and batch.quality[position] == quality:
                counted[point.name] += 1
    return counted


class SourceSuite:
    """The contract. Subclasses give the fixture `rig`: a source whose peer is up."""

    @pytest.fixture
    def intake(self) -> FakeIntake:
        return FakeIntake()

    async def test_its_blocks_are_known_before_it_runs(self, rig: Rig) -> None:
        points = [point.name for block in rig.source.blocks for point in block.points]
        assert rig.point in points
        assert len(points) == len(set(points)), "a point stands in one block only"
        assert all(block.device.id == rig.device for block in rig.source.blocks)

    async def test_every_batch_is_of_a_block_it_announced(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake, 3)
        announced = {id(block) for block in rig.source.blocks}
        assert all(id(batch.block) in announced for batch in intake.batches)

    async def test_every_point_has_one_value_and_none_exactly_where_bad(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake, 3)
        for batch in intake.batches:
            assert len(batch.values) == len(batch.block.points)
            assert batch.quality is None or len(batch.quality) == len(batch.values)
            for position, value in enumerate(batch.values):
                if batch.present is None or batch.present >> position & 1:
                    is_bad = batch.quality is not None and batch.quality[position].is_bad
                    assert (value is None) == is_bad

    async def test_values_are_stamped_between_asking_and_handing_in(self, rig: Rig, intake: FakeIntake) -> None:
        before = time.time_ns()
        async with running(rig.source, intake):
            await until_good(rig, intake, 2)
        assert all(before <= batch.time_ns <= time.time_ns() for batch in intake.batches)

    async def test_a_peer_that_cannot_be_reached_is_unavailable(self, rig: Rig, intake: FakeIntake) -> None:
        await rig.down()
        with pytest.raises(Unavailable) as caught:
            async with asyncio.timeout(PATIENCE_S):
                await rig.source.run(intake)
        assert caught.value.message
        assert caught.value.hint

    async def test_a_dropped_line_ends_the_run_and_every_point_is_bad_once(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake) as task:
            await until_good(rig, intake)
            await rig.down()
            await until(task.done)
            with pytest.raises(Unavailable):
                task.result()
        bad = bad_points(intake.batches, Quality.BAD_DISCONNECTED)
        assert bad == {point.name: 1 for block in rig.source.blocks for point in block.points}

    async def test_trying_again_in_vain_hands_nothing_in_twice(self, rig: Rig, intake: FakeIntake) -> None:
        await rig.down()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await rig.source.run(intake)
        assert max(bad_points(intake.batches, Quality.BAD_DISCONNECTED).values(), default=0) <= 1

    async def test_it_runs_again_when_the_peer_is_back(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake) as task:
            await until_good(rig, intake)
            await rig.down()
            await until(task.done)
        await rig.up()
        async with running(rig.source, intake):
            await until_good(rig, intake, 2)
        assert intake.standing_faults() == {}

    async def test_a_full_queue_costs_batches_and_nothing_else(self, rig: Rig, intake: FakeIntake) -> None:
        intake.is_full = True
        async with running(rig.source, intake) as task:
            await rig.feed()
            await until(lambda: intake.refused or task.done())
            intake.is_full = False
            await _feed_until(rig, lambda: intake.good() or task.done())  # a source may end its run instead
            if task.done():
                with pytest.raises(Unavailable):
                    task.result()
        async with running(rig.source, intake):
            await until_good(rig, intake, 1)

    async def test_cancelling_ends_it_soon(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake) as task:
            await until_good(rig, intake)
            loop = asyncio.get_running_loop()
            started = loop.time()
            task.cancel()
            await until(task.done)
            assert loop.time() - started < 2.0

    async def test_a_probe_beside_the_run_reads_the_point(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake)
            exchanges = await rig.source.probe(rig.device, [rig.point])
        assert [reading.point for exchange in exchanges for reading in exchange.readings] == [rig.point]
        assert all(reading.value is not None for exchange in exchanges for reading in exchange.readings)

    async def test_a_probe_of_a_peer_that_is_down_is_unavailable(self, rig: Rig) -> None:
        await rig.down()
        with pytest.raises(Unavailable):
            await rig.source.probe(rig.device, [rig.point])

    async def test_frames_pass_only_while_somebody_watches(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake, 2)
            assert intake.frames == []
            intake.traced.add(rig.device)
            await until_good(rig, intake, 2)
            await until(lambda: intake.frames)
        assert all(frame.data and frame.device in (rig.device, "") for frame in intake.frames)

    async def test_every_accepted_position_can_be_reported_durable(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake, 2)
            for position in range(1, len(intake.batches) + 1):
                rig.source.on_durable(position)
            await until_good(rig, intake, 2)

    async def test_its_counts_only_rise(self, rig: Rig, intake: FakeIntake) -> None:
        async with running(rig.source, intake):
            await until_good(rig, intake, 1)
            before = Counter(rig.source.counts)
            await until_good(rig, intake, 2)
            assert all(rig.source.counts[name] >= count for name, count in before.items())
            assert sum(rig.source.counts.values()) > sum(before.values())
