"""The gateway's own JSON."""

from dataclasses import fields, replace
from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from drivers.outbound.document import document, encode, number, rfc3339
from gateway.core.alarm import AlarmEvent
from gateway.core.notice import Notice
from gateway.core.point import Names
from tests.contract.notifier_suite import EVENT, NOTICE

ANY = st.text(st.characters(), max_size=50)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY)


def test_no_field_of_a_notice_or_an_event_is_left_out() -> None:
    shown = document(NOTICE)
    assert {field.name.removesuffix("_ns") for field in fields(Notice)} - {"raised"} <= shown.keys()
    assert "raised" in shown["events"][0]
    assert {field.name.removesuffix("_ns") for field in fields(AlarmEvent)} <= shown["events"][0].keys()


def test_an_event_reads_as_it_happened() -> None:
    (event,) = orjson.loads(encode(NOTICE))["events"]
    assert event["time"] == "2026-11-18T11:06:40.123Z"
    assert event["time_ms"] == 1_795_000_000_123
    assert (event["priority"], event["priority_name"]) == (1, "high")
    assert (event["value"], event["limit"], event["unit"]) == (91.5, 90.0, "%")
    assert event["message"]["zh"].startswith("1号变压器")
    assert (event["until"], event["until_ms"]) == (None, None)


@given(ANY, ANY, VALUES, st.one_of(st.none(), st.floats()))
def test_every_notice_becomes_json(text: str, other: str, value: object, limit: float | None) -> None:
    event = replace(EVENT, rule=text, device=other, value=value, limit=limit, message=Names(text, other))
    notice = replace(NOTICE, id=text, site=other, events=(event,), group={text: other}, text=Names(other, text))
    assert encode(notice) == encode(notice)
    assert len(orjson.loads(encode(notice))["events"]) == 1


@given(st.integers())
def test_no_digit_of_an_integer_is_lost(value: int) -> None:
    assert int(str(number(value))) == value


@given(st.integers(0, 2**62))
def test_times_are_told_exactly_to_the_millisecond(time_ns: int) -> None:
    told = datetime.strptime(rfc3339(time_ns), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    seconds, rest = divmod(time_ns // 1_000_000, 1000)
    assert told == datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def test_endless_names_are_cut() -> None:
    assert len(encode(replace(NOTICE, title=Names("x" * 1_000_000, "")))) < 20_000


def test_what_does_not_fit_is_left_out_from_the_end_and_counted() -> None:
    events = tuple(replace(EVENT, seq=number, comment="x" * number) for number in range(40))
    notice = replace(NOTICE, events=events)
    assert encode(notice, max_bytes=len(encode(notice))) == encode(notice)
    for limit in range(2_000, len(encode(notice)), 1_111):
        shown = orjson.loads(body := encode(notice, max_bytes=limit))
        kept = len(shown["events"])
        assert len(body) <= limit
        assert limit - len(body) <= len(orjson.dumps(document(notice)["events"][kept])) + 2  # not one more would fit
        assert [event["seq"] for event in shown["events"]] == list(range(kept))
        assert shown["events_left_out"] == 40 - kept


def test_where_no_event_fits_the_text_is_cut_too() -> None:
    notice = replace(NOTICE, events=(EVENT,), text=Names("x" * 5_000, "高" * 5_000))
    shown = orjson.loads(body := encode(notice, max_bytes=2_000))
    assert len(body) <= 2_000
    assert (shown["events"], shown["events_left_out"]) == ([], 1)
    assert shown["text"]["en"].startswith("xxx")


def test_two_lives_of_an_alarm_are_told_apart_by_when_it_was_raised() -> None:
    notice = replace(NOTICE, events=(EVENT, EVENT, EVENT), raised_ns=(1_000_000_000, 0))
    assert [event["raised_ms"] for event in document(notice)["events"]] == [1000, None, None]
