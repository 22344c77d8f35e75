"""Points: latest values, the live stream."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse

from gateway.api.access import Principal, Reader
from gateway.api.answers import answers, event_stream
from gateway.api.context import Context, InContext
from gateway.api.live import MAX_STREAMS, MAX_STREAMS_OF_ONE, LiveStream, events
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.points import PointList
from gateway.api.views import as_of_now

router = APIRouter(prefix="/api/v1", tags=["points"], route_class=ProvenRoute)
MAX_TAGS = 500


@router.get("/points", responses=answers(PointList))
def points(  # in a thread: a walk over every tag would hold the loop
    principal: Reader,
    context: InContext,
    device: str | None = None,
    enterprise: str | None = None,
    q: Annotated[str, Query(max_length=100, description="part of the tag or of a name")] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> dict[str, Any]:
    """Points with their latest value, age and quality; filtered, in pages."""
    known = context.gateway.snapshot.devices
    with as_of_now():
        tags = [
            tag
            for tag in context.views.tags_of(principal)
            if device in (None, (owner := tag.rsplit(".", 1)[0]))
            and enterprise in (None, known[owner].enterprise)
            and context.views.is_found(tag, q)
        ]
        return {
            "items": [context.views.point(tag, principal) for tag in tags[offset : offset + limit]],
            "total": len(tags),
        }


@router.get("/live", response_class=StreamingResponse, responses=event_stream("`snapshot`, then `delta` each second."))
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
    if not context.ticker.has_room(principal):
        limits = f"{MAX_STREAMS} altogether, {MAX_STREAMS_OF_ONE} of one person"
        raise HTTPException(503, f"so many pages are open already ({limits}); close one")
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
    messages = events(stream, context.ticker, principal.user_id, partial(context.gateway.identities.holds, principal))
    return EventSourceResponse(messages, headers={"X-Accel-Buffering": "no"})


def _tags(context: Context, principal: Principal, listed: str) -> list[str]:
    tags = _listed(listed)
    if len(tags) > MAX_TAGS:
        raise HTTPException(422, f"points: at most {MAX_TAGS} in one stream")
    return [context.tag(principal, tag) for tag in tags]


def _listed(text: str) -> list[str]:
    """The names in a list, each once: a stream costs by what exists, not by what was asked."""
    return list(dict.fromkeys(part for part in text.split(",") if part))
