"""The servers: one for the page, over TLS where others can reach it, one on a Unix socket (mode 0600) for the command
line; one app."""

import asyncio
import errno
import logging
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.access import SOCKET_SCOPE
from gateway.api.app import create_app
from gateway.api.door import Door
from gateway.api.hosts import OwnHosts
from gateway.api.live import MAX_STREAMS, Ticker
from gateway.api.patience import PatientProtocol
from gateway.config.plan import ApiPlan
from gateway.core.errors import ConfigError
from gateway.pipeline.engine import Gateway
from gateway.web import Asset

if TYPE_CHECKING:
    from gateway.api.certificates import CertificateKeeper

GRACE_S = 2
MAX_CONNECTIONS = 2 * MAX_STREAMS + 200  # uvicorn counts an open stream twice; room for everybody else
MAX_HEAD = 96 * 1024  # bytes of address and headers: an address that is too long is told so by the app
BACKLOG = 128
PROBE_S = 1.0
_BIND_HINTS = {
    errno.EADDRINUSE: "end the program that has this port, or choose another with `api: port`",
    errno.EACCES: "ports below 1024 need a right of their own: choose a higher `api: port`",
}
log = logging.getLogger("gateway.api")


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: the gateway decides when to stop.

    uvicorn itself would look ten times a second whether to stop: a fifth of what a park of 6,000 values a second costs.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Take no more requests, finish what is being answered."""
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        """Between start and shutdown: prepare the headers once, then nothing is to be done."""
        await self.on_tick(0)
        await self._stopped.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def protocol(self) -> asyncio.Protocol:
        """The other end of a connection that somebody else accepted; the server counts it and ends it."""
        return PatientProtocol(self.config, self.server_state, {})


class _FromSocket:
    """Marks requests of the Unix socket, so that only they are the administrator's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, SOCKET_SCOPE: True}, receive, send)


@contextmanager
def listening(plan: ApiPlan) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The listening sockets of the page and of the command line, whose file goes away with them. Raises ConfigError."""
    with closing(listen_tcp(plan.host, plan.port)) as page, closing(listen_unix(plan.socket)) as command_line:
        try:
            yield page, command_line
        finally:
            plan.socket.unlink(missing_ok=True)


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError where the address is taken or not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)  # from here on the port is ours: two that only bound it would both go on
        except OSError:
            listener.close()
            raise
    except OSError as error:
        hint = _BIND_HINTS.get(error.errno or 0, "choose another `api: host`")
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}", hint) from error
    listener.set_inheritable(False)
    return listener


def listen_unix(path: Path) -> socket.socket:
    """A Unix socket that only this user can open; a left-over of a dead gateway is replaced. Raises ConfigError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        _make_room(path)
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = "choose a folder that exists and may be written with `api: socket`"
        raise ConfigError(f"cannot open the socket {path}: {error.strerror or error}", hint) from error
    except ConfigError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


def _make_room(path: Path) -> None:
    """Remove what a dead gateway left; nothing else. Raises ConfigError, OSError."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise ConfigError(f"cannot open the socket {path}: there is something else", "choose another `api: socket`")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        if probe.connect_ex(str(path)) == 0:
            raise ConfigError(f"another gateway listens on {path}", "stop it, or choose another `api: socket`")
    path.unlink()


class ApiServer:
    """Both servers, the door where the page has TLS, and the ticker of the live streams."""

    def __init__(
        self,
        gateway: Gateway,
        listener: socket.socket,
        unix_listener: socket.socket,
        files: Mapping[str, Asset],
        keeper: "CertificateKeeper | None" = None,
    ) -> None:
        self._ticker = Ticker(gateway.clock)
        app = create_app(gateway, self._ticker, files)
        page, command_line = _server(app), _server(_FromSocket(app))
        self._keeper = keeper
        self._door = None
        if keeper is not None:
            self._door = Door(listener, page.protocol, keeper.context, OwnHosts.of(gateway.plan.api))
        self._servers = [(page, [] if keeper else [listener]), (command_line, [unix_listener])]

    async def run(self) -> None:
        """Serve until `stop`."""
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(server.serve(listeners)) for server, listeners in self._servers]
            beside = [group.create_task(one.run()) for one in (self._ticker, self._keeper, self._door) if one]
            await asyncio.wait(serving)
            for task in beside:
                task.cancel()

    def stop(self) -> None:
        """End the streams and let the servers finish what they answer."""
        self._ticker.close()
        if self._door is not None:
            self._door.close()
        for server, _ in self._servers:
            server.stop()


def _server(app: ASGIApp) -> _Server:
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        server_header=False,
        date_header=False,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD,
        proxy_headers=False,  # nobody's own header says who they are: that goes into the audit
    )
    return _Server(config)
