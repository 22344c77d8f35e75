"""Times and steps of requests: read as meant, or refused with what to write."""

from contextlib import suppress

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.periods import MAX_ROWS, parse_range_ns, parse_step_s, parse_time_ns

HOUR_NS = 3600 * 10**9
NOW = 1_790_000_000 * 10**9


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse_time_ns("2026-11-22T08:00:00", "from") == parse_time_ns("2026-11-22T08:00:00Z", "from")
    assert parse_time_ns("2026-11-22T16:00:00+08:00", "from") == parse_time_ns("2026-11-22T08:00:00Z", "from")


def test_nothing_said_is_the_last_hour() -> None:
    assert parse_range_ns(None, None, NOW) == (NOW - HOUR_NS, NOW)


@pytest.mark.parametrize(
    ("start", "end", "word"),
    [
        ("yesterday", None, "ISO 8601"),
        ("2026-11-22T08:00:00Z", "2026-11-22T07:00:00Z", "before"),
        ("1900-01-01", None, "year"),
        ("2020-01-01", "2026-01-01", "longer"),
    ],
)
def test_a_wrong_range_is_refused_with_what_to_write(start: str, end: str | None, word: str) -> None:
    with pytest.raises(HTTPException, match=word) as caught:
        parse_range_ns(start, end, NOW)
    assert caught.value.status_code == 422


def test_the_default_step_gives_about_three_hundred_buckets() -> None:
    assert parse_step_s(None, NOW - HOUR_NS, NOW) == 15
    assert parse_step_s(None, NOW - 24 * HOUR_NS, NOW) == 300


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("15m", 900), ("1h", 3600), ("90", 90), ("raw", 0), ("0", 0)]
)
def test_steps_are_read_with_their_unit(text: str, seconds: float) -> None:
    assert parse_step_s(text, NOW - HOUR_NS, NOW) == seconds


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(HTTPException, match=str(MAX_ROWS)):
        parse_step_s("100ms", NOW - HOUR_NS, NOW)


@given(st.text(max_size=30))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    for read in (lambda: parse_time_ns(text, "from"), lambda: parse_step_s(text, NOW - HOUR_NS, NOW)):
        with suppress(HTTPException):
            assert read() is not None
