"""Alarms over restarts at any point: what an uninterrupted run says, and what people did, is what the next run says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import Actor, AlarmState, Condition, Transition
from gateway.core.clock import SystemClock
from gateway.rulebook import Rulebook
from gateway.store.state import State
from rules.alarms.engine import NotAllowed
from tests.unit.gateway.pipeline.alarm_site import Disk, Site, read_rules

WANG = Actor("Wang", "operator", "10.0.0.7")
TIMED = """
alarms:
  overload:
    for_each: {devices: [tx1]}
    when: power > 800 kW
    hysteresis: 40 kW
    on_delay: 4 s
    off_delay: 2 s
    priority: high
  held: {for_each: {devices: [tx1]}, when: power > 900 kW, keep_firing: 5 s, re_alarm: 9 s}
  hot: {for_each: {devices: [tx1]}, when: heat > 90 °C, latch: true, parent: [held]}
  steps:
    for_each: {devices: [tx1]}
    levels:
      - {priority: low, when: power > 700 kW}
      - {priority: high, when: power > 900 kW}
    on_delay: 2 s
"""
REMEMBERING = (
    TIMED
    + """
  long: {for_each: {devices: [tx1]}, when: duration(power > 800 kW) > 5 s}
  mean: {for_each: {devices: [tx1]}, when: "avg(power, 6 s) > 600 kW", on_delay: 2 s}
  load: {for_each: {devices: [tx1]}, when: share > 85 %}
derived:
  share: {for_each: {devices: [tx1]}, value: power / 1000 kW * 100 %, unit: "%"}
