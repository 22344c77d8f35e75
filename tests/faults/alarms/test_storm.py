"""A storm: two thousand alarms change five times within a minute. All of it is in the journal, and people get a handful
of messages with the worst first. What it costs is measured by `python -m tests.bench storm`."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gateway.config.driver import ChannelOptions
from gateway.config.plan import ChannelPlan, ParkPlan
from gateway.core.alarm import Transition
from gateway.core.batch import Batch
from gateway.core.clock import SystemClock
from gateway.core.notice import Notice
from gateway.pipeline.notify import Dispatcher
from gateway.pipeline.watch import NOTED, facts_of
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook, load_park
from gateway.store.state import State
from tests.faults.notify.scripted import PlayedNotifier
from tests.unit.gateway.pipeline.alarm_site import Disk, Site, Time

METERS, RULES, CHANGES = 200, 10, 5
RATE = (20, 60.0)
PARK = """
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises: [{id: acme, name: Acme}]
connections: {line: {driver: modbus, host: 127.0.0.1}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s}
    points: {power: {unit: kW, table: input, address: 0, type: float32, group: fast}}
notify:
  channels: {duty: {driver: webhook, url: "http://127.0.0.1:9/", allow_loopback: true}}
  routes: {all: {channels: [duty], group_by: [rule, device], group_wait: 0 s}}
"""


def storm_rules(folder: Path) -> tuple[ParkPlan, Rulebook]:
    meters = "".join(
        f"  - {{id: m{n}, enterprise: acme, profile: meter, connection: line, unit: {n}}}\n"
        for n in range(1, METERS + 1)
    )
    rules = "".join(
        f"  r{n}: {{for_each: {{profile: meter}}, when: power > {500 + n} kW, priority: low}}\n"
        for n in range(RULES - 1)
    )
    others = ", ".join(f"m{n}" for n in range(1, METERS + 1) if n != 150)
    rules += f"  r9: {{for_each: {{devices: [{others}]}}, when: power > 509 kW, priority: medium}}\n"
    rules += "  fire: {for_each: {devices: [m150]}, when: power > 500 kW, priority: high}\n"
    (folder / "park.yaml").write_text(f"{PARK}devices:\n{meters}alarms:\n{rules}", encoding="utf-8")
    loaded, rulebook = load_park(folder / "park.yaml", known_drivers())
    return loaded.plan, rulebook


class Exported:
    """The outbox: as it encodes what it gets, it keeps nothing that the garbage collector would have to look at."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def append_event(self, batch: Batch) -> int:
        self.events.append(" ".join(map(str, (batch.values[0], batch.values[1], batch.values[4]))))
        return len(self.events)


@asynccontextmanager
async def storming(folder: Path, exported: "Exported") -> AsyncIterator[tuple[Site, PlayedNotifier]]:
    """The keeper and the real dispatcher at work."""
    plan, rulebook = await asyncio.to_thread(storm_rules, folder)
    state = await State.open(folder / "data", SystemClock(), durability="process_crash")
    site = Site(Disk(state), rulebook, Time())
    await site.start()
    site.keeper.connect(site.observe, exported.append_event)
    notifier = PlayedNotifier("duty", RATE)
    dispatcher = _dispatcher(plan, rulebook, site, notifier)
    site.keeper._on_stored.clear()
    site.keeper.add_listener(lambda events: dispatcher.wake())
    tasks = [asyncio.ensure_future(one) for one in (site.keeper.run(), dispatcher.run())]
    try:
        yield site, notifier
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await state.close()


def _dispatcher(plan: ParkPlan, rulebook: Rulebook, site: Site, notifier: PlayedNotifier) -> Dispatcher:
    facts = facts_of(rulebook, plan)
    site.keeper._facts_of = facts.__getitem__

    def note(notice: Notice, channel: str, answer: str, was_sent: bool) -> None:
        for event in notice.events[:NOTED]:
            site.keeper.note(event, channel, answer)

    state: Any = site.disk
    channels = [(ChannelPlan("duty", "played", ChannelOptions(), "both"), notifier)]
    zone, clock = ZoneInfo("Asia/Shanghai"), site.clock
    return Dispatcher(rulebook.notices, channels, state, clock, Random(1), plan.site, zone, facts.__getitem__, note)


async def let_pass(site: Site, seconds: float) -> None:
    """Let everybody who is due in this time have a turn, and the disk all the time that it needs."""
    end = site.clock.seconds + seconds
    while True:
        for _ in range(10):
            await asyncio.sleep(0)
        while site.disk.busy:
            await asyncio.sleep(0.0005)
            for _ in range(5):
                await asyncio.sleep(0)
        if not site.clock.wake_next(end):
            break
    site.clock.move(end - site.clock.seconds)


async def test_a_storm_is_in_the_journal_whole_and_reaches_people_in_few_messages(tmp_path: Path) -> None:
    exported = Exported()
    async with storming(tmp_path, exported) as (site, notifier):
        site.keeper.advance()
        await let_pass(site, 1)
        for change in range(CHANGES):
            for number in range(1, METERS + 1):
                site.feed(f"m{number}", power=100.0 if change % 2 else 900.0)
                await asyncio.sleep(0)  # each answer comes by itself
            await let_pass(site, 60 / CHANGES)
        in_the_minute = list(notifier.taken)
        await let_pass(site, 120)
        journal = await site.journal()
        changes = [event for event in journal if event.transition is not Transition.NOTIFIED]
        assert len(changes) == METERS * RULES * CHANGES
        assert set(Counter((event.alarm, event.transition, event.occurrence) for event in changes).values()) == {1}
        assert [event.seq for event in journal] == list(range(1, len(journal) + 1))
        assert exported.events == [f"{event.alarm} {event.transition} {event.occurrence}" for event in journal]
        assert 1 <= len(in_the_minute) <= RATE[0]
        assert_within_the_rate(notifier.taken)
        told = [{event.alarm for event in notice.events} for notice in in_the_minute]
        assert any("fire:m150" in alarms for alarms in told[:2])


def assert_within_the_rate(notices: list[Notice]) -> None:
    times = sorted(notice.time_ns for notice in notices)
    count, period_s = RATE
    for first, beyond in zip(times, times[count:], strict=False):
        assert beyond - first >= period_s * 1e9
