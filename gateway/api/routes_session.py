"""Signing in and out, one's own password, and the set-up of the first start."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import (
    Permission,
    Principal,
    Self,
    Via,
    Visitor,
    cookie_name,
    identities_of,
    origin_of,
)
from gateway.api.answers import answers
from gateway.api.context import Context, InContext, who
from gateway.api.desks import desk_of
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.session import SignedIn, SignedOut
from gateway.api.shapes.users import Ended, UserSessions
from gateway.api.views import names
from gateway.core.errors import GatewayError
from gateway.identity.accounts import AccountWanted
from gateway.identity.principal import nobody
from gateway.identity.roles import Role
from gateway.identity.service import Identities, Visit
from gateway.identity.sessions import IDLE_S, WALL_S, Opened
from gateway.pipeline.report import ms

router = APIRouter(prefix="/api/v1", tags=["session"], route_class=ProvenRoute)
Json = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=64, examples=["li.wei"])]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
LANGUAGES = ("en", "zh")
_FORBID = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignIn(BaseModel):
    """A log-in name and its password."""

    model_config = _FORBID

    name: Name
    password: Password


class OneTime(BaseModel):
    """The token of a one-time link."""

    model_config = _FORBID

    token: Annotated[str, Field(min_length=1, max_length=200)]


class SetUp(BaseModel):
    """The code that the first start printed, and the first administrator."""

    model_config = _FORBID

    code: Annotated[str, Field(min_length=1, max_length=64)]
    name: Name
    password: Password
    display: Annotated[str, Field(max_length=100)] = ""


class NewPassword(BaseModel):
    """Another password; the old one is not needed after a one-time link to an account without one."""

    model_config = _FORBID

    old: Annotated[str, Field(max_length=1024)] = ""
    new: Password


@router.get("/session", responses=answers(SignedIn | SignedOut))
async def session(principal: Visitor, context: InContext) -> Json:
    """Who one is, what one may, and the token for changes (`csrf`); before log-in nothing of the site."""
    return _document(context, principal)


@router.post("/session", responses=answers(SignedIn, 401, 429))
async def sign_in(_: Visitor, context: InContext, request: Request, response: Response, wanted: SignIn) -> Json:
    """Sign in. 401 for a wrong name and a wrong password alike, 429 with `Retry-After` after several of them."""
    identities, visit = identities_of(request), _visit(request)
    try:
        opened = await identities.sign_in(wanted.name, wanted.password, visit)
    except GatewayError as error:
        await _put_down_refusal(context, request, "sign in", wanted.name, error)
        raise
    return await _begin(context, request, response, opened, "sign in")


@router.post("/session/token", responses=answers(SignedIn, 401, 429))
async def sign_in_once(_: Visitor, context: InContext, request: Request, response: Response, wanted: OneTime) -> Json:
    """Sign in by a one-time link; its token is worth nothing afterwards."""
    try:
        opened = await identities_of(request).redeem(wanted.token, _visit(request))
    except GatewayError as error:
        await _put_down_refusal(context, request, "sign in by link", "", error)
        raise
    return await _begin(context, request, response, opened, "sign in by link")


@router.delete("/session", responses=answers(SignedOut, 409))
async def sign_out(principal: Self, context: InContext, request: Request, response: Response) -> Json:
    """Sign out: the session is worth nothing any more, and the browser forgets it."""
    identities = identities_of(request)
    found = identities.sessions.of(principal)
    if found is None:
        raise HTTPException(409, "there is no session to end: a key or the socket asks here")
    async with context.audited(principal, "sign out", principal.name):
        await identities.sessions.end(found[0], only=found[1].id)
    forget_cookie(request, response)
    return _document(context, nobody(principal.origin))


@router.put("/session/password", responses=answers(SignedIn, 409))
async def set_password(principal: Self, context: InContext, request: Request, wanted: NewPassword) -> Json:
    """Another password for oneself: at least 12 characters. Every other session of the account ends."""
    identities = identities_of(request)
    found = identities.sessions.of(principal)
    if found is None:
        raise HTTPException(409, "a password is changed by who signed in; others: park-gateway user link --reset")
    account, own = found
    async with context.audited(principal, "sign password", principal.name):
        if account.password or not own.by_ticket:
            await identities.check_password(account, wanted.old, principal.origin)
        await identities.accounts.set_password(account, wanted.new, keep=own)
    return _document(context, principal)


@router.get("/session/mine", operation_id="own_sessions", responses=answers(UserSessions))
async def own_sessions(principal: Self, context: InContext, request: Request) -> Json:
    """Where one is signed in: the sessions of one's own account, the newest first."""
    if principal.via is not Via.SESSION:
        return {"items": [], "total": 0}
    return desk_of(principal, context, request).sessions(principal.name)


