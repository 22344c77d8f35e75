"""One job at a time in a child that may die, hang or be too slow, and never takes the gateway with it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.core.errors import ConfigError, Unavailable
from gateway.core.jobs import BUSY_S, NICE, Jobs

ROOT = Path(__file__).parents[4]


def add(one: int, other: int) -> int:
    return one + other


def whoami() -> tuple[int, int]:
    return os.getpid(), os.nice(0)


def nap(seconds: float) -> None:
    time.sleep(seconds)


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.005)  # another process: there is nothing to wait on


def touch(path: str) -> None:
    Path(path).touch()


def fail(text: str) -> None:
    raise ConfigError(text, "do this")


class Stubborn(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} {other}")


def fail_stubbornly() -> None:
    raise Stubborn(1, 2)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def give_what_cannot_be_given() -> object:
    return lambda: None


async def test_a_job_runs_in_one_other_process_of_low_priority() -> None:
    jobs = Jobs()
    assert await jobs.run(add, 20, 3) == 23
    first, second = await jobs.run(whoami), await jobs.run(whoami)
    assert first == second
    assert first[0] != os.getpid()
    assert first[1] == min(19, os.nice(0) + NICE)
    await jobs.close()


async def test_what_a_job_raises_is_raised_here_and_the_child_goes_on() -> None:
    jobs = Jobs()
    before = await jobs.run(whoami)
    with pytest.raises(ConfigError, match="wrong") as found:
        await jobs.run(fail, "wrong")
    assert found.value.hint == "do this"
    with pytest.raises(RuntimeError, match="Stubborn: 1 2"):
        await jobs.run(fail_stubbornly)
    with pytest.raises(Exception, match="pickle"):
        await jobs.run(give_what_cannot_be_given)
    with pytest.raises(Exception, match="pickle"):
        await jobs.run(lambda: 1)
    assert await jobs.run(whoami) == before
    await jobs.close()


async def test_a_child_that_dies_or_hangs_is_unavailable_and_the_next_job_has_a_fresh_one() -> None:
    jobs = Jobs()
    pid, _ = await jobs.run(whoami)
    with pytest.raises(Unavailable, match="ended in the middle"):
        await jobs.run(die)
    second, _ = await jobs.run(whoami)
    assert second != pid
    with pytest.raises(Unavailable, match=r"more than 0.1 s"):
        await jobs.run(nap, 60, timeout_s=0.1)
    assert not Path(f"/proc/{second}").exists()
    assert await jobs.run(add, 1, 1) == 2
    await jobs.close()


async def test_the_loop_turns_and_too_many_jobs_are_refused(tmp_path: Path) -> None:
    jobs, go = Jobs(waiting=2), tmp_path / "go"
    await jobs.run(add, 1, 1)
    works = [asyncio.ensure_future(jobs.run(wait_for, str(go))) for _ in range(3)]
    for _ in range(10):
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="no more work"):
            await jobs.run(add, 1, 1)
    assert not any(work.done() for work in works)
    go.touch()
    await asyncio.gather(*works)
    assert await jobs.run(add, 2, 2) == 4
    await jobs.close()


async def test_what_the_gateway_needs_itself_has_a_place_however_many_people_wait() -> None:
    jobs = Jobs(waiting=2)
    works = [asyncio.ensure_future(jobs.run(nap, 0.05)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="no more work"):
        await jobs.run(add, 1, 1)
    assert await jobs.run(add, 1, 1, is_own=True) == 2
    await asyncio.gather(*works)
    await jobs.close()


async def test_closing_ends_a_child_at_work_and_refuses_new_work() -> None:
    jobs = Jobs()
    pid, _ = await jobs.run(whoami)
    work = asyncio.ensure_future(jobs.run(nap, 60))
    await asyncio.sleep(0)
    await jobs.close()
    with pytest.raises(Unavailable):
        await work
    with pytest.raises(Unavailable, match="no more work"):
        await jobs.run(add, 1, 1)
    assert not Path(f"/proc/{pid}").exists()
    await Jobs().close()


async def test_whoever_waits_may_go_away(tmp_path: Path) -> None:
    jobs, go = Jobs(), tmp_path / "go"
    await jobs.run(add, 1, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(jobs.run(wait_for, str(go)), 0.01)
    go.touch()
    assert await jobs.run(add, 2, 3) == 5
    await jobs.close()


async def test_a_job_that_has_not_begun_leaves_the_queue_with_whoever_waited_for_it(tmp_path: Path) -> None:
    jobs, go, done = Jobs(waiting=2), tmp_path / "go", tmp_path / "done"
    await jobs.run(add, 1, 1)
    at_work = asyncio.ensure_future(jobs.run(wait_for, str(go)))
    for _ in range(10):
        waiting = [asyncio.ensure_future(jobs.run(touch, str(done))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="no more work") as refused:
            await jobs.run(add, 1, 1)
        assert refused.value.retry_after_s == BUSY_S
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)
    go.touch()
    await at_work
    assert await jobs.run(add, 2, 2) == 4
    assert not done.exists()
    await jobs.close()


async def test_a_job_at_work_keeps_its_place_until_it_ends_though_nobody_waits_for_it(tmp_path: Path) -> None:
    jobs, go = Jobs(waiting=0), tmp_path / "go"
    await jobs.run(add, 1, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(jobs.run(wait_for, str(go)), 0.5)
    with pytest.raises(Unavailable, match="no more work"):
        await jobs.run(add, 1, 1)
    go.touch()
    assert await jobs.run(add, 1, 1, is_own=True) == 2
    assert await jobs.run(add, 1, 1) == 2
    await jobs.close()


PROGRAM = """
import asyncio, os, signal, time
from gateway.core.jobs import Jobs

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    jobs = Jobs()
    print(await jobs.run(os.getpid), flush=True)
    work = asyncio.ensure_future(jobs.run(time.sleep, 30))
    await stop.wait()
    await jobs.close()
    await asyncio.gather(work, return_exceptions=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("way", ["polite", "killed"])
def test_control_c_and_a_kill_leave_no_child_and_no_traceback_of_it(tmp_path: Path, way: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as program:
        assert program.stdout is not None
        child = int(program.stdout.readline())
        if way == "polite":
            os.killpg(program.pid, signal.SIGINT)  # what a terminal does
        else:
            program.kill()
        _, errors = program.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)  # another process: there is nothing to wait on
    assert not Path(f"/proc/{child}").exists()
    assert "Traceback" not in errors
