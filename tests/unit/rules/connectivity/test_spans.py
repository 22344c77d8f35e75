"""Local hours, days and months, in zones whose clock is changed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.connectivity.spans import (
    HOUR_NS,
    Kind,
    Period,
    by_place,
    day_after_ns,
    days_between,
    hours_between,
    period_ns,
    place_of,
    whole_spans,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "America/Santiago", "UTC")]


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 10**9


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)])
def test_a_day_has_as_many_hours_as_the_clock_gives_it(day: str, hours: int) -> None:
    start_ns = at(day)
    assert len(set(hours_between(start_ns, day_after_ns(start_ns, BERLIN), BERLIN))) == hours


def test_the_hour_that_comes_twice_is_two_spans_of_one_day() -> None:
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()) * 10**9
    one, two = place_of(first, BERLIN), place_of(first + HOUR_NS, BERLIN)
    assert two.hour_ns - one.hour_ns == HOUR_NS
    assert one.day_ns == two.day_ns


def test_a_month_ends_where_the_next_begins() -> None:
    assert period_ns(Period.MONTH, at("2026-12-31T23:30"), BERLIN) == (at("2026-12-01"), at("2027-01-01"))


def test_a_range_is_cut_into_whole_days_and_the_hours_around_them() -> None:
    spans = whole_spans(at("2026-10-24T22:00"), at("2026-10-27T03:00"), BERLIN)
    assert spans == [
        (Kind.HOUR, at("2026-10-24T22:00"), at("2026-10-25")),
        (Kind.DAY, at("2026-10-25"), at("2026-10-27")),
        (Kind.HOUR, at("2026-10-27"), at("2026-10-27T03:00")),
    ]
    assert whole_spans(at("2026-10-24T22:00"), at("2026-10-24T23:00"), BERLIN)[0][0] is Kind.HOUR


moments = st.integers(at("2026-01-01"), at("2028-01-01"))


@given(moments, st.integers(1, 90 * 24 * HOUR_NS), st.sampled_from(ZONES))
def test_cutting_a_time_at_the_hours_loses_nothing(from_ns: int, length_ns: int, zone: ZoneInfo) -> None:
    pieces = list(by_place(from_ns, from_ns + length_ns, zone))
    assert sum(length for _, length in pieces) == length_ns
    assert len({place.hour_ns for place, _ in pieces}) == len(pieces)
    assert all(0 < length <= HOUR_NS for _, length in pieces)


@given(moments, st.sampled_from(ZONES))
def test_an_hour_lies_in_its_day_and_a_moment_in_its_hour(time_ns: int, zone: ZoneInfo) -> None:
    place = place_of(time_ns, zone)
    assert place.day_ns <= place.hour_ns <= time_ns < place.hour_ns + HOUR_NS
    assert place_of(place.hour_ns, zone) == place
    assert list(days_between(place.day_ns, time_ns + 1, zone)) == [place.day_ns]
    assert time_ns < day_after_ns(place.day_ns, zone)
