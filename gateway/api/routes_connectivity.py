"""Connectivity: how much of what should have come has come, of the park, of enterprises and of devices, and why not."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import JSONResponse, StreamingResponse

from gateway.api.access import Reader
from gateway.api.connectivity_views import ConnectivityViews, Range
from gateway.api.context import InContext
from gateway.api.csvlines import BOM, line
from gateway.api.periods import parse_range_ns
from gateway.api.routes_points import End, Start
from rules.connectivity.reason import Reason
from rules.connectivity.spans import Period

router = APIRouter(prefix="/api/v1/connectivity", tags=["connectivity"])
_COLUMNS = (
    "level", "enterprise", "id", "known", "connected", "answering", "expected", "received", "good", "rate",
    "gateway_down_s",
)  # fmt: skip


class TableFormat(StrEnum):
    """What the figures can be read as."""

    JSON = "json"
    CSV = "csv"


def views_of(principal: Reader, context: InContext) -> ConnectivityViews:
    """What this principal may see."""
    return ConnectivityViews(context.gateway, context.views, principal)


InViews = Annotated[ConnectivityViews, Depends(views_of)]


def range_of(
    views: InViews, context: InContext, period: Period = Period.DAY, start: Start = None, end: End = None
) -> Range:
    """The running period, or the whole local hours around `from` and `to`."""
    if start is None and end is None:
        return views.running(period)
    return views.between(*parse_range_ns(start, end, context.gateway.clock.time_ns(), default_s=86_400.0))


InRange = Annotated[Range, Depends(range_of)]


@router.get("", response_model=None)
async def connectivity(
    views: InViews,
    asked: InRange,
    format: Annotated[TableFormat, Query()] = TableFormat.JSON,  # noqa: A002  the parameter's public name
) -> JSONResponse | StreamingResponse:
    """The park and its enterprises; as CSV with a row for every device too.

    `rate` = good / expected; expected = received + the samples in `reasons`. What could not come because the gateway
    itself did not run (`gateway_down_s`) is in none of them.
    """
    if format is TableFormat.JSON:
        return JSONResponse(await views.park(asked))
    rows = await views.rows(asked)
    headers = {"Content-Disposition": 'attachment; filename="connectivity.csv"'}
    return StreamingResponse(_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/enterprises/{enterprise_id}")
async def enterprise(views: InViews, asked: InRange, enterprise_id: str) -> dict[str, Any]:
    """One enterprise: each of its devices with a sentence about it and its last 24 hours, and the longest outages."""
    found = await views.enterprise(enterprise_id, asked)
    if found is None:
        raise HTTPException(404, f"no enterprise `{enterprise_id}`; GET /api/v1/connectivity lists them")
    return found


@router.get("/devices/{device_id}")
async def device(
    principal: Reader, context: InContext, views: InViews, asked: InRange, device_id: str
) -> dict[str, Any]:
    """One device: its last 24 hours and 31 days, and its outages in them, newest first."""
    return await views.device(context.device(principal, device_id), asked)


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield BOM + line([*_COLUMNS, *(f"missing_{reason.value}" for reason in Reason)])
    for row in rows:
        missing = [row["reasons"].get(reason.value, 0) for reason in Reason]
        yield line([*(row.get(column) for column in _COLUMNS), *missing])
