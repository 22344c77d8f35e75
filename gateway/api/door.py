"""The door of the TLS port: who connects is let in after a handshake, and who came without TLS is told where to go.

uvicorn would leave a connection that never ends its handshake out of every count. Here the handshakes under way are
counted, by address and altogether, and each has its time. The first byte tells TLS (RFC 8446, 5.1: 22, a handshake
record) from the `GET` of somebody who typed `http://`.
"""

import asyncio
import logging
import re
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from gateway.api.hosts import OwnHosts, host_of

HANDSHAKE_S = 10.0
FIRST_BYTE_S = 10.0
PLAIN_S = 5.0
MOST_HANDSHAKES = 256
MOST_BY_ADDRESS = 16
_NO_ROOM_S = 1.0  # no file descriptor is left: one will be
_HANDSHAKE_RECORD = 0x16
_MAX_HEAD = 8192
_REQUEST = re.compile(rb"(GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n")
_HOST = re.compile(rb"\r\nhost:[ \t]*([A-Za-z0-9.:\[\]_-]{1,300})[ \t]*\r\n", re.IGNORECASE)
_HINT = b"This port speaks TLS only: open it with https:// instead of http://\n"
log = logging.getLogger("gateway.api")

Context = Callable[[], ssl.SSLContext]
Protocol = Callable[[], asyncio.Protocol]


class Door:
    """Takes connections from a listening socket; `context` is asked for each of them."""

    def __init__(self, listener: socket.socket, protocol: Protocol, context: Context, hosts: OwnHosts) -> None:
        self._listener = listener
        self._protocol = protocol
        self._context = context
        self._hosts = hosts
        self._waiting: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Let nobody in any more."""
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Let people in, until `close`. Closes the listener in the end."""
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    try:
                        client, address = await loop.sock_accept(self._listener)
                    except OSError as error:  # no descriptor is left, or the client has gone already
                        log.debug("connection_not_taken reason=%s", error)
                        await asyncio.sleep(_NO_ROOM_S)
                        continue
                    if self._has_room(str(address[0])):
                        group.create_task(self._admit(client, str(address[0])))
                    else:
                        client.close()
        finally:
            self._listener.close()

    def _has_room(self, address: str) -> bool:
        return self._waiting.total() < MOST_HANDSHAKES and self._waiting[address] < MOST_BY_ADDRESS

    async def _admit(self, client: socket.socket, address: str) -> None:
        """One connection as far as its handshake; what goes wrong there is the client's affair."""
        self._waiting[address] += 1
        try:
            async with asyncio.timeout(FIRST_BYTE_S):
                first = await _first_byte(client)
            if first == _HANDSHAKE_RECORD:
                await self._handshake(client)
            else:
                async with asyncio.timeout(PLAIN_S):
                    await self._tell(client)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is one
            log.debug("handshake_failed client=%s reason=%s", address, type(error).__name__)
            client.close()
        except asyncio.CancelledError:
            client.close()
            raise
        except Exception:  # one connection is never the end of the door
            log.exception("connection_failed client=%s", address)
            client.close()
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def _handshake(self, client: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(
            self._protocol, client, ssl=self._context(), ssl_handshake_timeout=HANDSHAKE_S
        )

    async def _tell(self, client: socket.socket) -> None:
        """Lead a browser to the same address with https; tell everybody else."""
        loop = asyncio.get_running_loop()
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD:
            part = await loop.sock_recv(client, _MAX_HEAD)
            if not part:
                break
            head += part
        await loop.sock_sendall(client, self._answer(head, str(client.getsockname()[0])))
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        client.close()

    def _answer(self, head: bytes, local: str) -> bytes:
        request, host = _REQUEST.match(head), _HOST.search(head)
        is_ours = host is not None and self._hosts.include(host_of(host[1].decode("ascii")), local)
        if request is None or host is None or not is_ours:
            return _plain(b"400 Bad Request")
        return _plain(b"307 Temporary Redirect", b"Location: https://" + host[1] + request[2] + b"\r\n")


def _plain(status: bytes, more: bytes = b"") -> bytes:
    fields = b"Content-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n%b" % (len(_HINT), more)
    return b"HTTP/1.1 %b\r\n%b\r\n%b" % (status, fields, _HINT)


async def _first_byte(client: socket.socket) -> int:
    """The first byte that comes, which stays where it is. Raises ConnectionResetError where none comes."""
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    while True:
        readable = loop.create_future()
        loop.add_reader(client.fileno(), _settle, readable)
        try:
            await readable
        finally:
            loop.remove_reader(client.fileno())
        with suppress(BlockingIOError):
            found = client.recv(1, socket.MSG_PEEK)
            if not found:
                raise ConnectionResetError
            return found[0]


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
