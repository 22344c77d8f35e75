"""Schedules in the site's zone: spans, midnight, months, working days, and clocks that are put forward and back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.schedule.calendar import Calendar
from rules.schedule.china import CHINA
from rules.schedule.schedule import Schedule, Span

SECOND = 1_000_000_000
WEEK = Calendar()


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    """UTC nanoseconds of a local time."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(moment.timestamp()) * SECOND


def plan(*spans: Span, zone: str = "Asia/Shanghai", calendar: Calendar = WEEK) -> Schedule:
    return Schedule("s", zone, spans, calendar)


def test_the_start_is_inside_and_the_end_is_not() -> None:
    day_shift = plan(Span(8 * 60, 17 * 60 + 30))
    assert not day_shift.is_active(at("2026-11-22 08:00") - 1)
    assert day_shift.is_active(at("2026-11-22 08:00"))
    assert day_shift.is_active(at("2026-11-22 17:30") - 1)
    assert not day_shift.is_active(at("2026-11-22 17:30"))
    assert day_shift.next_change_ns(at("2026-11-22 07:00")) == at("2026-11-22 08:00")
    assert day_shift.next_change_ns(at("2026-11-22 08:00")) == at("2026-11-22 17:30")
    assert day_shift.next_change_ns(at("2026-11-22 17:30")) == at("2026-11-23 08:00")


def test_a_span_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    friday_night = plan(Span(22 * 60, 6 * 60, days=frozenset({5})))
    assert friday_night.is_active(at("2026-11-20 22:00"))
    assert friday_night.is_active(at("2026-11-21 05:59"))
    assert not friday_night.is_active(at("2026-11-21 06:00"))
    assert not friday_night.is_active(at("2026-11-20 05:00"))
    assert not friday_night.is_active(at("2026-11-21 23:00"))


def test_a_span_that_ends_where_it_starts_lasts_a_day() -> None:
    saturday = plan(Span(7 * 60, 7 * 60, days=frozenset({6})))
    assert saturday.next_change_ns(at("2026-11-21 07:00")) == at("2026-11-22 07:00")


def test_spans_that_touch_or_overlap_are_one() -> None:
    touching = plan(Span(8 * 60, 12 * 60), Span(12 * 60, 17 * 60))
    assert touching.next_change_ns(at("2026-11-22 08:30")) == at("2026-11-22 17:00")
    within = plan(Span(8 * 60, 17 * 60), Span(9 * 60, 12 * 60))
    assert within.next_change_ns(at("2026-11-22 08:30")) == at("2026-11-22 17:00")


def test_negative_days_of_the_month_count_from_its_end() -> None:
    closing = plan(Span(0, 1440, days_of_month=((-3, -1), (1, 1))))
    for text, expected in (
        ("2026-02-25", False), ("2026-02-26", True), ("2026-02-28", True), ("2026-03-01", True), ("2026-03-02", False),
        ("2028-02-26", False), ("2028-02-27", True), ("2026-04-28", True), ("2026-04-27", False),
    ):  # fmt: skip
        assert closing.is_active(at(f"{text} 12:00")) == expected, text


def test_months() -> None:
    summer = plan(Span(0, 1440, months=frozenset({7, 8})))
    assert summer.next_change_ns(at("2026-06-01 00:00")) == at("2026-07-01 00:00")
    assert summer.next_change_ns(at("2026-07-01 00:00")) == at("2026-09-01 00:00")


def test_working_days_follow_the_calendar_with_its_exchanged_days() -> None:
    shift = plan(Span(8 * 60, 17 * 60, day_kind="workday"), calendar=CHINA)
    free = plan(Span(0, 1440, day_kind="holiday"), calendar=CHINA)
    assert shift.is_active(at("2026-09-20 10:00"))  # a Sunday that is worked
    assert not free.is_active(at("2026-09-20 10:00"))
    assert not shift.is_active(at("2026-10-05 10:00"))  # a Monday that is free
    assert free.is_active(at("2026-10-05 10:00"))
    assert free.next_change_ns(at("2026-09-30 12:00")) == at("2026-10-01 00:00")
    assert free.next_change_ns(at("2026-10-01 00:00")) == at("2026-10-08 00:00")


def test_always_and_never_have_no_next_change() -> None:
    always, never = plan(Span(0, 0)), plan()
    start = at("2026-11-22 08:00")
    for hours in range(0, 24 * 6, 7):
        now = start + hours * 3600 * SECOND
        assert always.is_active(now)
        assert always.next_change_ns(now) is None
        assert not never.is_active(now)
        assert never.next_change_ns(now) is None


def test_a_change_that_is_far_away_is_found_when_it_comes_near() -> None:
    leap = plan(Span(0, 1440, months=frozenset({2}), days_of_month=((29, 29),)))
    assert leap.next_change_ns(at("2026-11-22 08:00")) is None
    assert leap.next_change_ns(at("2027-02-01 08:00")) == at("2028-02-29 00:00")
    assert leap.is_active(at("2028-02-29 10:00"))


