"""A notice as the gateway's own JSON (`format: park` of webhooks, and what goes out over MQTT)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import orjson

from gateway.core.alarm import AlarmEvent
from gateway.core.notice import Notice
from gateway.core.point import Names, Value

VERSION = 1  # a field may be added in a version; a field that goes or changes its meaning makes a new one
MAX_TEXT = 16_384  # characters of the notice's text
MAX_WORD = 1024  # of everything else: a name without end must not hold the loop
_MAX_INT = 2**63


def encode(notice: Notice, positions: Sequence[int] | None = None, *, max_bytes: int | None = None) -> bytes:
    """The document as UTF-8, always the same for the same notice.

    `positions`: only these of its events. More than `max_bytes`: the last events are left out, as many as must be;
    where that is not enough the text is cut.
    """
    whole = document(notice, positions)
    body = orjson.dumps(whole)
    if max_bytes is None or len(body) <= max_bytes:
        return body
    sizes = [len(orjson.dumps(event)) + 1 for event in whole["events"]]
    room = max_bytes - (len(body) - sum(sizes)) - len(str(len(sizes)))
    kept = sum(size <= room for size in accumulate(sizes))
    whole |= {"events": whole["events"][:kept], "events_left_out": len(sizes) - kept}
    limit = MAX_TEXT
    while len(body := orjson.dumps(whole)) > max_bytes and limit:
        limit //= 2
        whole["text"] = _names(notice.text, limit)
    return body


def document(notice: Notice, positions: Sequence[int] | None = None) -> dict[str, Any]:
    """Every field of the notice and its events (only these `positions` of them); texts in both languages, whatever the
    channel's is."""
    raised_ns = dict(enumerate(notice.raised_ns))
    shown = range(len(notice.events)) if positions is None else positions
    return {
        "version": VERSION,
        "id": plain(notice.id),
        "kind": notice.kind.value,
        "site": plain(notice.site),
        **_time("time", notice.time_ns),
        "firing": notice.firing,
        "group": {plain(name): plain(value) for name, value in notice.group.items()},
        "title": _names(notice.title),
        "text": _names(notice.text, MAX_TEXT),
        "url": plain(notice.url),
        "events": [_event(notice.events[at], raised_ns.get(at, 0)) for at in shown],
        "events_left_out": 0,
    }


def _event(event: AlarmEvent, raised_ns: int) -> dict[str, Any]:
    """Alarm and `raised` name an occurrence: its number counts from 1 again when its rule was away."""
    return {
        "seq": event.seq,
        **_time("time", event.time_ns),
        "alarm": plain(event.alarm),
        "rule": plain(event.rule),
        "device": None if event.device is None else plain(event.device),
        "enterprise": None if event.enterprise is None else plain(event.enterprise),
        "area": plain(event.area),
        "occurrence": event.occurrence,
        **_time("raised", raised_ns or None),
        "transition": event.transition.value,
        "state": event.state.value,
        "priority": int(event.priority),
        "priority_name": event.priority.name.lower(),
        "value": number(event.value),
        "limit": event.limit,
        "unit": plain(event.unit),
        "message": _names(event.message),
        "actor": {
            "name": plain(event.actor.name),
            "role": plain(event.actor.role),
            "origin": plain(event.actor.origin),
        },
        "comment": plain(event.comment),
        **_time("until", event.until_ns),
        "first_out": event.first_out,
    }


def plain(text: str, limit: int = MAX_WORD) -> str:
    """Text that UTF-8 can hold, not endless; control characters stay, JSON escapes them."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return shown if shown.isascii() else shown.encode(errors="replace").decode()


def number(value: Value | None) -> Value | None:
    """A value that JSON can hold; an integer beyond 64 bits becomes text, like this no digit of it is lost."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, int) and not -_MAX_INT <= value < _MAX_INT:
        return plain(str(value)) if value.bit_length() < 4096 else "too large"
    return value


def rfc3339(time_ns: int) -> str:
    """UTC with milliseconds: `2026-11-22T11:48:40.123Z`."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"


def _time(name: str, time_ns: int | None) -> dict[str, Any]:
    """A time twice: for people, and for machines as milliseconds of UTC."""
    if time_ns is None:
        return {name: None, f"{name}_ms": None}
    return {name: rfc3339(time_ns), f"{name}_ms": time_ns // 1_000_000}


def _names(names: Names, limit: int = MAX_WORD) -> dict[str, str]:
    return {"en": plain(names.en, limit), "zh": plain(names.zh, limit)}
