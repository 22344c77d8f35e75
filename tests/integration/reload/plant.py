"""A park that runs: two Modbus lines and a broker on real sockets, a gateway from files that a test changes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from gateway.core.batch import Batch
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from tests.integration.modbus.peer import Peer
from tests.steady import LoopClock

PARK = """
site: {{id: qinghe, name: Qinghe, timezone: Asia/Shanghai}}
enterprises: [{{id: dongyue}}, {{id: huali}}]
connections:
  line-1: {{driver: modbus, host: 127.0.0.1, port: {one}, timeout: 1 s}}
  line-2: {{driver: modbus, host: 127.0.0.1, port: {two}, timeout: 1 s}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {{fast: 100 ms}}
    points:
      power_active: {{unit: kW, table: holding, address: 0, type: float32, group: fast}}
      energy_import: {{unit: kWh, kind: counter, table: holding, address: 2, type: float32, group: fast}}
devices:
  - {{id: m1, enterprise: dongyue, profile: meter, connection: line-1, unit: 1, role: main}}
  - {{id: m2, enterprise: dongyue, profile: meter, connection: line-2, unit: 1}}
  - {{id: oven, enterprise: huali, kind: machine, connection: none}}
store: {{directory: data, commit_interval: 50 ms}}
energy: {{interval: 1 min}}
"""
RULES = """
derived:
  load_share: {for_each: {kind: meter}, value: power_active / 1000 kW * 100 %, unit: "%"}
alarms:
  overload:
    for_each: {kind: meter}
    when: power_active > 800 kW
    priority: high
"""


@dataclass
class Plant:
    """The files, the peers behind both lines, the gateway, and every batch that went by."""

    folder: Path
    one: Peer
    two: Peer
    batches: list[Batch] = field(default_factory=list)
    gateway: Gateway = field(init=False)

    @property
    def config(self) -> Path:
        return self.folder / "park.yaml"

    def edit(self, old: str, new: str, file: str = "park.yaml") -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def add(self, text: str, file: str = "park.yaml") -> None:
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    async def reload(self) -> Any:
        return await self.gateway.reloader.reload()

    async def preview(self) -> dict[str, Any]:
        return (await self.gateway.reloader.preview()).as_json()

    def times(self, device: str) -> list[float]:
        """When values of the device's source came, in seconds."""
        return [
            batch.time_ns / 1e9
            for batch in self.batches
            if batch.block.device.id == device and not batch.block.is_computed and batch.quality is None
        ]

    async def until(self, met: Callable[[], Any], within_s: float = 30.0) -> Any:
        deadline = time.monotonic() + within_s
        while not (found := met()):
            assert time.monotonic() < deadline, "it did not come about"
            await asyncio.sleep(0.01)
        return found

    async def until_read(self, *devices: str, more: int = 3) -> None:
        """Some more good values of each of these come."""
        counts = {device: len(self.times(device)) for device in devices}
        await self.until(lambda: all(len(self.times(one)) >= counts[one] + more for one in devices))


@asynccontextmanager
async def running(plant: Plant) -> AsyncIterator[Plant]:
    """The gateway of these files, until the end of the test."""
    read = partial(load_configuration, plant.config)
    found = await asyncio.to_thread(read)
    seen, clock = [plant.batches.append], LoopClock()  # by which no poll is missed because the machine was busy
    gateway = plant.gateway = await Gateway.open_configuration(found, clock, seen, read=read)
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(stop))
            try:
                yield plant
            finally:
                stop.set()
    finally:
        await gateway.close()
