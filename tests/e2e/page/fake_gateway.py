"""The page's files and a fake API on a loopback port: what the page is tested against, without a gateway."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
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
from tests.e2e.page.fake_park import FakePark, Json

BEAT_S = 0.25  # faster than the gateway's second, so that tests wait less


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def _message(event: str, body: Json) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + orjson.dumps(body) + b"\n\n"


async def _live(park: FakePark, points: list[str], devices: list[str]) -> AsyncIterator[bytes]:
    park.streams += 1
    event = "snapshot"
    try:
        while not park.refuse_stream and not park.is_closing:
            body = {
                "time_ms": park.now_ms(),
                "values": {tag: park.live_value(tag) for tag in points},
                "devices": {d: park.live_state(d) for d in devices},
                "park": park.park(),
            }
            if not park.mute:
                yield _message(event, body)
                event = "delta"
            await asyncio.sleep(BEAT_S)
    finally:
        park.streams -= 1


def _listed(request: Request, name: str) -> list[str]:
    return [part for part in request.query_params.get(name, "").split(",") if part]


def _routes(app: FastAPI, park: FakePark) -> None:
    @app.get("/api/v1/live")
    async def live(request: Request) -> Response:
        park.asked.append(request.url.query)
        if park.refuse_stream:
            return Response(status_code=503)
        return StreamingResponse(
            _live(park, _listed(request, "points"), _listed(request, "devices")), media_type="text/event-stream"
        )

    @app.get("/api/v1/points/{tag}/history")
    async def history(tag: str, request: Request) -> Json:
        query = request.query_params
        return park.history(tag, _ms(query["from"]), _ms(query["to"]), int(query["step"].removesuffix("s")))

    @app.get("/api/v1/devices/{device}")
    async def device(device: str) -> Any:
        if device not in park.device_ids():
            return JSONResponse(
                {"title": "Not found", "status": 404, "detail": f"There is no device `{device}`.", "hint": ""}, 404
            )
        return {**park.device(device), "items": park.points(device)}

    @app.get("/api/v1/{what}")
    async def answer(what: str) -> Json:
        ids = park.device_ids()
        devices = {"items": [park.device(d) for d in ids], "total": len(ids)} if what == "devices" else {}
        return {"status": park.status, "park": park.park}.get(what, lambda: devices)()


class _Guard:
    """The gateway's headers on every answer; answers 500 for what the park lets fail."""

    def __init__(self, app: ASGIApp, park: FakePark) -> None:
        self._app = app
        self._park = park

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        parts = scope.get("path", "").split("/")
        app = self._app
        if parts[1:2] == ["api"] and parts[3] in self._park.failing:
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


def create_app(park: FakePark) -> FastAPI:
    """The page and the API of `park`."""
    app = FastAPI(middleware=[Middleware(_Guard, park=park)])
    _routes(app, park)
    for url, asset in assets().items():
        app.add_api_route(url, _file(asset.body, asset.content_type), methods=["GET"])
    return app


def _file(body: bytes, content_type: str) -> Any:
    async def serve() -> Response:
        return Response(body, media_type=content_type)

    return serve


@contextmanager
def serving(park: FakePark) -> Iterator[str]:
    """The address of a server of `park` that lives as long as the context."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(park), host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
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
        park.is_closing = True  # streams end by themselves
        server.should_exit = True
        thread.join(5)
