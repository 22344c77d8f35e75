"""Answers that are not answers, over a real socket: refused, counted, and never taken for a value."""

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator, Callable

import pytest

from drivers.modbus.source import ModbusSource
from gateway.core.errors import Unavailable
from gateway.core.quality import Quality
from tests.contract.source_suite import FakeIntake, running, until
from tests.integration.modbus import parks
from tests.integration.modbus.peer import CLOSE, Asked, Peer

GOOD = 41.5
WRONG = 66.5


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    peer.put(0, ">4f", GOOD, GOOD, GOOD, GOOD)
    await peer.up()
    yield peer
    await peer.down()


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


def source_of(peer: Peer, **options: object) -> ModbusSource:
    return parks.source(peer.port, [parks.device(1, [parks.group(parks.floats(2))])], **options)


def data(asked: Asked, *values: float, tid: int | None = None, unit: int | None = None) -> bytes:
    packed = struct.pack(f">{len(values)}f", *values)
    return asked.frame(bytes([asked.function, len(packed)]) + packed, tid=tid, unit=unit)


def values(intake: FakeIntake) -> set[object]:
    return {value for batch in intake.batches for value in batch.values}


def qualities(intake: FakeIntake) -> set[Quality]:
    return {quality for batch in intake.batches for quality in batch.quality or ()}


def then_good(peer: Peer, first: Callable[[Asked], list[bytes | float]], times: int = 1) -> None:
    """Answer the first requests by a script, then honestly."""
    answered = 0

    def script(asked: Asked) -> list[bytes | float]:
        nonlocal answered
        answered += 1
        return first(asked) if answered <= times else peer.answer(asked)

    peer.script = script


async def run_until_good(source: ModbusSource, intake: FakeIntake, count: int = 3) -> None:
    async with running(source, intake):
        await until(lambda: len(intake.good()) >= count)


async def test_an_answer_with_a_foreign_transaction_id_is_dropped(peer: Peer, intake: FakeIntake) -> None:
    peer.script = lambda asked: [data(asked, WRONG, WRONG, tid=asked.tid ^ 0x4000), *peer.answer(asked)]
    source = source_of(peer)
    await run_until_good(source, intake)
    assert values(intake) == {GOOD}
    assert source.counts["foreign_answers"] >= 3
    assert source.counts["timeouts"] == 0


async def test_a_late_answer_is_not_taken_for_the_next_one(peer: Peer, intake: FakeIntake) -> None:
    late: list[bytes] = []

    def first(asked: Asked) -> list[bytes | float]:
        late.append(data(asked, WRONG, WRONG))
        return []

    def script(asked: Asked) -> list[bytes | float]:
        return first(asked) if not late else [late[0], *peer.answer(asked)]

    peer.script = script
    source = source_of(peer)
    await run_until_good(source, intake)
    assert values(intake) == {GOOD}
    assert source.counts["timeouts"] == 1
    assert source.counts["late_answers"] >= 1


async def test_an_answer_that_comes_twice_counts_once(peer: Peer, intake: FakeIntake) -> None:
    peer.script = lambda asked: [*peer.answer(asked), *peer.answer(asked)]
    source = source_of(peer)
    await run_until_good(source, intake)
    assert source.counts["doubled_answers"] >= 2
    in_flight = source.counts["requests"] - len(intake.batches)
    assert in_flight in (0, 1)  # the run may have ended between the last request and its answer


async def test_an_answer_that_comes_twice_in_one_piece_counts_once(peer: Peer, intake: FakeIntake) -> None:
    peer.script = lambda asked: [peer.good(asked) * 2]
    source = source_of(peer)
    await run_until_good(source, intake)
    assert source.counts["doubled_answers"] >= 2
    assert values(intake) == {GOOD}


async def test_an_answer_dripping_in_byte_by_byte_is_an_answer(peer: Peer, intake: FakeIntake) -> None:
    def drip(asked: Asked) -> list[bytes | float]:
        return [piece for byte in peer.good(asked) for piece in (bytes([byte]), 0.001)]

    peer.script = drip
    source = source_of(peer, timeout="2 s")
    await run_until_good(source, intake, 2)
    assert values(intake) == {GOOD}
    assert source.counts["timeouts"] == 0


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_an_answer_of_another_length_is_broken(peer: Peer, intake: FakeIntake, count: int) -> None:
    then_good(peer, lambda asked: [data(asked, *[WRONG] * count)], times=2)
    source = source_of(peer, backoff="100 ms")
    await run_until_good(source, intake)
    assert WRONG not in values(intake)
    assert source.counts["broken_answers"] == 2
    assert Quality.BAD_PROTOCOL in qualities(intake)