@router.delete("/session/mine", operation_id="end_own_sessions", responses=answers(Ended, 409))
async def end_own_sessions(principal: Self, context: InContext, request: Request) -> Json:
    """End every other session of one's own account: of a browser that was left behind."""
    identities = identities_of(request)
    found = identities.sessions.of(principal)
    if found is None:
        raise HTTPException(409, "there is no session: a key or the socket asks here")
    async with context.audited(principal, "sign out elsewhere", principal.name) as entry:
        ended = await identities.sessions.end(found[0], but=found[1].id)
        entry.after = {"sessions": ended}
    return {"ended": ended}


@router.post("/setup", responses=answers(SignedIn, 401, 409, 429))
async def set_up(_: Visitor, context: InContext, request: Request, response: Response, wanted: SetUp) -> Json:
    """Make the first administrator with the code that the first start printed, and sign in."""
    account = AccountWanted(wanted.name.strip().casefold(), Role.ADMINISTRATOR, wanted.display)
    try:
        opened = await identities_of(request).set_up(wanted.code, account, wanted.password, _visit(request))
    except GatewayError as error:
        await _put_down_refusal(context, request, "setup", wanted.name, error)
        raise
    return await _begin(context, request, response, opened, "setup")


async def begin_session(context: Context, request: Request, response: Response, opened: Opened, action: str) -> None:
    """Put the log-in down, give the browser its cookie, and end the session that it had before."""
    identities = identities_of(request)
    before = identities.sessions.find(request.cookies.get(cookie_name(request), ""))
    if before is not None:
        await identities.sessions.end(before[0], only=before[1].id)
    principal = identities.sessions.principal(opened.account, opened.session, origin_of(request))
    await context.gateway.audit.note(who(principal), action, principal.name, after={"session": opened.session.id})
    response.set_cookie(
        cookie_name(request),
        opened.token,
        max_age=WALL_S if opened.account.is_wall else None,  # else it ends with the browser
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
        path="/",
    )


def forget_cookie(request: Request, response: Response) -> None:
    """Let the browser forget its session."""
    is_tls = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", secure=is_tls, httponly=True, samesite="strict")


async def _begin(context: Context, request: Request, response: Response, opened: Opened, action: str) -> Json:
    await begin_session(context, request, response, opened, action)
    sessions = identities_of(request).sessions
    return _document(context, sessions.principal(opened.account, opened.session, origin_of(request)))


async def _put_down_refusal(context: Context, request: Request, action: str, name: str, error: GatewayError) -> None:
    """Once a minute for a name and an address: who tries thousands may not fill the log."""
    principal = nobody(origin_of(request))
    kind = f"{type(error).__name__} {name.strip().casefold()}"
    await context.gateway.audit.note_refused(who(principal), action, name, kind, error.message)


def _visit(request: Request) -> Visit:
    return Visit(origin_of(request), request.headers.get("user-agent", ""))


def _document(context: Context, principal: Principal) -> Json:
    """What the page is told of the log-in."""
    gateway = context.gateway
    identities = gateway.identities
    common = {
        "time_ms": ms(gateway.clock.time_ns()),
        "languages": list(LANGUAGES),
        "oidc": gateway.plan.api.oidc is not None,
    }
    if principal.via is Via.NOBODY:
        return {"state": "anonymous" if identities.is_set_up else "setup", **common}
    site = gateway.plan.site
    return {
        "state": "signed_in",
        **common,
        "name": principal.name,
        "display": principal.display or principal.name,
        "role": principal.role.value,
        "enterprise": principal.enterprise,
        "permissions": sorted(one.value for one in principal.permissions - {Permission.PUBLIC}),
        "csrf": principal.csrf,
        **_lifetime(identities, principal),
        "site": {"id": site.id, "name": names(site.names, site.id), "timezone": site.timezone},
        "home": _home(principal),
    }


def _lifetime(identities: Identities, principal: Principal) -> Json:
    """When it ends (`expires_ms`), after how long without a person (`idle_s`), and whether a password is there."""
    nothing = {"expires_ms": None, "idle_s": None, "wall": False, "has_password": False, "needs_old_password": False}
    found = identities.sessions.of(principal)
    if found is None:
        return nothing
    account, own = found
    return {
        "expires_ms": ms(identities.sessions.ends_ns(own, account)),
        "idle_s": None if account.is_wall else IDLE_S,
        "wall": account.is_wall,
        "has_password": bool(account.password),
        "needs_old_password": bool(account.password) or not own.by_ticket,
    }


def _home(principal: Principal) -> str:
    """Where the page begins for this person."""
    if principal.enterprise is not None:
        return f"/enterprises/{principal.enterprise}"
    return "/carbon" if principal.role is Role.AUDITOR else "/park"
