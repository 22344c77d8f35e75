"""Devices: lists, one exchange on request, frames as they pass."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import LineUser, Principal, Reader
from gateway.api.answers import answers, event_stream
from gateway.api.context import InContext
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.devices import DeviceList, DeviceWithPoints, Exchanges
from gateway.api.views import as_of_now
from gateway.pipeline.engine import Gateway
from gateway.pipeline.probe import exchange_json
from gateway.pipeline.report import ms
from gateway.pipeline.snapshot import DeviceState

router = APIRouter(prefix="/api/v1", tags=["devices"], route_class=ProvenRoute)
MAX_TRACES = 20  # at a time


class ReadRequest(BaseModel):
    """Which points of the device to read; all where none is named."""

    model_config = ConfigDict(extra="forbid")

    points: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=200)


@router.get("/devices", responses=answers(DeviceList))
def devices(  # in a thread: thousands of devices would hold the loop
    principal: Reader, context: InContext, enterprise: str | None = None, state: DeviceState | None = None
) -> dict[str, Any]:
    """All known devices, connected or not, with their state and why they are silent."""
    chosen = [d for d in context.views.devices_of(principal) if enterprise in (None, d.enterprise)]
    with as_of_now():
        items = [context.views.device(device, context.views.since_ns(principal, device.id)) for device in chosen]
    if state is not None:
        items = [item for item in items if item["state"] == state.value]
    return with_chinese({"items": items, "total": len(items)}, "message", "hint")


@router.get("/devices/{device_id}", responses=answers(DeviceWithPoints))
async def device(principal: Reader, context: InContext, device_id: str) -> dict[str, Any]:
    """One device with its points and their latest values."""
    found = context.device(principal, device_id)
    tags = context.gateway.tags_by_device.get(found.id, ())
    shown = context.views.device(found, context.views.since_ns(principal, found.id))
    shown = with_chinese(shown, "message", "hint")
    return {**shown, "items": [context.views.point(tag, principal) for tag in tags]}


@router.post("/devices/{device_id}/read", operation_id="read_device", responses=answers(Exchanges))
async def read(principal: LineUser, context: InContext, device_id: str, wanted: ReadRequest) -> dict[str, Any]:
    """One real exchange with the device, in turn with its polls; nothing of it is stored."""
    found = context.device(principal, device_id)
    async with context.audited(principal, "device read", found.id, after={"points": wanted.points or "all"}):
        exchanges = await context.gateway.probe(found, wanted.points)
    points = context.gateway.points_of(found)
    return with_chinese({"exchanges": [exchange_json(exchange, points) for exchange in exchanges]}, "error")


@router.get(
    "/devices/{device_id}/trace",
    response_class=StreamingResponse,
    responses=event_stream("Frames: time_ms, sent, hex, note."),
)
async def trace(
    principal: LineUser, context: InContext, device_id: str, seconds: Annotated[float, Query(gt=0, le=600)] = 60
) -> EventSourceResponse:
    """The frames of this device as they pass, as server-sent events."""
    found = context.device(principal, device_id)
    if context.gateway.taps.count >= MAX_TRACES:
        raise HTTPException(503, f"{MAX_TRACES} traces are open already; close one")
    async with context.audited(principal, "device frames", found.id, after={"seconds": seconds}):
        pass  # what the stream shows is not put down
    return EventSourceResponse(_frames(context.gateway, principal, found.id, seconds))


async def _frames(gateway: Gateway, principal: Principal, device_id: str, seconds: float) -> AsyncIterator[bytes]:
    yield b": watching\n\n"
    async for frame in gateway.taps.watch(device_id, seconds):
        if not gateway.identities.holds(principal):  # signed out, disabled, expired, another role
            return
        body = {"time_ms": ms(frame.time_ns), "sent": frame.sent, "hex": frame.data.hex(" "), "note": frame.note}
        yield b"data: " + orjson.dumps(body) + b"\n\n"
