"""The stored course of points: of one, and of several side by side as dashboards ask for it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from gateway.api.access import Principal, Reader
from gateway.api.answers import answers
from gateway.api.context import Context, InContext
from gateway.api.owned import owned_course, owned_samples
from gateway.api.periods import MAX_ROWS, End, Start, parse_range_ns, parse_step_s
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.points import History, ManyCourses
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, one_page, table_answer, table_json
from gateway.core.history import Course
from gateway.core.history import History as Reader_
from gateway.core.quality import Quality
from gateway.pipeline.report import ms

router = APIRouter(prefix="/api/v1", tags=["points"], route_class=ProvenRoute)
MAX_MANY = 20
MAX_CELLS = 20_000  # values in one answer about several points
Json = dict[str, Any]
StepText = Annotated[
    str | None, Query(max_length=20, description="`60s`, `15m`, `1h`, `raw`; default: about 300 steps.")
]
_TREND = {
    "time": "TIMESTAMPTZ",
    "min": "DOUBLE",
    "mean": "DOUBLE",
    "max": "DOUBLE",
    "last": "DOUBLE",
    "count": "BIGINT",
}
_RAW = {"time": "TIMESTAMPTZ", "value": "VARCHAR", "level": "VARCHAR"}


class CourseShape(StrEnum):
    """A row per point and step, or a row per step with a column for each point."""

    LONG = "long"
    WIDE = "wide"


class Statistic(StrEnum):
    """What of a step is told."""

    MIN = "min"
    MEAN = "mean"
    MAX = "max"
    LAST = "last"


@router.get("/points/{tag}/history", responses=answers(History, 406, files=TABLES))
async def history(
    request: Request,
    principal: Reader,
    context: InContext,
    tag: str,
    form: InFormat,
    start: Start = None,
    end: End = None,
    step: StepText = None,
) -> Response:
    """Min, mean, max, last and count per step, or raw rows (`step=raw`). A step without samples is absent.

    As CSV or Parquet the same rows; the time is ISO 8601 there.
    """
    context.tag(principal, tag)
    reader = _reader(context)
    from_ns, to_ns = parse_range_ns(start, end, context.gateway.clock.time_ns())
    step_s = parse_step_s(step, from_ns, to_ns)
    device, point, point_id, _ = context.gateway.snapshot.point(tag)
    spans = context.views.spans(principal, device.id, (from_ns, to_ns))
    rows: Sequence[Sequence[Any]]
    if step_s == 0:
        raw = await owned_samples(reader, point_id, spans, MAX_ROWS)
        rows = [(time_ns, value, Quality(quality).level.value) for time_ns, value, quality in raw.rows]
        columns, is_truncated = _RAW, raw.is_truncated
    else:
        course = await owned_course(reader, point_id, (from_ns, to_ns), spans, int(step_s * 1e9), MAX_ROWS)
        told = (course.time_ns, course.minimum, course.mean, course.maximum, course.last, course.count)
        rows, columns, is_truncated = list(zip(*told, strict=True)), _TREND, course.is_truncated
    if form is not TableFormat.JSON:
        lines = [(iso(time_ns), *row) for time_ns, *row in rows]
        return await _file(request, context, principal, form, Table("history", columns, one_page(lines)), [tag])
    head = {"tag": tag, "unit": point.unit, "from_ms": ms(from_ns), "to_ms": ms(to_ns), "step_s": step_s}
    names = ["time_ms", *list(columns)[1:]]
    shown = [[ms(time_ns), *row] for time_ns, *row in rows]
    return table_json({**head, "columns": names, "rows": shown, "truncated": is_truncated})


@router.get("/history", operation_id="histories", responses=answers(ManyCourses, 404, 406, files=TABLES))
async def many(
    request: Request,
    principal: Reader,
    context: InContext,
    points: Annotated[str, Query(min_length=1, max_length=5000)],
    form: InFormat,
    start: Start = None,
    end: End = None,
    step: StepText = None,
    shape: Annotated[CourseShape, Query(description="A row per point and step, or a row per step.")] = CourseShape.LONG,
    value: Annotated[Statistic, Query(description="What of each step is told.")] = Statistic.MEAN,
) -> Response:
    """Several points over one time, for dashboards: rows are objects with an ISO `time`.

    `long`: `time`, `tag`, `unit`, `value`. `wide`: `time` and one column per tag, `null` where a point has nothing.
    """
    tags = list(dict.fromkeys(tag for tag in points.split(",") if tag))
    if not 0 < len(tags) <= MAX_MANY:
        raise HTTPException(422, f"points: name 1 to {MAX_MANY} tags, separated by commas")
    for tag in tags:
        context.tag(principal, tag)
    reader, snapshot = _reader(context), context.gateway.snapshot
    from_ns, to_ns = parse_range_ns(start, end, context.gateway.clock.time_ns())
    step_s = _coarse_enough(parse_step_s(step, from_ns, to_ns), from_ns, to_ns, len(tags))
    step_ns, limit = int(step_s * 1e9), MAX_CELLS // len(tags)
    asked, found = (from_ns, to_ns), list[Course]()
    for tag in tags:
        device, _, point_id, _ = snapshot.point(tag)
        spans = context.views.spans(principal, device.id, asked)
        found.append(await owned_course(reader, point_id, asked, spans, step_ns, limit))
    courses = [dict(zip(one.time_ns, _values(one, value), strict=True)) for one in found]
    units = [snapshot.point(tag)[1].unit for tag in tags]
    columns, rows = await asyncio.to_thread(_long if shape is CourseShape.LONG else _wide, tags, units, courses)
    if form is not TableFormat.JSON:
        return await _file(request, context, principal, form, Table("history", columns, one_page(rows)), tags)
    body = {
        "from_ms": ms(from_ns),
        "to_ms": ms(to_ns),
        "step_s": step_s,
        "columns": list(columns),
        "rows": [dict(zip(columns, row, strict=True)) for row in rows],
        "truncated": any(one.is_truncated for one in found),
    }
    return table_json(body)


def _reader(context: Context) -> Reader_:
    if context.gateway.history is None:
        raise HTTPException(503, "there is no local history: the configuration switches it off")
    return context.gateway.history


def _coarse_enough(step_s: float, from_ns: int, to_ns: int, points: int) -> float:
    """The step, where so many points over the time are not too much. Answers 422 with what fits."""
    if step_s == 0:
        raise HTTPException(422, "step: raw samples of several points are a file; see GET /api/v1/export")
    span_s = (to_ns - from_ns) / 1e9
    if span_s / step_s * points > MAX_CELLS:
        fits = span_s * points / MAX_CELLS
        raise HTTPException(422, f"step: more than {MAX_CELLS} values; a step of {fits:.0f}s or more fits")
    return step_s


def _values(course: Course, statistic: Statistic) -> Sequence[float]:
    match statistic:
        case Statistic.MIN:
            return course.minimum
        case Statistic.MAX:
            return course.maximum
        case Statistic.LAST:
            return course.last
    return course.mean


Columns = dict[str, str]
Courses = Sequence[dict[int, float]]


def _long(tags: Sequence[str], units: Sequence[str], courses: Courses) -> tuple[Columns, list[tuple[Any, ...]]]:
    columns = {"time": "TIMESTAMPTZ", "tag": "VARCHAR", "unit": "VARCHAR", "value": "DOUBLE"}
    parts = zip(tags, units, courses, strict=True)
    return columns, [(iso(at), tag, unit, value) for tag, unit, course in parts for at, value in course.items()]


def _wide(tags: Sequence[str], _: Sequence[str], courses: Courses) -> tuple[Columns, list[tuple[Any, ...]]]:
    times = sorted(set[int]().union(*courses))
    columns = {"time": "TIMESTAMPTZ", **dict.fromkeys(tags, "DOUBLE")}
    return columns, [(iso(at), *(course.get(at) for course in courses)) for at in times]


def iso(time_ns: int) -> str:
    """UTC, with milliseconds."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _file(
    request: Request, context: Context, principal: Principal, form: TableFormat, table: Table, tags: Sequence[str]
) -> Response:
    told = {"points": len(tags), "first": list(tags[:20])}
    return await table_answer(request, context, principal, form, table, tags[0], told)
