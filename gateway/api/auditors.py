"""What auditors read of accounts and of the audit log is put down: one entry a minute for each kind of request."""

from typing import Annotated

from fastapi import Depends, Request

from gateway.api.access import SAFE_METHODS, Principal, Role, principal_of
from gateway.api.context import InContext, who


async def reading_put_down(
    request: Request, principal: Annotated[Principal, Depends(principal_of)], context: InContext
) -> None:
    """A dependency for routers. Raises Unavailable where it cannot be put down: then nothing is shown."""
    if principal.role is not Role.AUDITOR or request.method not in SAFE_METHODS:
        return
    route = getattr(request.scope.get("route"), "path", request.url.path)
    query = dict(list(request.query_params.multi_items())[:50])
    await context.gateway.audit.note_once(
        who(principal), "auditor read", request.url.path, route, after={"query": query} if query else None
    )
