"""A real line that is switched off and on by a script: the whole gateway counts what the server says it answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
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
from tests.steady import LoopClock

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
PATIENCE_S = 30.0


@dataclass
class CountingPeer(Peer):
    """Knows how often it answered each unit."""

    answered: dict[int, int] = field(default_factory=dict)

    def good(self, asked: Asked) -> bytes:
        self.answered[asked.unit] = self.answered.get(asked.unit, 0) + 1
        return super().good(asked)


@asynccontextmanager
async def running(plan: ParkPlan, clock: LoopClock) -> AsyncIterator[Gateway]:
    """A gateway on a clock that stops with the process: what is due then is not missed."""
    gateway = await Gateway.open(plan, clock=clock)
    stop = asyncio.Event()
    task = asyncio.create_task(gateway.run(stop))
    try:
        yield gateway
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE_S)
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


async def until_said(gateway: Gateway, claim: Callable[[str, str], bool]) -> None:
    """Wait until the sentences on m1 and m2 are so; the supervisor may wait some seconds between two tries."""
    async with asyncio.timeout(PATIENCE_S):
        while not claim(said(gateway, "m1"), said(gateway, "m2")):
            await asyncio.sleep(0.05)


async def figures(gateway: Gateway) -> Figures:
    now_ns = gateway.clock.time_ns()
    return await gateway.connectivity.book.figures(now_ns - 86_400 * 10**9, now_ns + 86_400 * 10**9)


async def test_a_line_that_is_switched_off_and_on_is_accounted_for(plan: ParkPlan, peer: CountingPeer) -> None:
    clock = LoopClock()
    async with running(plan, clock) as gateway:
        begin_s = clock.monotonic()
        await asyncio.sleep(0.7)
        peer.dead = {1}
        await asyncio.sleep(2.7)
        await until_said(gateway, lambda m1, _: "The line is fine: 1 other device on it answers." in m1)
        peer.dead = set()
        await asyncio.sleep(0.7)
        await peer.down()
        await asyncio.sleep(2.7)
        await until_said(gateway, lambda _, m2: m2.startswith("The whole line is silent since"))
        await peer.up()
        await until_said(gateway, lambda m1, m2: {m1, m2} == {"Answers."})
        await asyncio.sleep(0.5)  # so that there is something to count
        lasted_s = clock.monotonic() - begin_s
        await gateway.connectivity.tick()
        found = await figures(gateway)
        outages = await gateway.connectivity.book.outages(0, clock.time_ns(), ["m1", "m2"], 10)
    for device, unit in (("m1", 1), ("m2", 2)):
        tally = found.tallies[device]
        assert abs(tally.expected - POINTS * lasted_s / INTERVAL_S) <= 4 * POINTS
        assert abs(tally.good - POINTS * peer.answered[unit]) <= 4 * POINTS
        assert tally.expected == tally.received + tally.missing.total()
    assert found.tallies["m1"].missing[Reason.TIMEOUT] > 20 * POINTS
    assert found.tallies["m2"].missing[Reason.TIMEOUT] <= 4 * POINTS
    assert all(found.tallies[device].missing[Reason.DISCONNECTED] > 20 * POINTS for device in ("m1", "m2"))
    ended = [outage for outage in reversed(outages) if outage.to_ns is not None]
    # a line that is lost and back may cost some samples more: what was switched off lasted more than two seconds
    reasons = [(one.device, one.reason) for one in ended if (one.to_ns or 0) - one.from_ns > 10**9]
    assert reasons[0] == ("m1", Reason.TIMEOUT)
    assert set(reasons[1:]) == {("m1", Reason.DISCONNECTED), ("m2", Reason.DISCONNECTED)}

    await asyncio.sleep(0.5)
    async with running(plan, clock) as gateway:
        again = await figures(gateway)
    assert again.tallies["m1"].good >= found.tallies["m1"].good
    assert 0.5e9 <= again.down_ns < 30e9
