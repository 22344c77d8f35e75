"""What new readings and exchanges would mean, shown before somebody approves them: quantities, falls, too much."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.records.forms import Form
from gateway.accounts.records.register_course import Course, Step, Timeline
from gateway.accounts.records.submission_log import Submission
from gateway.accounts.records.submissions import event_of, rows_of
from rules.carbon.numbers import shown

SHOWN = 200
_FAR = 3  # times more or less than usual
_VERY_FAR = 10  # times more than usual: the final value of a register that is gone needs somebody to insist
_DAY_NS = 86_400_000_000_000
_WORDS = {
    "first": ("the first reading of this meter: a baseline, no quantity", "该表计的首次读数：仅作基准，不产生用量"),
    "falls": ("lower than the reading before", "低于上一次读数"),
    "above_next": ("higher than the reading after", "高于下一次读数"),
    "rolls_over": ("the register went over its end", "寄存器已翻转"),
    "more_than_rated": ("more than the meter's rating allows", "超过额定值所允许的用量"),
    "unusual": ("far from what is usual", "与平时用量相差很大"),
    "far_above_usual": ("more than ten times what is usual", "超过平时用量的十倍"),
    "nothing": ("the same as the reading before", "与上一次读数相同"),
    "unknown_meter": ("this meter is not configured any more", "该表计已不在配置中"),
}
_REFUSED = ("falls", "above_next")
_REFUSED_OF_FINAL = (*_REFUSED, "more_than_rated", "far_above_usual")


def plausibility(db: sqlite3.Connection, books: Books, one: Submission) -> dict[str, Any] | None:
    """What each new value of a register would give; those with something remarkable first, at most `SHOWN`.

    Of an exchange or reset the final value is held against the readings before it. `objections`: how many values do not
    follow, so that only somebody who insists approves them. `None` for a record without values of registers.
    """
    if one.form not in (Form.READING, Form.READINGS, Form.METER_EVENT):
        return None
    zone, timeline = ZoneInfo(books.site.timezone), Timeline(db, books, one.record.about)
    rows, objections = [], 0
    for tag, steps in _own(one).items():
        course = timeline.course(tag, steps)
        for step in steps:
            row = _row(course, tag, step, zone)
            refused = _REFUSED_OF_FINAL if step.mark == "final" else _REFUSED
            row["objections"] = [note["en"] for note in row["notes"] if note["code"] in refused]
            objections += bool(row["objections"])
            rows.append(row)
    remarkable = sorted((row for row in rows if row["notes"]), key=lambda row: not row["objections"])
    listed = [*remarkable, *(row for row in rows if not row["notes"])][:SHOWN]
    return {"rows": listed, "count": len(rows), "remarkable": len(remarkable), "objections": objections}


def _own(one: Submission) -> dict[str, list[Step]]:
    """The values that a record gives, by tag, in order of time."""
    found: dict[str, list[Step]] = {}
    for tag, step in _steps(one):
        found.setdefault(tag, []).append(step)
    return found


def _steps(one: Submission) -> Iterator[tuple[str, Step]]:
    if one.form is Form.METER_EVENT:
        for step in Step.of_event(event_of(one)):
            yield one.body["meter"], step
        return
    for tag, time_ns, value, mark in rows_of(one.body):
        yield tag, Step.marked(time_ns, value, mark)


def _row(course: Course | None, tag: str, step: Step, zone: ZoneInfo) -> dict[str, Any]:
    row: dict[str, Any] = {
        "meter": tag,
        "time": _shown_time(step.time_ns, zone),
        "value": None if step.value is None else format(step.value, "f"),
        "mark": step.mark,
        "before": None,
        "quantity": None,
        "unit": None,
        "per_day": None,
        "usual_per_day": None,
        "rated_per_day": None,
        "notes": [],
    }
    if course is None:
        return row | {"notes": [_note("unknown_meter")]}
    spec = course.meter.spec
    row["unit"] = spec.accounted_unit
    row["rated_per_day"] = None if spec.rated is None else shown(Fraction(spec.rated) * 24, 3)
    if step.value is None:
        return row  # nobody wrote it down
    after = course.after(step)
    tops = [_note("above_next")] if after is not None and course.flowed(step, after).is_fall else []
    before = course.before(step)
    if step.is_start:  # of another register: what it counted before says nothing
        return row | {"notes": tops}
    if before is None:
        return row | {"notes": [_note("first"), *tops]}
    flow, usual = course.flowed(before, step), course.usual_per_day(step)
    elapsed_ns = max(step.time_ns - before.time_ns, 1)
    per_day = flow.quantity * _DAY_NS / elapsed_ns
    codes = ["falls"] if flow.is_fall else _remarks(flow.quantity, per_day, usual, flow.most)
    return row | {
        "before": {"time": _shown_time(before.time_ns, zone), "value": format(before.value or 0, "f")},
        "quantity": shown(flow.quantity),
        "per_day": shown(per_day, 3),
        "usual_per_day": None if usual is None else shown(usual, 3),
        "notes": [*(_note(code) for code in (["rolls_over"] * flow.is_rollover + codes)), *tops],
    }


def _remarks(flowed: Fraction, per_day: Fraction, usual: Fraction | None, most: Fraction | None) -> list[str]:
    found = ["nothing"] if not flowed else []
    if most is not None and flowed > most:
        found.append("more_than_rated")
    if flowed and usual and per_day > usual * _VERY_FAR:
        found.append("far_above_usual")
    elif flowed and usual and not usual / _FAR <= per_day <= usual * _FAR:
        found.append("unusual")
    return found


def _note(code: str) -> dict[str, str]:
    en, zh = _WORDS[code]
    return {"code": code, "en": en, "zh": zh}


def _shown_time(time_ns: int, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone(zone)
    return moment.isoformat(timespec="seconds")
