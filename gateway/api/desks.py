"""The desk for accounts and keys, on behalf of who asks; what it does is put down."""

from typing import Any

from fastapi import Request

from gateway.api.access import Principal, identities_of
from gateway.api.context import Context
from gateway.identity.desk import Desk


def desk_of(principal: Principal, context: Context, request: Request) -> Desk:
    """The desk for accounts and keys, on behalf of who asks."""

    def audited(action: str, target: str, *, before: object = None, after: object = None) -> Any:
        return context.audited(principal, action, target, before=before, after=after)

    identities = identities_of(request)
    found = identities.sessions.of(principal)
    return Desk(identities, audited, found[1].hash if found else None)