async def test_an_answer_whose_byte_count_lies_is_broken(peer: Peer, intake: FakeIntake) -> None:
    def lie(asked: Asked) -> list[bytes | float]:
        return [asked.frame(bytes([3, 4]) + struct.pack(">2f", WRONG, WRONG))]

    then_good(peer, lie, times=2)
    source = source_of(peer, backoff="100 ms")
    await run_until_good(source, intake)
    assert WRONG not in values(intake)
    assert source.counts["broken_answers"] == 2


async def test_an_answer_of_another_unit_is_broken(peer: Peer, intake: FakeIntake) -> None:
    then_good(peer, lambda asked: [data(asked, WRONG, WRONG, unit=9)])
    source = source_of(peer)
    await run_until_good(source, intake)
    assert WRONG not in values(intake)
    assert source.counts["broken_answers"] == 1


async def test_an_answer_of_another_function_is_broken(peer: Peer, intake: FakeIntake) -> None:
    then_good(peer, lambda asked: [asked.frame(bytes([4, 8]) + struct.pack(">2f", WRONG, WRONG))])
    source = source_of(peer)
    await run_until_good(source, intake)
    assert WRONG not in values(intake)
    assert source.counts["broken_answers"] == 1


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n", b"\0\1\0\0\xff\xff\1\3", b"\0\1\0\0\0\0"])
async def test_bytes_that_are_no_frame_end_the_connection(peer: Peer, intake: FakeIntake, garbage: bytes) -> None:
    peer.script = lambda asked: [garbage]
    source = source_of(peer)
    with pytest.raises(Unavailable, match="no Modbus frame"):
        async with asyncio.timeout(5):
            await source.run(intake)
    assert source.counts["garbage"] == 1
    assert qualities(intake) == {Quality.BAD_DISCONNECTED}


async def test_a_host_that_has_no_address_is_named(intake: FakeIntake) -> None:
    devices = [parks.device(1, [parks.group(parks.floats(2))])]
    with pytest.raises(Unavailable, match=r"cannot connect to no-such-host\.invalid:502") as caught:
        await parks.source(502, devices, host="no-such-host.invalid").run(intake)
    assert "host and port" in caught.value.hint
    assert qualities(intake) == {Quality.BAD_DISCONNECTED}


async def test_a_port_where_nobody_listens_is_named(peer: Peer, intake: FakeIntake) -> None:
    await peer.down()
    with pytest.raises(Unavailable, match=rf"cannot connect to 127\.0\.0\.1:{peer.port}: ") as caught:
        await source_of(peer).run(intake)
    assert "host and port" in caught.value.hint


@pytest.mark.parametrize("part", [0, 1, 8, 12])
async def test_a_peer_that_closes_in_the_middle_is_noticed_at_once(peer: Peer, intake: FakeIntake, part: int) -> None:
    peer.script = lambda asked: [peer.good(asked)[:part], CLOSE]
    source = source_of(peer, timeout="30 s")
    with pytest.raises(Unavailable, match="closed the connection"):
        async with asyncio.timeout(5):
            await source.run(intake)
    assert values(intake) == {None}
    assert "closed the connection" in intake.standing_faults()["d1"].message


async def test_a_device_that_always_sends_transaction_id_zero_is_read(peer: Peer, intake: FakeIntake) -> None:
    peer.script = lambda asked: [data(asked, GOOD, GOOD, tid=0)]
    source = source_of(peer)
    await run_until_good(source, intake)
    assert source.counts["zero_tid_answers"] >= 3


