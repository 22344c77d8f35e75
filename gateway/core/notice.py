"""What is sent to people: one message of one or many alarm events, and the contract of a channel."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gateway.core.alarm import AlarmEvent
from gateway.core.point import Names


class NoticeKind(StrEnum):
    """Why a message is sent."""

    ALARMS = "alarms"  # one or several events of a group
    DIGEST = "digest"  # too many for the channel's rate: counts instead of events
    HEARTBEAT = "heartbeat"  # the gateway lives: silence means something
    TEST = "test"  # somebody pressed the test button


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. Title and text are plain text in both languages: a driver escapes them for its provider, since
    names of devices and rules are untrusted."""

    id: str  # the same when it is sent again after a restart: a receiver can drop the repetition
    kind: NoticeKind
    time_ns: int  # UTC, when it was put together
    title: Names
    text: Names  # several lines
    events: tuple[AlarmEvent, ...] = ()  # in the order of the journal; cut for digests
    firing: bool = True  # False: every alarm of it has returned
    group: dict[str, str] = field(default_factory=dict)  # labels that the events have in common: `rule`, `enterprise`
    site: str = ""  # id
    url: str = ""  # of the page, where it is configured
    raised_ns: tuple[int, ...] = ()  # UTC, when the occurrence of each event was raised; 0: unknown; shorter: too


class Notifier(Protocol):
    """One channel. Made by `build(plan, directory, clock)` in a driver's `notifier.py`."""

    name: str
    rate: tuple[int, float]  # at most this many messages in this many seconds: what the provider allows

    async def notify(self, notice: Notice) -> str:
        """Deliver one message; returns the provider's own answer for the log (`errcode 0`), without secrets.

        Raises `Unavailable` (try again, not before `retry_after_s` where the provider said so) or `Rejected` (do not),
        each with the provider's own code and words. Never blocks the loop; ends by itself within 15 s.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
