"""A real HTTP server on loopback that answers as a provider documents it, or misbehaves."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notifier
from tests.contract.notifier_suite import PATIENT_S, FixedClock


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(document: object, status: int = 200, **headers: str) -> Reply:
    """An answer of JSON; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, orjson.dumps(document), {"Content-Type": "application/json", **named})


OK = Reply(200, b"taken")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str  # with the query, as it was sent
    headers: Mapping[str, str]
    body: bytes
    reply: Reply


class HttpServer:
    """Answers every POST with `reply`; `None` hangs."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.asked: list[Asked] = []
        self.reply: Reply | None = OK
        self.port = 0
        self._certificate = certificate
        self._runner: web.AppRunner | None = None
        self._released = asyncio.Event()

    async def start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context())
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        self._released.set()
        if runner is not None:
            await runner.cleanup()

    def release(self) -> None:
        """Let go of the requests that hang."""
        self._released.set()
        self._released = asyncio.Event()

    def _context(self) -> ssl.SSLContext | None:
        if self._certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._certificate.with_suffix(".key"))
        return context

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        chosen = self.reply
        if chosen is None:
            await self._released.wait()
            return web.Response(status=503)
        self.asked.append(Asked(request.raw_path, dict(request.headers), body, chosen))
        return web.Response(status=chosen.status, body=chosen.body, headers=chosen.headers)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


Build = Callable[[ChannelPlan, Path, Clock], Notifier]


@dataclass(slots=True)
class HttpFar:
    """A `Far` of a channel that posts; the replies are the provider's."""

    build: Build
    driver: str
    model: Any  # the driver's ChannelOptions
    options: Callable[[str], dict[str, Any]]  # from the server's address
    ok: Reply = OK
    busy: Reply = field(default_factory=lambda: Reply(429, b"slow down", {"Retry-After": "7"}))
    broken: Reply = field(default_factory=lambda: Reply(503, b"maintenance"))
    refusal: Reply = field(default_factory=lambda: Reply(403, b"wrong key"))
    can_be_busy: bool = True
    server: HttpServer = field(default_factory=HttpServer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def open(self, language: str = "both", timeout_s: float = PATIENT_S, **options: Any) -> Notifier:
        given = {"timeout": f"{timeout_s} s", **self.options(self.url), **options}
        plan = ChannelPlan("duty", self.driver, self.model.model_validate(given), language)
        return self.build(plan, Path("/nonexistent"), FixedClock())

    def received(self) -> list[bytes]:
        return [asked.body for asked in self.server.asked if asked.reply is self.ok]

    async def accept(self) -> None:
        self.server.release()
        self.server.reply = self.ok

    async def be_busy(self) -> None:
        self.server.reply = self.busy

    async def break_down(self) -> None:
        self.server.reply = self.broken

    async def refuse(self) -> None:
        self.server.reply = self.refusal

    async def hang(self) -> None:
        self.server.reply = None

    async def stop(self) -> None:
        await self.server.stop()

    async def __aenter__(self) -> Self:
        await self.server.start()
        await self.accept()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.server.stop()
