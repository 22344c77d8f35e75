"""What the policy of notifications and its store exchange: rows of the queue, alarms as they stand, what was told."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.alarm import STANDING, WAITING, AlarmEvent, AlarmState, Priority, Transition

ACTIVE = STANDING - {AlarmState.RETURNED_UNACKNOWLEDGED}
"""States in which an alarm still asks for something; a latch that holds is one of them."""

REMOVED = "its rule was removed (or its device)"
"""Why nobody is told of an alarm that is not configured any more."""

ENDING = frozenset({Transition.RETURNED, Transition.REMOVED})
"""Transitions that end an alarm for those who were told of it."""


class RowState(StrEnum):
    """Where a row, or a message, is on its way."""

    QUEUED = "queued"
    HELD = "held"  # muted or inhibited at the moment
    SENDING = "sending"  # in a message that is frozen: it goes out as it is, if need be after a restart
    SENT = "sent"
    FAILED = "failed"  # refused by the provider
    EXPIRED = "expired"  # not sent, for a reason that is put down


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One event for one channel by one route; with an empty channel only what it did to its alarm."""

    event: AlarmEvent
    key: str = ""  # the same for the same event, route, step and channel
    channel: str = ""
    route: str = ""
    step: int = 0  # 0: the route's own channels; 1, 2, ...: its escalations
    after_ns: int = 0  # not before this long after the event
    group: str = ""  # the group's labels as JSON: [[name, value], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm after its newest event."""

    id: int  # grows with every event of any alarm
    alarm: str
    rule: str
    device: str | None
    enterprise: str | None
    area: str
    priority: Priority
    occurrence: int
    state: AlarmState
    transition: Transition  # that led here
    stretch: int  # id with which it began to wait for an acknowledgement; 0: it does not wait
    raised_ns: int  # UTC, this occurrence's raise; 0: unknown
    actor: str

    @property
    def is_active(self) -> bool:
        """True while the condition (or a latch) is there and nobody has put the alarm aside."""
        return self.state in ACTIVE

    @property
    def is_waiting(self) -> bool:
        """True while somebody has to acknowledge it."""
        return self.state in WAITING


@dataclass(slots=True)
class Pending:
    """A row that was not sent yet."""

    id: int
    route: str
    step: int
    group: str
    alarm: str
    occurrence: int
    transition: Transition
    priority: Priority
    stretch: int  # of the alarm when the row was made
    after_ns: int
    since_ns: int  # UTC: the event's time, or when it was let go after it was held
    held: str = ""  # why it is held
    ready_ns: int = 0  # steady: not to be sent before; set when it is read


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm that a group was told of and that has not returned for it."""

    alarm: str
    occurrence: int
    priority: Priority
    stretch: int
