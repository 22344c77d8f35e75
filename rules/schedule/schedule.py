"""When a rule, a mute time or an escalation applies.

What the site's clock on the wall shows decides, and nothing else: an hour that a change of daylight saving time skips
is in no span, an hour that it repeats is in its spans twice (as in Alertmanager's time intervals).
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.schedule.calendar import Calendar

_SECOND_NS = 1_000_000_000
_DAY_S = 86_400
_DAY_MIN = 1440
_HORIZON_S = 400 * _DAY_S
_EPOCH = date(1970, 1, 1).toordinal()
_MOST_DAYS_KEPT = 1000

_Ranges = tuple[tuple[int, int], ...]  # seconds of a local day: apart from each other, in order, end exclusive


@dataclass(frozen=True, slots=True)
class Span:
    """Times of the day on some days, in the site's zone: start inclusive, end exclusive; an end at or before the
    start means the next day. `days` are ISO weekdays (1 Monday to 7 Sunday); empty: all. The day on which a span
    starts decides whether it applies."""

    start_min: int  # minutes since local midnight
    end_min: int  # 1440: midnight
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()  # empty: all
    days_of_month: tuple[tuple[int, int], ...] = ()  # inclusive ranges; negative ones count from the month's end
    day_kind: str = (
        ""  # "" | "workday" | "holiday": as the calendar says, with its exchanged days; weekends are holiday
    )

    def starts_on(self, day: date, calendar: Calendar) -> bool:
        """True where it starts on this local day."""
        if self.days and day.isoweekday() not in self.days:
            return False
        if self.months and day.month not in self.months:
            return False
        if self.days_of_month and not self._is_in_days_of_month(day):
            return False
        return not self.day_kind or calendar.is_workday(day) == (self.day_kind == "workday")

    def _is_in_days_of_month(self, day: date) -> bool:
        after_last = monthrange(day.year, day.month)[1] + 1  # -1 is the last day
        return any(
            (first if first > 0 else after_last + first) <= day.day <= (last if last > 0 else after_last + last)
            for first, last in self.days_of_month
        )

    @property
    def length_min(self) -> int:
        """At least one minute, at most a day."""
        return self.end_min - self.start_min + (_DAY_MIN if self.end_min <= self.start_min else 0)


@dataclass(slots=True)
class _Known:
    """What a schedule has found out: the answer for a stretch of time, and the ranges of local days."""

    from_ns: int = 0
    to_ns: int = 0
    is_active: bool = False
    changes: bool = False  # at `to_ns`
    days: dict[int, _Ranges] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Active in any of its spans."""

    name: str
    zone: str  # IANA; ZoneInfoNotFoundError where there is none of this name
    spans: tuple[Span, ...]
    calendar: Calendar
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _known: _Known = field(init=False, repr=False, compare=False, default_factory=_Known)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))

    def is_active(self, wall_ns: int) -> bool:
        """True within a span."""
        known = self._known
        if not known.from_ns <= wall_ns < known.to_ns:
            self._look(wall_ns)
        return known.is_active

    def next_change_ns(self, wall_ns: int) -> int | None:
        """When (UTC) `is_active` next gives another answer; `None`: not within 400 days."""
        known = self._known
        if not known.from_ns <= wall_ns < known.to_ns:
            self._look(wall_ns)
        elif not known.changes and wall_ns - known.from_ns > _DAY_S * _SECOND_NS:
            self._look(wall_ns)  # it looked a day further than 400 days, so once a day is enough
        return known.to_ns if known.changes else None

    def _look(self, wall_ns: int) -> None:
        """Find the answer for this moment, and how long it holds."""
        now_s, known = wall_ns // _SECOND_NS, self._known
        edges = self._edges(now_s)
        _, active = next(edges)
        end_s = next((edge_s for edge_s, is_on in edges if is_on != active), None)
        known.from_ns, known.is_active, known.changes = wall_ns, active, end_s is not None
        known.to_ns = (now_s + _HORIZON_S if end_s is None else end_s) * _SECOND_NS

    def _edges(self, from_s: int) -> Iterator[tuple[int, bool]]:
        """The state at `from_s`, then every moment at which it may change with the state from then on, in order, up
        to a day beyond the horizon."""
        for start_s, end_s, offset_s in self._stretches(from_s, from_s + _HORIZON_S + _DAY_S):
            at_s = start_s
            while at_s < end_s:
                day = (at_s + offset_s) // _DAY_S
                midnight_s = day * _DAY_S - offset_s
                until_s = min(end_s, midnight_s + _DAY_S)
                ranges = self._ranges(day)
                yield at_s, any(first <= at_s - midnight_s < last for first, last in ranges)
                for first, last in ranges:
                    for edge_s, is_on in ((midnight_s + first, True), (midnight_s + last, False)):
                        if at_s < edge_s < until_s:
                            yield edge_s, is_on
                at_s = until_s

    def _stretches(self, from_s: int, to_s: int) -> Iterator[tuple[int, int, int]]:
        """Start, end and UTC offset of stretches with one offset. No zone changes its offset there and back within a
        day."""
        at_s = from_s
        while at_s < to_s:
            offset_s, end_s = self._offset_s(at_s), min(at_s + _DAY_S, to_s)
            if self._offset_s(end_s) != offset_s:
                low_s = at_s
                while end_s - low_s > 1:
                    middle_s = (low_s + end_s) // 2
                    if self._offset_s(middle_s) == offset_s:
                        low_s = middle_s
                    else:
                        end_s = middle_s
            yield at_s, end_s, offset_s
            at_s = end_s

    def _offset_s(self, at_s: int) -> int:
        offset = datetime.fromtimestamp(at_s, UTC).astimezone(self._zone).utcoffset() or timedelta()
        return offset.days * _DAY_S + offset.seconds

    def _ranges(self, day: int) -> _Ranges:
        """When it is active on this local day (counted from 1970-01-01)."""
        days = self._known.days
        ranges = days.get(day)
        if ranges is None:
            if len(days) >= _MOST_DAYS_KEPT:
                days.clear()
            ranges = days[day] = self._find_ranges(date.fromordinal(_EPOCH + day))
        return ranges

    def _find_ranges(self, day: date) -> _Ranges:
        found = []
        for shift_min, start_day in ((0, day), (-_DAY_MIN, day - timedelta(days=1))):
            for span in self.spans:
                first = span.start_min + shift_min
                last = first + span.length_min
                if last > 0 and span.starts_on(start_day, self.calendar):
                    found.append((max(first, 0) * 60, min(last, _DAY_MIN) * 60))
        merged: list[tuple[int, int]] = []
        for first, last in sorted(found):
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return tuple(merged)
