"""An alarm keeper and its surroundings: rules as users write them, state.db in a folder, time that a test moves."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Condition, Transition
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.point import Names, Point, Value
from gateway.core.quality import Quality
from gateway.pipeline.alarm_export import TAGS, EventBatches
from gateway.pipeline.alarms import AlarmKeeper
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook, load_park
from gateway.store.journal import JournalQuery
from gateway.store.state import State
from rules.alarms.engine import AlarmView
from tests.faults.notify.scripted import TimerClock

START_NS = 1_790_000_000_000_000_000
PARK = """
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises: [{id: acme, name: Acme}]
connections: {line: {driver: modbus, host: 127.0.0.1}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s}
    points:
      power: {unit: kW, table: input, address: 0, type: float32, group: fast}
      heat: {unit: °C, table: input, address: 2, type: float32, group: fast}
devices:
  - {id: tx1, enterprise: acme, profile: meter, connection: line, unit: 1}
  - {id: tx2, enterprise: acme, profile: meter, connection: line, unit: 2}
"""


WANG = Actor("Wang", "operator", "10.0.0.7")
RULES = """
alarms:
  overload:
    for_each: {profile: meter}
    when: power > 800 kW
    hysteresis: 40 kW
    priority: high
  slow:
    for_each: {devices: [tx1]}
    when: heat > 90 °C
    on_delay: 4 s
    priority: low
"""
RAISED, RETURNED, ACKNOWLEDGED = Transition.RAISED, Transition.RETURNED, Transition.ACKNOWLEDGED


def read_rules(folder: Path, rules: str) -> Rulebook:
    """The rules of a park with the meters `tx1` and `tx2`, which have `power` and `heat` each second."""
    path = folder / "park.yaml"
    path.write_text(PARK + rules, encoding="utf-8")
    return load_park(path, known_drivers())[1]


class Time(TimerClock):
    """A played clock that remembers how long everybody wanted to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await super().sleep(seconds)


