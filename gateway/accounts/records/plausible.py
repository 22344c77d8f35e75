"""What new readings would mean, shown before somebody approves them: quantities, falls, more than usual or possible."""

import sqlite3
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import Submission
from gateway.accounts.records.submissions import readings_by_meter, rows_of
from rules.carbon.numbers import shown
from rules.energy.reading import Reading
from rules.energy.spec import factor_at

SHOWN = 200
_USUAL_OF = 13  # readings before it that make what is usual
_FAR = 3  # times more or less than usual
_DAY_NS = 86_400_000_000_000
_HOUR_NS = 3_600_000_000_000
_WORDS = {
    "first": ("the first reading of this meter: a baseline, no quantity", "该表计的首次读数：仅作基准，不产生用量"),
    "falls": ("lower than the reading before", "低于上一次读数"),
    "more_than_rated": ("more than the meter's rating allows", "超过额定值所允许的用量"),
    "unusual": ("far from what is usual", "与平时用量相差很大"),
    "nothing": ("the same as the reading before", "与上一次读数相同"),
    "unknown_meter": ("this meter is not configured any more", "该表计已不在配置中"),
}


@dataclass(frozen=True, slots=True)
class Course:
    """The readings of one register so far, in order of time."""

    meter: Meter
    readings: tuple[Reading, ...]

    def before(self, time_ns: int) -> Reading | None:
        """The reading before an instant."""
        count = self._count_before(time_ns)
        return self.readings[count - 1] if count else None

    def _count_before(self, time_ns: int) -> int:
        return bisect_left(self.readings, time_ns, key=lambda one: one.time_ns)

    def usual_per_day(self, time_ns: int) -> Fraction | None:
        """What flowed a day over the readings before an instant; `None` where there are too few or they fall."""
        count = self._count_before(time_ns)
        earlier = self.readings[max(count - _USUAL_OF, 0) : count]
        if len(earlier) < 3 or earlier[-1].value < earlier[0].value:
            return None
        flowed = Fraction(earlier[-1].value - earlier[0].value) * factor_at(self.meter.spec.factors(), time_ns)
        return flowed * _DAY_NS / (earlier[-1].time_ns - earlier[0].time_ns)


def plausibility(db: sqlite3.Connection, books: Books, one: Submission) -> dict[str, Any] | None:
    """What each new reading of a record would give; those with something remarkable first, at most `SHOWN`.

    `None` for a record without readings.
    """
    if one.form not in (Form.READING, Form.READINGS):
        return None
    zone = ZoneInfo(books.site.timezone)
    known = readings_by_meter(db)
    rows, courses = [], dict[str, Course | None]()
    last: dict[str, Reading | None] = {}
    for tag, time_ns, value, mark in rows_of(one.body):
        if tag not in courses:
            meter = books.meters.get(tag)
            courses[tag] = None if meter is None else Course(meter, tuple(known.get(tag, ())))
        reading = Reading(time_ns, value)
        rows.append(_row(courses[tag], tag, reading, mark, last.get(tag), zone))
        last[tag] = reading
    remarkable = [row for row in rows if row["notes"]]
    listed = [*remarkable, *(row for row in rows if not row["notes"])][:SHOWN]
    return {"rows": listed, "count": len(rows), "remarkable": len(remarkable)}


def _row(
    course: Course | None, tag: str, reading: Reading, mark: str, own: Reading | None, zone: ZoneInfo
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "meter": tag,
        "time": _shown_time(reading.time_ns, zone),
        "value": format(reading.value, "f"),
        "mark": mark,
        "before": None,
        "quantity": None,
        "unit": None,
        "per_day": None,
        "usual_per_day": None,
        "notes": [],
    }
    if course is None:
        return row | {"notes": [_note("unknown_meter")]}
    row["unit"] = course.meter.spec.accounted_unit
    if mark == "initial":
        return row  # of another register: what it counted before says nothing
    stored = course.before(reading.time_ns)
    before = max((one for one in (stored, own) if one is not None), key=lambda one: one.time_ns, default=None)
    if before is None:
        return row | {"notes": [_note("first")]}
    usual = course.usual_per_day(reading.time_ns)
    flowed = Fraction(reading.value - before.value) * factor_at(course.meter.spec.factors(), reading.time_ns)
    elapsed_ns = reading.time_ns - before.time_ns
    per_day = flowed * _DAY_NS / elapsed_ns
    row |= {
        "before": {"time": _shown_time(before.time_ns, zone), "value": format(before.value, "f")},
        "quantity": shown(flowed),
        "per_day": shown(per_day, 3),
        "usual_per_day": None if usual is None else shown(usual, 3),
        "notes": [_note(code) for code in _remarks(course.meter, flowed, per_day, usual, elapsed_ns)],
    }
    return row


def _remarks(meter: Meter, flowed: Fraction, per_day: Fraction, usual: Fraction | None, elapsed_ns: int) -> list[str]:
    if flowed < 0:
        return ["falls"]
    found = ["nothing"] if not flowed else []
    rated = meter.spec.rated
    if rated is not None and flowed > Fraction(rated) * Fraction(meter.spec.margin) * elapsed_ns / _HOUR_NS:
        found.append("more_than_rated")
    if flowed and usual and not usual / _FAR <= per_day <= usual * _FAR:
        found.append("unusual")
    return found


def _note(code: str) -> dict[str, str]:
    en, zh = _WORDS[code]
    return {"code": code, "en": en, "zh": zh}


def _shown_time(time_ns: int, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone(zone)
    return moment.isoformat(timespec="seconds")
