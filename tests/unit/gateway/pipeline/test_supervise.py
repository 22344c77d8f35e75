"""The supervisor tries again, waits longer each time, and speaks only when something changed."""

import asyncio
import logging
from random import Random
from typing import Any

import pytest

from gateway.core.errors import Unavailable
from gateway.pipeline.supervise import LONGEST_WAIT_S, Supervisor


async def run_for(supervisor: Supervisor, clock: Any, tries: int) -> None:
    """Let the supervisor work until it slept so many times."""
    task = asyncio.ensure_future(supervisor.supervise())
    while len(clock.slept) < tries:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_lost_line_is_tried_again_with_growing_waits_that_have_a_limit(clock: Any) -> None:
    async def down() -> None:
        raise Unavailable("refused", "check the cable")

    supervisor = Supervisor("line-1", down, clock, Random(1))
    await run_for(supervisor, clock, 60)
    assert max(clock.slept) <= LONGEST_WAIT_S
    assert sum(clock.slept[20:]) > sum(clock.slept[:20])
    assert supervisor.health.error == "refused"
    assert supervisor.health.hint == "check the cable"
    assert supervisor.health.restarts == 59  # the last wait was cut short


async def test_it_logs_once_when_it_goes_and_once_when_it_returns(clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def down() -> None:
        raise Unavailable("refused")

    supervisor = Supervisor("line-1", down, clock, Random(1))
    with caplog.at_level(logging.INFO):
        await run_for(supervisor, clock, 10)
        supervisor.is_well()
        supervisor.is_well()
    assert [record.getMessage().split()[0] for record in caplog.records] == ["unavailable", "available"]


async def test_an_unexpected_error_is_logged_with_its_trace_and_does_not_end_the_gateway(
    clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("bug")

    supervisor = Supervisor("line-1", broken, clock, Random(1))
    await run_for(supervisor, clock, 3)
    assert any(record.exc_info for record in caplog.records)
    assert "ZeroDivisionError" in (supervisor.health.error or "")


async def test_what_the_other_side_asked_to_wait_is_waited(clock: Any) -> None:
    async def busy() -> None:
        raise Unavailable("busy", retry_after_s=77.0)

    await run_for(Supervisor("sink", busy, clock, Random(1)), clock, 2)
    assert min(clock.slept) >= 77.0


async def test_a_long_good_run_starts_again_with_the_shortest_wait(clock: Any) -> None:
    lives = iter([False] * 8 + [True] + [False] * 100)

    async def sometimes() -> None:
        if next(lives):
            clock.move(3600)
        raise Unavailable("gone")

    supervisor = Supervisor("line-1", sometimes, clock, Random(1))
    await run_for(supervisor, clock, 10)
    assert clock.slept[8] <= 0.5


async def test_who_works_for_a_moment_and_is_thrown_off_waits_longer_each_time_and_keeps_saying_why(
    clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str | None] = []

    async def fight() -> None:
        clock.move(1.0)
        if supervisor.health.error is not None:  # as the intake does
            supervisor.is_well()
        seen.append(supervisor.health.error)
        clock.move(1.0)
        raise Unavailable("thrown off", "look for a twin")

    supervisor = Supervisor("broker", fight, clock, Random(1))
    with caplog.at_level(logging.INFO):
        await run_for(supervisor, clock, 60)
    assert sum(clock.slept[40:]) > 5 * sum(clock.slept[:10])
    assert max(clock.slept) > 15
    assert seen[3:] == ["thrown off"] * len(seen[3:])
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "unavailable activity=broker reason=thrown off hint=look for a twin"
    assert len(lines) == 3  # it went, came back, went: from then on it is one state


async def test_a_steady_run_ends_what_a_fight_left_behind(clock: Any) -> None:
    lives = iter([1.0] * 5 + [11.0])

    async def fight() -> None:
        clock.move(next(lives))
        supervisor.is_well()
        seen.append(supervisor.health.error)
        raise Unavailable("thrown off")

    seen: list[str | None] = []
    supervisor = Supervisor("broker", fight, clock, Random(1))
    await run_for(supervisor, clock, 6)
    assert seen[4:] == ["thrown off", None]
    assert clock.slept[5] <= 0.5


async def test_a_cancelled_future_inside_does_not_end_the_activity_for_ever(clock: Any) -> None:
    async def stumbles() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    supervisor = Supervisor("line-1", stumbles, clock, Random(1))
    await run_for(supervisor, clock, 3)
    assert supervisor.health.error == "something it waited for was cancelled"


async def test_cancelling_the_supervisor_ends_it(clock: Any) -> None:
    task = asyncio.ensure_future(Supervisor("line-1", asyncio.Event().wait, clock, Random(1)).supervise())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()
