"""Points: latest values, history, the live stream."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.sse import EventSourceResponse

from gateway.api.access import Principal, Reader
from gateway.api.context import Context, InContext
from gateway.api.live import MAX_STREAMS, LiveStream, events
from gateway.api.periods import MAX_ROWS, parse_range_ns, parse_step_s
from gateway.core.quality import Quality
from gateway.pipeline.report import ms

router = APIRouter(prefix="/api/v1", tags=["points"])
MAX_TAGS = 500
_UTC = "ISO 8601; without a zone it is UTC."
Start = Annotated[str | None, Query(alias="from", max_length=40, description=_UTC)]
End = Annotated[str | None, Query(alias="to", max_length=40, description=_UTC)]


@router.get("/points")
def points(  # in a thread: a walk over every tag would hold the loop
    principal: Reader,
    context: InContext,
    device: str | None = None,
    enterprise: str | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> dict[str, Any]:
    """Points with their latest value, age and quality; filtered, in pages."""
    known = context.gateway.snapshot.devices
    tags = [
        tag
        for tag in context.views.tags_of(principal)
        if device in (None, (owner := tag.rsplit(".", 1)[0]))
        and enterprise in (None, known[owner].enterprise)
        and q.lower() in tag
    ]
    return {"items": [context.views.point(tag) for tag in tags[offset : offset + limit]], "total": len(tags)}


@router.get("/points/{tag}/history")
async def history(
    principal: Reader,
    context: InContext,
    tag: str,
    start: Start = None,
    end: End = None,
    step: Annotated[str | None, Query(max_length=20)] = None,
) -> dict[str, Any]:
    """Min, mean, max, last and count per step, or raw rows (`step=raw`). A step without samples is absent."""
    context.tag(principal, tag)
    reader = context.gateway.history
    if reader is None:
        raise HTTPException(503, "there is no local history: the configuration switches it off")
    from_ns, to_ns = parse_range_ns(start, end, context.gateway.clock.time_ns())
    step_s = parse_step_s(step, from_ns, to_ns)
    _, point, point_id, _ = context.gateway.snapshot.point(tag)
    head = {"tag": tag, "unit": point.unit, "from_ms": ms(from_ns), "to_ms": ms(to_ns), "step_s": step_s}
    if step_s == 0:
        raw = await reader.raw(point_id, from_ns, to_ns, MAX_ROWS)
        rows = [[ms(time_ns), value, Quality(quality).level.value] for time_ns, value, quality in raw.rows]
        return {**head, "columns": ["time_ms", "value", "level"], "rows": rows, "truncated": raw.is_truncated}
    course = await reader.trend(point_id, from_ns, to_ns, int(step_s * 1e9), MAX_ROWS)
    columns = (course.minimum, course.mean, course.maximum, course.last, course.count)
    rows = [[ms(time_ns), *row] for time_ns, *row in zip(course.time_ns, *columns, strict=True)]
    names = ["time_ms", "min", "mean", "max", "last", "count"]
    return {**head, "columns": names, "rows": rows, "truncated": course.is_truncated}


@router.get("/live")
async def live(
    principal: Reader,
    context: InContext,
    points: Annotated[str, Query(max_length=50_000)] = "",
    devices: Annotated[str, Query(max_length=50_000)] = "",
    park: bool = False,
    alarms: bool = False,
    accounts: bool = False,
) -> EventSourceResponse:
    """Server-sent events: `snapshot`, then each second a `delta` with what changed of these points and devices.

    With `alarms`, the messages after something has happened to an alarm carry the counts and the most urgent one. With
    `accounts`, messages carry energy, cost and CO2e of today, the month and the year of each entity that changed.
    """
    if context.ticker.streams >= MAX_STREAMS:
        raise HTTPException(503, f"{MAX_STREAMS} pages are open already; close one")
    stream = LiveStream(
        context.views,
        context.gateway.clock,
        principal,
        _tags(context, principal, points),
        [context.device(principal, name) for name in _listed(devices)],
        park=park,
        alarms=context.alarms if alarms else None,
        accounts=context.accounts if accounts else None,
    )
    return EventSourceResponse(events(stream, context.ticker), headers={"X-Accel-Buffering": "no"})


def _tags(context: Context, principal: Principal, listed: str) -> list[str]:
    tags = _listed(listed)
    if len(tags) > MAX_TAGS:
        raise HTTPException(422, f"points: at most {MAX_TAGS} in one stream")
    return [context.tag(principal, tag) for tag in tags]


def _listed(text: str) -> list[str]:
    """The names in a list, each once: a stream costs by what exists, not by what was asked."""
    return list(dict.fromkeys(part for part in text.split(",") if part))
