"""The page's files and a fake API on a loopback port: what the page is tested against, without a gateway."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.guard import HEADERS
from gateway.web import assets
from tests.e2e.page import (
    fake_audit,
    fake_carbon,
    fake_closing,
    fake_connectivity,
    fake_energy,
    fake_inside,
    fake_records,
    fake_session,
    fake_setup,
)
from tests.e2e.page.fake_alarms import FakeAlarms
from tests.e2e.page.fake_audit import FakeAudit
from tests.e2e.page.fake_closing import FakeClosing
from tests.e2e.page.fake_inside import FakeInside
from tests.e2e.page.fake_park import FakePark, Json
from tests.e2e.page.fake_records import FakeRecords
from tests.e2e.page.fake_session import CSRF, FakeSession, problem
from tests.e2e.page.fake_setup import FakeSetup

FILES = assets()  # made once: it takes longer than a test's server
BEAT_S = 0.25  # faster than the gateway's second, so that tests wait less


@dataclass(slots=True)
class World:
    """What the server shows: each test brings its own, the server stays."""

    park: FakePark = field(default_factory=FakePark)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    records: FakeRecords = field(default_factory=FakeRecords)
    session: FakeSession = field(default_factory=FakeSession)
    setup: FakeSetup = field(default_factory=FakeSetup)
    audit: FakeAudit = field(default_factory=FakeAudit)
    inside: FakeInside = field(default_factory=FakeInside)
    closing: FakeClosing = field(default_factory=FakeClosing)
    tells_alarms: bool = False  # the stream of a gateway without alarms does not speak of them


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def _message(event: str, body: Json) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + orjson.dumps(body) + b"\n\n"


async def _live(world: World, points: list[str], devices: list[str], *, tells_accounts: bool) -> AsyncIterator[bytes]:
    park, alarms = world.park, world.alarms if world.tells_alarms else None
    park.streams += 1
    event = "snapshot"
    told = None
    reloads = park.reloads
    try:
        while not park.refuse_stream and not park.is_closing:
            body = {
                "time_ms": park.now_ms(),
                "values": {tag: park.live_value(tag) for tag in points},
                "devices": {d: park.live_state(d) for d in devices},
                "park": park.park(),
            }
            if alarms is not None and told != alarms.revision:
                told = alarms.revision
                body["alarms"] = alarms.live()
            if tells_accounts and not park.no_accounts and not park.empty:
                body["accounts"] = fake_energy.running(park)
            if park.reloads != reloads:
                reloads = park.reloads
                yield _message("reload", {"version": str(reloads), "loaded_ms": park.now_ms()})
            if not park.mute:
                yield _message(event, body)
                event = "delta"
            await asyncio.sleep(BEAT_S)
    finally:
        park.streams -= 1


def _listed(request: Request, name: str) -> list[str]:
    return [part for part in request.query_params.get(name, "").split(",") if part]


def _problem(status: int, detail: str, **more: Any) -> JSONResponse:
    body = {"title": "Refused", "status": status, "detail": detail, "hint": "", **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def _alarm_routes(app: FastAPI, world: World) -> None:
    @app.get("/api/v1/alarms")
    async def listed(request: Request) -> Json:
        return world.alarms.listed(dict(request.query_params))

    @app.get("/api/v1/alarms/journal")
    async def journal(request: Request) -> Json:
        return world.alarms.told(dict(request.query_params))

    @app.get("/api/v1/alarms/metrics")
    async def metrics() -> Json:
        return world.alarms.metrics()

    @app.get("/api/v1/alarms/{alarm}")
    async def one(alarm: str) -> Any:
        return (
            world.alarms.one(alarm) if alarm in world.alarms.items else _problem(404, f"There is no alarm `{alarm}`.")
        )

    @app.post("/api/v1/alarms/{alarm}/{verb}")
    async def order(alarm: str, verb: str, request: Request) -> Any:
        body = await request.json()
        world.alarms.orders.append((f"{alarm}/{verb}", body))
        return (
            _problem(409, world.alarms.refuse)
            if world.alarms.refuse
            else world.alarms.order(alarm, verb, body, world.park.now_ms())
        )

    @app.get("/api/v1/rules")
    async def rules() -> Json:
        return world.alarms.rules()

    @app.post("/api/v1/rules/reload")
    async def reload() -> Any:
        if world.alarms.rule_errors:
            return _problem(400, "2 errors in the rules", errors=world.alarms.rule_errors)
        return {"added": 1, "changed": 2, "removed": 0, "kept": 9, "findings": []}

    @app.get("/api/v1/notifications")
    async def notifications() -> Json:
        return world.alarms.notifications()

    @app.post("/api/v1/notifications/{channel}/test")
    async def test(channel: str) -> Any:
        world.alarms.orders.append((f"{channel}/test", {}))
        if world.alarms.channel_fails:
            return _problem(502, world.alarms.channel_answer)
        return {"ok": True, "answer": world.alarms.channel_answer}


def _connectivity_routes(app: FastAPI, world: World) -> None:
    @app.get("/api/v1/connectivity")
    async def overview() -> Json:
        return fake_connectivity.overview(world.park)

    @app.get("/api/v1/connectivity/enterprises/{owner}")
    async def of_enterprise(owner: str, request: Request) -> Json:
        world.park.asked.append(request.url.query)
        return fake_connectivity.of_enterprise(owner, world.park)

    @app.get("/api/v1/connectivity/devices/{device}")
    async def of_device(device: str) -> Json:
        return fake_connectivity.of_device(device, world.park)

    @app.get("/api/v1/points")
    async def points(device: str | None = None, q: str = "") -> Json:
        known = [one for one in world.park.device_ids() if device in (None, one)]
        items = [point for one in known for point in world.park.points(one)]
        found = [point for point in items if all(word in str(point).lower() for word in q.lower().split())]
        return {"items": found[:200], "total": len(found)}


def _routes(app: FastAPI, world: World) -> None:
    @app.get("/api/v1/live")
    async def live(request: Request) -> Response:
        world.park.asked.append(request.url.query)
        if world.park.refuse_stream:
            return problem(503, "so many pages are open already (100 altogether, 20 of one person); close one")
        return StreamingResponse(
            _live(
                world,
                _listed(request, "points"),
                _listed(request, "devices"),
                tells_accounts=request.query_params.get("accounts") == "1",
            ),
            media_type="text/event-stream",
        )

    @app.get("/api/v1/points/{tag}/history")
    async def history(tag: str, request: Request) -> Json:
        query = request.query_params
        return world.park.history(tag, _ms(query["from"]), _ms(query["to"]), int(query["step"].removesuffix("s")))

    @app.get("/api/v1/devices/{device}")
    async def device(device: str) -> Any:
        if device not in world.park.device_ids():
            return JSONResponse(
                {"title": "Not found", "status": 404, "detail": f"There is no device `{device}`.", "hint": ""}, 404
            )
        return {**world.park.device(device), "items": world.park.points(device)}

    @app.get("/api/v1/{what}")
    async def answer(what: str) -> Json:
        ids = world.park.device_ids()
        devices = {"items": [world.park.device(d) for d in ids], "total": len(ids)} if what == "devices" else {}
        return {"status": world.park.status, "park": world.park.park}.get(what, lambda: devices)()


class _Guard:
    """The gateway's headers on every answer; 401 without a session; 500 for what the park lets fail."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        parts = scope.get("path", "").split("/")
        app = self._refusal(scope, parts) or self._app
        if parts[1:2] == ["api"] and parts[3] in self._world.park.failing:
            app = JSONResponse(
                {
                    "title": "Failed",
                    "status": 500,
                    "detail": "The history did not answer within 5 s.",
                    "hint": "Look at the log.",
                },
                500,
            )
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, parts: list[str]) -> ASGIApp | None:
        """What a request gets that nobody signed in for, or that does not carry the session's token."""
        if scope["type"] != "http" or parts[1:2] != ["api"] or parts[3] in ("session", "setup"):
            return None
        if self._world.session.state != "signed_in":
            return problem(401, "nobody is signed in")
        if scope["method"] in ("GET", "HEAD") or dict(scope["headers"]).get(b"x-csrf-token") == CSRF.encode():
            return None
        self._world.session.wrong.append(scope["path"])
        return problem(403, "the request lacks the token of the session")


def create_app(world: World) -> FastAPI:
    """The page and the API of `world`."""
    app = FastAPI(middleware=[Middleware(_Guard, world=world)])
    fake_session.routes(app, world)
    _alarm_routes(app, world)
    _connectivity_routes(app, world)
    fake_carbon.routes(app, world)
    fake_closing.routes(app, world)
    fake_energy.routes(app, world)
    fake_records.routes(app, world)
    fake_setup.routes(app, world)
    fake_audit.routes(app, world)
    fake_inside.routes(app, world)
    _routes(app, world)
    for url, asset in FILES.items():
        app.add_route(url, _file(asset.body, asset.content_type))
    return app


def _file(body: bytes, content_type: str) -> Any:
    async def serve(_: Request) -> Response:
        return Response(body, media_type=content_type)

    return serve


@contextmanager
def serving(world: World) -> Iterator[str]:
    """The address of a server of `world` that lives as long as the context."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(world), host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise RuntimeError("the fake gateway did not start")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        world.park.is_closing = True  # streams end by themselves
        server.should_exit = True
        thread.join(5)
