"""Health, readiness, metrics, status, and the Park page's numbers."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from gateway.api import metrics
from gateway.api.access import MetricsReader, Permission, Reader, Visitor
from gateway.api.answers import answers, file_answers
from gateway.api.context import InContext
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.status import Alive, BriefStatus, ParkNow, Ready, Status
from gateway.api.wholepark import sees_all

router = APIRouter(route_class=ProvenRoute)


@router.get("/healthz", tags=["health"], responses=answers(Alive))
async def healthz(_: Visitor) -> dict[str, str]:
    """The process is alive and its loop turns."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"], responses=answers(Ready) | {503: {"model": Ready}})
async def readyz(principal: Visitor, context: InContext) -> JSONResponse:
    """200 while samples can be taken in and made durable and none is dropped for want of room; else 503.

    The reasons are told to those who may read the inside of the gateway: they name files and sinks.

    It becomes 200 again by itself: with the first commit after the disk has room or works again, and for the caps on
    size and age (`store.outbox`) a minute after the last drop.
    """
    reasons = context.gateway.reasons_not_ready()
    body: dict[str, Any] = {"status": "not ready" if reasons else "ready"}
    if principal.may(Permission.GATEWAY):
        body["reasons"] = reasons
    return JSONResponse(with_chinese(body, "reasons"), 503 if reasons else 200)


@router.get(
    "/metrics", operation_id="metrics", tags=["health"], response_class=Response, responses=file_answers("text/plain")
)
async def prometheus(principal: MetricsReader, context: InContext) -> Response:
    """Counters in the Prometheus text format. For those who see the whole park."""
    sees_all(principal)
    return Response(metrics.render(context.gateway), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/v1/status", tags=["status"], responses=answers(Status | BriefStatus))
async def status(principal: Visitor, context: InContext) -> dict[str, Any]:
    """How the gateway is: connections, sinks with their accounts, outbox, device counts.

    Before log-in only whether it runs: `state` is `setup`, `running` or `not_ready`.
    """
    if principal.may(Permission.READ):
        return with_chinese(context.views.status(principal), "error", "hint", "findings", "reason")
    if not context.gateway.identities.is_set_up:
        return {"state": "setup"}
    return {"state": "not_ready" if context.gateway.reasons_not_ready() else "running"}


@router.get("/api/v1/park", tags=["status"], responses=answers(ParkNow))
async def park(principal: Reader, context: InContext) -> dict[str, Any]:
    """Power now of the park and of each enterprise, and who is connected.

    `storage` tells whether the gateway keeps what it reads: `ok`, `full` (for want of room the oldest samples are
    dropped) or `failing` (nothing can be stored); the findings of /api/v1/status say why. The live stream's `park` is
    the same.
    """
    return context.views.park(principal)
