"""Blocking calls in a thread of their own."""

import asyncio
import threading

import pytest

from drivers.outbound.worker import Worker


def fail() -> str:
    raise KeyError("x")


async def test_results_and_errors_come_back() -> None:
    worker: Worker[str] = Worker("w")
    assert await worker.run(lambda: "done", 5) == "done"
    with pytest.raises(KeyError):
        await worker.run(fail, 5)
    assert not worker.is_busy


async def test_a_call_that_outlives_its_time_out_keeps_it_busy_until_it_returns() -> None:
    worker: Worker[bool] = Worker("w")
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        await worker.run(lambda: gate.wait(10), 0.02)
    assert worker.is_busy
    gate.set()
    while worker.is_busy:
        await asyncio.sleep(0.001)
    assert await worker.run(lambda: True, 5)


def test_a_loop_that_has_gone_is_no_trouble() -> None:
    gate, threads = threading.Event(), []

    async def start() -> None:
        worker: Worker[bool] = Worker("late")
        with pytest.raises(TimeoutError):
            await worker.run(lambda: gate.wait(10), 0.01)
        threads.extend(thread for thread in threading.enumerate() if thread.name == "late")

    asyncio.run(start())
    gate.set()
    for thread in threads:
        assert thread.daemon, "it must not hold the end of the gateway"
        thread.join(5)
        assert not thread.is_alive()
