"""An alarm keeper and its surroundings: rules as users write them, state.db in a folder, time that a test moves."""

import asyncio
import heapq
import sqlite3
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from gateway.core.alarm import AlarmEvent, AlarmState, Condition, Transition
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


def read_rules(folder: Path, rules: str) -> Rulebook:
    """The rules of a park with the meters `tx1` and `tx2`, which have `power` and `heat` each second."""
    path = folder / "park.yaml"
    path.write_text(PARK + rules, encoding="utf-8")
    return load_park(path, known_drivers())[1]


class Time:
    """Time passes when a test says so; who sleeps is woken in the right order. The wall clock can be stepped."""

    def __init__(self) -> None:
        self.wall_ns = START_NS
        self.seconds = 1000.0
        self.sleeps: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def time_ns(self) -> int:
        return self.wall_ns

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._order), future))
        await future

    def move(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ns += round(seconds * 1e9)

    def wake_next(self, end: float) -> bool:
        """Move to the next sleeper that wakes until `end`, and wake it."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers or self._sleepers[0][0] > end:
            return False
        at, _, future = heapq.heappop(self._sleepers)
        self.move(max(0.0, at - self.seconds))
        future.set_result(None)
        return True


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