async def test_after_a_time_out_a_zero_transaction_id_is_believed_only_after_a_rest(
    peer: Peer, intake: FakeIntake
) -> None:
    waiting: list[bytes] = []

    def script(asked: Asked) -> list[bytes | float]:
        """The first request stays without an answer until the second one comes."""
        if not waiting:
            waiting.append(data(asked, WRONG, WRONG, tid=0))
            return []
        if len(waiting) == 1:
            waiting.append(b"")
            return [waiting[0]]
        return [data(asked, GOOD, GOOD, tid=0)]

    peer.script = script
    source = source_of(peer, retries=3)
    await run_until_good(source, intake)
    assert values(intake) == {GOOD}
    assert source.counts["late_answers"] == 1
    assert source.counts["timeouts"] == 2


async def test_a_silent_peer_costs_no_connection_before_it_was_tried_several_times(
    peer: Peer, intake: FakeIntake
) -> None:
    peer.dead = {1}
    source = source_of(peer, timeout="50 ms", backoff="50 ms")
    with pytest.raises(Unavailable, match="without an answer"):
        async with asyncio.timeout(10):
            await source.run(intake)
    assert source.counts["timeouts"] == 5
    assert qualities(intake) == {Quality.BAD_TIMEOUT}
    fault = intake.standing_faults()["d1"]
    assert fault.quality is Quality.BAD_TIMEOUT
    assert "no answer within 0.05 s (2 times)" in fault.message
    assert "unit id is 1" in fault.hint


async def test_the_traced_frames_are_what_passed_with_a_note_on_what_was_dropped(
    peer: Peer, intake: FakeIntake
) -> None:
    intake.traced.add("d1")
    peer.script = lambda asked: [data(asked, WRONG, WRONG, tid=asked.tid ^ 0x4000), *peer.answer(asked)]
    await run_until_good(source_of(peer), intake, 1)
    sent, foreign, answer = intake.frames[:3]
    assert (sent.sent, foreign.sent, answer.sent) == (True, False, False)
    assert sent.data == bytes.fromhex("000100000006010300000004")
    assert foreign.note == "foreign answer, dropped"
    assert answer.data.endswith(struct.pack(">2f", GOOD, GOOD))


async def test_pauses_are_kept_after_connecting_and_between_requests(peer: Peer, intake: FakeIntake) -> None:
    groups = [parks.group([*parks.floats(1), *parks.floats(1, 400)])]
    options = {"delay_after_connect": "200 ms", "delay_between_requests": "60 ms"}
    source = parks.source(peer.port, [parks.device(1, groups)], **options)
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with running(source, intake):
        await until(lambda: len(peer.asked) >= 4)
    times = [asked.at_s for asked in peer.asked]
    assert times[0] - started > 0.19
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) > 0.05


async def test_a_probe_shows_bytes_registers_and_value(peer: Peer) -> None:
    source = source_of(peer)
    (exchange,) = await source.probe("d1", ["h2"])
    assert exchange.request == bytes.fromhex("000100000006010300020002")
    assert exchange.response.endswith(struct.pack(">f", GOOD))
    assert exchange.elapsed_s < 1
    (reading,) = exchange.readings
    assert (reading.point, reading.raw, reading.value) == ("h2", "0x4226 0x0000", GOOD)


async def test_a_probe_tells_an_exception_and_a_missing_answer(peer: Peer) -> None:
    source = source_of(peer)
    peer.refuse = lambda asked: 2
    (exchange,) = await source.probe("d1")
    assert exchange.error == "exception 2, illegal data address"
    assert {reading.quality for reading in exchange.readings} == {Quality.BAD_NO_REGISTER}
    peer.dead = {1}
    (exchange,) = await source.probe("d1")
    assert exchange.error == "no answer within 0.2 s"
    assert exchange.response == b""


async def test_what_was_learned_of_a_unit_outlives_the_connection(peer: Peer, intake: FakeIntake) -> None:
    source = parks.source(peer.port, [parks.device(1, [parks.group([parks.floats(1)[0], *parks.floats(3, 2)])])])
    peer.refuse = lambda asked: 2 if asked.start <= 4 < asked.start + asked.count else 0
    async with running(source, intake) as task:
        await until(lambda: any(fault for _, fault, _ in intake.faults))
        await peer.down()
        await until(task.done)
    await peer.up()
    peer.asked.clear()
    intake.batches.clear()
    await run_until_good(source, intake, 4)
    assert not any(asked.start <= 4 < asked.start + asked.count for asked in peer.asked)
