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
    notice = replace(NOTICE, events=(EVENT, OTHER, again), raised_ns=(1_000_000, 2_000_000, 3_000_000))
    sent = {message.topic: message.payload for message in messages(notice, EACH, 16_384)}
    assert sent.keys() == {"park/north/acme/alarms/overload:tx1", "park/north/park/alarms/overload:tx2"}
    events = orjson.loads(sent["park/north/acme/alarms/overload:tx1"])["events"]
    assert [(event["seq"], event["raised_ms"]) for event in events] == [(17, 1), (18, 3)]


def test_a_notice_without_events_goes_under_its_kind() -> None:
    (message,) = messages(replace(NOTICE, events=(), group={}, kind=NoticeKind.HEARTBEAT), EACH, 16_384)
    assert message.topic == "park/north/park/alarms/heartbeat"


def test_a_payload_is_cut_to_what_the_broker_takes() -> None:
    notice = replace(NOTICE, events=tuple(replace(EVENT, seq=number) for number in range(100)))
    (message,) = messages(notice, "park/{site}", ChannelOptions(host="broker").max_payload)
    assert 15_000 < len(message.payload) <= 16_384
    shown = orjson.loads(message.payload)
    assert [event["seq"] for event in shown["events"]] == list(range(100 - shown["events_left_out"]))


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
        ({"max_payload": "1 kB"}, "greater than or equal to 1024"),
        ({"timeout": "15 s"}, "less than or equal to 14"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ChannelOptions.model_validate({"host": "broker", **given})
    assert advice in str(caught.value)
