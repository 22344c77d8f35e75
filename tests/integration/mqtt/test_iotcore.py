"""The MQTT source against the demo's embedded broker, which knows MQTT 3.1.1 only by default."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from iotcore import Broker

from drivers.mqtt.source import MqttSource
from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from tests.contract.source_suite import until
from tests.integration.mqtt.park import Ledger, Publisher, free_port, plan


@pytest.fixture
def port() -> Iterator[int]:
    chosen = free_port()
    with Broker(port=chosen, listen="127.0.0.1"):
        yield chosen


async def listen(source: MqttSource, intake: Ledger) -> "asyncio.Task[None]":
    connects = source.counts["connects"]
    task = asyncio.create_task(source.run(intake))
    await until(lambda: source.counts["connects"] > connects)
    return task


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_messages_come_and_are_redelivered_until_they_were_durable(port: int) -> None:
    source = MqttSource(plan(port=port, protocol="3.1.1"), SystemClock())
    first, second = Ledger(), Ledger()
    task = await listen(source, first)
    with Publisher(port) as devices:
        await asyncio.to_thread(devices.send_all, [{"power": float(number)} for number in range(5)])
        await until(lambda: len(first.values()) == 5)
        source.on_durable(3)
        await until(lambda: source.counts["acknowledged"] == 3)
        await asyncio.sleep(0.05)  # the acknowledgements are on their way
        await end(task)
        task = await listen(source, second)
        await until(lambda: second.values()[-1:] == [4.0])
    await end(task)
    assert second.values() == [3.0, 4.0]


async def test_mqtt_5_is_not_understood_and_the_message_says_what_to_change(port: int) -> None:
    source = MqttSource(plan(port=port), SystemClock(), timeout_s=1.0)
    with pytest.raises(Unavailable, match=r"protocol: 3\.1\.1"):
        await source.run(Ledger())
