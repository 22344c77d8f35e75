"""The desk that every request passes first: it gets a number, and what fails inside comes out as a plain sentence.

An address with NUL or with bytes that are no UTF-8 is refused here: nothing behind it has to think of them.
"""

import logging
from secrets import token_hex
from urllib.parse import unquote_to_bytes

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import REQUEST_ID, ProblemResponse, problem

HEADER = "X-Request-Id"
MAX_URL = 63 * 1024
"""Of path and query together: what fits the longest list of points (the server itself ends somewhat above)."""
log = logging.getLogger("gateway.api")


class RequestDesk:
    """Numbers requests, refuses unreadable addresses, answers 500 without details where all else failed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[REQUEST_ID] = number = token_hex(8)
        is_begun = False

        async def numbered(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        refusal = _unreadable(scope)
        try:
            await (self._app if refusal is None else refusal)(scope, receive, numbered)
        except ClientDisconnect:
            log.debug("client_gone request=%s", number)
        except Exception:  # what nobody expected: told without details, logged with its number
            log.exception("request_failed request=%s method=%s path=%r", number, scope["method"], scope["path"][:200])
            if is_begun:  # what was sent cannot be taken back: the connection breaks off
                raise
            await problem(500, "the gateway failed at this request", f"its log has more under {number}")(
                scope, receive, numbered
            )


def _unreadable(scope: Scope) -> ProblemResponse | None:
    """Why an address is refused; `None` for one that can be read."""
    path = scope.get("raw_path") or scope["path"].encode()
    sent = path + b"?" + scope.get("query_string", b"")
    if len(sent) > MAX_URL:
        return problem(414, f"the address is longer than {MAX_URL} characters", "ask for less at once")
    plain = unquote_to_bytes(sent)
    if b"\0" in plain:
        return problem(400, "the address holds a NUL character", "leave it out")
    try:
        plain.decode()
    except UnicodeDecodeError:
        return problem(400, "the address is no UTF-8", "write it in UTF-8, percent-encoded")
    return None
