"""The stored course of a point as far as it is theirs to see: of an enterprise, while it had the device."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.history import Course, History
from gateway.core.ownership import Bounds
from gateway.core.point import Value

Row = tuple[int, float, float, float, float, int]
"""Time, minimum, mean, maximum, last, count."""


@dataclass(frozen=True, slots=True)
class JoinedCourse:
    """Courses behind each other, as one."""

    time_ns: Sequence[int]
    minimum: Sequence[float]
    mean: Sequence[float]
    maximum: Sequence[float]
    last: Sequence[float]
    count: Sequence[int]
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class JoinedSamples:
    """Samples behind each other, as one."""

    rows: Sequence[tuple[int, Value | None, int]]
    is_truncated: bool


async def owned_course(
    reader: History, point_id: int, asked: Bounds, spans: Sequence[Bounds], step_ns: int, limit: int
) -> Course:
    """The course over these parts of what was asked for, in order of time. Raises Unavailable."""
    if list(spans) == [asked]:
        return await reader.trend(point_id, *asked, step_ns, limit)
    return joined([await reader.trend(point_id, *span, step_ns, limit, is_exact=True) for span in spans], limit)


async def owned_samples(reader: History, point_id: int, spans: Iterable[Bounds], limit: int) -> JoinedSamples:
    """The first `limit` samples of these parts of a time, in order. Raises Unavailable."""
    rows: list[tuple[int, Value | None, int]] = []
    is_truncated = False
    for span in spans:
        found = await reader.raw(point_id, *span, limit)
        rows += found.rows
        is_truncated |= found.is_truncated
    return JoinedSamples(rows[:limit], is_truncated or len(rows) > limit)


def joined(courses: Iterable[Course], limit: int) -> JoinedCourse:
    """Courses of parts of a time, in order, as one: a step that has something of two of them is one row."""
    rows: list[Row] = []
    is_truncated = False
    for course in courses:
        told = (course.time_ns, course.minimum, course.mean, course.maximum, course.last, course.count)
        for row in zip(*told, strict=True):
            is_of_last = bool(rows) and rows[-1][0] == row[0]
            rows.append(_merged(rows.pop(), row) if is_of_last else row)
        is_truncated |= course.is_truncated
    columns: list[Any] = [list(column) for column in zip(*rows[:limit], strict=True)] or [[]] * 6
    times_ns, minimum, mean, maximum, last, count = columns
    return JoinedCourse(times_ns, minimum, mean, maximum, last, count, is_truncated or len(rows) > limit)


def _merged(one: Row, later: Row) -> Row:
    count = one[5] + later[5]
    mean = (one[2] * one[5] + later[2] * later[5]) / count
    return one[0], min(one[1], later[1]), mean, max(one[3], later[3]), later[4], count
