"""Units and blocks that fail while others go on: bad once, one fault in words, probed with patience, back at once."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from drivers.modbus.source import ModbusSource
from gateway.core.quality import Quality
from tests.contract.source_suite import FakeIntake, running, until
from tests.integration.modbus import parks
from tests.integration.modbus.peer import CLOSE, Asked, Peer


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.up()
    yield peer
    await peer.down()


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


def source_of(peer: Peer, units: int = 3, **options: object) -> ModbusSource:
    groups = [parks.group([*parks.floats(4), *parks.floats(2, 400)])]
    devices = [parks.device(unit, groups) for unit in range(1, units + 1)]
    return parks.source(peer.port, devices, **{"timeout": "60 ms", "backoff": "100 ms", **options})


def bad(intake: FakeIntake, device: str) -> list[Quality]:
    """Quality of every batch of a device that is bad as a whole."""
    return [
        batch.quality[0]
        for batch in intake.batches
        if batch.block.device.id == device and batch.quality is not None and set(batch.values) == {None}
    ]


def good(intake: FakeIntake, device: str) -> int:
    return sum(1 for batch in intake.good() if batch.block.device.id == device)


async def test_a_unit_that_dies_is_bad_once_per_block_and_its_fault_says_what_happened(
    peer: Peer, intake: FakeIntake
) -> None:
    async with running(source_of(peer), intake):
        await until(lambda: good(intake, "d2") >= 4)
        peer.dead = {2}
        await until(lambda: "d2" in intake.standing_faults())
        seen = good(intake, "d1")
        await until(lambda: good(intake, "d1") >= seen + 10)
    assert bad(intake, "d2") == [Quality.BAD_TIMEOUT] * 2
    fault = intake.standing_faults()["d2"]
    assert fault.message == (
        f"no answer within 0.06 s (2 times) from 127.0.0.1:{peer.port}, unit 2; "
        "2 of the 2 other units on this line answer"
    )
    assert "the line works" in fault.hint
    assert [device for device, _, _ in intake.faults] == ["d2"]


async def test_a_unit_that_is_back_is_read_whole_in_the_same_cycle_and_its_fault_is_cleared(
    peer: Peer, intake: FakeIntake
) -> None:
    peer.dead = {2}
    async with running(source_of(peer), intake):
        await until(lambda: "d2" in intake.standing_faults())
        peer.dead = set()
        await until(lambda: good(intake, "d2") >= 4)
    assert intake.faults[-1] == ("d2", None, ())
    first, second, *_ = [batch for batch in intake.good() if batch.block.device.id == "d2"]
    assert first.block is not second.block
    assert second.time_ns - first.time_ns < 40_000_000


async def test_one_lost_answer_is_asked_for_again_and_nobody_notices(peer: Peer, intake: FakeIntake) -> None:
    async with running(source_of(peer), intake):
        await until(lambda: good(intake, "d2") >= 4)
        peer.dead = {2}
        lost = len(peer.asked)
        await until(lambda: any(asked.unit == 2 for asked in peer.asked[lost:]))
        peer.dead = set()
        seen = good(intake, "d2")
        await until(lambda: good(intake, "d2") >= seen + 4)
    assert intake.faults == []
    assert bad(intake, "d2") == []


async def test_a_dead_unit_is_asked_less_and_less_often(peer: Peer, intake: FakeIntake) -> None:
    peer.dead = {2}
    source = source_of(peer)
    async with running(source, intake):
        await until(lambda: sum(1 for asked in peer.asked if asked.unit == 2) >= 6)
    times = [asked.at_s for asked in peer.asked if asked.unit == 2]
    waits = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert waits[1] > 0.1
    assert waits[2] > 0.2
    assert waits[3] > 0.3
    assert source.counts["missed_polls"] <= 4


@pytest.mark.parametrize("code", [10, 11])
async def test_a_gateway_that_answers_for_a_unit_keeps_its_connection(
    peer: Peer, intake: FakeIntake, code: int
) -> None:
    peer.refuse = lambda asked: code if asked.unit == 2 else 0
    async with running(source_of(peer), intake):
        await until(lambda: "d2" in intake.standing_faults())
        seen = good(intake, "d1")
        await until(lambda: good(intake, "d1") >= seen + 10)
    assert bad(intake, "d2") == [Quality.BAD_GATEWAY_PATH] * 2
    assert f"exception {code}" in intake.standing_faults()["d2"].message
    assert peer.connections == 1


async def test_a_device_failure_on_one_block_leaves_the_other_block_alone(peer: Peer, intake: FakeIntake) -> None:
    peer.refuse = lambda asked: 4 if asked.unit == 2 and asked.start == 400 else 0
    async with running(source_of(peer), intake):
        await until(lambda: intake.faults)
        seen = good(intake, "d2")
        await until(lambda: good(intake, "d2") >= seen + 5)
        peer.refuse = lambda asked: 0
        await until(lambda: intake.faults[-1][1] is None)
    (down, up) = intake.faults
    assert (down[0], down[2]) == ("d2", ("h400", "h402"))
    assert down[1] is not None
    assert down[1].quality is Quality.BAD_DEVICE
    assert up == ("d2", None, ("h400", "h402"))
    assert bad(intake, "d2") == [Quality.BAD_DEVICE]


@pytest.mark.parametrize("code", [5, 6])
async def test_a_busy_unit_is_asked_again_after_a_short_wait_and_is_never_zero(
    peer: Peer, intake: FakeIntake, code: int
) -> None:
    peer.put(0, ">4f", 1.0, 1.0, 1.0, 1.0)
    busy: list[Asked] = []

    def refuse(asked: Asked) -> int:
        if asked.unit == 2 and asked.start == 0 and len(busy) < 2:
            busy.append(asked)
            return code
        return 0

    peer.refuse = refuse
    async with running(source_of(peer), intake):
        await until(lambda: len(busy) == 2)
        await until(lambda: good(intake, "d2") >= 6)
    assert busy[1].at_s - busy[0].at_s > 0.09
    assert intake.faults == []
    firsts = [batch for batch in intake.batches if batch.block.device.id == "d2" and len(batch.values) == 4]
    assert {value for batch in firsts for value in batch.values} == {1.0}


async def test_a_unit_that_stays_busy_is_bad_and_the_others_go_on(peer: Peer, intake: FakeIntake) -> None:
    peer.refuse = lambda asked: 6 if asked.unit == 2 else 0
    async with running(source_of(peer), intake):
        await until(lambda: len(bad(intake, "d2")) == 2)
        seen = good(intake, "d3")
        await until(lambda: good(intake, "d3") >= seen + 10)
    assert set(bad(intake, "d2")) == {Quality.BAD_DEVICE}
    assert good(intake, "d2") == 0


async def test_a_gateway_that_drops_the_line_on_one_unit_still_serves_the_others(
    peer: Peer, intake: FakeIntake
) -> None:
    peer.script = lambda asked: [CLOSE] if asked.unit == 2 else peer.answer(asked)
    source = source_of(peer)
    for _ in range(6):
        async with running(source, intake) as task:
            await until(lambda: task.done() or good(intake, "d3") >= 10)
    assert good(intake, "d1") >= 10
    assert good(intake, "d3") >= 10
    assert good(intake, "d2") == 0


async def test_polls_that_take_longer_than_their_interval_are_skipped_and_counted(
    peer: Peer, intake: FakeIntake
) -> None:
    peer.script = lambda asked: [0.03, *peer.answer(asked)]
    source = source_of(peer)
    async with running(source, intake):
        await until(lambda: source.counts["missed_polls"] >= 3)
        await until(lambda: good(intake, "d3") >= 4)
    spread = [good(intake, f"d{unit}") for unit in (1, 2, 3)]
    assert max(spread) - min(spread) <= 2


async def test_a_probe_takes_its_turn_among_the_polls(peer: Peer, intake: FakeIntake) -> None:
    source = source_of(peer)
    async with running(source, intake):
        await until(lambda: good(intake, "d3") >= 2)
        exchanges = await asyncio.gather(*(source.probe(f"d{unit}") for unit in (1, 2, 3)))
    assert [len(one) for one in exchanges] == [2, 2, 2]
    assert peer.connections == 1
    assert all(reading.quality is Quality.GOOD for one in exchanges for two in one for reading in two.readings)


async def test_a_block_that_was_busy_while_its_unit_failed_is_polled_on(peer: Peer, intake: FakeIntake) -> None:
    refusals = {0: [6], 400: [11, 11]}  # the wait of the busy block ends after the unit is back

    def refuse(asked: Asked) -> int:
        waiting = refusals.get(asked.start, [])
        return waiting.pop(0) if waiting else 0

    peer.refuse = refuse
    async with running(source_of(peer, units=1, retries=3), intake):
        await until(lambda: good(intake, "d1") >= 8)
        seen = len([batch for batch in intake.good() if len(batch.values) == 4])
        await until(lambda: len([batch for batch in intake.good() if len(batch.values) == 4]) >= seen + 5)
