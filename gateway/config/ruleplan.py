"""What is written about rules, checked for its form: expressions are still text, with their places.

`gateway.rulebook` compiles it against the devices; it reads the shipped packs into the same classes.
"""

from dataclasses import dataclass, field
from datetime import date

from gateway.config.nodes import Node
from gateway.config.problems import Mark
from gateway.core.alarm import Priority
from gateway.core.point import Names


@dataclass(frozen=True, slots=True)
class Written:
    """A text of the configuration and where it stands: an expression, or the name of something else."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class SelectorPlan:
    """`for_each:` - which devices; everything empty: all. Each key that is not empty must hold, one of its entries."""

    mark: Mark
    profiles: tuple[Written, ...] = ()
    kinds: tuple[Written, ...] = ()
    roles: tuple[str, ...] = ()
    enterprises: tuple[Written, ...] = ()
    connections: tuple[Written, ...] = ()
    devices: tuple[Written, ...] = ()
    has: tuple[Written, ...] = ()  # points, all of them: `door`, or with a type `door:bool`
    lacks: tuple[Written, ...] = ()  # points, none of them
    each: str = "device"  # | "connection" | "enterprise" | "park": one alarm for all matching devices of it


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One severity of a rule."""

    priority: Priority
    when: Written
    hysteresis: Written | None = None  # a quantity
    clear: Written | None = None


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    """One entry of `alarms:`."""

    name: str
    mark: Mark
    levels: tuple[LevelPlan, ...]  # the lowest priority first
    names: Names = field(default_factory=Names)
    for_each: SelectorPlan | None = None  # None: one alarm for the park
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    keep_firing_s: float = 0.0
    no_data: str = "unknown"
    is_latched: bool = False
    area: str = ""
    group: str = ""
    parents: tuple[Written, ...] = ()
    suppress_when: Written | None = None
    schedule: Written | None = None
    re_alarm_s: float = 0.0  # 0: never
    max_shelve_s: float = 8 * 3600.0
    value: Written | None = None  # None: the left side of the first comparison
    limit: Written | None = None  # None: its right side
    message: Names = field(default_factory=Names)
    message_mark: Mark | None = None
    guidance: Names = field(default_factory=Names)
    labels: tuple[tuple[str, str], ...] = ()
    is_enabled: bool = True
    pack: str = ""  # the shipped pack that it comes from


@dataclass(frozen=True, slots=True)
class DerivedPlan:
    """One entry of `derived:` - a computed point."""

    name: str
    mark: Mark
    value: Written
    names: Names = field(default_factory=Names)
    for_each: SelectorPlan | None = None  # None: a point of the park itself
    unit: str | None = None  # None: what the expression gives
    interval_s: float = 1.0
    is_enabled: bool = True
    pack: str = ""


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """One entry of `calendars:`."""

    name: str
    mark: Mark
    weekend: frozenset[int]  # ISO weekdays
    country: str = ""  # "cn": the shipped list of holidays and exchanged days
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class SpanPlan:
    """Times of a schedule: any of `times_min` on days for which everything else holds."""

    times_min: tuple[tuple[int, int], ...] = ((0, 1440),)  # minutes since local midnight: start, end
    days: frozenset[int] = frozenset()  # ISO weekdays; empty: all
    day_kind: str = ""  # "workday" | "holiday"
    months: frozenset[int] = frozenset()
    days_of_month: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """One entry of `schedules:`."""

    name: str
    mark: Mark
    spans: tuple[SpanPlan, ...]
    calendar: Written | None = None


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """Which alarms a route or an inhibition is about."""

    at_least: Priority | None = None
    rules: tuple[Written, ...] = ()
    enterprises: tuple[Written, ...] = ()
    devices: tuple[Written, ...] = ()
    areas: tuple[Written, ...] = ()
    labels: tuple[tuple[str, Written], ...] = ()


@dataclass(frozen=True, slots=True)
class EscalationPlan:
    """Channels that are told when nobody has acknowledged."""

    after_s: float
    channels: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """One entry of `notify.routes:`."""

    name: str
    mark: Mark
    match: MatchPlan
    channels: tuple[Written, ...]
    group_by: tuple[str, ...]
    group_wait_s: float
    group_interval_s: float
    repeat_interval_s: float
    sends_returned: bool
    mute: tuple[Written, ...]
    escalation: tuple[EscalationPlan, ...]


@dataclass(frozen=True, slots=True)
class InhibitionPlan:
    """One entry of `notify.inhibit:`."""

    source: MatchPlan
    target: MatchPlan
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeartbeatPlan:
    """One entry of `notify.heartbeat:`."""

    channel: Written
    every_s: float


@dataclass(frozen=True, slots=True)
class NotifyPlan:
    """`notify:` without its channels."""

    routes: tuple[RoutePlan, ...] = ()
    inhibitions: tuple[InhibitionPlan, ...] = ()
    heartbeats: tuple[HeartbeatPlan, ...] = ()
    page_url: str = ""
    digest_above: int = 20


@dataclass(frozen=True, slots=True)
class PackUse:
    """One entry of `use:` - a shipped pack, switched on with parameters of its own."""

    name: str  # where it differs from the pack's, the names of its rules begin with it
    pack: Written
    mark: Mark
    parameters: tuple[tuple[str, Node], ...] = ()
    marks: tuple[tuple[str, Mark], ...] = ()  # of the parameters' names


@dataclass(frozen=True, slots=True)
class RulesPlan:
    """Everything that is written about rules."""

    uses: tuple[PackUse, ...] = ()
    calendars: tuple[CalendarPlan, ...] = ()
    schedules: tuple[SchedulePlan, ...] = ()
    alarms: tuple[AlarmPlan, ...] = ()
    derived: tuple[DerivedPlan, ...] = ()
    notify: NotifyPlan = field(default_factory=NotifyPlan)
