"""Who asks, and whether they may: every route declares a permission and gets a `Principal`; default is deny.

The order of proof: the Unix socket (mode 0600) is the local administrator; then `Authorization: Bearer` with an API
key; then the session's cookie. A key that is not valid is refused even beside a valid cookie. Whoever changes something
by a cookie also sends the session's CSRF token, which no foreign page can read (the cookie is SameSite=Strict besides).
Nothing of a route's work is done before this file has said yes.
"""

import math
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from gateway.api.problems import Refusal
from gateway.core.errors import Unavailable
from gateway.identity.principal import Principal, Via, local_administrator, nobody
from gateway.identity.refusals import NotSignedIn
from gateway.identity.roles import GRANTED, Permission, Role
from gateway.identity.service import Identities

__all__ = ["GRANTED", "Permission", "Principal", "Role", "Via"]

SOCKET_SCOPE = "park_gateway.socket"  # set by the server that listens on the Unix socket, never by a request
_PROVEN_SCOPE = "park_gateway.principal"  # who asks, once that is proven
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "park_session"
SECURE_COOKIE = f"__Host-{COOKIE}"  # browsers take it over TLS only, for this host alone, for every path (RFC 6265bis)
CSRF_HEADER = "x-csrf-token"
POLL_HEADER = "x-poll"  # a page asks by itself, without a person: such requests keep no session alive
_STREAM = "/api/v1/live"
_KEY = HTTPBearer(scheme_name="key", bearerFormat="pg_<id>_<secret>", description="An API key.", auto_error=False)
_SESSION = APIKeyCookie(name=COOKIE, scheme_name="session", description="The page's log-in.", auto_error=False)


class TooMany(HTTPException):
    """429: how long to wait is in the header and in words."""

    def __init__(self, wait_s: float) -> None:
        seconds = max(1, math.ceil(wait_s))
        super().__init__(429, f"too many requests: wait {seconds} s", {"Retry-After": str(seconds)})


def cookie_name(request: Request) -> str:
    """The session's cookie: over TLS the name that cannot be set over plain HTTP."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def origin_of(request: Request) -> str:
    """The address of who asks; no header of theirs counts."""
    return request.client.host if request.client else "unknown"


def identities_of(request: Request) -> Identities:
    """The accounts of the gateway that was asked."""
    found: Identities = request.app.state.context.gateway.identities
    return found


async def principal_of(request: Request) -> Principal:
    """Who asks, found out once for each request. Raises NotSignedIn for a key that is not valid, TooMany."""
    if request.scope.get(SOCKET_SCOPE) is True:
        return local_administrator()
    known: Principal | None = request.scope.get(_PROVEN_SCOPE)
    if known is not None:
        return known
    identities = identities_of(request)
    principal = await _proven(request, identities)
    wait_s = identities.buckets.take(principal.user_id)
    if wait_s > 0:
        raise TooMany(wait_s)
    request.scope[_PROVEN_SCOPE] = principal
    return principal


async def _proven(request: Request, identities: Identities) -> Principal:
    origin = origin_of(request)
    given = request.headers.get("authorization")
    if given is not None:
        scheme, _, text = given.partition(" ")
        if scheme.casefold() != "bearer":
            raise NotSignedIn("only API keys are taken here", "Authorization: Bearer pg_<id>_<secret>")
        account, key = identities.keys.find(text.strip())
        await identities.keys.touch(key, origin)
        return identities.keys.principal(account, key, origin)
    token = request.cookies.get(cookie_name(request))
    found = identities.sessions.find(token) if token else None
    if found is None:
        return nobody(origin)
    account, session = found
    if request.url.path != _STREAM and POLL_HEADER not in request.headers:
        await identities.sessions.touch(session)
    return identities.sessions.principal(account, session, origin)


def requires(permission: Permission) -> Callable[..., Awaitable[Principal]]:
    """A dependency that lets only those in who hold `permission`. The route test reads `.permission` back."""

    async def check(request: Request, principal: Annotated[Principal, Depends(principal_of)]) -> Principal:
        if not principal.may(permission):
            raise _refusal(request, principal, permission)
        if permission is not Permission.PUBLIC:
            _check_csrf(request, principal)
        return principal

    async def check_signed_in(
        request: Request,
        principal: Annotated[Principal, Depends(principal_of)],
        _key: Annotated[HTTPAuthorizationCredentials | None, Security(_KEY)],
        _session: Annotated[str | None, Security(_SESSION)],
    ) -> Principal:
        return await check(request, principal)

    found: Any = check if permission is Permission.PUBLIC else check_signed_in  # the OpenAPI document tells them apart
    found.permission = permission
    return cast("Callable[..., Awaitable[Principal]]", found)


def refused(principal: Principal, permission: Permission) -> HTTPException:
    """403 for somebody who is known: what is missing, and to whom or what."""
    if principal.via is Via.KEY and permission in GRANTED[principal.role]:
        message = f"this API key of {principal.name} has not the scope `{permission.value}`"
        return Refusal(403, message, "make a key that has this scope")
    roles = ", ".join(role.value for role in Role if permission in GRANTED[role])
    message = f"{principal.name} ({principal.role}) has not the right `{permission.value}`"
    return Refusal(403, message, f"roles that have it: {roles}; an administrator gives them")


def _refusal(request: Request, principal: Principal, permission: Permission) -> Exception:
    if principal.via is not Via.NOBODY:
        return refused(principal, permission)
    if not identities_of(request).is_set_up:
        return Unavailable(
            "not set up yet", "open the page: the set-up code is on the console, and in the data directory"
        )
    return NotSignedIn("not signed in", "sign in at /login, or send an API key: Authorization: Bearer pg_...")


def _check_csrf(request: Request, principal: Principal) -> None:
    if principal.csrf is None or request.method in SAFE_METHODS:
        return
    if not secrets.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), principal.csrf.encode()):
        raise Refusal(403, "the request does not carry the token of this session (X-CSRF-Token)", "reload the page")


Visitor = Annotated[Principal, Depends(requires(Permission.PUBLIC))]
Self = Annotated[Principal, Depends(requires(Permission.SELF))]
Reader = Annotated[Principal, Depends(requires(Permission.READ))]
Exporter = Annotated[Principal, Depends(requires(Permission.EXPORT))]
MetricsReader = Annotated[Principal, Depends(requires(Permission.METRICS))]
LineUser = Annotated[Principal, Depends(requires(Permission.LINE))]
AlarmOperator = Annotated[Principal, Depends(requires(Permission.ALARMS))]
RecordKeeper = Annotated[Principal, Depends(requires(Permission.RECORDS))]
Approver = Annotated[Principal, Depends(requires(Permission.APPROVALS))]
AccountKeeper = Annotated[Principal, Depends(requires(Permission.ACCOUNTS))]
LedgerKeeper = Annotated[Principal, Depends(requires(Permission.LEDGER))]
RuleKeeper = Annotated[Principal, Depends(requires(Permission.RULES))]
GatewayReader = Annotated[Principal, Depends(requires(Permission.GATEWAY))]
Configurer = Annotated[Principal, Depends(requires(Permission.CONFIGURATION))]
BackupKeeper = Annotated[Principal, Depends(requires(Permission.BACKUP))]
UserKeeper = Annotated[Principal, Depends(requires(Permission.USERS))]
AuditReader = Annotated[Principal, Depends(requires(Permission.AUDIT))]
