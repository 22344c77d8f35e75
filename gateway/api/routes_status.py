"""Health, readiness, metrics, status, and the Park page's numbers."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from gateway.api import metrics
from gateway.api.access import MetricsReader, Reader, Visitor
from gateway.api.context import InContext

router = APIRouter()


@router.get("/healthz", tags=["health"])
async def healthz(_: Visitor) -> dict[str, str]:
    """The process is alive and its loop turns."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"])
async def readyz(_: Visitor, context: InContext) -> JSONResponse:
    """200 while samples can be taken in and made durable and none is dropped for want of room; else 503, with reasons.

    It becomes 200 again by itself: with the first commit after the disk has room or works again, and for the caps on
    size and age (`store.outbox`) a minute after the last drop.
    """
    reasons = context.gateway.reasons_not_ready()
    body = {"status": "not ready" if reasons else "ready", "reasons": reasons}
    return JSONResponse(body, 503 if reasons else 200)


@router.get("/metrics", tags=["health"])
async def prometheus(_: MetricsReader, context: InContext) -> Response:
    """Counters in the Prometheus text format."""
    return Response(metrics.render(context.gateway), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/v1/status", tags=["status"])
async def status(principal: Reader, context: InContext) -> dict[str, Any]:
    """How the gateway is: connections, sinks with their accounts, outbox, device counts."""
    return context.views.status(principal)


@router.get("/api/v1/park", tags=["status"])
async def park(principal: Reader, context: InContext) -> dict[str, Any]:
    """Power now of the park and of each enterprise, and who is connected.

    `storage` tells whether the gateway keeps what it reads: `ok`, `full` (for want of room the oldest samples are
    dropped) or `failing` (nothing can be stored); the findings of /api/v1/status say why. The live stream's `park` is
    the same.
    """
    return context.views.park(principal)
