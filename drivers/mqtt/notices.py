"""A notice as MQTT messages: which topics, which payloads. Pure."""

import re
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


def messages(notice: Notice, template: str, max_payload: int) -> list[Outgoing]:
    """One message, or one for each topic that the events go to, with these events only; no payload of more bytes."""
    groups: dict[str, list[int]] = {}
    for at, event in enumerate(notice.events):
        groups.setdefault(topic(template, notice, event), []).append(at)
    groups = groups or {topic(template, notice, None): []}
    return [Outgoing(name, encode(notice, positions, max_bytes=max_payload)) for name, positions in groups.items()]


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
