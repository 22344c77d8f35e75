"""A running gateway, asked through its Unix socket."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from gateway.core.errors import GatewayError, Rejected, Unavailable

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=120)
NOT_RUNNING = "start it with `park-gateway run`"


def is_running(socket: Path) -> bool:
    """True where a gateway answers on this socket."""

    async def try_it() -> bool:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_unix_connection(str(socket)), 2)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    try:
        return stat.S_ISSOCK(socket.stat().st_mode) and asyncio.run(try_it())
    except OSError:
        return False


@asynccontextmanager
async def connected(socket: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with the gateway. Raises Unavailable where none answers."""
    connector = aiohttp.UnixConnector(path=str(socket))
    try:
        async with aiohttp.ClientSession("http://localhost", connector=connector, timeout=TIMEOUT) as session:
            yield session
    except (aiohttp.ClientConnectionError, TimeoutError) as error:
        raise Unavailable(f"the gateway behind {socket} does not answer: {error}", NOT_RUNNING) from error


async def checked(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """The response, or the problem it carries as our own error."""
    if response.ok:
        return response
    text = await response.text()
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {"detail": text[:200]}
    kind = {503: Unavailable, 404: Rejected, 422: Rejected}.get(response.status, GatewayError)
    raise kind(str(problem.get("detail", response.reason)), str(problem.get("hint", "")))


def ask(socket: Path, method: str, path: str, **arguments: Any) -> Any:
    """One JSON answer of the running gateway."""

    async def one() -> Any:
        async with connected(socket) as session, session.request(method, path, **arguments) as response:
            return await (await checked(response)).json()

    return asyncio.run(one())
