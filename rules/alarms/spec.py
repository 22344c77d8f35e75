"""What the engine runs: compiled alarms and derived points, one instance per device. Made by `gateway.rulebook`."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.alarm import Priority
from gateway.core.device import Device
from gateway.core.point import Names, Point
from rules.expression.program import Expression
from rules.schedule.schedule import Schedule

SECOND = 1_000_000_000


class NoData(StrEnum):
    """What a condition that cannot be decided (stale, bad or missing input) means for the alarm."""

    UNKNOWN = "unknown"  # on-delay starts again; an active alarm stays active and is shown as unknown
    KEEP_LAST = "keep_last"  # as if the last decided result still held, timers included
    ALARM = "alarm"  # counts as true
    OK = "ok"  # counts as false


@dataclass(frozen=True, slots=True)
class Level:
    """One severity of an alarm."""

    priority: Priority
    when: Expression  # boolean: enters the level
    keep: Expression | None = None  # boolean: once in, the level stays while `when` or this is true (hysteresis)
    limit: Expression | None = None  # number: the limit shown beside the value
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: one rule for one device, or for the park."""

    id: str  # `overload:tx1`
    rule: str
    levels: tuple[Level, ...]  # the lowest priority first; a higher one includes the lower
    device: Device | None = None  # None: the park's
    enterprise: str | None = None
    area: str = ""
    on_delay_ns: int = 0
    off_delay_ns: int = 0  # false for this long before the alarm returns; a true evaluation in between starts it anew
    keep_firing_ns: int = 0  # from the first false (or missing) evaluation on it stays active for this long at least
    no_data: NoData = NoData.UNKNOWN
    latch: bool = False  # stays until it is acknowledged and reset
    re_alarm_ns: int = 0  # annunciates again after this time while active; 0: never
    max_shelve_ns: int = 8 * 3600 * SECOND
    group: str = ""  # first-out: the first alarm of a group since all of them were normal is marked
    parents: tuple[str, ...] = ()  # ids of alarms: suppressed while one of them is active; see `suppression`
    suppress: Expression | None = None  # boolean: suppressed by design while true
    schedule: Schedule | None = None  # outside of it the condition counts as false
    value: Expression | None = None  # the value shown and stamped into events
    message: Names = field(
        default_factory=Names
    )  # `{value}`, `{limit}`, `{unit}`, `{device}`, `{tag.name}` are filled in
    guidance: Names = field(default_factory=Names)
    labels: tuple[tuple[str, str], ...] = ()
    names: Names = field(default_factory=Names)  # of the rule
    fingerprint: str = ""  # of everything that decides: an alarm whose fingerprint changed starts its timers anew


@dataclass(frozen=True, slots=True)
class Derived:
    """A computed point of a device."""

    device: Device
    point: Point
    expression: Expression
    interval_ns: int = SECOND  # evaluated at most this often, and only when an input changed


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on both clocks."""

    wall_ns: int  # UTC; 0: never
    steady_ns: int
