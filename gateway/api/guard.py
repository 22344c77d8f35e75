"""What every request passes first (own host, own page, not too large), and the headers that every answer carries."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.access import SOCKET_SCOPE
from gateway.api.problems import problem

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


def host_of(header: str) -> str:
    """The host of a `Host` header, without its port."""
    return (urlsplit(f"//{header}").hostname or "") if header else ""


class Guard:
    """Refuses foreign hosts (DNS rebinding), foreign pages (Origin) and large bodies; adds security headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await problem(*refusal)(scope, receive, _with_headers(send))
            return
        await self._app(scope, _limited(receive, _most(scope)), _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > _most(scope):
            return 413, f"the body is larger than {_most(scope)} bytes", "send less at once"
        if scope.get(SOCKET_SCOPE) is True:
            return None
        try:
            host = host_of(headers.get("host", ""))
        except ValueError:
            host = ""
        if host not in self._hosts:
            return (
                421,
                "this address is not the gateway's",
                "open the page under the address that `park-gateway run` prints",
            )
        if self._is_of_foreign_page(scope["method"], headers):
            return 403, "the request comes from another site's page", "use the gateway's own page or the command line"
        return None

    def _is_of_foreign_page(self, method: str, headers: Headers) -> bool:
        """Browsers say it: `Origin` where something may change, `Sec-Fetch-Site` with everything (W3C Fetch Metadata).

        A link on another page may lead here; an image or a script of it may not even make the gateway work.
        """
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-dest") != "document":
            return True
        origin = headers.get("origin")
        return method not in SAFE_METHODS and origin is not None and self._host_of_origin(origin) not in self._hosts

    @staticmethod
    def _host_of_origin(origin: str) -> str:
        try:
            return host_of(urlsplit(origin).netloc)
        except ValueError:  # brackets that are no IPv6 address
            return ""


def _most(scope: Scope) -> int:
    return MAX_UPLOAD_BYTES if scope["path"] in UPLOADS else MAX_BODY_BYTES


def _limited(receive: Receive, most: int) -> Receive:
    """Bodies without a length are cut off at the limit: the request ends as if the client had gone."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= most else {"type": "http.disconnect"}

    return limited


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
