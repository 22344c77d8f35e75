"""The site's hour and weekday of a moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_QUARTER_NS = 900_000_000_000  # zones change at quarters of an hour, and their offsets are multiples of it
_LONGEST_HOUR = 9  # quarters: an hour that comes twice


class LocalTime:
    """A time zone, and what was last looked up in it. Raises ZoneInfoNotFoundError for a wrong name."""

    __slots__ = ("_found", "_quarter", "_zone")

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._quarter = -1
        self._found: dict[str, int] = {}

    def part(self, name: str, wall_ns: int) -> int:
        """`hour` (0 to 23), `weekday` (1 = Monday to 7) or `offset` (of the zone, in nanoseconds)."""
        quarter = wall_ns // _QUARTER_NS
        if quarter != self._quarter:
            local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=quarter * 900)).astimezone(self._zone)
            offset = local.utcoffset() or timedelta()
            self._found = {
                "hour": local.hour,
                "weekday": local.isoweekday(),
                "offset": (offset.days * 86_400 + offset.seconds) * 1_000_000_000,
            }
            self._quarter = quarter
        return self._found[name]

    def closure(self, name: str, place: int) -> Callable[[list[Any]], int | None]:
        """A closure that reads UTC from a place of the memory."""

        def read(memory: list[Any]) -> int | None:
            wall_ns = memory[place]
            return None if wall_ns is None else self.part(name, wall_ns)

        return read

    def next_hour_ns(self, wall_ns: int) -> int:
        """The next moment (UTC) at which the hour is another; the weekday changes at one of them."""
        hour, quarter = self.part("hour", wall_ns), wall_ns // _QUARTER_NS
        for ahead in range(1, _LONGEST_HOUR):
            if self.part("hour", (quarter + ahead) * _QUARTER_NS) != hour:
                return (quarter + ahead) * _QUARTER_NS
        return (quarter + 1) * _QUARTER_NS
