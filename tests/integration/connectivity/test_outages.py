"""A real line that is switched off and on by a script: the whole gateway counts what the server says it answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.pipeline.connectivity_book import Figures
from gateway.pipeline.connectivity_words import Words
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from rules.connectivity.reason import Reason
from tests.integration.modbus.peer import Asked, Peer, free_port

PARK = """
site: {{id: park, timezone: Asia/Shanghai}}
enterprises: [{{id: acme}}, {{id: baker}}]
connections:
  line: {{driver: modbus, host: 127.0.0.1, port: {port}, timeout: 0.2 s, backoff: 0.2 s, backoff_max: 0.4 s}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {{fast: 0.1 s}}
    points:
      power: {{table: holding, address: 0, type: float32, unit: kW, group: fast}}
      voltage: {{table: holding, address: 2, type: float32, unit: V, group: fast}}
devices:
  - {{id: m1, enterprise: acme, profile: meter, connection: line, unit: 1}}
  - {{id: m2, enterprise: baker, profile: meter, connection: line, unit: 2}}
  - {{id: oven, enterprise: baker, kind: machine, connection: none}}
store: {{directory: data}}
"""
POINTS = 2
INTERVAL_S = 0.1


@dataclass
class CountingPeer(Peer):
    """Knows how often it answered each unit."""

    answered: dict[int, int] = field(default_factory=dict)

    def good(self, asked: Asked) -> bytes:
        self.answered[asked.unit] = self.answered.get(asked.unit, 0) + 1
        return super().good(asked)


@asynccontextmanager
async def running(plan: ParkPlan) -> AsyncIterator[Gateway]:
    gateway = await Gateway.open(plan)
    stop = asyncio.Event()
    task = asyncio.create_task(gateway.run(stop))
    try:
        yield gateway
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 15)
        await gateway.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def plan(tmp_path: Path, port: int) -> ParkPlan:
    path = tmp_path / "park.yaml"
    path.write_text(PARK.format(port=port), encoding="utf-8")
    return load(path, known_drivers()).plan


@pytest.fixture
async def peer(port: int) -> AsyncIterator[CountingPeer]:
    peer = CountingPeer(port=port)
    await peer.up()
    yield peer
    await peer.down()


def said(gateway: Gateway, device: str) -> str:
    now_ns = gateway.clock.time_ns()
    words = Words(gateway.connectivity, gateway.snapshot, gateway.plan.devices, now_ns, gateway.started_ns)
    return words.sentence(gateway.snapshot.devices[device], POINTS).en


async def until_all_answer(gateway: Gateway) -> None:
    """The supervisor may wait some seconds between two tries; then a little, so that there is something to count."""
    async with asyncio.timeout(20):
        while {said(gateway, device) for device in ("m1", "m2")} != {"Answers."}:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


async def figures(gateway: Gateway) -> Figures:
    now_ns = gateway.clock.time_ns()
    return await gateway.connectivity.book.figures(now_ns - 86_400 * 10**9, now_ns + 86_400 * 10**9)


async def test_a_line_that_is_switched_off_and_on_is_accounted_for(plan: ParkPlan, peer: CountingPeer) -> None:
    async with running(plan) as gateway:
        begin_s = gateway.clock.monotonic()
        await asyncio.sleep(0.7)
        peer.dead = {1}
        await asyncio.sleep(2.7)
        assert "The line is fine: 1 other device on it answers." in said(gateway, "m1")
        peer.dead = set()
        await asyncio.sleep(0.7)
        await peer.down()
        await asyncio.sleep(2.7)
        assert said(gateway, "m2").startswith("The whole line is silent since")
        await peer.up()
        await until_all_answer(gateway)
        lasted_s = gateway.clock.monotonic() - begin_s
        await gateway.connectivity.tick()
        found = await figures(gateway)
        now_ns = gateway.clock.time_ns()
        outages = await gateway.connectivity.book.outages(0, now_ns, ["m1", "m2"], 10)
    for device, unit in (("m1", 1), ("m2", 2)):
        tally = found.tallies[device]
        assert abs(tally.expected - POINTS * lasted_s / INTERVAL_S) <= 4 * POINTS
        assert abs(tally.good - POINTS * peer.answered[unit]) <= 4 * POINTS
        assert tally.expected == tally.received + tally.missing.total()
    assert found.tallies["m1"].missing[Reason.TIMEOUT] > 20 * POINTS
    assert found.tallies["m2"].missing[Reason.TIMEOUT] <= 4 * POINTS
    assert all(found.tallies[device].missing[Reason.DISCONNECTED] > 20 * POINTS for device in ("m1", "m2"))
    ended = [outage for outage in reversed(outages) if outage.to_ns is not None]
    # a busy machine may pause for some samples: those that were switched off lasted more than two seconds
    reasons = [(one.device, one.reason) for one in ended if (one.to_ns or 0) - one.from_ns > 10**9]
    assert reasons[0] == ("m1", Reason.TIMEOUT)
    assert set(reasons[1:]) == {("m1", Reason.DISCONNECTED), ("m2", Reason.DISCONNECTED)}

    await asyncio.sleep(0.5)
    async with running(plan) as gateway:
        again = await figures(gateway)
    assert again.tallies["m1"].good >= found.tallies["m1"].good
    assert 0.5e9 <= again.down_ns < 30e9
