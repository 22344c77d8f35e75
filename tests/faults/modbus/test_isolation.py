"""A dead unit costs nothing but itself: eight units behind one endpoint, four of them dead.

The period that is measured is the published one: between the time stamps of the batches that the intake gets.
"""

import asyncio
import itertools
import sys
from dataclasses import dataclass

from tests.contract.source_suite import FakeIntake, running
from tests.integration.modbus import parks
from tests.integration.modbus.peer import Peer
from tests.steady import SteadyLoop

LIVING = (1, 3, 5, 7)
DEAD = (2, 4, 6, 8)


@dataclass(frozen=True)
class Scale:
    """Nominal times, or all of them divided by the same number."""

    interval_s: float
    timeout_s: float
    backoff_s: float
    settle_s: float  # what comes before is not judged
    judged_s: float


NOMINAL = Scale(interval_s=5.0, timeout_s=1.0, backoff_s=2.0, settle_s=30.0, judged_s=40.0)
FAST = Scale(interval_s=0.5, timeout_s=0.1, backoff_s=0.2, settle_s=3.0, judged_s=6.0)


def p99(periods: list[float]) -> float:
    return sorted(periods)[min(len(periods) - 1, int(0.99 * len(periods)))]


def publish(periods: list[float], scale: Scale) -> None:
    """The figure, for whoever runs this with `pytest -s`."""
    sys.stdout.write(f"p99 of the living units' period {p99(periods):.3f} s, nominal {scale.interval_s:g} s\n")


async def periods_of_the_living(scale: Scale) -> tuple[list[float], Peer]:
    """Published periods of the living units' batches after the settling time, in seconds."""
    peer = Peer(dead=set(DEAD))
    await peer.up()
    devices = [parks.device(unit, [parks.group(parks.floats(20), scale.interval_s)]) for unit in range(1, 9)]
    options = {"timeout": f"{scale.timeout_s} s", "backoff": f"{scale.backoff_s} s"}
    source, intake = parks.source(peer.port, devices, **options), FakeIntake()
    async with running(source, intake):
        await asyncio.sleep(scale.settle_s)
        intake.batches.clear()
        await asyncio.sleep(scale.judged_s)
    await peer.down()
    periods = []
    for unit in LIVING:
        times = [batch.time_ns / 1e9 for batch in intake.good() if batch.block.device.id == f"d{unit}"]
        assert len(times) >= 0.8 * scale.judged_s / scale.interval_s
        periods += [later - sooner for sooner, later in itertools.pairwise(times)]
    return periods, peer


def assert_probes_come_last_and_one_by_one(peer: Peer, scale: Scale) -> None:
    """In every cycle the living are asked first, then at most one dead unit, once."""
    cycles: list[list[int]] = []
    last_s = 0.0
    for asked in peer.asked:
        if asked.unit == LIVING[0] and asked.at_s - last_s > scale.interval_s / 2:
            cycles.append([])
            last_s = asked.at_s
        if cycles:
            cycles[-1].append(asked.unit)
    first = int(scale.settle_s / scale.interval_s)
    assert len(cycles) > first + 3
    for cycle in cycles[first:]:
        assert tuple(cycle[:4]) == LIVING
        assert len(cycle) <= 5


async def test_four_dead_units_of_eight_leave_the_others_their_period() -> None:
    periods, peer = await periods_of_the_living(FAST)
    publish(periods, FAST)
    assert p99(periods) < 1.5 * FAST.interval_s, f"p99 {p99(periods):.3f} s"
    assert_probes_come_last_and_one_by_one(peer, FAST)


def test_four_dead_units_of_eight_leave_the_others_their_period_at_5_s_polling() -> None:
    with asyncio.Runner(loop_factory=lambda: SteadyLoop(pace=25)) as runner:
        periods, peer = runner.run(periods_of_the_living(NOMINAL))
    publish(periods, NOMINAL)
    assert p99(periods) < 1.5 * NOMINAL.interval_s, f"p99 {p99(periods):.3f} s"
    assert_probes_come_last_and_one_by_one(peer, NOMINAL)
