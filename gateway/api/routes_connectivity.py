"""Connectivity: how much of what should have come has come, of the park, of enterprises and of devices, and why not."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from gateway.api.access import Reader
from gateway.api.answers import answers
from gateway.api.connectivity_views import ConnectivityViews, Range
from gateway.api.context import InContext
from gateway.api.periods import End, Start, parse_range_ns
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.connectivity import Connectivity, DeviceConnectivity, EnterpriseConnectivity
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, one_page, table_answer, table_json
from rules.connectivity.reason import FLAWS, Reason
from rules.connectivity.spans import Period

router = APIRouter(prefix="/api/v1/connectivity", tags=["connectivity"], route_class=ProvenRoute)
_COUNTS = ("known", "connected", "answering", "expected", "received", "good")
_COLUMNS = {
    **dict.fromkeys(("level", "enterprise", "id"), "VARCHAR"),
    **dict.fromkeys(_COUNTS, "BIGINT"),
    **dict.fromkeys(("rate", "gateway_down_s"), "DOUBLE"),
}


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


@router.get("", responses=answers(Connectivity, 406, files=TABLES))
async def connectivity(
    request: Request, principal: Reader, context: InContext, views: InViews, asked: InRange, form: InFormat
) -> Response:
    """The park and its enterprises; as CSV or Parquet with a row for every device too.

    `rate` = good / expected; expected = good + the samples in `reasons`. What could not come because the gateway
    itself did not run (`gateway_down_s`) is in none of them.
    """
    if form is TableFormat.JSON:
        return table_json(await views.park(asked))
    columns = _COLUMNS | {_column(reason): "BIGINT" for reason in Reason}
    table = Table("connectivity", columns, one_page([_cells(row) for row in await views.rows(asked)]))
    return await table_answer(request, context, principal, form, table, asked.name, asked.json)


@router.get(
    "/enterprises/{enterprise_id}", operation_id="enterprise_connectivity", responses=answers(EnterpriseConnectivity)
)
async def enterprise(views: InViews, asked: InRange, enterprise_id: str) -> dict[str, Any]:
    """One enterprise: each of its devices with a sentence about it and its last 24 hours, and the longest outages."""
    found = await views.enterprise(enterprise_id, asked)
    if found is None:
        raise HTTPException(404, f"no enterprise `{enterprise_id[:100]}`; GET /api/v1/connectivity lists them")
    return with_chinese(found, "message")


@router.get("/devices/{device_id}", operation_id="device_connectivity", responses=answers(DeviceConnectivity))
async def device(
    principal: Reader, context: InContext, views: InViews, asked: InRange, device_id: str
) -> dict[str, Any]:
    """One device: its last 24 hours and 31 days, and its outages in them, newest first."""
    return with_chinese(await views.device(context.device(principal, device_id), asked), "message")


def _column(reason: Reason) -> str:
    return f"{'bad' if reason in FLAWS else 'missing'}_{reason.value}"


def _cells(row: dict[str, Any]) -> list[object]:
    reasons = [row["reasons"].get(reason.value, 0) for reason in Reason]
    return [*(row.get(column) for column in _COLUMNS), *reasons]
