"""The simulator as a process: it says when it is ready, publishes, obeys, and leaves nothing behind."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from drivers.simulator.park import make_park


async def until(is_true: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Look again and again until something is so."""
    try:
        async with asyncio.timeout(timeout_s):
            while not is_true():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {timeout_s} s: {what}")


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


class Subscriber:
    """Everything that arrives under park/, by topic."""

    def __init__(self, port: int) -> None:
        self.messages: dict[str, list[bytes]] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="subscriber", protocol=paho.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("park/#", qos=1)
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _take(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        assert message.qos == 1
        self.messages.setdefault(message.topic, []).append(message.payload)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_within_3_s_and_leaves_no_broker(start_simulator, number: signal.Signals) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator()
    assert len(simulator.brokers) == 1
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.modbus[0])  # a gateway is connected
    simulator.process.send_signal(number)
    assert await asyncio.wait_for(simulator.process.wait(), 3.0) == 0
    assert not is_running(simulator.brokers[0])
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, depending on the kernel
        await asyncio.open_connection("127.0.0.1", simulator.mqtt)
    assert reader.at_eof() or await reader.read(1) == b""
    writer.close()


async def test_it_ends_when_its_standard_input_closes(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator("--exit-with-stdin")
    simulator.process.stdin.close()
    assert await asyncio.wait_for(simulator.process.wait(), 3.0) == 0
    assert not is_running(simulator.brokers[0])


async def test_the_broker_ends_even_when_the_simulator_is_killed(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator()
    simulator.process.kill()
    await simulator.process.wait()
    await until(lambda: not is_running(simulator.brokers[0]), "the broker ends", 3.0)


async def test_a_port_that_is_taken_is_said_and_ends_it_with_69(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator()
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drivers.simulator", "--modbus-base", "0", "--mqtt-port", str(simulator.mqtt),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(second.communicate(), 60.0)
    assert second.returncode == 69
    assert str(simulator.mqtt) in said.decode()


async def test_every_device_publishes_what_the_model_says(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator("--no-default-faults", "--seed", "11")
    subscriber = Subscriber(simulator.mqtt)
    park = make_park(11)
    topics = {device.topic for device in park.mqtt}
    try:
        await until(lambda: set(subscriber.messages) >= topics, "every device published", 30.0)
    finally:
        subscriber.close()
    assert set(subscriber.messages) == topics
    for device in park.mqtt:
        document = json.loads(subscriber.messages[device.topic][-1])
        shown = device.plant.values(document.pop("ts") / 1000)
        assert set(document) == set(shown)
        for name, value in document.items():
            assert (
                shown[name] != shown[name] if value is None else shown[name] == pytest.approx(value, abs=0.02, rel=1e-3)
            )


async def test_a_malformed_payload_and_a_silent_device_are_had_on_request(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator("--no-default-faults", "--fault", "malformed:antu-robot-1")
    assert (await simulator.order(fault="silent", device="ruihe-press-1"))["ok"]
    subscriber = Subscriber(simulator.mqtt)
    wanted = {"park/antu/antu-robot-1/telemetry", "park/ruihe/ruihe-press-2/telemetry"}
    try:
        await until(lambda: set(subscriber.messages) >= wanted, "the others published")
        with pytest.raises(json.JSONDecodeError):
            json.loads(subscriber.messages["park/antu/antu-robot-1/telemetry"][0])
        subscriber.messages.clear()
        await until(lambda: len(subscriber.messages.get("park/ruihe/ruihe-press-2/telemetry", [])) > 1, "two more")
        assert "park/ruihe/ruihe-press-1/telemetry" not in subscriber.messages
    finally:
        subscriber.close()


async def test_an_order_for_an_unknown_device_is_refused(start_simulator) -> None:  # type: ignore[no-untyped-def]
    simulator = await start_simulator()
    answer = await simulator.order(fault="silent", device="nobody")
    assert answer == {"ok": False, "error": "the park has no device `nobody`"}
