"""Rules over what history holds: what they would have raised, before they are switched on.

History holds what passed the deadband: windows see fewer samples than they will live, and a point counts as stale only
after its heartbeat.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from pathlib import Path

from gateway.config.plan import ParkPlan
from gateway.core.alarm import AlarmEvent, Condition, Transition
from gateway.core.device import Device
from gateway.core.point import Point, Value, ValueType
from gateway.rulebook import Rulebook
from gateway.trial.series import Sample
from gateway.trial.stage import Feed, Stage

CHATTER_RAISES, CHATTER_S = 3, 60  # EEMUA 191: three raises of one alarm within a minute
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One stored sample."""

    time_ns: int
    tag: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the rules would have done."""

    events: list[AlarmEvent]
    samples: int
    raised: dict[str, int]  # by alarm, the most first
    chattering: list[str]  # alarms
    standing: list[str]  # alarms that are active at the end


def inputs(rulebook: Rulebook, rules: Sequence[str]) -> list[str]:
    """The tags that these rules (none named: all) look at, computed points followed to what they are made of."""
    computed = {f"{one.device.id}.{one.point.name}": one.expression for one in rulebook.derived}
    wanted: dict[str, None] = {}
    for alarm in rulebook.alarms:
        if not rules or alarm.rule in rules:
            parts = [part for level in alarm.levels for part in (level.when, level.keep, level.limit)]
            for expression in (*parts, alarm.suppress, alarm.value):
                wanted |= dict.fromkeys(operand.tag for operand in expression.inputs) if expression else {}
    queue = list(wanted)
    for tag in queue:
        if tag in computed:
            more = [operand.tag for operand in computed[tag].inputs if operand.tag not in wanted]
            wanted |= dict.fromkeys(more)
            queue += more
    return [tag for tag in wanted if tag not in computed]


def read_rows(path: Path, types: dict[str, ValueType]) -> Iterator[Row]:
    """The rows of an export as CSV, in order of time."""
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            tag = line["tag"]
            value = None if line["quality"].startswith("bad") else _value(line, types.get(tag, ValueType.FLOAT))
            yield Row(_time_ns(line["time"]), tag, Sample(value, is_bad=value is None))


def _value(line: dict[str, str], type_: ValueType) -> Value | None:
    if type_ is ValueType.TEXT:
        return line["text"].removeprefix("'")
    if not line["value"]:
        return None
    if type_ is ValueType.BOOL:
        return line["value"] == "1"
    return int(line["value"]) if type_ is ValueType.INT else float(line["value"])


def _time_ns(text: str) -> int:
    seconds, _, rest = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{seconds}+00:00").timestamp()) * _SECOND + int(rest.ljust(9, "0")[:9] or 0)


class Replay:
    """Runs rules over rows."""

    def __init__(self, plan: ParkPlan, rulebook: Rulebook, rules: Sequence[str], start_ns: int) -> None:
        alarms = tuple(alarm for alarm in rulebook.alarms if not rules or alarm.rule in rules)
        self._rules = alarms, rulebook.derived
        self._start_ns = start_ns
        self._stage: Stage
        self._feeds: dict[str, Feed] = {}
        self.types: dict[str, ValueType] = {}
        for connection in plan.connections:
            for device in connection.devices:
                for group in device.groups:
                    self._add(device.device, group.points, group.interval_s)

    def _add(self, device: Device, points: Sequence[Point], interval_s: float) -> None:
        """Points that are kept together by deadband and interval come as one block."""
        for point in points:
            kept_s = interval_s + (point.deadband.heartbeat_s if point.deadband else 0.0)
            self._feeds[f"{device.id}.{point.name}"] = Feed(device, (point,), kept_s if interval_s else 0.0)
            self.types[f"{device.id}.{point.name}"] = point.type

    def run(self, rows: Iterable[Row], end_ns: int) -> Replayed:
        """Feed the rows, let time pass to the end, and count. The time before the first row is no silence."""
        count = 0
        rows = iter(rows)
        first = next(rows, None)
        self._stage = Stage(*self._rules, self._start_ns if first is None else max(self._start_ns, first.time_ns))
        if first is None:
            return self._counted(0)
        for time_ns, together in groupby(chain([first], rows), key=lambda row: row.time_ns):
            for row in together:
                feed = self._feeds.get(row.tag)
                if feed is not None:
                    self._stage.feed(feed, {feed.points[0].name: row.sample}, max(time_ns, self._stage.now_ns))
                    count += 1
        self._stage.advance(max(end_ns, self._stage.now_ns))
        return self._counted(count)

    def _counted(self, samples: int) -> Replayed:
        raises = [event for event in self._stage.events if event.transition is Transition.RAISED]
        times: dict[str, list[int]] = {}
        for event in raises:
            times.setdefault(event.alarm, []).append(event.time_ns)
        standing = [view.spec.id for view in self._stage.views() if view.condition is Condition.ACTIVE]
        counted = dict(Counter(event.alarm for event in raises).most_common())
        chattering = [alarm for alarm, moments in times.items() if _chatters(moments)]
        return Replayed(self._stage.events, samples, counted, chattering, standing)


def _chatters(moments: Sequence[int]) -> bool:
    first_of_last = CHATTER_RAISES - 1
    pairs = zip(moments, moments[first_of_last:], strict=False)
    return any(last - first <= CHATTER_S * _SECOND for first, last in pairs)
