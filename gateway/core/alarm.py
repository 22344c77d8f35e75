"""Alarms, in shared words: priority, the operator life cycle, the event that goes to journal, page and notifiers."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from gateway.core.point import Names, Value


class Priority(IntEnum):
    """How soon somebody must act; 1 is the highest (IEC 62682, clause on prioritisation: three levels)."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3


class Condition(StrEnum):
    """What the data says."""

    INACTIVE = "inactive"
    PENDING = "pending"  # true, the on-delay runs
    ACTIVE = "active"  # off-delay and keep-firing included
    UNKNOWN = "unknown"  # not to be decided: stale, bad or missing input


class AlarmState(StrEnum):
    """What people did about it: the states A to I of ISA-18.2 / IEC 62682."""

    NORMAL = "normal"  # A
    UNACKNOWLEDGED = "unacknowledged"  # B
    ACKNOWLEDGED = "acknowledged"  # C
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"  # D
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"  # E: the condition is over, the latch holds
    LATCHED_ACKNOWLEDGED = "latched_acknowledged"  # F
    SHELVED = "shelved"  # G: by an operator, always limited in time or to one occurrence
    SUPPRESSED = "suppressed"  # H: by design (a parent alarm, a plant that stands still)
    OUT_OF_SERVICE = "out_of_service"  # I: by maintenance, without expiry, with name and reason


STANDING = frozenset(
    {
        AlarmState.UNACKNOWLEDGED,
        AlarmState.ACKNOWLEDGED,
        AlarmState.RETURNED_UNACKNOWLEDGED,
        AlarmState.LATCHED_UNACKNOWLEDGED,
        AlarmState.LATCHED_ACKNOWLEDGED,
    }
)
"""States that the list of active alarms shows."""

WAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED, AlarmState.LATCHED_UNACKNOWLEDGED})
"""States that wait for an acknowledgement."""


class Transition(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"  # annunciated: a new occurrence, or one that is still true after shelving, suppression, service
    WORSENED = "worsened"  # a higher priority than before; annunciates again
    EASED = "eased"  # a lower priority, still active
    REANNUNCIATED = "reannunciated"  # re-alarm time is over and the condition is still true
    RETURNED = "returned"  # the condition is over
    ACKNOWLEDGED = "acknowledged"
    RESET = "reset"  # a latch was let go, or hours were started anew
    COMMENTED = "commented"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"  # by a person, by time, or (one-shot) because the occurrence ended
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    REMOVED = "removed"  # its rule or device is no longer configured
    NOTIFIED = "notified"  # a message about it went out, or failed: the comment says where and what the provider said


ANNUNCIATING = frozenset({Transition.RAISED, Transition.WORSENED, Transition.REANNUNCIATED})
"""Transitions that call for a person."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something to an alarm: a person of the API, or the gateway itself."""

    name: str
    role: str
    origin: str  # address, or `socket`


GATEWAY = Actor("gateway", "gateway", "gateway")
"""What happens by itself: time is over, the condition is over."""


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One line of the journal. `alarm` is `rule:device`, or `rule:` + the site's id for a rule of the whole park."""

    time_ns: int  # UTC
    alarm: str
    rule: str
    device: str | None
    enterprise: str | None  # whose it is to see; None: the park's
    occurrence: int  # counts the alarm's raises, from 1; 0 before the first
    transition: Transition
    state: AlarmState  # after it
    priority: Priority
    area: str = ""
    value: Value | None = None
    limit: float | None = None
    unit: str = ""
    message: Names = field(
        default_factory=Names
    )  # with the values filled in; names of devices in it are untrusted text
    actor: Actor = GATEWAY
    comment: str = ""
    until_ns: int | None = None  # shelved until (UTC); None with SHELVED: one-shot
    first_out: bool = False  # the first of its group
    seq: int = 0  # position in the journal; 0: not stored yet
