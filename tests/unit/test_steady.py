"""The loop of the tests: a stop of the process counts for nothing, a wait for what it is."""

import asyncio
import time

from tests.steady import TURN_S, LoopClock, SteadyLoop


async def test_what_the_loop_was_held_for_does_not_count() -> None:
    clock = LoopClock()
    before_s, before_ns = clock.monotonic(), clock.time_ns()
    time.sleep(0.3)
    assert clock.monotonic() - before_s <= TURN_S
    assert clock.time_ns() - before_ns <= TURN_S * 1e9 + 1000


async def test_a_time_out_waits_for_what_came_while_the_process_stood_still() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1))
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x")
        async with asyncio.timeout(0.1):
            await asyncio.sleep(0)
            time.sleep(0.3)
            assert await reader.readexactly(1) == b"x"
        writer.close()


async def test_a_wait_takes_its_time() -> None:
    began, clock = time.monotonic(), LoopClock()
    before_s = clock.monotonic()
    await asyncio.sleep(0.2)
    assert time.monotonic() - began >= 0.2
    assert clock.monotonic() - before_s >= 0.2 - 0.001


def test_with_a_pace_waits_are_shorter_than_they_count() -> None:
    began = time.monotonic()
    with asyncio.Runner(loop_factory=lambda: SteadyLoop(pace=100)) as runner:
        runner.run(asyncio.sleep(60))
    assert time.monotonic() - began < 30