"""
)
EXAMPLES = 12
ALARMS = ("overload:tx1", "held:tx1", "hot:tx1", "steps:tx1")


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return read_rules(tmp_path_factory.mktemp("timed"), TIMED)


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return read_rules(tmp_path_factory.mktemp("remembering"), REMEMBERING)


@asynccontextmanager
async def opened(rulebook: Rulebook) -> AsyncIterator[Site]:
    with TemporaryDirectory() as folder:
        state = await State.open(Path(folder), SystemClock(), durability="process_crash")
        site = Site(Disk(state), rulebook)
        await site.start()
        try:
            yield site
        finally:
            await state.close()


@dataclass(frozen=True)
class Step:
    """A second: what the meter says, what a person does then, and whether the gateway is started again after it."""

    power: float | None
    heat: float
    action: tuple[str, str] | None = None
    is_last: bool = False  # of its run


async def do(site: Site, action: str, alarm: str) -> None:
    try:
        if action == "acknowledge":
            await site.keeper.act(alarm, lambda engine, now_ns: engine.acknowledge(alarm, WANG, "", now_ns))
        elif action == "reset":
            await site.keeper.act(alarm, lambda engine, now_ns: engine.reset(alarm, WANG, "", now_ns))
        elif action == "unshelve":
            await site.keeper.act(alarm, lambda engine, now_ns: engine.unshelve(alarm, WANG, "", now_ns))
        else:
            duration_ns = None if action == "shelve once" else 4 * 10**9
            await site.keeper.act(alarm, lambda engine, now_ns: engine.shelve(alarm, WANG, "", now_ns, duration_ns))
    except NotAllowed:
        pass


async def save(site: Site) -> None:
    """As it is done each minute: until then a delay that runs has, after a kill, run for less."""
    site.keeper._memory_at = 0.0
    await site.keeper.flush()


async def lived(rulebook: Rulebook, steps: Sequence[Step], *, restarts: str) -> tuple[Any, Any]:
    """How every alarm stands at the end, and the journal. `restarts`: "never", "closed" (SIGTERM), "killed"."""
    async with opened(rulebook) as site:
        for step in steps:
            await site.to(0.75)
            site.clock.move(0.25)
            site.feed(power=step.power, heat=step.heat)
            await site.store_what_is_due()
            if step.action is not None:
                await do(site, *step.action)
            if step.is_last and restarts != "never":
                await (site.keeper.close() if restarts == "closed" else save(site))
                await site.restart()
        await site.to(0.75)
        await site.keeper.flush()
        journal = [(event.alarm, event.transition, event.occurrence, event.time_ns) for event in await site.journal()]
        return site.standing(), sorted(journal, key=lambda row: row[0])


DONE = ("acknowledge", "reset", "shelve", "shelve once", "unshelve")
ACTIONS = st.tuples(st.sampled_from(DONE), st.sampled_from(ALARMS))
STEPS = st.lists(
    st.builds(
        Step,
        power=st.sampled_from([100.0, 770.0, 850.0, 850.0, 1000.0, 1000.0]),
        heat=st.sampled_from([20.0, 95.0]),
        action=st.none() | ACTIONS,
        is_last=st.booleans(),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=STEPS)
def test_kills_at_any_second_that_was_saved_change_nothing(timed: Rulebook, steps: list[Step]) -> None:
    async def both() -> None:
        uninterrupted = await lived(timed, steps, restarts="never")
        assert await lived(timed, steps, restarts="killed") == uninterrupted

    asyncio.run(both())


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=STEPS)
def test_stops_and_starts_at_any_second_change_nothing_even_for_what_windows_remember(
    remembering: Rulebook, steps: list[Step]
) -> None:
    async def both() -> None:
        uninterrupted = await lived(remembering, steps, restarts="never")
        assert await lived(remembering, steps, restarts="closed") == uninterrupted

    asyncio.run(both())


async def until_death(site: Site, life: Any) -> bool:
    """Let it go on; True where the process was killed in the middle of it."""
    task, dying = asyncio.ensure_future(life), asyncio.ensure_future(site.disk.died.wait())
    await asyncio.wait([task, dying], return_when=asyncio.FIRST_COMPLETED)
    was_killed = not task.done()
    for each in (task, dying):
        each.cancel()
    await asyncio.gather(task, dying, return_exceptions=True)
    if not was_killed:
        await task
    return was_killed


async def second(site: Site, step: Step, answered: list[tuple[str, int]]) -> None:
    await site.to(0.75)
    site.clock.move(0.25)
    site.feed(power=step.power, heat=step.heat)
    await site.store_what_is_due()
    if step.action is not None:
        alarm = step.action[1]
        try:
            view = await site.keeper.act(alarm, lambda engine, now: engine.acknowledge(alarm, WANG, "", now))
        except NotAllowed:
            return
        answered.append((alarm, view.occurrence))


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=STEPS, kills=st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=4))
def test_kills_at_any_operation_of_the_disk_lose_nothing_that_was_answered_and_double_nothing(
    timed: Rulebook, steps: list[Step], kills: list[tuple[int, bool]]
) -> None:
    asyncio.run(killed_at(timed, steps, kills))


async def killed_at(rulebook: Rulebook, steps: list[Step], kills: list[tuple[int, bool]]) -> None:
    answered: list[tuple[str, int]] = []
    async with opened(rulebook) as site:
        for step in steps:
            if kills and site.disk.dies_at is None:
                operations, site.disk.dies_before = kills.pop()
                site.disk.dies_at = site.disk.operations + operations
            if await until_death(site, second(site, step, answered)):
                await site.restart(down_s=0.5)
        site.disk.dies_at = None
        await site.to(8, power=1000.0, heat=95.0)
        await site.keeper.flush()
        journal = await site.journal()
        raised = [(event.alarm, event.occurrence) for event in journal if event.transition is Transition.RAISED]
        assert len(set(raised)) == len(raised)
        acknowledged = {
            (event.alarm, event.occurrence) for event in journal if event.transition is Transition.ACKNOWLEDGED
        }
        assert set(answered) <= acknowledged
        for alarm in ("overload:tx1", "held:tx1", "steps:tx1"):
            view = site.keeper.view(alarm)
            assert view.condition is Condition.ACTIVE
            assert view.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
            assert view.occurrence == max(number for name, number in raised if name == alarm)
