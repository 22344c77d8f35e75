"""The MQTT source against a real Mosquitto keeps the contract of sources."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.mqtt.source import MqttSource
from gateway.core.clock import SystemClock
from tests.contract.source_suite import Rig, SourceSuite
from tests.integration.mqtt.park import Mosquitto, Publisher, plan


class MqttRig:
    """One device behind Mosquitto; its values are retained, so that a probe finds one."""

    device = "m1"
    point = "power"

    def __init__(self, directory: Path) -> None:
        self._broker = Mosquitto(directory)
        self.source = MqttSource(plan(port=self._broker.port), SystemClock(), timeout_s=2.0)

    async def up(self) -> None:
        self._broker.start()

    async def down(self) -> None:
        self._broker.kill()

    async def feed(self) -> None:
        with Publisher(self._broker.port) as publisher:
            publisher.send_all([{"power": 1.5}], retain=True)


class TestMqttSource(SourceSuite):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        rig = MqttRig(tmp_path)
        await rig.up()
        yield rig
        await rig.down()
