"""Notices as e-mails: no text of anybody may become a header, a recipient or a command."""

import email.policy
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.smtp.config import ChannelOptions
from drivers.smtp.encode import MAX_SUBJECT, encode, message_id
from gateway.core.alarm import Priority, Transition
from gateway.core.notice import Notice
from gateway.core.point import Names
from tests.contract.notifier_suite import EVENT, HOSTILE, NOTICE, hostile

ANY = st.one_of(st.text(st.characters(), max_size=200), st.text("\r\n:.<>@ \tBcc长", max_size=400))
HEADERS = {
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Park-Notice",
    "Importance",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


def options(**more: object) -> ChannelOptions:
    given = {"host": "mail.park.example", "from": "gateway@park.example", "to": ["a@park.example", "b@park.example"]}
    return ChannelOptions.model_validate({**given, "cc": ["c@park.example"], **more})


def parsed(notice: Notice, language: str = "en", **more: object) -> EmailMessage:
    message = message_from_bytes(encode(notice, options(**more), language), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_email_reads_as_it_is_meant() -> None:
    message = parsed(NOTICE, "both", subject_prefix="[North]")
    assert message["Subject"] == "[North] [HIGH] overload: Transformer 1 / [高] 过载:1号变压器"
    assert message["To"] == "a@park.example, b@park.example"
    assert message["Cc"] == "c@park.example"
    assert message["Date"].datetime.isoformat() == "2026-11-18T11:06:41+00:00"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Park-Notice"] == NOTICE.id
    assert message.get_content().replace("\r\n", "\n") == (
        "Transformer 1 overloaded: 91.5 %\nlimit 90 %\n\n1号变压器过载:91.5 %\n限值 90 %\n\nhttp://10.0.0.5:8080/alarms\n"
    )


@settings(max_examples=50)
@given(ANY, st.sampled_from(["en", "zh", "both"]))
def test_no_text_of_a_notice_becomes_a_header_or_changes_one(text: str, language: str) -> None:
    notice = hostile(text)
    raw = encode(notice, options(), language)
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert set(names) <= HEADERS
    assert len(names) == len(set(names))
    message = parsed(notice, language)
    assert message["To"] == "a@park.example, b@park.example"
    assert message["From"] == "gateway@park.example"
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    assert raw.isascii()


@given(ANY)
def test_the_text_arrives_as_it_was_cleaned(text: str) -> None:
    told = parsed(replace(NOTICE, text=Names(text, ""), url="")).get_content()
    assert "\r" not in told.replace("\r\n", "\n")
    told = told.replace("\r", "")
    assert all(character == "\n" or character.isprintable() or ord(character) > 159 for character in told)


def test_the_same_notice_has_the_same_id_and_another_has_another() -> None:
    first = message_id(NOTICE, options())
    assert first == message_id(replace(NOTICE), options())
    assert first.endswith("@park.example>")
    assert first != message_id(replace(NOTICE, id="other"), options())
    assert first != message_id(replace(NOTICE, site="south"), options())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_subject_is_short_whatever_the_title(text: str) -> None:
    assert len(str(parsed(hostile(text))["Subject"]).encode()) <= MAX_SUBJECT


@pytest.mark.parametrize(
    ("transition", "priority", "importance"),
    [
        (Transition.RAISED, Priority.HIGH, "high"),
        (Transition.RETURNED, Priority.HIGH, None),
        (Transition.RAISED, Priority.LOW, None),
    ],
)
def test_only_what_calls_for_a_person_at_once_is_marked(
    transition: Transition, priority: Priority, importance: str | None
) -> None:
    event = replace(EVENT, transition=transition, priority=priority)
    assert parsed(replace(NOTICE, events=(event,)))["Importance"] == importance
