"""Notices in the words of Alertmanager: its webhook payload (version 4) and its API v2. Pure.

Sources: prometheus.io/docs/alerting/latest/configuration/#webhook_config and Alertmanager's api/v2/openapi.yaml.
"""

import re
from typing import Any

import orjson

from drivers.outbound.document import number, plain, rfc3339
from drivers.outbound.text import chosen
from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.notice import Notice, NoticeKind
from gateway.core.point import Names

NEVER = "0001-01-01T00:00:00Z"  # Go's zero time: what Alertmanager writes for "has not ended"
_SECOND = 1_000_000_000
_TEST_S = 300  # a test alert resolves by itself after this time
_FIRING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})
_PRIORITY_CHANGES = frozenset({Transition.WORSENED, Transition.EASED})
_SEVERITY = {Priority.HIGH: "critical", Priority.MEDIUM: "warning", Priority.LOW: "info"}
_MAX_LABEL = 200  # characters
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")
_FNV_OFFSET, _FNV_PRIME, _64_BITS = 14695981039346656037, 1099511628211, 2**64 - 1

Alert = dict[str, Any]


def webhook(notice: Notice, receiver: str, language: str) -> bytes:
    """The body that an Alertmanager would post to a webhook receiver."""
    alerts = _alerts(notice, language)
    shared = _shared([alert["labels"] for alert in alerts])
    group = _labels(notice.group)
    return orjson.dumps(
        {
            "version": "4",
            "groupKey": "{}:" + _group_key(group),
            "truncatedAlerts": 0,
            "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
            "receiver": plain(receiver),
            "groupLabels": group,
            "commonLabels": shared,
            "commonAnnotations": _shared([alert["annotations"] for alert in alerts]),
            "externalURL": plain(notice.url),
            "alerts": alerts,
        }
    )


def api(notice: Notice, language: str, keep_firing_s: float) -> bytes:
    """The body for `POST /api/v2/alerts`. A firing alert ends by itself after `keep_firing_s`, unless it is sent again:
    Alertmanager would otherwise take its own `resolve_timeout` of five minutes."""
    posted = []
    alerts = _alerts(notice, language)
    for alert in [*alerts, *_former(notice, alerts)]:
        keep_s = _TEST_S if notice.kind is NoticeKind.TEST else keep_firing_s
        until = rfc3339(notice.time_ns + int(keep_s) * _SECOND)
        ends_at = until if alert["status"] == "firing" else alert["endsAt"]
        fields = {name: alert[name] for name in ("labels", "annotations", "startsAt", "generatorURL")}
        posted.append({**fields, "endsAt": ends_at})
    return orjson.dumps(posted)


def fingerprint(labels: dict[str, str]) -> str:
    """FNV-1a over the sorted labels, as `LabelsToSignature` of prometheus/common: the same alert has the same there."""
    value = _FNV_OFFSET
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            value = ((value ^ byte) * _FNV_PRIME) & _64_BITS
    return f"{value:016x}"


def _alerts(notice: Notice, language: str) -> list[Alert]:
    """One alert per alarm, by its last event in the notice; a notice without events is an alert itself."""
    if not notice.events:
        return [_own_alert(notice, language)]
    first: dict[tuple[str, int], int] = {}
    last: dict[str, AlarmEvent] = {}
    for event in notice.events:
        first.setdefault((event.alarm, event.occurrence), event.time_ns)
        last[event.alarm] = event
    return [_alert(notice, event, first[event.alarm, event.occurrence], language) for event in last.values()]


def _former(notice: Notice, alerts: list[Alert]) -> list[Alert]:
    """Alerts that end because their alarm has another priority now: to Alertmanager that is another alert."""
    changed = {plain(event.alarm[:_MAX_LABEL]) for event in notice.events if event.transition in _PRIORITY_CHANGES}
    ended_at = rfc3339(notice.time_ns)
    return [
        {**alert, "status": "resolved", "labels": {**alert["labels"], "severity": severity}, "endsAt": ended_at}
        for alert in alerts
        if alert["labels"].get("alarm") in changed
        for severity in _SEVERITY.values()
        if severity != alert["labels"]["severity"]
    ]


def _alert(notice: Notice, event: AlarmEvent, started_ns: int, language: str) -> Alert:
    labels = {
        **{name: value for name, value in notice.group.items() if name != "priority"},
        "alertname": event.rule,
        "alarm": event.alarm,
        "site": notice.site,
        "device": event.device or "",
        "enterprise": event.enterprise or "",
        "area": event.area,
        "severity": _SEVERITY[event.priority],
    }
    annotations = {
        **_texts("summary", event.message, language),
        "transition": event.transition.value,
        "state": event.state.value,
        "value": "" if event.value is None else f"{number(event.value)} {event.unit}".strip(),
        "comment": event.comment,
    }
    ended_ns = None if event.state in _FIRING else event.time_ns
    return _made(labels, annotations, started_ns, ended_ns, notice.url)


def _own_alert(notice: Notice, language: str) -> Alert:
    """Heartbeat, test and digest."""
    labels = {**notice.group, "alertname": f"ParkGateway{notice.kind.value.capitalize()}", "site": notice.site}
    labels["severity"] = "info" if notice.kind in {NoticeKind.HEARTBEAT, NoticeKind.TEST} else "warning"
    annotations = {**_texts("summary", notice.title, language), **_texts("description", notice.text, language)}
    return _made(labels, annotations, notice.time_ns, None if notice.firing else notice.time_ns, notice.url)


def _made(labels: dict[str, str], annotations: dict[str, str], start_ns: int, end_ns: int | None, url: str) -> Alert:
    kept = _labels(labels)
    return {
        "status": "firing" if end_ns is None else "resolved",
        "labels": kept,
        "annotations": {name: plain(text) for name, text in annotations.items() if text},
        "startsAt": rfc3339(start_ns),
        "endsAt": NEVER if end_ns is None else rfc3339(end_ns),
        "generatorURL": plain(url),
        "fingerprint": fingerprint(kept),
    }


def _labels(labels: dict[str, str]) -> dict[str, str]:
    """Labels with names that Prometheus takes; an empty label is none."""
    named = {_label_name(name): plain(value[:_MAX_LABEL]) for name, value in labels.items()}
    return {name: named[name] for name in sorted(named) if named[name]}


def _label_name(name: str) -> str:
    safe = _NOT_IN_NAMES.sub("_", name) or "_"
    return "_" + safe if safe[0].isdigit() else safe


def _texts(name: str, names: Names, language: str) -> dict[str, str]:
    """A text under its name; for both languages the Chinese one under `name_zh` too."""
    texts = chosen(names, language)
    return {name: texts[0]} if len(texts) == 1 else {name: texts[0], f"{name}_zh": texts[1]}


def _shared(maps: list[dict[str, str]]) -> dict[str, str]:
    first, *others = maps
    return {name: text for name, text in first.items() if all(other.get(name) == text for other in others)}


def _group_key(group: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}={orjson.dumps(value).decode()}" for name, value in group.items()) + "}"
