"""What watches the samples as they pass: rules with their alarms and who is told of them, the gateway's own health.

The engine opens it with its stores, hands it every batch, runs its activities and stops it before the sources.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gateway.config import Loaded
from gateway.config.plan import ParkPlan
from gateway.core.batch import Batch, Stream
from gateway.core.clock import Clock
from gateway.core.errors import Rejected
from gateway.core.notice import Notice
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

log = logging.getLogger("gateway.watch")

NOTED = 20  # events of one message that get a line of their own in the journal

LoadRules = Callable[[], tuple[Loaded, Rulebook]]
Json = dict[str, Any]


class Watch:
    """Rules, alarms and health of one gateway."""

    def __init__(
        self, plan: ParkPlan, rulebook: Rulebook, clock: Clock, random: Random, load_rules: LoadRules | None
    ) -> None:
        self.devices = (gateway_device(plan.site), park_device(plan.site))
        self.rules_loaded_ns = clock.time_ns()
        self.alarms: AlarmKeeper
        self.notifier: Dispatcher
        self._health: HealthWatch
        self._plan = plan
        self._rulebook = rulebook
        self._clock = clock
        self._random = random
        self._load_rules = load_rules
        self._ids: dict[str, int] = {}
        self._intake: PipelineIntake
        self._outbox: Outbox
        self._health_points = health_points(plan)

    # -- opening, in this order ---------------------------------------------------------------------------------------

    def points(self, rulebook: Rulebook | None = None) -> dict[str, dict[str, Point]]:
        """The points that come from here, by device and name: computed ones and those of the gateway itself."""
        found = {self.devices[0].id: {point.name: point for point in self._health_points}}
        for derived in (rulebook or self._rulebook).derived:
            found.setdefault(derived.device.id, {})[derived.point.name] = derived.point
        return found

    def tags(self) -> Iterable[str]:
        """Tags beyond those of `points` that need an integer id."""
        return TAGS

    async def open(self, state: State, ids: dict[str, int]) -> None:
        """Take back what the former run left. `ids` has every tag's integer id and may grow. Raises ConfigError for a
        channel that cannot be made."""
        self._ids = ids
        self._state = state
        self._facts = facts_of(self._rulebook, self._plan)
        events = EventBatches(self._plan.site.id, ids)
        names = {enterprise.id: enterprise.names for enterprise in self._plan.enterprises}
        self.alarms = AlarmKeeper(self._rulebook, state, self._clock, events, names, self._facts_of)
        await self.alarms.load()
        await self._open_notifier(state)

    async def _open_notifier(self, state: State) -> None:
        folder = self._plan.store.directory
        channels = [
            (plan, await asyncio.to_thread(build_notifier, plan, folder, self._clock)) for plan in self._plan.channels
        ]
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

    # -- other rules --------------------------------------------------------------------------------------------------

    async def reload(self, fresh: Callable[[], list[Batch]]) -> Json:
        """Read the rules again and go on with them; what changed. `fresh` gives the newest values. Raises
        ConfigErrors, and then the old rules stay."""
        if self._load_rules is None:
            raise Rejected("this gateway was started without a configuration file", "restart it")
        loaded, rulebook = await asyncio.to_thread(self._load_rules)
        changed = _difference(self.alarms.rulebook, rulebook)
        if changed["removed"] and not rulebook.alarms:
            raise Rejected(
                f"no rule was found, and {changed['removed']} alarms would go with their states",
                "is `rules.d` beside park.yaml? To run without rules, restart the gateway",
            )
        tags = [f"{device}.{name}" for device, points in self.points(rulebook).items() for name in points]
        self._ids.update(await self._state.ids_for(dict.fromkeys(tags)))
        self._rulebook, self._facts = rulebook, facts_of(rulebook, self._plan)
        self.alarms.reload(rulebook)
        self.notifier.reload(rulebook.notices, self._facts_of)
        self._register_derived()
        for batch in fresh():
            self.alarms.observe(batch)
        self.rules_loaded_ns = self._clock.time_ns()
        findings = [str(finding) for finding in rulebook.findings] + _restart_needed(self._plan, loaded.plan)
        log.info("rules_reloaded %s", " ".join(f"{what}={count}" for what, count in changed.items()))
        return {**changed, "findings": findings}


def facts_of(rulebook: Rulebook, plan: ParkPlan) -> dict[str, Facts]:
    """What messages about each alarm need beyond its events."""
    enterprises = {enterprise.id: enterprise.names for enterprise in plan.enterprises}
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


def _difference(old: Rulebook, new: Rulebook) -> dict[str, int]:
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


def _restart_needed(old: ParkPlan, new: ParkPlan) -> list[str]:
    """What else has changed in the configuration, which only a restart takes in."""
    parts = [
        ("devices", [d.id for d in old.devices] != [d.id for d in new.devices]),
        ("connections", _endpoints(old) != _endpoints(new)),
        ("sinks", [s.options for s in old.sinks] != [s.options for s in new.sinks]),
        ("channels", old.channels != new.channels),
    ]
    changed = [name for name, has_changed in parts if has_changed]
    return [f"{' and '.join(changed)} changed too: restart the gateway to take them in"] if changed else []


def _endpoints(plan: ParkPlan) -> list[tuple[str, object, int]]:
    return [(connection.name, connection.options, len(connection.devices)) for connection in plan.connections]