def test_an_hour_that_the_clock_skips_is_in_no_span() -> None:
    night = plan(Span(2 * 60, 3 * 60), zone="Europe/Berlin")
    before = at("2026-03-28 12:00", "Europe/Berlin")
    assert night.next_change_ns(before) == at("2026-03-30 02:00", "Europe/Berlin")
    across = plan(Span(60, 2 * 60 + 30), zone="Europe/Berlin")
    assert across.next_change_ns(at("2026-03-29 01:30", "Europe/Berlin")) == at("2026-03-29 03:00", "Europe/Berlin")


def test_an_hour_that_the_clock_repeats_is_in_its_span_twice() -> None:
    berlin = "Europe/Berlin"
    half = plan(Span(2 * 60, 2 * 60 + 30), zone=berlin)
    changes, now = [], at("2026-10-25 00:00", berlin)
    for _ in range(4):
        now = half.next_change_ns(now) or 0
        changes.append(now)
    first = at("2026-10-25 02:00", berlin)
    assert changes == [first + minutes * 60 * SECOND for minutes in (0, 30, 60, 90)]


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        plan(zone="Mars/Olympus")


def test_schedules_of_the_same_content_are_equal_whatever_they_have_found_out() -> None:
    one, other = plan(Span(0, 60)), plan(Span(0, 60))
    one.is_active(at("2026-11-22 08:00"))
    assert one == other
    assert hash(one) == hash(other)


# --- against a scan minute by minute


def shows(schedule: Schedule, moment: datetime) -> bool:
    """What somebody says who looks at the clock on the wall and at the list."""
    minute, today = moment.hour * 60 + moment.minute, moment.date()
    for span in schedule.spans:
        over_midnight = span.end_min <= span.start_min
        if over_midnight and minute < span.end_min and applies(span, today - timedelta(days=1), schedule.calendar):
            return True
        begun = minute >= span.start_min and (over_midnight or minute < span.end_min)
        if begun and applies(span, today, schedule.calendar):
            return True
    return False


def applies(span: Span, day: date, calendar: Calendar) -> bool:
    if span.days and day.isoweekday() not in span.days:
        return False
    if span.months and day.month not in span.months:
        return False
    if span.days_of_month:
        month_end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        numbers = {day.day, day.day - month_end.day - 1}
        if not any(first <= number <= last for first, last in span.days_of_month for number in numbers):
            return False
    if span.day_kind == "workday":
        return calendar.is_workday(day)
    return not (span.day_kind == "holiday" and calendar.is_workday(day))


TURNS = [  # zones, and days around which their clocks do something
    ("Asia/Shanghai", "2026-02-13"),
    ("Europe/Berlin", "2026-03-28"),
    ("Europe/Berlin", "2026-10-24"),
    ("America/New_York", "2026-10-31"),
    ("America/Santiago", "2026-09-05"),  # midnight is skipped
    ("Africa/Cairo", "2026-10-29"),  # midnight is repeated
    ("Australia/Lord_Howe", "2026-04-04"),  # half an hour
    ("Asia/Kathmandu", "2026-01-30"),
    ("Pacific/Apia", "2011-12-29"),  # a whole day is skipped
    ("America/St_Johns", "2006-10-28"),  # at one minute past midnight
]

minutes = st.integers(0, 1439)
spans = st.builds(
    Span,
    start_min=minutes,
    end_min=st.integers(0, 1440),
    days=st.frozensets(st.integers(1, 7), max_size=5),
    months=st.sampled_from([frozenset(), frozenset({1, 3, 10}), frozenset({2, 9, 12, 4})]),
    days_of_month=st.sampled_from([(), ((1, 5), (-4, -1)), ((28, 31),)]),
    day_kind=st.sampled_from(["", "", "workday", "holiday"]),
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TURNS), st.lists(spans, min_size=1, max_size=3), st.integers(0, 59))
@example(("Europe/Berlin", "2026-03-28"), [Span(150, 180)], 0)
@example(("Europe/Berlin", "2026-10-24"), [Span(0, 150)], 0)
@example(("Africa/Cairo", "2026-10-29"), [Span(1380, 30)], 0)
@example(("America/Santiago", "2026-09-05"), [Span(1380, 60, days=frozenset({6}))], 0)
@example(("Pacific/Apia", "2011-12-29"), [Span(600, 1200)], 0)
def test_it_agrees_with_a_scan_minute_by_minute(turn: tuple[str, str], some: list[Span], second: int) -> None:
    zone, start = turn
    schedule = plan(*some, zone=zone, calendar=CHINA)
    first_s = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()) - 6 * 3600
    seen = [shows(schedule, datetime.fromtimestamp(first_s + 60 * minute, ZoneInfo(zone))) for minute in range(60 * 60)]
    next_s: list[int | None] = [None] * len(seen)
    for minute in range(len(seen) - 2, -1, -1):
        changes = seen[minute] != seen[minute + 1]
        next_s[minute] = first_s + 60 * (minute + 1) if changes else next_s[minute + 1]
    fresh = plan(*some, zone=zone, calendar=CHINA)
    for minute, expected in enumerate(seen):
        now = (first_s + 60 * minute + second) * SECOND + 7
        assert schedule.is_active(now) == expected
        change = next_s[minute]
        if change is not None:
            assert schedule.next_change_ns(now) == change * SECOND
        if minute % 599 == 0:  # backwards in time, without what it knows
            back = (first_s + 60 * (len(seen) - 1 - minute)) * SECOND
            assert fresh.is_active(back) == seen[len(seen) - 1 - minute]
