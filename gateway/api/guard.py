"""What every request passes first (own host, own page, not too large), and the headers that every answer carries."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.access import SOCKET_SCOPE
from gateway.api.hosts import OwnHosts, host_of
from gateway.api.problems import Refusal, problem

MAX_BODY_BYTES = 1024 * 1024
MAX_UPLOAD_BYTES = 64 * 1024 * 1024
UPLOADS = frozenset({"/api/v1/carbon/records", "/api/v1/carbon/imports", "/api/v1/carbon/evidence"})
"""Paths that take files: photos, certificates, tables."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""Only with a certificate of the owner's own: with a made one it would forbid people to accept it (RFC 6797, 8.4)."""


class Guard:
    """Refuses foreign hosts (DNS rebinding), foreign pages (Origin) and large bodies; adds security headers."""

    def __init__(self, app: ASGIApp, hosts: OwnHosts, more_headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._hosts = hosts
        self._headers = {**HEADERS, **(more_headers or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await problem(*refusal)(scope, receive, self._with_headers(send))
            return
        await self._app(scope, _limited(receive, _most(scope)), self._with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > _most(scope):
            return 413, f"the body is larger than {_most(scope)} bytes", "send less at once"
        if scope.get(SOCKET_SCOPE) is True:
            return None
        local = (scope.get("server") or ("",))[0]
        if not self._hosts.include(host_of(headers.get("host", "")), local):
            return (
                421,
                "this address is not the gateway's",
                "open the page under the address that `park-gateway run` prints, or add this one to `api: hosts`",
            )
        if self._is_of_foreign_page(scope["method"], headers, local):
            return 403, "the request comes from another site's page", "use the gateway's own page or the command line"
        return None

    def _is_of_foreign_page(self, method: str, headers: Headers, local: str) -> bool:
        """Browsers say it: `Origin` where something may change, `Sec-Fetch-Site` with everything (W3C Fetch Metadata).

        A link on another page may lead here; an image or a script of it may not even make the gateway work.
        """
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-dest") != "document":
            return True
        origin = headers.get("origin")
        return method not in SAFE_METHODS and origin is not None and not self._is_own(origin, local)

    def _is_own(self, origin: str, local: str) -> bool:
        try:
            return self._hosts.include(host_of(urlsplit(origin).netloc), local)
        except ValueError:  # brackets that are no IPv6 address
            return False

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return sending


def _most(scope: Scope) -> int:
    return MAX_UPLOAD_BYTES if scope["path"] in UPLOADS else MAX_BODY_BYTES


def _limited(receive: Receive, most: int) -> Receive:
    """Bodies without a length are read up to the limit. Raises Refusal 413 behind it."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise Refusal(413, f"the body is larger than {most} bytes", "send less at once")
        return message

    return limited
