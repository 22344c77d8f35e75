"""A scripted InfluxDB on a real socket: answers from a list or a rule, and remembers what it stored, in order."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, Self

from tests.faults.influxdb.lines import ParsedLine, parse_line

Trick = Literal["reset", "half_open", "reset_in_body", "truncated", "slow"]
HEARTBEAT = b"park_gateway,"


@dataclass(frozen=True)
class Reply:
    """One answer. `stores`: the lines of the request count as written."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stores: bool | None = None  # None: exactly where the status is 204
    trick: Trick | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    lines: tuple[bytes, ...]

    @property
    def is_heartbeat(self) -> bool:
        return self.lines[0].startswith(HEARTBEAT)


Rule = Callable[[Request], Reply]


def refusal(status: int, reason: str, **more: object) -> Reply:
    """An answer with a JSON body as InfluxDB gives it."""
    return Reply(status, json.dumps({"code": "invalid", "message": reason, **more}).encode())


class ScriptedServer:
    """Answers by `replies` while there are any, then by `rule`."""

    def __init__(self, rule: Rule = lambda _: Reply()) -> None:
        self.rule = rule
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.stored: list[bytes] = []  # without heartbeats, in the order of their arrival
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def heartbeats(self) -> int:
        return sum(request.is_heartbeat for request in self.requests)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._writers)

    def parsed(self) -> list[ParsedLine]:
        return [parse_line(line) for line in self.stored]

    async def start(self) -> None:
        """Listen; after a `stop` on the same port as before."""
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every connection and refuse new ones."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        server, self._server = self._server, None
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
        if self.replies and self.replies[0].trick == "reset_in_body":
            self.replies.pop(0)
            await reader.read(1)
            writer.transport.abort()
            return False
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        request = Request(method, path, headers, tuple(plain.split(b"\n")))
        self.requests.append(request)
        reply = self.replies.pop(0) if self.replies else self.rule(request)
        if (reply.status == 204 and reply.trick is None) if reply.stores is None else reply.stores:
            self._store(request.lines)
        return await self._answer(reply, reader, writer)

    def _store(self, lines: Iterable[bytes]) -> None:
        self.stored += [line for line in lines if not line.startswith(HEARTBEAT)]

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if reply.trick == "reset":
            writer.transport.abort()
            return False
        if reply.trick == "half_open":  # takes the request, says nothing, and does not hang up first
            await reader.read()
            return False
        length = 1000 if reply.trick in {"truncated", "slow"} else len(reply.body)
        head = [f"HTTP/1.1 {reply.status} Scripted", *(f"{name}: {text}" for name, text in reply.headers.items())]
        if reply.status not in {204, 304}:
            head.append(f"Content-Length: {length}")
        writer.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + reply.body)
        await writer.drain()
        if reply.trick == "slow":
            await reader.read()
        return reply.trick is None
