"""What watches the samples as they pass: rules with their alarms and who is told of them, the gateway's own health.

The engine opens it with its stores, hands it every batch, runs its activities and stops it before the sources.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gateway.config.plan import ChannelPlan, ParkPlan
from gateway.core.batch import Batch, Stream
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier
from gateway.core.point import Names, Point
from gateway.pipeline.alarm_export import TAGS, EventBatches
from gateway.pipeline.alarms import AlarmKeeper
from gateway.pipeline.health import HealthWatch, Vitals
from gateway.pipeline.intake import PipelineIntake
from gateway.pipeline.notify import Dispatcher
from gateway.plugins import build_notifier
from gateway.rulebook import Rulebook
from gateway.rulebook.health import gateway_device, health_points, park_device
from gateway.store.outbox import Outbox
from gateway.store.state import State
from rules.alarms.spec import Alarm
from rules.notices.match import Facts, no_facts

CAUGHT_UP_AT_ONCE = 10  # blocks
NOTED = 20  # events of one message that get a line of their own in the journal

Json = dict[str, Any]


class Watch:
    """Rules, alarms and health of one gateway."""

    def __init__(self, plan: ParkPlan, rulebook: Rulebook, clock: Clock, random: Random) -> None:
        self.devices = (gateway_device(plan.site), park_device(plan.site))
        self.rules_loaded_ns = clock.time_ns()
        self.alarms: AlarmKeeper
        self.notifier: Dispatcher
        self._health: HealthWatch
        self._plan = plan
        self._rulebook = rulebook
        self._clock = clock
        self._random = random
        self._intake: PipelineIntake
        self._outbox: Outbox
        self._health_points = health_points(plan)

    # -- opening, in this order ---------------------------------------------------------------------------------------

    def tags(self) -> Iterable[str]:
        """Tags beyond those of `points` that need an integer id."""
        return TAGS

    async def open(self, state: State, ids: dict[str, int]) -> None:
        """Take back what the former run left. `ids` has every tag's integer id. Raises ConfigError for a channel that
        cannot be made."""
        self._facts = facts_of(self._rulebook, self._plan)
        events = EventBatches(self._plan.site.id, ids)
        names = _names_of_enterprises(self._plan)
        self.alarms = AlarmKeeper(self._rulebook, state, self._clock, events, names, self._facts_of)
        await self.alarms.load()
        await self._open_notifier(state)

    async def _open_notifier(self, state: State) -> None:
        channels = await self.build_channels(self._plan.channels)
        zone = await asyncio.to_thread(ZoneInfo, self._plan.site.timezone)  # reads a file
        self.notifier = Dispatcher(
            self._rulebook.notices,
            channels,
            state,
            self._clock,
            self._random,
            self._plan.site,
            zone,
            self._facts_of,
            self._note_sent,
        )
        self.alarms.add_listener(lambda events: self.notifier.wake())

    async def build_channels(self, plans: Iterable[ChannelPlan]) -> list[tuple[ChannelPlan, Notifier]]:
        """The notifiers of these channels. Raises ConfigError for one that cannot be made."""
        folder = self._plan.store.directory
        return [(plan, await asyncio.to_thread(build_notifier, plan, folder, self._clock)) for plan in plans]

    def _facts_of(self, alarm: str) -> Facts:
        return self._facts.get(alarm) or no_facts(alarm)

    def _note_sent(self, notice: Notice, channel: str, answer: str, was_sent: bool) -> None:
        """Put down in the journal who was told; of a digest only the first ones."""
        text = answer if was_sent else f"not delivered: {answer}"
        for event in notice.events[:NOTED]:
            self.alarms.note(event, channel, text)

    def connect(self, intake: PipelineIntake, outbox: Outbox, look: Callable[[], Vitals]) -> None:
        """Let what is made here go the way of every batch."""
        self._intake = intake
        self._outbox = outbox
        self.alarms.connect(intake.accept, self._store_event)
        folder = self._plan.store.directory
        points = self._health_points
        self._health = HealthWatch(self.devices[0], points, folder, self._clock, look, intake.accept)
        intake.register(self._health.block)
        self._register_derived()

    def _store_event(self, batch: Batch) -> int | None:
        return None if self._outbox.is_full else self._outbox.append(Stream.TELEMETRY, batch)

    def _register_derived(self) -> None:
        """Let computed points be found before their first value."""
        for block in self.alarms.derived_blocks:
            self._intake.register(block)

    # -- running ------------------------------------------------------------------------------------------------------

    def activities(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """What runs beside the sources, by name."""
        return (("alarms", self.alarms.run), ("health", self._health.run), ("notifications", self.notifier.run))

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        self.alarms.on_durable(position)

    def look_away(self) -> None:
        """A stop begins: what it does to values is no news."""
        self.alarms.look_away()

    async def close(self) -> None:
        """Store what is left. Raises Unavailable."""
        try:
            await self.alarms.close()
        finally:
            await self.notifier.close()

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        return [*map(str, self.alarms.rulebook.findings), *self.alarms.findings, *self.notifier.findings]

    # -- another configuration ----------------------------------------------------------------------------------------

    def change(
        self,
        plan: ParkPlan,
        rulebook: Rulebook,
        channels: Iterable[tuple[ChannelPlan, Notifier]],
    ) -> None:
        """Go on with these rules, and with these channels too; alarms that are the same keep their states. They know
        no value yet: `catch_up` follows."""
        self._plan, self._rulebook, self._facts = plan, rulebook, facts_of(rulebook, plan)
        self.devices = (gateway_device(plan.site), park_device(plan.site))
        self._change_health(plan)
        self._intake.withdraw(self.alarms.derived_blocks)
        self.alarms.reload(rulebook, _names_of_enterprises(plan))
        self.notifier.reload(rulebook.notices, self._facts_of, plan.site, channels)
        self._register_derived()
        self.rules_loaded_ns = self._clock.time_ns()

    async def catch_up(self, fresh: Iterable[Batch]) -> None:
        """Show the rules the newest values, some at a time: the first one of a block costs a third of a millisecond."""
        for number, batch in enumerate(fresh, 1):
            self.alarms.observe(batch)
            if number % CAUGHT_UP_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _change_health(self, plan: ParkPlan) -> None:
        points = health_points(plan)
        if points != self._health_points:
            self._intake.withdraw([self._health.block])
            self._health_points = points
            self._health.change(points)
            self._intake.register(self._health.block)


def computed_points(plan: ParkPlan, rulebook: Rulebook) -> dict[str, dict[str, Point]]:
    """The points that no source gives, by device and name: computed by rules, and of the gateway itself."""
    found = {gateway_device(plan.site).id: {point.name: point for point in health_points(plan)}}
    for derived in rulebook.derived:
        found.setdefault(derived.device.id, {})[derived.point.name] = derived.point
    return found


def _names_of_enterprises(plan: ParkPlan) -> dict[str, Names]:
    return {enterprise.id: enterprise.names for enterprise in plan.enterprises}


def facts_of(rulebook: Rulebook, plan: ParkPlan) -> dict[str, Facts]:
    """What messages about each alarm need beyond its events."""
    enterprises = _names_of_enterprises(plan)
    return {
        alarm.id: Facts(
            alarm.labels,
            alarm.names,
            alarm.device.names if alarm.device else _names_of_line(alarm) or plan.site.names,
            enterprises.get(alarm.enterprise or "", Names()),
        )
        for alarm in rulebook.alarms
    }


def _names_of_line(alarm: Alarm) -> Names | None:
    """The connection that an alarm is about; `None` for an alarm of the park or an enterprise."""
    connection = dict(alarm.labels).get("connection", "")
    return Names(connection, connection) if alarm.id == f"{alarm.rule}:{connection}" else None


def rule_changes(old: Rulebook, new: Rulebook) -> dict[str, int]:
    """How many alarms are new, other than before, gone, and as they were."""
    before = {alarm.id: alarm.fingerprint for alarm in old.alarms}
    after = {alarm.id: alarm.fingerprint for alarm in new.alarms}
    common = before.keys() & after.keys()
    changed = sum(before[alarm] != after[alarm] for alarm in common)
    return {
        "added": len(after.keys() - common),
        "changed": changed,
        "removed": len(before.keys() - common),
        "kept": len(common) - changed,
    }
