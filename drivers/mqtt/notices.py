"""A notice as MQTT messages: which topics, which payloads. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.outbound.document import encode
from gateway.core.alarm import AlarmEvent
from gateway.core.notice import Notice

_NOT_IN_LEVELS = re.compile("[/+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLACEHOLDER = re.compile(r"\{(?:site|enterprise|alarm)\}")
_MAX_LEVEL = 128  # characters that a name may give to a topic, of at most four bytes each
_NOBODY = "park"  # stands for {enterprise} where the alarm is the whole park's


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    topic: str
    payload: bytes


def messages(notice: Notice, template: str) -> list[Outgoing]:
    """One message, or one for each topic that the events go to, with these events only."""
    groups: dict[str, list[AlarmEvent]] = {}
    for event in notice.events:
        groups.setdefault(topic(template, notice, event), []).append(event)
    if not groups:
        return [Outgoing(topic(template, notice, None), encode(notice))]
    return [Outgoing(name, _payload(notice, events)) for name, events in groups.items()]


def topic(template: str, notice: Notice, event: AlarmEvent | None) -> str:
    """The topic of an event; of a notice without events `{alarm}` is its kind (`heartbeat`)."""
    enterprise = notice.group.get("enterprise") if event is None else event.enterprise
    words = {
        "{site}": notice.site,
        "{enterprise}": enterprise or _NOBODY,
        "{alarm}": notice.kind.value if event is None else event.alarm,
    }
    return _PLACEHOLDER.sub(lambda found: level(words[found[0]]), template)


def level(text: str) -> str:
    """Untrusted text as a part of one level: nothing in it divides levels or is a wildcard."""
    return _NOT_IN_LEVELS.sub("_", text[:_MAX_LEVEL]) or "_"


def _payload(notice: Notice, events: Sequence[AlarmEvent]) -> bytes:
    return encode(notice, None if len(events) == len(notice.events) else events)
