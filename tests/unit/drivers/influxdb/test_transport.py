"""Answers of every server in one form."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from drivers.influxdb.transport import MAX_REASON, MAX_RETRY_AFTER_S, Answer, read_answer

NOW_NS = 1_795_000_000_000_000_000  # Wed, 18 Nov 2026 11:06:40 GMT


def read(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = CIMultiDict({name.replace("_", "-"): text for name, text in headers.items()})
    return read_answer(status, named, body, NOW_NS)


@pytest.mark.parametrize(
    ("status", "is_accepted"), [(204, True), (201, True), (200, False), (206, False), (302, False)]
)
def test_only_two_answers_mean_written(status: int, is_accepted: bool) -> None:
    assert Answer(status).is_accepted is is_accepted


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"code":"unauthorized","message":"unauthorized access"}', "unauthorized access"),
        (b'{"error":"database not found: \\"park\\""}', 'database not found: "park"'),
        (b"<html>log in</html>", "<html>log in</html>"),
        (b'{"message": "cut o', '{"message": "cut o'),
        (b"[1, 2]", "[1, 2]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 10_000, "x" * MAX_REASON),
    ],
)
def test_the_reason_is_the_servers_own_words(body: bytes, reason: str) -> None:
    assert read(400, body).reason == reason


def test_the_reason_may_stand_in_a_header() -> None:
    assert read(400, X_Influxdb_Error="partial write").reason == "partial write"
    assert read(302, Location="http://portal/login").reason == "http://portal/login"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("99999999999999999999", MAX_RETRY_AFTER_S),
        ("Wed, 18 Nov 2026 11:07:10 GMT", 30.0),
        ("Wed, 18 Nov 2026 11:07:10", 30.0),
        ("Wed, 18 Nov 2020 09:07:10 GMT", 0.0),
        ("Fri, 18 Nov 2050 09:07:10 GMT", MAX_RETRY_AFTER_S),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_capped(text: str, seconds: float | None) -> None:
    assert read(503, Retry_After=text).retry_after_s == seconds


def test_line_numbers_of_influxdb_3_are_read() -> None:
    data = [
        {"original_line": "x", "line_number": 3, "error_message": "no fields"},
        {"line_number": 1},
        {"line_number": True},
        {"line_number": "2"},
        "nonsense",
    ]
    answer = read(400, orjson.dumps({"error": "partial write of line protocol occurred", "data": data}))
    assert answer.line_reasons == ((1, "partial write of line protocol occurred"), (3, "no fields"))


@pytest.mark.parametrize("data", [None, 5, "x", {}, {"line_number": None}])
def test_other_shapes_of_data_name_no_line(data: object) -> None:
    assert read(400, orjson.dumps({"data": data})).line_reasons == ()


def test_a_single_refused_line_may_come_without_a_list() -> None:
    body = orjson.dumps({"error": "parse", "data": {"line_number": 2, "error_message": "bad"}})
    assert read(400, body).line_reasons == ((2, "bad"),)


@given(st.integers(100, 599), st.binary(max_size=200), st.text(max_size=60))
def test_no_answer_of_whatever_content_raises(status: int, body: bytes, retry_after: str) -> None:
    answer = read(status, body, Retry_After=retry_after)
    assert answer.status == status
    assert answer.retry_after_s is None or 0 <= answer.retry_after_s <= MAX_RETRY_AFTER_S
