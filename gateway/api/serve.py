"""The servers: one on loopback for the page, one on a Unix socket (mode 0600) for the command line; one app."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.access import SOCKET_SCOPE
from gateway.api.app import create_app
from gateway.api.live import Ticker
from gateway.core.errors import ConfigError
from gateway.pipeline.engine import Gateway

GRACE_S = 2
MAX_CONNECTIONS = 200
log = logging.getLogger("gateway.api")


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: the gateway decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _FromSocket:
    """Marks requests of the Unix socket, so that only they are the administrator's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, SOCKET_SCOPE: True}, receive, send)


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError where the address is taken or not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", "another gateway runs, or change `api: port`"
        ) from error
    listener.set_inheritable(False)
    return listener


def listen_unix(path: Path) -> socket.socket:
    """A Unix socket that only this user can open; a left-over of a dead gateway is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        raise ConfigError(
            f"cannot open the socket {path}: {error.strerror or error}", "choose a shorter `store: directory`"
        ) from error
    finally:
        os.umask(mask)
    return listener


class ApiServer:
    """Both servers and the ticker of the live streams."""

    def __init__(self, gateway: Gateway, listener: socket.socket, unix_listener: socket.socket) -> None:
        self._ticker = Ticker(gateway.clock)
        app = create_app(gateway, self._ticker)
        self._servers = [(_server(app), listener), (_server(_FromSocket(app)), unix_listener)]

    async def run(self) -> None:
        """Serve until `stop`."""
        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(self._ticker.run())
            serving = [group.create_task(server.serve([listener])) for server, listener in self._servers]
            await asyncio.wait(serving)
            ticking.cancel()

    def stop(self) -> None:
        """End the streams and let the servers finish what they answer."""
        self._ticker.close()
        for server, _ in self._servers:
            server.should_exit = True


def _server(app: ASGIApp) -> _Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        server_header=False,
        date_header=False,
        ws="none",
    )
    return _Server(config)
