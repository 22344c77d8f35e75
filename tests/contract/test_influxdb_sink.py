"""The InfluxDB sink keeps the contract of sinks, through each of its three APIs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.influxdb.config import SinkOptions
from drivers.influxdb.sink import build
from gateway.config.plan import SinkPlan
from gateway.core.clock import SystemClock
from gateway.core.point import Value
from gateway.core.ports import Sink
from tests.contract.sink_suite import Key, SinkSuite
from tests.faults.influxdb.scripted import ScriptedServer

TARGETS = {
    "v1": {"api": "v1", "database": "park"},
    "v2": {"bucket": "park", "org": "site"},
    "v3": {"api": "v3", "database": "park", "gzip": False},
}


class InfluxShore:
    keeps_text = True
    can_fail = True

    def __init__(self, target: dict[str, object], directory: Path) -> None:
        self.server = ScriptedServer()
        self._target = target
        self._directory = directory

    async def open(self) -> Sink:
        options = SinkOptions.model_validate({"url": self.server.url, "timeout": "5 s", **self._target})
        return build(SinkPlan("influx", "influxdb", options), self._directory, SystemClock())

    async def stored(self) -> dict[Key, Value]:
        return {
            (line.tags["device"], name, line.time_ns): value
            for line in self.server.parsed()
            for name, value in line.fields.items()
        }

    async def fail(self) -> None:
        await self.server.stop()

    async def repair(self) -> None:
        await self.server.start()


class TestInfluxSink(SinkSuite):
    @pytest.fixture(params=TARGETS)
    async def shore(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[InfluxShore]:
        shore = InfluxShore(TARGETS[request.param], tmp_path)
        async with shore.server:
            yield shore
