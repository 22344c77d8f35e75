"""The MQTT channel keeps the contract of notifiers, against a real Mosquitto."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt.config import ChannelOptions
from drivers.mqtt.notifier import build
from gateway.config.plan import ChannelPlan
from gateway.core.notice import Notifier
from tests.contract.notifier_suite import PATIENT_S, SECRET, FixedClock, NotifierSuite
from tests.integration.mqtt.park import Mosquitto


class Reader:
    """Subscribes to everything, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._marks = 0
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="reader")
        self._client.on_message = lambda client, data, message: self.messages.append((message.topic, message.payload))
        self._client.connect("127.0.0.1", port)
        _, mid = self._client.subscribe("#", qos=1)
        done: list[int] = []
        self._client.on_subscribe = lambda client, data, mid, *_: done.append(mid)
        self._client.loop_start()
        while mid not in done:
            time.sleep(0.005)

    def so_far(self) -> list[bytes]:
        """Everything that the broker took before this call: a message of our own comes after it."""
        self._marks += 1
        mark = (f"mark/{self._marks}", b"")
        self._client.publish(mark[0], mark[1], qos=1)
        deadline = time.monotonic() + 30
        while mark not in self.messages:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        return [payload for topic, payload in self.messages if not topic.startswith("mark/")]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class MqttFar:
    """A broker; a listener that only takes connections stands for one that hangs or breaks down."""

    can_be_busy = False

    def __init__(self, directory: Path) -> None:
        self.broker = Mosquitto(directory)
        self._held: list[asyncio.StreamWriter] = []
        self._reader: Reader | None = None
        self._silent: asyncio.Server | None = None

    def open(self, language: str = "both", timeout_s: float = PATIENT_S, **options: Any) -> Notifier:
        given = {
            "host": "127.0.0.1",
            "port": self.broker.port,
            "username": "gateway",
            "password": SECRET,
            "timeout": f"{timeout_s} s",
            **options,
        }
        plan = ChannelPlan("duty", "mqtt", ChannelOptions.model_validate(given), language)
        return build(plan, Path("/nonexistent"), FixedClock())

    def start(self) -> None:
        self.broker.start()
        self._reader = Reader(self.broker.port)

    def received(self) -> list[bytes]:
        assert self._reader is not None
        return self._reader.so_far()

    async def accept(self) -> None:
        if self._silent is not None:
            await self._stop_pretending()
            await asyncio.to_thread(self.start)

    async def break_down(self) -> None:
        await self._pretend(lambda reader, writer: writer.close())

    async def refuse(self) -> None:
        await self.stop()
        broker = Mosquitto(self.broker._directory, "allow_anonymous false")
        self.broker.stop()
        broker.port, lines = self.broker.port, broker._config.read_text().splitlines()
        broker._config.write_text("\n".join([f"listener {broker.port} 127.0.0.1", *lines[1:]]) + "\n")
        self.broker = broker.start()

    async def hang(self) -> None:
        await self._pretend(lambda reader, writer: self._held.append(writer))

    async def _pretend(self, connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]) -> None:
        await self.stop()
        self._silent = await asyncio.start_server(connected, "127.0.0.1", self.broker.port)

    async def stop(self) -> None:
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)
            self._reader = None
        await asyncio.to_thread(self.broker.stop)
        await self._stop_pretending()

    async def _stop_pretending(self) -> None:
        while self._held:
            self._held.pop().close()
        if self._silent is not None:
            self._silent.close()
            await self._silent.wait_closed()
            self._silent = None


class TestMqttNotifier(NotifierSuite):
    @pytest.fixture
    async def far(self, tmp_path: Path) -> AsyncIterator[MqttFar]:
        far = MqttFar(tmp_path)
        await asyncio.to_thread(far.start)
        yield far
        await far.stop()

    def check_language(self, body: bytes, language: str) -> None:
        """Its JSON always holds both."""
        super().check_language(body, "both")
