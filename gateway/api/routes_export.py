"""History as a file, and how far the files are that are on their way."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse

from gateway.api.access import Exporter
from gateway.api.answers import CSV, PARQUET, answers, file_answers
from gateway.api.context import InContext
from gateway.api.periods import End, Start, parse_range_ns
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.status import ExportList
from gateway.api.tables import MEDIA, TableFormat, accepted
from gateway.core.history import Format, Wish

router = APIRouter(prefix="/api/v1", tags=["export"], route_class=ProvenRoute)
MAX_POINTS = 1000
_OFFERED = (TableFormat.CSV, TableFormat.PARQUET)


def file_format(
    request: Request,
    format: Annotated[Format | None, Query(description="Default: what `Accept` asks for, else CSV.")] = None,  # noqa: A002
) -> Format:
    """What is asked for. Answers 406 for a type that is not made."""
    return format or Format(accepted(request.headers.get("accept", ""), _OFFERED).value)


@router.get("/export", response_class=FileResponse, responses=file_answers(CSV, PARQUET, more=(404, 406, 409)))
async def export(
    request: Request,
    principal: Exporter,
    context: InContext,
    form: Annotated[Format, Depends(file_format)],
    points: Annotated[str, Query(min_length=1, max_length=60_000)],
    start: Start = None,
    end: End = None,
    export_id: Annotated[
        str,
        Query(alias="id", pattern=r"^[0-9A-Za-z_-]{0,40}$", description="A name of one's own, to ask how far it is."),
    ] = "",
) -> FileResponse:
    """Raw samples of these points (comma-separated tags) as CSV or Parquet, by default of the last 24 hours.

    The answer begins when the file is complete; until then `GET /api/v1/exports` tells how far it is. Who goes away
    ends it.
    """
    reader = context.gateway.history
    if reader is None:
        raise HTTPException(503, "there is no local history: the configuration switches it off")
    tags = list(dict.fromkeys(tag for tag in points.split(",") if tag))
    if not 0 < len(tags) <= MAX_POINTS:
        raise HTTPException(422, f"points: name 1 to {MAX_POINTS} tags, separated by commas")
    ids = {tag: context.gateway.snapshot.point(context.tag(principal, tag))[2] for tag in tags}
    from_ns, to_ns = parse_range_ns(start, end, context.gateway.clock.time_ns(), default_s=86_400.0)
    within = context.views.clipped(principal, tags, (from_ns, to_ns))
    told = {"points": len(tags), "first": tags[:20], "from_ns": from_ns, "to_ns": to_ns, "format": form.value}
    name = f"park-{datetime.fromtimestamp(from_ns / 1e9, UTC):%Y%m%dT%H%M%SZ}.{form.value}"
    async with context.audited(principal, "export history", tags[0], after=told) as entry:
        made = await context.exports.begin(principal, name, export_id or token_hex(8))
        wish = replace(Wish(ids, (from_ns, to_ns), Path(), form, within), path=made.folder / f"export.{form.value}")
        done = await context.exports.make(request, made, reader.export(wish, made.progress))
        entry.after = {**told, "rows": getattr(done, "rows", None)}
    return context.exports.answer(made, wish.path, f"{MEDIA[TableFormat(form.value)]}", name)


@router.get("/exports", responses=answers(ExportList))
async def exports(principal: Exporter, context: InContext) -> dict[str, Any]:
    """The files that are made or sent now; those of one enterprise see their own."""
    items = [one.json for one in context.exports.seen_by(principal)]
    return {"items": items, "total": len(items)}
