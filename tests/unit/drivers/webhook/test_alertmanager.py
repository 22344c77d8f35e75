"""Notices in Alertmanager's words: what its users' receivers and its own API take."""

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.webhook.alertmanager import NEVER, api, fingerprint, webhook
from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.notice import Notice, NoticeKind
from tests.contract.notifier_suite import EVENT, NOTICE, T0_NS

ANY = st.text(st.characters(), max_size=30)
RETURNED = replace(
    EVENT, time_ns=T0_NS + 60_000_000_000, transition=Transition.RETURNED, state=AlarmState.RETURNED_UNACKNOWLEDGED
)


def posted(*events: AlarmEvent, language: str = "en", **changes: Any) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = orjson.loads(api(replace(NOTICE, events=events, **changes), language, 86_400))
    return body


def hooked(*events: AlarmEvent, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(webhook(replace(NOTICE, events=events, **changes), "duty", "en"))
    return body


@pytest.mark.parametrize(
    ("labels", "expected"),
    [  # values of prometheus/common's own test of LabelsToSignature
        ({}, 14695981039346656037),
        ({"name": "garland, briggs", "fear": "love is not enough"}, 5799056148416392346),
    ],
)
def test_fingerprints_are_those_of_prometheus(labels: dict[str, str], expected: int) -> None:
    assert fingerprint(labels) == f"{expected:016x}"


def test_the_webhook_has_every_field_of_version_4() -> None:
    body = hooked(EVENT)
    assert body.keys() == {
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    }
    (alert,) = body["alerts"]
    assert alert.keys() == {
        "status",
        "labels",
        "annotations",
        "startsAt",
        "endsAt",
        "generatorURL",
        "fingerprint",
    }
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "duty")
    assert body["groupKey"] == '{}:{enterprise="acme", rule="overload"}'
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == "Transformer 1 overloaded: 91.5 %"
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-11-18T11:06:40.123Z", NEVER)


def test_a_returned_alarm_is_resolved_and_is_the_same_alert() -> None:
    (raised,), (returned,) = hooked(EVENT)["alerts"], hooked(RETURNED)["alerts"]
    assert returned["status"] == "resolved"
    assert returned["endsAt"] == "2026-11-18T11:07:40.123Z"
    assert returned["fingerprint"] == raised["fingerprint"]


def test_an_alarm_that_came_and_went_in_one_notice_is_one_alert_with_both_times() -> None:
    (alert,) = hooked(EVENT, RETURNED)["alerts"]
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-11-18T11:06:40.123Z", "2026-11-18T11:07:40.123Z")


def test_common_labels_are_those_that_all_alerts_share() -> None:
    other = replace(EVENT, alarm="overload:tx2", device="tx2", state=AlarmState.ACKNOWLEDGED)
    common = hooked(EVENT, other)["commonLabels"]
    assert common["alertname"] == "overload"
    assert "device" not in common


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (AlarmState.UNACKNOWLEDGED, "firing"),
        (AlarmState.ACKNOWLEDGED, "firing"),
        (AlarmState.RETURNED_UNACKNOWLEDGED, "resolved"),
        (AlarmState.LATCHED_ACKNOWLEDGED, "resolved"),
        (AlarmState.NORMAL, "resolved"),
        (AlarmState.SHELVED, "resolved"),
        (AlarmState.OUT_OF_SERVICE, "resolved"),
    ],
)
def test_an_alert_fires_while_the_condition_is_true_and_somebody_may_act(state: AlarmState, status: str) -> None:
    assert hooked(replace(EVENT, state=state))["status"] == status


def test_the_api_gets_an_end_because_nobody_repeats_the_alert() -> None:
    (alert,) = posted(EVENT)
    assert alert["endsAt"] == "2026-11-19T11:06:41.123Z"
    assert posted(RETURNED)[0]["endsAt"] == "2026-11-18T11:07:40.123Z"


def test_another_priority_ends_the_alert_that_it_was() -> None:
    eased = replace(EVENT, transition=Transition.EASED, priority=Priority.LOW)
    ends = {alert["labels"]["severity"]: alert["endsAt"] for alert in posted(eased)}
    assert ends["info"] > "2026-11-19"
    assert ends["critical"] == ends["warning"] == "2026-11-18T11:06:41.123Z"


@pytest.mark.parametrize("kind", [NoticeKind.HEARTBEAT, NoticeKind.TEST, NoticeKind.DIGEST])
def test_a_notice_without_events_is_an_alert_of_its_own(kind: NoticeKind) -> None:
    (alert,) = posted(kind=kind)
    assert alert["labels"]["alertname"] == f"ParkGateway{kind.value.capitalize()}"


def test_a_test_resolves_soon() -> None:
    assert posted(kind=NoticeKind.TEST)[0]["endsAt"] == "2026-11-18T11:11:41.123Z"


def test_both_languages_stand_beside_each_other() -> None:
    (alert,) = posted(EVENT, language="both")
    assert alert["annotations"]["summary_zh"].startswith("1号")


@given(ANY, ANY, st.dictionaries(ANY, ANY, max_size=3))
def test_labels_are_always_such_as_prometheus_takes(text: str, other: str, group: dict[str, str]) -> None:
    event = replace(EVENT, rule=text, alarm=other, device=text, area=other)
    for alert in posted(event, group=group, site=other):
        assert alert["labels"], "an alert without labels is refused"
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in alert["labels"])
        assert all(alert["labels"].values()), "an empty label is none"
        assert alert["startsAt"] <= alert["endsAt"]


def test_the_notice_is_never_changed() -> None:
    group = {"rule": "overload", "priority": "high"}
    notice: Notice = replace(NOTICE, group=group)
    webhook(notice, "duty", "en")
    assert group == {"rule": "overload", "priority": "high"}
