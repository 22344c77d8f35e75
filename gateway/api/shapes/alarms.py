"""The forms of alarms, their journal and figures."""

from gateway.api.shapes.base import AnyValue, Name, Shape, TimeMs
from gateway.core.alarm import AlarmState, Condition, Priority, Transition


class AlarmBrief(Shape):
    """What the line under the bar needs."""

    id: str
    """Rule and device: `overload:tx1`."""
    rule_name: Name
    device: str | None
    device_name: Name | None
    priority: Priority
    """1: high, 2: medium, 3: low."""
    state: AlarmState
    condition: Condition
    message: Name
    since_ms: TimeMs | None
    occurrence: int
    """Counts how often it was raised."""


class AlarmShape(AlarmBrief):
    """One alarm in full."""

    rule: str
    enterprise: str | None
    enterprise_name: Name | None
    area: str
    guidance: Name
    value: AnyValue
    limit: AnyValue
    unit: str
    returned_ms: TimeMs | None
    acknowledged_by: str
    acknowledged_ms: TimeMs | None
    comment: str
    until_ms: TimeMs | None
    """End of shelving."""
    reason: Name
    first_out: bool
    """The first of its group."""
    latches: bool
    accumulates: bool
    """Counts running hours."""
    labels: dict[str, str]
    tags: list[str]
    """The points that decide."""
    max_shelve_s: float


class AlarmCounts(Shape):
    """How many alarms are in which list."""

    active: int
    unacknowledged: int
    shelved: int
    suppressed: int
    out_of_service: int


class Alarms(Shape):
    """A page of alarms, the most urgent first."""

    items: list[AlarmShape]
    total: int
    counts: AlarmCounts
    oldest_waiting_ms: TimeMs | None
    """Since when the alarm waits that has waited longest for its acknowledgement."""


class JournalEvent(Shape):
    """A line of the journal."""

    seq: int
    time_ms: TimeMs
    alarm: str
    device: str | None
    enterprise: str | None
    transition: Transition
    state: AlarmState
    priority: Priority
    value: AnyValue
    limit: AnyValue
    unit: str
    message: Name
    by: str
    comment: str
    until_ms: TimeMs | None
    first_out: bool
    occurrence: int


class Journal(Shape):
    """A page of the journal, the newest first."""

    items: list[JournalEvent]
    next_before: int | None
    """`before` of the next page; `null` at the end."""


class AlarmWithEvents(AlarmShape):
    """One alarm with what happened to it last."""

    events: list[JournalEvent]


class Flood(Shape):
    """More than ten alarms in ten minutes (EEMUA 191)."""

    now: bool
    since_ms: TimeMs | None
    share: float
    """Of 24 h, 0 to 1."""
    count: int


class NamedAlarm(Shape):
    """An alarm by its names."""

    alarm: str
    rule_name: Name
    device_name: Name | None


class Chattering(NamedAlarm):
    """Raised three times in a minute or more often."""

    max_60s: int


class FrequentAlarm(NamedAlarm):
    """One of the ten most frequent."""

    count: int


class AlarmMetrics(Shape):
    """How healthy the alarm system is, over the last 24 h (EEMUA 191, ISA-18.2)."""

    window_h: int
    total: int
    operators: int
    per_day_acceptable: int
    per_day_manageable: int
    max_10min: int
    flood: Flood
    chattering: list[Chattering]
    standing_24h: int
    priorities: dict[str, int]
    """Alarms by priority, `1` to `3`."""
    top: list[FrequentAlarm]
    top_share: float
