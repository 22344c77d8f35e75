"""Hours, days and months of the site's clock, as UTC: what accounts are kept and asked by.

Days of 23 and 25 hours have as many hour spans as they have hours; the hour that comes twice is two spans.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

_NS = 1_000_000_000
HOUR_NS = 3600 * _NS


class Kind(StrEnum):
    """How long a kept span is; stored in state.db."""

    HOUR = "h"
    DAY = "d"


class Period(StrEnum):
    """A period of the site's clock that runs now."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a moment belongs: starts (UTC, ns) of its local hour and day."""

    hour_ns: int
    day_ns: int

    def holds(self, time_ns: int) -> bool:
        """True for moments of the same hour."""
        return self.hour_ns <= time_ns < self.hour_ns + HOUR_NS


def place_of(time_ns: int, zone: tzinfo) -> Place:
    """The local hour and day of a moment."""
    local = _local(time_ns, zone)
    day_ns = _midnight_ns(local.date(), zone)
    into_hour_ns = (local.minute * 60 + local.second) * _NS + time_ns % _NS
    return Place(max(time_ns - into_hour_ns, day_ns), day_ns)


def day_after_ns(day_ns: int, zone: tzinfo) -> int:
    """The next local midnight after one."""
    return _midnight_ns(_local(day_ns, zone).date() + timedelta(days=1), zone)


def day_before_ns(day_ns: int, zone: tzinfo) -> int:
    """The local midnight before one."""
    return _midnight_ns(_local(day_ns, zone).date() - timedelta(days=1), zone)


def period_ns(period: Period, now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """From the start of the running hour, day or month to before the start of the next."""
    place = place_of(now_ns, zone)
    if period is Period.HOUR:
        return place.hour_ns, place.hour_ns + HOUR_NS
    if period is Period.DAY:
        return place.day_ns, day_after_ns(place.day_ns, zone)
    first = _local(now_ns, zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return _midnight_ns(first, zone), _midnight_ns(following, zone)


def hours_between(from_ns: int, to_ns: int, zone: tzinfo) -> Iterator[int]:
    """Starts of the local hours that have a part in this range, oldest first."""
    while from_ns < to_ns:
        start_ns = place_of(from_ns, zone).hour_ns
        yield start_ns
        from_ns = start_ns + HOUR_NS


def days_between(from_ns: int, to_ns: int, zone: tzinfo) -> Iterator[int]:
    """Starts of the local days that have a part in this range, oldest first."""
    while from_ns < to_ns:
        start_ns = place_of(from_ns, zone).day_ns
        yield start_ns
        from_ns = day_after_ns(start_ns, zone)


def whole_spans(from_ns: int, to_ns: int, zone: tzinfo) -> list[tuple[Kind, int, int]]:
    """A range of whole hours as (kind, from, to): whole days by days, what is left at both ends by hours."""
    first_ns = place_of(from_ns, zone).day_ns
    if first_ns < from_ns:
        first_ns = day_after_ns(first_ns, zone)
    last_ns = place_of(to_ns, zone).day_ns
    if first_ns >= last_ns:
        return [(Kind.HOUR, from_ns, to_ns)]
    spans = [(Kind.HOUR, from_ns, first_ns), (Kind.DAY, first_ns, last_ns), (Kind.HOUR, last_ns, to_ns)]
    return [span for span in spans if span[1] < span[2]]


def by_place(from_ns: int, to_ns: int, zone: tzinfo) -> Iterator[tuple[Place, int]]:
    """A time cut at the local hours: where each piece belongs, and its length (ns)."""
    while from_ns < to_ns:
        place = place_of(from_ns, zone)
        end_ns = min(to_ns, place.hour_ns + HOUR_NS, day_after_ns(place.day_ns, zone))
        yield place, end_ns - from_ns
        from_ns = end_ns


def _local(time_ns: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(time_ns // _NS, UTC).astimezone(zone)


def _midnight_ns(day: date, zone: tzinfo) -> int:
    """The first moment of a local day; where the clock leaps over midnight, the leap."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * _NS
