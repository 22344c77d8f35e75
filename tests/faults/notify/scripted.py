"""Notifications with everything around them played: clock, provider, the file, and kills at any point."""

import asyncio
import contextlib
import heapq
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta, timezone
from itertools import count
from random import Random
from typing import Any, cast

from gateway.config.driver import ChannelOptions
from gateway.config.plan import ChannelPlan
from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Priority, Transition
from gateway.core.device import Site
from gateway.core.errors import Unavailable
from gateway.core.notice import Notice, NoticeKind
from gateway.core.point import Names
from gateway.pipeline.notify import Dispatcher
from gateway.store.migrate import transaction
from gateway.store.notices import TABLES, enqueue
from gateway.store.state import State
from rules.notices.match import Facts, FactsOf, no_facts
from rules.notices.rows import plan_rows
from rules.notices.spec import NoticePlan

START_NS = 1_790_000_000_000_000_000
HANG = "hang"
ZONE = timezone(timedelta(hours=8))
SITE = Site("qinghe", Names("Qinghe Park", "清河园区"), "Asia/Shanghai")
SECOND = 1_000_000_000


class TimerClock:
    """Time passes when the test says so; who sleeps wakes in the right order. The wall clock may be stepped."""

    def __init__(self) -> None:
        self.wall_ns = START_NS
        self.seconds = 1000.0
        self.tick = 0.0  # passes whenever somebody looks at the clock, as real time does
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def time_ns(self) -> int:
        return self.wall_ns

    def monotonic(self) -> float:
        self.move(self.tick)
        return self.seconds

    async def sleep(self, seconds: float) -> None:
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


class PlayedState:
    """The tables of the queue in a database of its own, which outlives what uses it. Dies at an operation if told."""

    def __init__(self) -> None:
        self.busy = 0
        self.operations = 0
        self.dies_at: int | None = None
        self.dies_before = False  # the operation is not done then
        self.fails = 0  # so many operations raise Unavailable
        self._thread = ThreadPoolExecutor(1)
        self._db = self._thread.submit(_database).result()

    async def do(self, operation: Callable[[sqlite3.Connection], Any]) -> Any:
        self.operations += 1
        if self.fails:
            self.fails -= 1
            raise Unavailable("the disk is gone")
        is_death = self.dies_at is not None and self.operations >= self.dies_at
        if is_death and self.dies_before:
            await asyncio.Event().wait()
        self.busy += 1
        try:
            result = await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, operation, self._db))
        finally:
            self.busy -= 1
        if is_death:
            await asyncio.Event().wait()
        return result

    def write(self, db: sqlite3.Connection) -> AbstractContextManager[None]:
        return transaction(db)

    def now(self, operation: Callable[[sqlite3.Connection], Any]) -> Any:
        """Look into the file from the test."""
        return self._thread.submit(operation, self._db).result()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return cast("list[tuple[Any, ...]]", self.now(lambda db: db.execute(query, values).fetchall()))

    def close(self) -> None:
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()


def _database() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for statement in TABLES:
        db.execute(statement)
    return db


class PlayedNotifier:
    """Answers as told: a text, an error, or not at all."""

    def __init__(self, name: str, rate: tuple[int, float]) -> None:
        self.name = name
        self.rate = rate
        self.script: list[str | Exception] = []  # the next answers; then `ok`
        self.always: str | Exception | None = None  # instead of `ok`
        self.tried: list[Notice] = []
        self.taken: list[Notice] = []  # what a person sees
        self.dies_at: int | None = None  # attempt at which nothing ever comes back
        self.dies_before = False  # the provider has not got it then
        self.closed = False

    async def notify(self, notice: Notice) -> str:
        self.tried.append(notice)
        answer = self.script.pop(0) if self.script else (self.always or "ok")
        is_death = self.dies_at is not None and len(self.tried) >= self.dies_at
        if answer == HANG or (is_death and self.dies_before):
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(notice)
        if is_death:
            await asyncio.Event().wait()
        return answer

    async def close(self) -> None:
        self.closed = True

    @property
    def titles(self) -> list[str]:
        return [notice.title.en for notice in self.taken]


