"""Stretches of time that figures are for: running ones, past ones, and those that they are compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.accounts.energy.energyread import day_start_ns
from gateway.accounts.periods import Period, parse_period

RUNNING = ("today", "month", "year")
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """From an instant to before another; `is_running`: it goes on."""

    label: str
    start_ns: int
    end_ns: int
    is_running: bool = False


def window_of(text: str, now_ns: int, zone: ZoneInfo) -> Window:
    """`today`, `month`, `year` (each to now), or a period's text. Raises Rejected for a text that is none.

    What of a period lies ahead is not in it.
    """
    now = datetime.fromtimestamp(now_ns // _NS, zone)
    first = {"today": now.date(), "month": now.date().replace(day=1), "year": date(now.year, 1, 1)}.get(text)
    if first is not None:
        return Window(text, day_start_ns(first, zone), now_ns, is_running=True)
    period = parse_period(text)
    start_ns, end_ns = bounds_ns(period, zone)
    is_running = start_ns <= now_ns < end_ns
    return Window(period.label, start_ns, max(start_ns, min(end_ns, now_ns)), is_running)


def before(window: Window, zone: ZoneInfo) -> Window:
    """The stretch before (环比): yesterday, the month before, the year before; a running one up to the same time."""
    if window.label not in RUNNING and not window.is_running:
        return _of(parse_period(window.label).before(), zone)
    start, end = _local(window.start_ns, zone), _local(window.end_ns, zone)
    label = window.label if window.label in RUNNING else _kind(window.label)
    if label == "today":
        return _moved(window, zone, start - timedelta(days=1), end - timedelta(days=1))
    if label == "month":
        first = (start - timedelta(days=1)).replace(day=1)
        return _moved(window, zone, first, min(first + (end - start), start))
    if label == "year":
        return year_before(window, zone)
    period = parse_period(window.label).before()
    first = datetime(period.first.year, period.first.month, period.first.day)  # noqa: DTZ001 - the wall's time
    return _moved(window, zone, first, first + (end - start))


def year_before(window: Window, zone: ZoneInfo) -> Window:
    """The same days of the year before (同比), a running one up to the same time of day."""
    if window.label not in RUNNING and not window.is_running:
        return _of(parse_period(window.label).year_before(), zone)
    return _moved(window, zone, *(_year_earlier(_local(one, zone)) for one in (window.start_ns, window.end_ns)))


def bounds_ns(period: Period, zone: ZoneInfo) -> tuple[int, int]:
    """A period's first instant, and the first one after it."""
    return day_start_ns(period.first, zone), day_start_ns(period.last + timedelta(days=1), zone)


def _of(period: Period, zone: ZoneInfo) -> Window:
    return Window(period.label, *bounds_ns(period, zone))


def _kind(label: str) -> str:
    return {7: "month", 4: "year"}.get(len(label), "days")


def _local(time_ns: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_ns // _NS, zone).replace(tzinfo=None)


def _moved(window: Window, zone: ZoneInfo, start: datetime, end: datetime) -> Window:
    ends = [int(one.replace(tzinfo=zone).timestamp()) * _NS for one in (start, end)]
    return Window(f"{start.date()}..{end.date()}", ends[0], ends[1])


def _year_earlier(moment: datetime) -> datetime:
    is_leap_day = (moment.month, moment.day) == (2, 29)
    return moment.replace(year=moment.year - 1, day=28 if is_leap_day else moment.day)
