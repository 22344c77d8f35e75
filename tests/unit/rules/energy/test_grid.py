"""Intervals follow the local clock, on every day of the year, in every zone."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.energy.grid import Grid

SECOND = 1_000_000_000


def day_of(zone: str, text: str, step_s: int = 900) -> list[float]:
    """The hours that the intervals of a local day last."""
    place = ZoneInfo(zone)
    first = datetime.fromisoformat(text).replace(tzinfo=place)
    last = (datetime.fromisoformat(text) + timedelta(days=1)).replace(tzinfo=place)
    spans = Grid(place, step_s).spans(int(first.timestamp()) * SECOND, int(last.timestamp()) * SECOND)
    assert all(one.end_ns == other.start_ns for one, other in pairwise(spans))
    return [(span.end_ns - span.start_ns) / SECOND / 3600 for span in spans]


@pytest.mark.parametrize(
    ("zone", "day", "count", "hours"),
    [
        ("Asia/Shanghai", "2026-03-29", 96, 24),
        ("Europe/Berlin", "2026-03-29", 92, 23),
        ("Europe/Berlin", "2026-10-25", 100, 25),
        ("America/New_York", "2026-11-01", 100, 25),
        ("Australia/Lord_Howe", "2026-04-05", 98, 24.5),  # clocks go back by half an hour
        ("Australia/Lord_Howe", "2026-10-04", 94, 23.5),
        ("Asia/Kolkata", "2026-06-01", 96, 24),
        ("Asia/Kathmandu", "2026-06-01", 96, 24),  # UTC+05:45
        ("America/Havana", "2026-11-01", 100, 25),  # midnight comes twice
        ("Africa/Cairo", "2026-04-24", 92, 23),  # midnight does not come
    ],
)
def test_a_day_has_as_many_quarters_as_it_has(zone: str, day: str, count: int, hours: float) -> None:
    found = day_of(zone, day)
    assert (len(found), sum(found)) == (count, hours)
    assert set(found) == {0.25}


@pytest.mark.parametrize(
    ("zone", "day", "step_s", "lengths"),
    [
        ("Europe/Berlin", "2026-10-25", 3600, [1.0] * 25),
        ("Europe/Berlin", "2026-03-29", 3600, [1.0] * 23),
        ("Europe/Berlin", "2026-10-25", 21_600, [7.0, 6.0, 6.0, 6.0]),
        ("Europe/Berlin", "2026-03-29", 86_400, [23.0]),
        ("America/Havana", "2026-11-01", 86_400, [25.0]),
        ("America/Havana", "2026-11-01", 3600, [1.0] * 25),
        ("Australia/Lord_Howe", "2026-04-05", 3600, [1.0, 1.5, *[1.0] * 22]),
        ("Australia/Lord_Howe", "2026-10-04", 3600, [1.0, 1.0, 0.5, *[1.0] * 21]),
        ("Africa/Cairo", "2026-04-24", 86_400, [23.0]),
    ],
)
def test_longer_steps_take_the_shift_where_it_is(zone: str, day: str, step_s: int, lengths: list[float]) -> None:
    assert day_of(zone, day, step_s) == lengths


def test_a_day_that_the_zone_left_out_has_no_interval() -> None:
    grid = Grid(ZoneInfo("Pacific/Apia"), 86_400)  # no 30th of December 2011
    first = int(datetime(2011, 12, 29, tzinfo=ZoneInfo("Pacific/Apia")).timestamp()) * SECOND
    one, other = grid.spans(first, first + 48 * 3600 * SECOND)
    assert (one.end_ns - one.start_ns, other.end_ns - other.start_ns) == (24 * 3600 * SECOND,) * 2


@given(
    st.sampled_from(
        ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/St_Johns", "Africa/Casablanca"]
    ),
    st.integers(1_600_000_000, 1_900_000_000),
    st.sampled_from([300, 900, 3600, 86_400]),
)
@settings(max_examples=60)
def test_every_instant_lies_in_one_interval_that_begins_at_a_multiple_of_the_step(
    zone: str, second: int, step_s: int
) -> None:
    place = ZoneInfo(zone)
    grid = Grid(place, step_s)
    span = grid.span(second * SECOND)
    assert span.start_ns <= second * SECOND < span.end_ns
    assert grid.span(span.start_ns) == grid.span(span.end_ns - 1) == span
    assert Grid(place, step_s).span(second * SECOND) == span
    begin, end = (datetime.fromtimestamp(moment // SECOND, place) for moment in (span.start_ns, span.end_ns))
    assert abs((span.end_ns - span.start_ns) // SECOND - step_s) <= (3600 if step_s > 900 else 0)
    shifts = begin.utcoffset() != end.utcoffset()
    assert shifts or (begin.hour * 3600 + begin.minute * 60 + begin.second) % step_s == 0 or step_s > 3600


@pytest.mark.parametrize("step_s", [0, -900, 30, 7 * 60, 86_401, 2 * 86_400])
def test_a_step_that_does_not_divide_a_day_is_refused(step_s: int) -> None:
    with pytest.raises(ValueError, match="do not divide a day"):
        Grid(ZoneInfo("UTC"), step_s)


def test_a_day_whose_midnight_lies_inside_the_leap_begins_with_the_leap() -> None:
    toronto = ZoneInfo("America/Toronto")  # 1919-03-30: from 23:30 to 00:30
    noon = int(datetime(1919, 3, 31, 12, tzinfo=toronto).timestamp()) * SECOND
    begin = datetime.fromtimestamp(Grid(toronto, 86_400).span(noon).start_ns // SECOND, toronto)
    assert (begin.day, begin.hour, begin.minute) == (31, 0, 30)
