"""Signing in at the park's identity provider: there, and back again.

The way back is a link from another site, with which browsers send no strict cookie. So the log-in is bound to the
browser by a cookie of its own, `SameSite=Lax` and for ten minutes; and the answer is no redirect but a page that goes
on by itself, so that the session's strict cookie is sent from here on.
"""

import html
from typing import Annotated, cast

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.api.access import Visitor, origin_of
from gateway.api.context import Context, InContext, who
from gateway.api.proven import ProvenRoute
from gateway.api.routes_session import begin_session
from gateway.core.errors import GatewayError, Unavailable
from gateway.identity.accounts import AccountWanted
from gateway.identity.oidc import PATIENCE_S, OidcClient
from gateway.identity.person import NotLetIn, Why
from gateway.identity.principal import nobody
from gateway.identity.service import Visit
from gateway.identity.sessions import Opened
from gateway.pipeline.engine import Gateway

router = APIRouter(prefix="/api/v1/session", include_in_schema=False, route_class=ProvenRoute)
"""Places for browsers, not for programs."""
ACTION = "sign in by oidc"
CALLBACK = "/api/v1/session/oidc/callback"
WORDS = {
    Why.NO_ROLE: (
        "You are known, but no role in this park is meant for you. Ask an administrator of the park.",
        "已识别您的身份，但您在本园区没有角色。请联系园区管理员。",
    ),
    Why.NO_ENTERPRISE: (
        "You are known, but not which enterprise you belong to. Ask an administrator of the park.",
        "已识别您的身份，但不知道您属于哪家企业。请联系园区管理员。",
    ),
    Why.NOT_BEGUN: (
        "This log-in was not begun in this browser, was used already, or took too long. Begin again.",
        "此次登录不是在本浏览器中发起的，或已被使用，或已超时。请重新登录。",
    ),
    Why.DENIED: (
        "The identity provider did not let you in. Begin again, or ask who runs it.",
        "身份提供方未允许登录。请重新登录，或联系其管理员。",
    ),
    Why.TOKEN: (
        "The identity provider's answer is not valid. Begin again; if it stays, ask an administrator of the park.",
        "身份提供方的应答无效。请重新登录；如仍不行，请联系园区管理员。",
    ),
    Why.AWAY: (
        "The identity provider does not answer as it should. Try again later, or sign in with a password.",
        "身份提供方没有正常应答。请稍后再试，或用密码登录。",
    ),
    Why.ACCOUNT: (
        "Your account here is disabled or does not fit what the provider says. Ask an administrator of the park.",
        "您在此处的账号已停用，或与身份提供方的信息不符。请联系园区管理员。",
    ),
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{more}
<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/css/frame.css">
<link rel="stylesheet" href="/assets/css/parts.css"><link rel="stylesheet" href="/assets/css/login.css">
<script src="/assets/js/first.js"></script></head>
<body><main class="login">{body}</main></body></html>
"""
_Long = Annotated[str, Query(max_length=4096)]
_Short = Annotated[str, Query(max_length=300)]


def client_of(gateway: Gateway) -> OidcClient | None:
    """The client for the configured provider. Raises ConfigError where its libraries are missing."""
    settings = gateway.plan.api.oidc
    return None if settings is None else OidcClient(settings, gateway.clock)


@router.get("/oidc", response_class=RedirectResponse, status_code=303)
async def begin(_: Visitor, request: Request, following: Annotated[_Short, Query(alias="next")] = "/") -> Response:
    """Send the browser to the identity provider. 404 where none is configured."""
    client = _client(request)
    redirect = f"{request.url.scheme}://{request.headers['host']}{CALLBACK}"
    try:
        begun = await client.begin(redirect, local_path(following), origin_of(request))
    except Unavailable:
        return _refusal(Why.AWAY, 503)
    answer = RedirectResponse(begun.url, 303)
    answer.set_cookie(
        _cookie(request),
        begun.binding,
        max_age=int(PATIENCE_S),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/oidc/callback", response_class=HTMLResponse)
async def callback(
    _: Visitor,
    context: InContext,
    request: Request,
    state: _Short = "",
    code: _Long = "",
    error: _Long = "",
    iss: _Short = "",
) -> Response:
    """The way back from the provider: signs in and goes on, or says on a page why not."""
    client = _client(request)
    try:
        if error:
            raise NotLetIn(Why.DENIED, "the identity provider let nobody in")
        person, following = await client.finish(state, code, request.cookies.get(_cookie(request), ""), iss)
        wanted = AccountWanted(person.name, person.role, person.display, person.enterprise, subject=person.subject)
        visit = Visit(origin_of(request), request.headers.get("user-agent", ""))
        opened = await context.gateway.identities.adopt(wanted, visit)
    except GatewayError as refused:
        await _put_down(context, request, refused)
        answer = _refusal(_why(refused), 401)
    else:
        answer = await _go_on(context, request, opened, following)
    answer.delete_cookie(_cookie(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")
    return answer


def local_path(wanted: str) -> str:
    """The place in the page that somebody wanted; the beginning for what would lead elsewhere."""
    is_local = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    return wanted if is_local else "/"


def _client(request: Request) -> OidcClient:
    client = cast("OidcClient | None", request.app.state.oidc)
    if client is None:
        raise HTTPException(404, "no identity provider is configured; sign in with name and password")
    return client


def _cookie(request: Request) -> str:
    return "__Host-park_oidc" if request.url.scheme == "https" else "park_oidc"


def _why(error: GatewayError) -> Why:
    if isinstance(error, NotLetIn):
        return error.why
    return Why.AWAY if isinstance(error, Unavailable) else Why.ACCOUNT


async def _put_down(context: Context, request: Request, error: GatewayError) -> None:
    """Once a minute for an address and a reason: who tries thousands may not fill the log."""
    principal = nobody(origin_of(request))
    await context.gateway.audit.note_refused(who(principal), ACTION, "", _why(error).value, str(error))


async def _go_on(context: Context, request: Request, opened: Opened, following: str) -> Response:
    """A page of ours that leads on: what it asks for is of the same site."""
    place = html.escape(following)
    more = f'<meta http-equiv="refresh" content="0;url={place}">'
    body = f'<p><a href="{place}">Signed in. Go on. · 已登录，继续。</a></p>'
    answer = HTMLResponse(_PAGE.format(title="Park gateway", more=more, body=body))
    await begin_session(context, request, answer, opened, ACTION)
    return answer


def _refusal(why: Why, status: int) -> Response:
    english, chinese = WORDS[why]
    head = '<h1>Not signed in · <span lang="zh-CN">未登录</span></h1>'
    back = '<a class="btn go" href="/login">Back to log-in / 返回登录</a>'
    body = f'{head}<p>{english}</p><p lang="zh-CN">{chinese}</p>{back}'
    return HTMLResponse(_PAGE.format(title="Not signed in · 未登录", more="", body=body), status)
