"""A small park for tests of the engine: points by tag, alarms in one line, seconds instead of nanoseconds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Condition, Priority, Transition
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Names, Point, Value, ValueType
from gateway.core.quality import Quality
from rules.alarms.engine import AlarmEngine
from rules.alarms.spec import Alarm, Derived, Level, Moment
from rules.expression.program import Expression, compile_expression
from rules.expression.scope import Operand

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
START_NS = 5_000 * SECOND  # steady time of a run's start: it means nothing
WALL_NS = 1_795_000_000 * SECOND  # UTC at that moment: 2026-11-18T11:06:40Z
WANG = Actor("Wang", "operator", "10.0.0.7")
_UNITS = {"power": "kW", "temperature": "°C"}
_TYPES = {"on": ValueType.BOOL, "mode": ValueType.TEXT, "count": ValueType.INT}


class Scope:
    """Every name is a point: of `device` where it has no dot. Names that end in `_event` come when they come."""

    def __init__(self, device: str = "tx1", interval_s: float = 1.0) -> None:
        self._device = device
        self._interval_s = interval_s

    def resolve(self, name: str) -> Operand:
        tag = name if "." in name else f"{self._device}.{name}"
        interval_s = 0.0 if tag.endswith("_event") else self._interval_s
        point = tag.partition(".")[2]
        stale_after_s = 3 * interval_s + 2.0 if interval_s else 0.0
        kind = _TYPES.get(point, ValueType.FLOAT)
        return Operand(tag, kind, _UNITS.get(point, ""), interval_s=interval_s, stale_after_s=stale_after_s)

    def known(self) -> Sequence[str]:
        return ()


def device(name: str = "tx1") -> Device:
    return Device(name, "park", "lantian", "meter", Names(f"Meter {name}", f"{name}号表"))


def expression(text: str, at: str = "tx1", interval_s: float = 1.0, unit: str | None = None) -> Expression:
    return compile_expression(text, Scope(at, interval_s), zone="Asia/Shanghai", unit=unit)


def level(
    when: str, keep: str | None = None, priority: Priority = Priority.HIGH, at: str = "tx1", **more: Any
) -> Level:
    kept = None if keep is None else expression(keep, at)
    return Level(priority, expression(when, at), kept, **more)


def alarm(
    when: str = "power > 800 kW", keep: str | None = None, rule: str = "overload", at: str = "tx1", **more: Any
) -> Alarm:
    levels = more.pop("levels", None) or (level(when, keep, at=at, unit="kW"),)
    more.setdefault("names", Names(rule.capitalize(), f"{rule}报警"))
    return Alarm(f"{rule}:{at}", rule, levels, device(at), "lantian", **more)


def derived(
    name: str, text: str, at: str = "tx1", interval_s: float = 1.0, kind: ValueType = ValueType.FLOAT
) -> Derived:
    return Derived(device(at), Point(name, type=kind), expression(text, at), round(interval_s * SECOND))


class Park:
    """An engine, its devices, and what came out. `now_s` counts from the start of the park, over restarts too."""

    def __init__(self, alarms: Sequence[Alarm], points: Sequence[Derived] = (), *, interval_s: float = 1.0) -> None:
        self.events: list[AlarmEvent] = []
        self.batches: list[Batch] = []
        self.now_s = 0.0
        self.alarms = list(alarms)
        self.states: dict[str, Any] = {}
        self._points = list(points)
        self._interval_s = interval_s
        self._blocks: dict[tuple[str, tuple[str, ...]], Block] = {}
        self._steady_ns = START_NS  # of `now_s` 0
        self._wall_ns = WALL_NS
        self.engine = self._engine()

    def _engine(self) -> AlarmEngine:
        engine = AlarmEngine(
            self.alarms, self._points, self.events.append, self.batches.append, {"lantian": Names("Blue Sky", "蓝天")}
        )
        engine.wall_offset_ns = self._wall_ns - self._steady_ns
        return engine

    @property
    def now_ns(self) -> int:
        return self._steady_ns + round(self.now_s * SECOND)

    # -- data ---------------------------------------------------------------------------------------------------------

    def block(self, at: str, names: tuple[str, ...], interval_s: float | None = None) -> Block:
        key = (at, names)
        if key not in self._blocks:
            points = tuple(Point(name, type=_TYPES.get(name, ValueType.FLOAT)) for name in names)
            self._blocks[key] = Block(device(at), points, self._interval_s if interval_s is None else interval_s)
        return self._blocks[key]

    def feed(
        self, to_s: float | None = None, at: str = "tx1", quality: Quality = Quality.GOOD, **values: Value | None
    ) -> None:
        """One batch with these values, at this second (or now), every timer on its moment. `None` is bad."""
        if to_s is not None:
            self._pass(round(to_s * SECOND) - 1)
            self.now_s = to_s
        self.observe(at, quality, **values)
        self.engine.advance(self.now_ns)

    def observe(self, at: str = "tx1", quality: Quality = Quality.GOOD, **values: Value | None) -> None:
        """A batch, and nobody lets time pass."""
        qualities = tuple(Quality.BAD_TIMEOUT if value is None else quality for value in values.values())
        block = self.block(at, tuple(values))
        self.engine.observe(
            Batch(block, tuple(values.values()), self.now_ns, qualities if any(qualities) else None), self.now_ns
        )

    def run(self, from_s: int, to_s: int, at: str = "tx1", **values: Value | None) -> None:
        """A batch each second, the last at `to_s`."""
        for second in range(from_s, to_s + 1):
            self.feed(second, at, **values)

    def to(self, to_s: float | None) -> None:
        """Let time pass without a batch, every timer on its moment."""
        if to_s is not None:
            self._pass(round(to_s * SECOND))
            self.now_s = to_s

    def _pass(self, to_ns: int) -> None:
        end_ns = self._steady_ns + to_ns
        while (due_ns := self.engine.next_due_ns()) is not None and due_ns <= end_ns:
            self.engine.advance(due_ns)
        self.engine.advance(end_ns)

    # -- what came out ------------------------------------------------------------------------------------------------

    def transitions(self, alarm_id: str | None = None) -> list[Transition]:
        return [event.transition for event in self.events if alarm_id in (None, event.alarm)]

    def times(self) -> list[tuple[float, Transition]]:
        return [((event.time_ns - self._wall_ns) / SECOND, event.transition) for event in self.events]

    def state(self, alarm_id: str = "overload:tx1") -> AlarmState:
        return self.engine.view(alarm_id).state

    def condition(self, alarm_id: str = "overload:tx1") -> Condition:
        return self.engine.view(alarm_id).condition

    # -- restart ------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """What the keeper stores: only through JSON."""
        self.states |= json.loads(json.dumps(self.engine.changed()))
        self.memory: Mapping[str, Any] = json.loads(json.dumps(self.engine.memory()))
        self._saved = Moment(self.now_ns - self._steady_ns + self._wall_ns, self.now_ns)

    def kill(
        self, down_s: float = 0.0, alarms: Sequence[Alarm] | None = None, new_steady_ns: int = 77 * SECOND
    ) -> None:
        """The process is gone, and another one starts `down_s` later with what was saved. Its steady clock begins
        anywhere; seconds count on from the kill plus the time down."""
        self.now_s += down_s
        self._steady_ns = new_steady_ns - round(self.now_s * SECOND)
        self.alarms = self.alarms if alarms is None else list(alarms)
        self._blocks = {}
        self.engine = self._engine()
        self.engine.restore(self.states, dict(self.memory), self._saved, self.now_ns)

    def step_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self.engine.wall_offset_ns += round(seconds * SECOND)