class Disk:
    """state.db that fails, or stops for ever, when it is told to."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.path = state.path
        self.fails = 0  # so many operations raise Unavailable
        self.dies_at: int | None = None  # the operation after which nothing comes back, as if the process were gone
        self.dies_before = False  # that operation is not done
        self.operations = 0
        self.busy = 0
        self.died = asyncio.Event()

    async def do(self, operation: Callable[[sqlite3.Connection], Any]) -> Any:
        self.operations += 1
        if self.fails:
            self.fails -= 1
            raise Unavailable("state.db cannot be used: disk I/O error", "check the gateway's disk")
        is_death = self.dies_at is not None and self.operations >= self.dies_at
        if is_death and self.dies_before:
            await self._die()
        self.busy += 1
        try:
            result = await self.state.do(operation)
        finally:
            self.busy -= 1
        if is_death:
            await self._die()
        return result

    async def _die(self) -> None:
        self.died.set()
        await asyncio.Event().wait()

    def write(self, db: sqlite3.Connection) -> Any:
        return self.state.write(db)


class Site:
    """The keeper, what it is fed, and what came out of it. `restart` is a kill: nothing is closed."""

    def __init__(self, disk: Disk, rulebook: Rulebook, clock: Time | None = None) -> None:
        self.disk = disk
        self.clock = clock or Time()
        self.rulebook = rulebook
        self.exported: list[Batch] = []  # the outbox
        self.is_full = False
        self.told: list[AlarmEvent] = []  # to listeners
        self.keeper: AlarmKeeper
        self._blocks: dict[tuple[str, tuple[str, ...]], Block] = {}

    async def start(self) -> None:
        ids = {tag: number for number, tag in enumerate(TAGS)}
        events = EventBatches("qinghe", ids)
        state: Any = self.disk
        self.keeper = AlarmKeeper(self.rulebook, state, self.clock, events, {"acme": Names("Acme")})
        self.keeper.connect(self.observe, self._store)
        self.keeper.add_listener(self.told.extend)
        await self.keeper.load()

    async def restart(self, down_s: float = 0.0) -> None:
        """Another process: its steady clock begins somewhere else."""
        self.disk.dies_at = None
        self.disk.died.clear()
        self.clock.move(down_s)
        self.clock.seconds += 12_345.0
        await self.start()
        self.keeper.advance()

    def observe(self, batch: Batch) -> None:
        self.keeper.observe(batch)

    def _store(self, batch: Batch) -> int | None:
        if self.is_full:
            return None
        self.exported.append(batch)
        return len(self.exported)

    def commit(self) -> None:
        """The outbox commits."""
        self.keeper.on_durable(len(self.exported))

    # -- data and time ------------------------------------------------------------------------------------------------

    def feed(self, device: str = "tx1", **values: float | None) -> None:
        names = tuple(values)
        if (device, names) not in self._blocks:
            points = tuple(Point(name) for name in names)
            self._blocks[device, names] = Block(Device(device, "qinghe", "acme", "meter"), points, 1.0)
        quality = tuple(Quality.BAD_TIMEOUT if value is None else Quality.GOOD for value in values.values())
        batch = Batch(
            self._blocks[device, names],
            tuple(values.values()),
            self.clock.time_ns(),
            quality if None in values.values() else None,
        )
        self.keeper.observe(batch)
        self.keeper.advance()

    async def to(self, seconds: float, step_s: float = 0.25, **values: float | None) -> None:
        """Let time pass; with values: `tx1` answers each second."""
        for number in range(round(seconds / step_s)):
            self.clock.move(step_s)
            if values and (number + 1) * step_s % 1 == 0:
                self.feed("tx1", **values)
            self.keeper.advance()
            await self.store_what_is_due()

    async def store_what_is_due(self) -> None:
        if self.keeper._is_flush_due():
            await self.keeper._flush_quietly()

    # -- looking ------------------------------------------------------------------------------------------------------

    async def journal(self) -> list[AlarmEvent]:
        query = JournalQuery(oldest_first=True)
        return await self.disk.state.do(lambda db: _journal(db, query))

    async def transitions(self, alarm: str | None = None) -> list[Transition]:
        return [event.transition for event in await self.journal() if alarm in (None, event.alarm)]

    async def stored_states(self) -> dict[str, str]:
        rows = await self.disk.state.do(
            lambda db: db.execute("SELECT alarm, json_extract(body, '$.state') FROM alarm_state").fetchall()
        )
        return dict(rows)

    def state(self, alarm: str = "overload:tx1") -> AlarmState:
        return self.keeper.view(alarm).state

    def condition(self, alarm: str = "overload:tx1") -> Condition:
        return self.keeper.view(alarm).condition

    def standing(self) -> dict[str, tuple[object, ...]]:
        """Every alarm as a person sees it."""
        return {alarm.id: _standing(self.keeper.view(alarm.id)) for alarm in self.rulebook.alarms}


def _journal(db: sqlite3.Connection, query: JournalQuery) -> list[AlarmEvent]:
    from gateway.store import journal

    return journal.read(db, query, 100_000)


def _standing(view: AlarmView) -> tuple[object, ...]:
    return (view.state, view.condition, view.priority, view.occurrence, view.acknowledged_by, view.until_ns)


def exported_events(batches: Sequence[Batch]) -> list[tuple[Value | None, ...]]:
    """Alarm, transition and occurrence of each event in the outbox."""
    return [(batch.values[0], batch.values[1], batch.values[4]) for batch in batches]


def acknowledge(alarm: str) -> Any:
    return lambda engine, now_ns: engine.acknowledge(alarm, WANG, "seen", now_ns)


async def running(site: Site, seconds: float) -> None:
    """Let `run` have this time."""
    task = asyncio.ensure_future(site.keeper.run())
    end = site.clock.seconds + seconds
    try:
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            while site.disk.busy:
                await asyncio.sleep(0.0005)
                for _ in range(20):
                    await asyncio.sleep(0)
            if not site.clock.wake_next(end):
                break
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])
    site.clock.move(end - site.clock.seconds)
