"""Intervals of the site's local time, half-open: where one ends the next begins.

An interval begins where the local clock shows a multiple of the step. A day of 23 or 25 hours has 92 or 100 quarters;
an hour that comes twice is two hours; a step longer than the shift (six hours, a day) gets shorter or longer by it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

DAY_S = 86_400
SHORTEST_S = 60
_DAYS = 4  # remembered: readings come for today and, late, for the days before
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to before another (UTC nanoseconds)."""

    start_ns: int
    end_ns: int


class Grid:
    """The intervals of one step in one time zone. Raises ValueError for a step that does not divide a day."""

    __slots__ = ("_days", "_zone", "step_s")

    def __init__(self, zone: tzinfo, step_s: int = 900) -> None:
        if step_s < SHORTEST_S or DAY_S % step_s:
            raise ValueError(f"{step_s} s do not divide a day into whole intervals of a minute or more")
        self.step_s = step_s
        self._zone = zone
        self._days: list[tuple[int, ...]] = []  # the days asked last: the starts of each, and the next day's first

    def span(self, time_ns: int) -> Span:
        """The interval that holds this instant."""
        bounds = next((day for day in self._days if day[0] <= time_ns < day[-1]), None)
        if bounds is None:
            bounds = self._day_of(time_ns)
            self._days = [bounds, *self._days[: _DAYS - 1]]
        place = bisect_right(bounds, time_ns)
        return Span(bounds[place - 1], bounds[place])

    def spans(self, start_ns: int, end_ns: int) -> list[Span]:
        """The intervals that overlap this range, in order."""
        found: list[Span] = []
        time_ns = start_ns
        while time_ns < end_ns:
            found.append(self.span(time_ns))
            time_ns = found[-1].end_ns
        return found

    def _day_of(self, time_ns: int) -> tuple[int, ...]:
        second = time_ns // _NS
        day = datetime.fromtimestamp(second, self._zone).date()
        starts = self._starts(day)
        following = self._starts(day + timedelta(days=1))[0]
        return tuple(start * _NS for start in (*starts, following))

    def _starts(self, day: date) -> list[int]:
        """The seconds at which the day's intervals begin. A day that the zone leaves out begins with the next one."""
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the wall's time, looked up below
        starts: set[int] = set()
        for second in range(0, DAY_S, self.step_s):
            starts.update(self._instants(midnight + timedelta(seconds=second)))
        return sorted(starts)

    def _instants(self, wall: datetime) -> list[int]:
        """The seconds at which clocks show this: one, two in autumn, or the moment at which they leapt over it."""
        early, late = (int(wall.replace(tzinfo=self._zone, fold=fold).timestamp()) for fold in (0, 1))
        if early == late:
            return [early]
        if early > late:  # PEP 495: in the hour that does not exist the order is the other way round
            return [self._leap(late, early)]
        return [early, late] if late - early >= self.step_s else [early]

    def _leap(self, before: int, after: int) -> int:
        """The second between these two from which on the clock shows another offset."""
        old = self._offset(before)
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if self._offset(middle) == old else (before, middle)
        return after

    def _offset(self, second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone).utcoffset()
