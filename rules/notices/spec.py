"""Who is told: routes from alarm events to channels. Made from the configuration by `gateway.rulebook`."""

from dataclasses import dataclass

from gateway.core.alarm import Priority
from rules.schedule.schedule import Schedule

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which alarms; everything empty: all. Each field that is not empty must hold."""

    at_least: Priority | None = None  # this priority or a higher one
    rules: frozenset[str] = frozenset()
    enterprises: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Escalation:
    """Channels that are told when nobody has acknowledged after this time."""

    after_ns: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Events that match go to all of these channels, in groups; routes do not exclude each other."""

    name: str
    match: Matcher
    channels: tuple[str, ...]
    group_by: tuple[str, ...] = ("rule", "enterprise")  # of `rule`, `enterprise`, `device`, `area`, `priority`, labels
    group_wait_ns: int = 30 * SECOND
    group_interval_ns: int = 300 * SECOND
    repeat_interval_ns: int = 4 * 3600 * SECOND  # while something of the group is unacknowledged and active; 0: never
    sends_returned: bool = True
    mute: tuple[Schedule, ...] = ()  # while one is active nothing is sent; what still stands is sent afterwards
    escalation: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alarm that matches `source` is active, those that match `target` and have equal labels are not sent."""

    source: Matcher
    target: Matcher
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The message that says: the gateway lives."""

    channel: str
    every_ns: int


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """Everything about notifications but the channels themselves."""

    routes: tuple[Route, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    page_url: str = ""
    digest_above: int = 20  # a message with more events than this is a digest
