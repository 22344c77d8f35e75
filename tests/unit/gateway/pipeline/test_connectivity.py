"""The keeper of connectivity: a scripted schedule of outages gives exactly the computed rate, restarts included."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from timeit import timeit
from typing import Any, cast

import pytest

from gateway.config.plan import ApiPlan, ConnectionPlan, DevicePlan, GroupPlan, ParkPlan, StoreLimits
from gateway.core.batch import Batch, Block
from gateway.core.device import Device, Enterprise, Site
from gateway.core.errors import Unavailable
from gateway.core.point import Point
from gateway.core.ports import Fault
from gateway.core.quality import Quality
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.snapshot import Snapshot
from gateway.store.state import State
from rules.connectivity.reason import Reason
from rules.connectivity.spans import Kind
from rules.connectivity.tally import Tally, total

NS = 10**9
START_NS = int(datetime(2026, 11, 22, 4, 0, tzinfo=UTC).timestamp()) * NS  # noon in Shanghai


@dataclass(frozen=True)
class Kit:
    """A device of the test park: its block and how it is driven."""

    device: Device
    block: Block
    interval_s: float
    is_polled: bool = True


def kit(name: str, enterprise: str, points: int, interval_s: float, connection: str = "line") -> Kit:
    device = Device(name, "park", enterprise, "meter", connection=connection)
    block = Block(device, tuple(Point(f"p{i}") for i in range(points)), interval_s)
    return Kit(device, block, interval_s, connection != "broker")


KITS = (
    kit("fast", "acme", 4, 1.0),
    kit("slow", "acme", 3, 5.0),
    kit("quarter", "baker", 2, 900.0),
    kit("sensor", "baker", 6, 60.0, "broker"),
)
OVEN = Device("oven", "park", "baker", "machine")


def plan_of(tmp_path: Path, kits: tuple[Kit, ...] = KITS, zone: str = "Asia/Shanghai") -> ParkPlan:
    connections = tuple(
        ConnectionPlan(
            name,
            "driver",
            cast("Any", None),
            tuple(
                DevicePlan(
                    one.device,
                    cast("Any", None),
                    (GroupPlan("all", one.interval_s if one.is_polled else 0.0, 0.0, one.block.points, ()),),
                )
                for one in kits
                if one.device.connection == name
            ),
        )
        for name in ("line", "broker")
    )
    return ParkPlan(
        Site("park", timezone=zone),
        (Enterprise("acme"), Enterprise("baker")),
        (*(one.device for one in kits), OVEN),
        connections,
        (),
        StoreLimits(tmp_path, 2**28, 86400.0, 0, 1.0, "process_crash"),
        ApiPlan("127.0.0.1", 0, tmp_path / "socket"),
    )


class Run:
    """One run of a gateway over simulated time: polls in the middle of each interval, a tick at each full minute."""

    def __init__(self, plan: ParkPlan, state: State, clock: Any, kits: tuple[Kit, ...] = KITS) -> None:
        self.clock = clock
        self.kits = kits
        self.snapshot = Snapshot(plan.devices, clock)
        self.keeper = ConnectivityKeeper(plan, self.snapshot, state, clock)
        for one in kits:
            self.snapshot.register(one.block)
            self.keeper.register(one.block)
        self.misses = dict.fromkeys(kits, 0)

    def accept(self, batch: Batch) -> None:
        if self.snapshot.update(batch):
            self.keeper.observe(batch)

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        self.snapshot.fault(device, fault, points)
        self.keeper.fault(device, fault, points)

    def poll(self, one: Kit, answers: bool) -> None:
        """What a driver does: after three misses in a row the device is said to be down, once."""
        size = len(one.block.points)
        if answers:
            if self.misses[one] >= 3:
                self.fault(one.device.id, None)
            self.misses[one] = 0
            self.accept(Batch(one.block, (1.0,) * size, self.clock.time_ns()))
            return
        self.misses[one] += 1
        if self.misses[one] == 3 and one.is_polled:
            bad = (Quality.BAD_TIMEOUT,) * size
            self.accept(Batch(one.block, (None,) * size, self.clock.time_ns(), bad))
            message = "no answer within 1 s (3 times)"
            self.fault(one.device.id, Fault(one.device.id, self.clock.time_ns(), Quality.BAD_TIMEOUT, message))

    async def go(self, seconds: int, answers: Callable[[Kit, int], bool], *, at_s: int = 0) -> None:
        """`answers(kit, second)`: whether it answers the poll of that second of the schedule."""
        for second in range(at_s, at_s + seconds):
            self.clock.move(0.5)
            for one in self.kits:
                if (second - at_s) % one.interval_s == one.interval_s // 2:
                    self.poll(one, answers(one, second))
            self.clock.move(0.5)
            if self.clock.time_ns() // NS % 60 == 0:
                await self.keeper.tick()


@asynccontextmanager
async def opened(plan: ParkPlan, clock: Any, kits: tuple[Kit, ...] = KITS, *, ends: bool = True) -> AsyncIterator[Run]:
    """A run; `ends`: it is stopped, not killed."""
    state = await State.open(plan.store.directory, clock, durability="process_crash")
    run = Run(plan, state, clock, kits)
    await run.keeper.load()
    yield run
    if ends:
        run.keeper.look_away()
        await run.keeper.flush()
    await state.close()


@pytest.fixture
def clock(clock: Any) -> Any:
    clock.now_ns = START_NS
    return clock


def computed(one: Kit, runs: list[tuple[int, int]], answers: Callable[[Kit, int], bool]) -> tuple[int, int]:
    """Expected and good samples by hand: every interval that is over, in each run of the gateway."""
    expected = good = 0
    for at_s, length_s in runs:
        for n in range(int(length_s // one.interval_s)):
            expected += 1
            good += answers(one, at_s + round(n * one.interval_s + one.interval_s // 2))
    return expected * len(one.block.points), good * len(one.block.points)


def schedule(seed: int, hours: int) -> Callable[[Kit, int], bool]:
    """Outages of 10 s to 40 min at random, per device, none of them at the very end."""
    random = Random(seed)
    away: dict[Kit, set[int]] = {}
    for one in KITS:
        away[one] = set()
        for _ in range(6):
            start = random.randrange(60, hours * 3600 - 5000)
            away[one] |= set(range(start, start + random.choice([10, 45, 300, 2400])))
    return lambda one, second: second not in away[one]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_schedule_of_outages_gives_exactly_the_computed_rate(tmp_path: Path, clock: Any, seed: int) -> None:
    answers, plan = schedule(seed, 5), plan_of(tmp_path)
    async with opened(plan, clock, ends=False) as run:
        await run.go(9000, answers)
    clock.move(754)  # killed at a full minute
    async with opened(plan, clock) as run:
        await run.go(9000, answers, at_s=9754)
        run.keeper.look_away()
        figures = await run.keeper.book.figures(START_NS, START_NS + 6 * 3600 * NS)
    for one in KITS:
        tally = figures.tallies[one.device.id]
        assert (tally.expected, tally.good) == computed(one, [(0, 9000), (9754, 9000)], answers), one.device.id
        assert tally.expected == tally.good + tally.reasons.total()
        assert set(tally.missing) <= {Reason.TIMEOUT, Reason.STALE, Reason.UNKNOWN, Reason.SILENT}
    assert figures.down_ns == 754 * NS


async def test_hours_add_up_to_the_day_and_devices_to_the_park(tmp_path: Path, clock: Any) -> None:
    clock.now_ns = int(datetime(2026, 10, 24, 22, 0, tzinfo=UTC).timestamp()) * NS  # midnight before the change
    plan = plan_of(tmp_path, KITS[1:2], "Europe/Berlin")
    day_ns = clock.now_ns
    async with opened(plan, clock, KITS[1:2]) as run:
        await run.go(25 * 3600 + 120, lambda one, second: second % 5000 > 700)
        book = run.keeper.book
        hours = await book.series(Kind.HOUR, day_ns, day_ns + 25 * 3600 * NS, {"slow"})
        days = await book.series(Kind.DAY, day_ns, day_ns + 1, {"slow"})
        figures = await book.figures(day_ns, day_ns + 25 * 3600 * NS)
        parts = [await book.figures(day_ns + n * 3600 * NS, day_ns + (n + 1) * 3600 * NS) for n in range(25)]
    assert len(hours.tallies) == 25
    assert total(hours.tallies.values()) == days.tallies["slow", day_ns] == figures.tallies["slow"]
    assert total(part.tallies["slow"] for part in parts) == figures.tallies["slow"]
    assert {tally.expected for tally in hours.tallies.values()} == {3 * 720}


async def test_the_reasons_are_those_that_held(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(3600, lambda one, second: not 600 <= second < 1200)
        tallies = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies
    assert tallies["fast"].missing[Reason.TIMEOUT] >= 0.99 * tallies["fast"].missing.total() == 0.99 * 2400
    assert tallies["sensor"].missing == {Reason.SILENT: 60}


async def test_a_step_of_the_clock_books_no_time(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(600, lambda one, second: True)
        clock.now_ns += 7200 * NS
        await run.go(600, lambda one, second: True)
        clock.now_ns -= 7200 * NS
        await run.go(600, lambda one, second: True)
        figures = await run.keeper.book.figures(START_NS - 3600 * NS, START_NS + 5 * 3600 * NS)
    assert figures.tallies["fast"] == Tally(good=4 * 1800)
    assert figures.down_ns == 0


async def test_an_outage_goes_on_over_a_restart_and_the_gateways_own_time_is_kept_apart(
    tmp_path: Path, clock: Any
) -> None:
    plan = plan_of(tmp_path)
    async with opened(plan, clock) as run:
        await run.go(600, lambda one, second: second < 300)
    clock.move(300)
    async with opened(plan, clock) as run:
        await run.go(300, lambda one, second: second >= 1020, at_s=900)
        outages = await run.keeper.book.outages(START_NS, clock.now_ns, ["fast"], 10)
    (outage,) = outages
    assert outage.from_ns == START_NS + round(299.5 * NS)
    assert outage.to_ns == START_NS + round(1020.5 * NS)
    assert (outage.reason, outage.message) == (Reason.TIMEOUT, "no answer within 1 s (3 times)")
    assert outage.down_ns == 300 * NS


async def test_an_outage_that_is_not_over_is_open(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(300, lambda one, second: second < 100)
        (outage,) = await run.keeper.book.outages(START_NS, clock.now_ns, ["fast"], 10)
        assert outage.to_ns is None
        assert run.keeper.outage("fast") == outage
        assert await run.keeper.book.outages(START_NS, START_NS + 50 * NS, ["fast"], 10) == []


async def test_an_outage_of_a_device_that_is_no_longer_connected_is_over(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(300, lambda one, second: second < 100)
    clock.move(3000)
    async with opened(plan_of(tmp_path, KITS[1:]), clock, KITS[1:]) as run:
        await run.keeper.tick()
        (outage,) = await run.keeper.book.outages(START_NS, clock.now_ns, ["fast"], 10)
    assert outage.to_ns == START_NS + 300 * NS


async def test_accounts_follow_a_renamed_device(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(120, lambda one, second: True)
    renamed = kit("rapid", "acme", 4, 1.0)
    plan = replace(plan_of(tmp_path, (renamed,)), renamed_devices=(("fast", "rapid"),))
    async with opened(plan, clock, (renamed,)) as run:
        tallies = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies
        assert tallies["rapid"].good == 4 * 120
        assert "fast" not in tallies
        assert "rapid" in run.keeper.answered


async def test_what_could_not_be_written_is_shown_and_written_once_later(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(tmp_path)
    async with opened(plan, clock) as run:
        do = run.keeper.book._state.do

        async def write_and_fail(operation: Any) -> Any:
            await do(operation)
            raise Unavailable("the disk answers no more")

        await run.go(60, lambda one, second: True)
        monkeypatch.setattr(run.keeper.book._state, "do", write_and_fail)
        await run.go(60, lambda one, second: True)  # written, but nobody knows
        await run.go(60, lambda one, second: True)
        monkeypatch.setattr(run.keeper.book._state, "do", do)
        before = await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)
        await run.keeper.tick()
        after = await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)
    assert before.tallies["fast"] == after.tallies["fast"] == Tally(good=4 * 180)


async def test_what_the_gateway_computes_itself_is_nobodys_answer(tmp_path: Path, clock: Any) -> None:
    derived = Block(KITS[0].device, (Point("load_share"),), 1.0)
    async with opened(plan_of(tmp_path), clock) as run:
        for _ in range(60):
            clock.move(1)
            run.keeper.observe(Batch(derived, (1.0,), clock.time_ns()))
        await run.keeper.tick()
        tallies = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies
    assert (tallies["fast"].good, tallies["fast"].expected) == (0, 4 * 58)  # two may come yet


async def test_a_block_that_a_source_cut_up_is_counted_once(tmp_path: Path, clock: Any) -> None:
    whole = KITS[0].block
    halves = [Block(whole.device, whole.points[:2], 1.0), Block(whole.device, whole.points[2:], 1.0)]
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(60, lambda one, second: True)
        for _ in range(120):
            clock.move(0.5)
            for half in halves:
                run.accept(Batch(half, (1.0, 1.0), clock.time_ns()))
            clock.move(0.5)
        await run.keeper.tick()
        tally = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies["fast"]
    assert (tally.good, tally.expected) == (4 * 180, 4 * 180)


async def test_points_that_no_source_reads_are_missing_by_configuration(tmp_path: Path, clock: Any) -> None:
    one = KITS[0]
    part = replace(one, block=Block(one.device, one.block.points[:3], 1.0))
    async with opened(plan_of(tmp_path, (one,)), clock, (part,)) as run:
        await run.go(120, lambda one, second: True)
        tally = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies["fast"]
    assert (tally.good, tally.missing) == (3 * 120, {Reason.CONFIGURATION: 120})


async def test_the_rate_of_the_last_hour_is_by_enterprise(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        assert run.keeper.recent_rates() == {}
        await run.go(7200, lambda one, second: second >= 3600 or one.device.enterprise == "acme")
        assert run.keeper.recent_rates()["acme"] == 1.0
        assert run.keeper.recent_rates()["baker"] > 0.9


async def test_at_the_stop_nothing_is_held_against_a_device(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(60, lambda one, second: True)
        run.keeper.look_away()
        clock.move(30)
        run.fault("fast", Fault("fast", 0, Quality.BAD_DISCONNECTED, "stopping"))
        run.accept(Batch(KITS[0].block, (None,) * 4, clock.time_ns(), (Quality.BAD_DISCONNECTED,) * 4))
        await run.keeper.tick()
        tally = (await run.keeper.book.figures(START_NS, START_NS + 3600 * NS)).tallies["fast"]
    assert tally == Tally(good=4 * 60)


async def test_run_ticks_at_full_minutes(tmp_path: Path, clock: Any) -> None:
    clock.move(12.5)
    async with opened(plan_of(tmp_path), clock) as run:
        task = asyncio.create_task(run.keeper.run())
        while len(clock.slept) < 3:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert clock.slept[:2] == [47.5, 60.0]


async def test_what_is_too_old_is_forgotten(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(120, lambda one, second: True)
        clock.move(70 * 86400)
        await run.keeper.tick()
        book = run.keeper.book
        assert (await book.series(Kind.HOUR, START_NS, START_NS + 3600 * NS, {"fast"})).tallies == {}
        day_ns = START_NS - 12 * 3600 * NS
        assert (await book.series(Kind.DAY, day_ns, day_ns + 1, {"fast"})).tallies


async def test_a_clock_that_was_set_far_ahead_deletes_nothing(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(120, lambda one, second: True)
        clock.now_ns += 5000 * 86400 * NS
        await run.keeper.tick()
        assert (await run.keeper.book.series(Kind.HOUR, START_NS, START_NS + 3600 * NS, {"fast"})).tallies


async def test_a_whole_good_batch_costs_next_to_nothing(tmp_path: Path, clock: Any) -> None:
    async with opened(plan_of(tmp_path), clock) as run:
        await run.go(60, lambda one, second: True)
        batch, observe = Batch(KITS[0].block, (1.0,) * 4, clock.time_ns()), run.keeper.observe
        cost_s = min(timeit(lambda: observe(batch), number=20_000) for _ in range(5)) / 20_000
    assert cost_s < 2e-6  # about 0.2 us; the bound leaves room for a busy machine
