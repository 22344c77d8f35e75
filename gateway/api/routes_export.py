"""History as a file."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from gateway.api.access import Exporter
from gateway.api.context import InContext
from gateway.api.periods import parse_range_ns
from gateway.api.routes_points import End, Start
from gateway.core.history import Format, Wish

router = APIRouter(prefix="/api/v1", tags=["export"])
MAX_POINTS = 1000
MAX_EXPORTS = 4  # at a time: each is a file of its own and keeps the history busy


_MEDIA = {Format.CSV: "text/csv; charset=utf-8", Format.PARQUET: "application/vnd.apache.parquet"}


@router.get("/export")
async def export(
    principal: Exporter,
    context: InContext,
    points: Annotated[str, Query(max_length=100_000)],
    start: Start = None,
    end: End = None,
    format: Format = Format.CSV,  # noqa: A002  the parameter's public name
) -> FileResponse:
    """Raw samples of these points (comma-separated tags) as CSV or Parquet."""
    reader = context.gateway.history
    if reader is None:
        raise HTTPException(503, "there is no local history: the configuration switches it off")
    tags = [tag for tag in points.split(",") if tag]
    if not 0 < len(tags) <= MAX_POINTS:
        raise HTTPException(422, f"points: name 1 to {MAX_POINTS} tags, separated by commas")
    ids = {tag: context.gateway.snapshot.point(context.tag(principal, tag))[2] for tag in tags}
    from_ns, to_ns = parse_range_ns(start, end, context.gateway.clock.time_ns(), default_s=86_400.0)
    await context.gateway.audit(principal.name, principal.role, principal.origin, "export", points[:200])
    if await asyncio.to_thread(_count_folders, context.gateway.exports) >= MAX_EXPORTS:
        raise HTTPException(503, f"{MAX_EXPORTS} exports are under way already; wait for one to end")
    path = await asyncio.to_thread(_make_folder, context.gateway.exports) / f"export.{format.value}"
    try:
        await reader.export(Wish(ids, (from_ns, to_ns), path, format))
    except BaseException:
        await asyncio.to_thread(_remove, path)
        raise
    name = f"park-{datetime.fromtimestamp(from_ns / 1e9, UTC):%Y%m%dT%H%M%SZ}.{format.value}"
    return FileResponse(path, media_type=_MEDIA[format], filename=name, background=BackgroundTask(_remove, path))


def _count_folders(parent: Path) -> int:
    return len(list(parent.glob("*")))


def _make_folder(parent: Path) -> Path:
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)
