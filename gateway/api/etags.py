"""A weak ETag on every JSON answer to a GET that has none, and 304 for who has that answer already (RFC 9110, 8.8.3).

The answer is made all the same; what is saved is its way over the network, and the work of whoever reads it.
"""

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEPT = ("vary", "cache-control", "content-location", "date", "expires")  # of a 304: RFC 9110, 15.4.5


class Etags:
    """Around the routes: what they answer at once gets its ETag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Tagging(send, asked))


class _Tagging:
    """Holds the head of an answer back until its body is there, where it is JSON and comes in one piece."""

    def __init__(self, send: Send, asked: str) -> None:
        self._send = send
        self._asked = asked
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_taggable(message):
            self._head = message
            return
        head, self._head = self._head, None
        if head is None:
            await self._send(message)
        elif message.get("more_body", False):
            await self._send(head)
            await self._send(message)
        else:
            await self._tagged(head, message)

    async def _tagged(self, head: Message, body: Message) -> None:
        tag = f'W/"{blake2b(body.get("body", b""), digest_size=12).hexdigest()}"'
        if not is_known(self._asked, tag):
            MutableHeaders(scope=head)["ETag"] = tag
            await self._send(head)
            await self._send(body)
            return
        kept = [(name, value) for name, value in head["headers"] if name.decode("latin-1").lower() in _KEPT]
        await self._send({**head, "status": 304, "headers": [*kept, (b"etag", tag.encode())]})
        await self._send({"type": "http.response.body", "body": b""})


def is_known(asked: str, tag: str) -> bool:
    """True where `If-None-Match` names this tag; weak and strong ones are compared alike."""
    known = [one.strip().removeprefix("W/") for one in asked.split(",")]
    return tag.removeprefix("W/") in known or known == ["*"]


def _is_taggable(head: Message) -> bool:
    headers = Headers(raw=head["headers"])
    return head["status"] == 200 and headers.get("content-type") == "application/json" and "etag" not in headers
