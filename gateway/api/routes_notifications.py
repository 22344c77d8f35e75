"""Notifications: how the channels are, what was sent and what waits, and the test button."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path

from gateway.api.access import Reader, RuleKeeper
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.problems import ProblemResponse, problem
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.rules import ChannelAnswer, Notifications
from gateway.core.errors import Rejected, Unavailable

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"], route_class=ProvenRoute)

Channel = Annotated[str, Path(max_length=200)]


@router.get("", responses=answers(Notifications))
async def notifications(principal: Reader, context: InContext) -> dict[str, Any]:
    """The channels and the newest messages. Who sees one enterprise gets what is of it alone, and no channels."""
    dispatcher = context.gateway.watch.notifier
    channels = dispatcher.states() if principal.enterprise is None else []
    answer = {"channels": channels, "items": await dispatcher.newest(principal.enterprise)}
    return with_chinese(answer, "error", "hint", "answer", "last_answer")


@router.post("/{channel}/test", operation_id="test_channel", response_model=None, responses=answers(ChannelAnswer, 502))
async def test(channel: Channel, principal: RuleKeeper, context: InContext) -> dict[str, Any] | ProblemResponse:
    """Send a test message through the channel; the provider's own answer, or 502 with its words."""
    dispatcher = context.gateway.watch.notifier
    if principal.enterprise is not None:
        raise HTTPException(403, "channels are for those who see the whole park")
    if channel not in dispatcher.channels:
        raise HTTPException(404, f"no channel `{channel[:100]}`; GET /api/v1/notifications lists them")
    async with context.audited(principal, "channel test", channel) as entry:
        try:
            return with_chinese({"ok": True, "answer": await dispatcher.test(channel)}, "answer")
        except (Rejected, Unavailable) as error:
            entry.refuse(error.message)
            return problem(502, error.message, error.hint)
