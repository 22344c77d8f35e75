"""Notices as MQTT messages: topics that nobody else can choose."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.mqtt.config import ChannelOptions
from drivers.mqtt.notices import level, messages
from gateway.core.notice import NoticeKind
from tests.contract.notifier_suite import EVENT, NOTICE

EACH = "park/{site}/{enterprise}/alarms/{alarm}"
OTHER = replace(EVENT, alarm="overload:tx2", device="tx2", enterprise=None)


def test_a_topic_without_alarm_gets_one_message_for_the_notice() -> None:
    (message,) = messages(replace(NOTICE, events=(EVENT, OTHER)), "park-gateway/{site}/notices", 16_384)
    assert message.topic == "park-gateway/north/notices"
    assert len(orjson.loads(message.payload)["events"]) == 2


def test_a_topic_with_alarm_gets_one_message_for_each_with_its_own_events() -> None:
    again = replace(EVENT, seq=18)
    sent = {message.topic: message.payload for message in messages(replace(NOTICE, events=(EVENT, OTHER, again)), EACH, 16_384)}
    assert sent.keys() == {"park/north/acme/alarms/overload:tx1", "park/north/park/alarms/overload:tx2"}
    events = orjson.loads(sent["park/north/acme/alarms/overload:tx1"])["events"]
    assert [event["seq"] for event in events] == [17, 18]


def test_a_notice_without_events_goes_under_its_kind() -> None:
    (message,) = messages(replace(NOTICE, events=(), group={}, kind=NoticeKind.HEARTBEAT), EACH, 16_384)
    assert message.topic == "park/north/park/alarms/heartbeat"


@given(st.text(st.characters(), max_size=200))
def test_no_name_adds_a_level_or_a_wildcard(text: str) -> None:
    assert not set(level(text)) & set("/+#\0")
    event = replace(EVENT, alarm=text, enterprise=text)
    (message,) = messages(replace(NOTICE, events=(event,), site=text), EACH, 16_384)
    assert message.topic.count("/") == EACH.count("/")
    assert len(message.topic.encode()) < 65_535


def test_a_name_that_looks_like_a_placeholder_stays_a_name() -> None:
    (message,) = messages(replace(NOTICE, site="{alarm}"), "x/{site}", 16_384)
    assert message.topic == "x/{alarm}"


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"topic": "park/#"}, "not a topic to publish to"),
        ({"topic": "park/+/x"}, "not a topic to publish to"),
        ({"topic": "$SYS/x"}, "not a topic to publish to"),
        ({"topic": ""}, "not a topic to publish to"),
        ({"topic": "park/{device}"}, "unknown {device}"),
        ({"topic": "park/{site"}, "unknown {site"),
        ({"password": "p"}, "needs a `username`"),
        ({"timeout": "15 s"}, "less than or equal to 14"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ChannelOptions.model_validate({"host": "broker", **given})
    assert advice in str(caught.value)