class Office:
    """A gateway's notifications from the flush of events to the providers."""

    def __init__(
        self,
        plan: NoticePlan,
        *,
        channels: Sequence[str] = ("duty",),
        rate: tuple[int, float] = (20, 60.0),
        facts_of: FactsOf = no_facts,
        language: str = "both",
        timeout_s: float = 5.0,
    ) -> None:
        self.plan = plan
        self.clock = TimerClock()
        self.state = PlayedState()
        self.notifiers = {name: PlayedNotifier(name, rate) for name in channels}
        self.reports: list[tuple[str, str, str, bool]] = []  # id, channel, answer, ok
        self.facts_of = facts_of
        self.runs = 0
        self.language = language
        self.timeout_s = timeout_s
        self.patience = 10  # turns of the loop in which nothing happens
        self.dispatcher: Dispatcher
        self._task: asyncio.Task[None] | None = None
        self.start()

    @property
    def duty(self) -> PlayedNotifier:
        return self.notifiers["duty"]

    def start(self) -> None:
        self.runs += 1
        plans = [ChannelPlan(name, "played", ChannelOptions(), self.language) for name in self.notifiers]
        self.dispatcher = Dispatcher(
            self.plan,
            [(plan, self.notifiers[plan.name]) for plan in plans],
            cast("State", self.state),
            self.clock,
            Random(self.runs),
            SITE,
            ZONE,
            self.facts_of,
            lambda notice, channel, answer, ok: self.reports.append((notice.id, channel, answer, ok)),
            timeout_s=self.timeout_s,
        )
        self._task = asyncio.ensure_future(self.dispatcher.run())

    async def stop(self) -> None:
        """As a kill does it: nothing is finished."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        while self.state.busy:
            await asyncio.sleep(0.0005)

    async def restart(self, down_s: float = 0.0) -> None:
        await self.stop()
        self.clock.move(down_s)
        self.state.dies_at = None
        for notifier in self.notifiers.values():
            notifier.dies_at = None
        self.start()
        await self.settle()

    async def close(self) -> None:
        await self.stop()
        self.state.close()

    async def emit(self, *events: AlarmEvent) -> None:
        """The flush of the journal."""
        await self.store(*events)
        self.dispatcher.wake()
        await self.settle()

    async def store(self, *events: AlarmEvent) -> None:
        """The flush, without anybody being told of it."""
        rows = plan_rows(events, self.plan, self.facts_of)

        def store(db: sqlite3.Connection) -> None:
            with transaction(db):
                enqueue(db, rows)

        await asyncio.wrap_future(self.state._thread.submit(store, self.state._db))

    async def settle(self) -> None:
        """Until everybody waits for time to pass."""
        quiet = 0
        while quiet < 4:
            for _ in range(5 if quiet < 3 else self.patience):
                await asyncio.sleep(0)
                if self.state.busy:
                    break
            if self.state.busy:
                quiet = 0
                await asyncio.sleep(0.0002)
            else:
                quiet += 1

    async def pass_time(self, seconds: float) -> None:
        await self.settle()
        end = self.clock.seconds + seconds
        while self.clock.wake_next(end):
            await self.settle()
        self.clock.move(end - self.clock.seconds)
        await self.settle()

    # -- events -------------------------------------------------------------------------------------------------------

    def event(
        self, alarm: str = "overload:tx1", transition: Transition = Transition.RAISED, **fields: Any
    ) -> AlarmEvent:
        rule, _, device = alarm.partition(":")
        states = {
            Transition.RETURNED: AlarmState.RETURNED_UNACKNOWLEDGED,
            Transition.ACKNOWLEDGED: AlarmState.ACKNOWLEDGED,
            Transition.SHELVED: AlarmState.SHELVED,
            Transition.SUPPRESSED: AlarmState.SUPPRESSED,
            Transition.OUT_OF_SERVICE: AlarmState.OUT_OF_SERVICE,
            Transition.REMOVED: AlarmState.NORMAL,
        }
        values: dict[str, Any] = {
            "enterprise": "dongyue",
            "occurrence": 1,
            "state": states.get(transition, AlarmState.UNACKNOWLEDGED),
            "priority": Priority.HIGH,
            "message": Names(f"Power too high at {device}", f"{device} 功率过高"),
            "actor": Actor("Li", "operator", "page"),
        }
        return AlarmEvent(
            time_ns=self.clock.time_ns(), alarm=alarm, rule=rule, device=device, transition=transition,
            **(values | fields),
        )  # fmt: skip

    def raised(self, alarm: str = "overload:tx1", **fields: Any) -> AlarmEvent:
        return self.event(alarm, Transition.RAISED, **fields)

    def returned(self, alarm: str = "overload:tx1", **fields: Any) -> AlarmEvent:
        return self.event(alarm, Transition.RETURNED, **fields)

    def acknowledged(self, alarm: str = "overload:tx1", **fields: Any) -> AlarmEvent:
        return self.event(alarm, Transition.ACKNOWLEDGED, **fields)

    def outcomes(self) -> dict[str, int]:
        """Rows by what became of them."""
        return dict(self.state.rows("SELECT state, count(*) FROM notice_row GROUP BY state"))


def named(rule: str = "Transformer overload", device: str = "", enterprise: str = "Dongyue Dyeing") -> FactsOf:
    """Facts with names for every alarm."""
    facts = Facts((), Names(rule, "变压器过载"), Names(device), Names(enterprise, "东岳印染"))
    return lambda alarm: facts


def is_alarm(notice: Notice) -> bool:
    return notice.kind in (NoticeKind.ALARMS, NoticeKind.DIGEST)
