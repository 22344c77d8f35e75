"""Times as devices write them - s, ms, us, ns, ISO 8601 - to UTC nanoseconds, and whether they can be believed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from drivers.mqtt.path import ABSENT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}(\.[0-9]{1,19})?")
_WIDEST_NS = 2**63 - 1  # the year 2262
_LONGEST_ISO = 40


class TimeFormat(StrEnum):
    """How a device writes its time. `auto` tells the unit of a number by its size: see `_unit_ns`."""

    AUTO = "auto"
    S = "s"
    MS = "ms"
    US = "us"
    NS = "ns"
    ISO = "iso"
    NONE = "none"


_MS_OR_AUTO = (TimeFormat.AUTO, TimeFormat.MS)
_UNIT_NS = {TimeFormat.S: 10**9, TimeFormat.MS: 10**6, TimeFormat.US: 10**3, TimeFormat.NS: 1}


def to_ns(raw: object, time_format: TimeFormat, zone: tzinfo) -> int | None:
    """UTC nanoseconds of a time in a payload; `zone` is taken where ISO text states none. `None`: it is no time.

    Texts that hold a number count as that number. ISO text and fractions of s and ms are exact to the microsecond.
    """
    if type(raw) is str:
        if time_format is not TimeFormat.ISO and _NUMBER.fullmatch(raw):
            return _number_ns(float(raw) if "." in raw else int(raw), time_format)
        return _iso_ns(raw, zone) if time_format in {TimeFormat.AUTO, TimeFormat.ISO} else None
    if (type(raw) is int or type(raw) is float) and time_format is not TimeFormat.ISO:
        return _number_ns(raw, time_format)
    return None


def _unit_ns(number: float, time_format: TimeFormat) -> int:
    """Nanoseconds in one unit of the number. By its size: below 1e11 it is seconds (until the year 5138), and so on."""
    if time_format is not TimeFormat.AUTO:
        return _UNIT_NS[time_format]
    size = abs(number)
    if size < 1e11:
        return 10**9
    if size < 1e14:
        return 10**6
    return 10**3 if size < 1e17 else 1


def _number_ns(number: float, time_format: TimeFormat) -> int | None:
    unit_ns = _unit_ns(number, time_format)
    if abs(number) > _WIDEST_NS // unit_ns:
        return None
    if isinstance(number, int):
        return number * unit_ns
    # a float of seconds holds microseconds, not nanoseconds: rounding to them gives back what the device wrote
    return round(number * (unit_ns // 1000)) * 1000 if unit_ns >= 10**6 else round(number * unit_ns)


def _iso_ns(text: str, zone: tzinfo) -> int | None:
    if len(text) > _LONGEST_ISO:
        return None
    try:
        stamp = datetime.fromisoformat(text)
        aware = stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=zone)
        return (aware - _EPOCH) // _US * 1000
    except (ValueError, OverflowError):  # OverflowError: a zone moves the year 1 or 9999 out of the calendar
        return None


@dataclass(frozen=True, slots=True)
class TimeRule:
    """Where a record's time stands and in which window around the time of receipt it is believed."""

    find: Callable[[Any], Any] | None  # None: records carry no time
    format: TimeFormat
    zone: tzinfo
    past_ns: int
    future_ns: int

    def read(self, record: Any, received_ns: int) -> tuple[int | None, bool]:
        """The record's own time in UTC nanoseconds (`None`: none to be believed), and whether it stated one at all."""
        if self.find is None:
            return None, False
        raw = self.find(record)
        if raw is ABSENT or raw is None:
            return None, False
        if type(raw) is int and 10**11 <= raw < 10**14 and self.format in _MS_OR_AUTO:
            time_ns: int | None = raw * 10**6  # whole milliseconds: what most devices send, without a step more
        else:
            time_ns = to_ns(raw, self.format, self.zone)
        if time_ns is None or not -self.past_ns <= time_ns - received_ns <= self.future_ns:
            return None, True
        return time_ns, True
