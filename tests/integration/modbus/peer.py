"""A Modbus TCP peer on a real socket that does what a test tells it to: answer, be silent, refuse, or lie."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

REGISTERS = 65536

CLOSE = b"close"  # in a script: close the connection
Script = Callable[["Asked"], list[bytes | float]]
"""What to do with a request: bytes to send, seconds to wait, or CLOSE, in order."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    tid: int
    unit: int
    function: int
    start: int
    count: int
    at_s: float  # by the loop's clock

    def frame(self, pdu: bytes, *, tid: int | None = None, unit: int | None = None) -> bytes:
        """A frame that answers this, unless told otherwise."""
        tid, unit = self.tid if tid is None else tid, self.unit if unit is None else unit
        return struct.pack(">HHHB", tid, 0, len(pdu) + 1, unit) + pdu

    def exception(self, code: int) -> bytes:
        """An exception frame."""
        return self.frame(bytes([self.function | 0x80, code]))


@dataclass
class Peer:
    """Answers every unit from one register space; whatever is set here changes at once."""

    registers: bytearray = field(default_factory=lambda: bytearray(2 * REGISTERS + 4000))
    dead: set[int] = field(default_factory=set)  # units that never answer
    refuse: Callable[[Asked], int] = lambda asked: 0  # an exception code, 0: none
    script: Script | None = None  # instead of answering
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def put(self, address: int, form: str, *values: float) -> None:
        """Write registers: `put(0, ">f", 1.5)`."""
        packed = struct.pack(form, *values)
        self.registers[2 * address : 2 * address + len(packed)] = packed

    async def up(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            async for asked in _requests(reader):
                self.asked.append(asked)
                if not await self._react(asked, writer):
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _react(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        for step in self.answer(asked) if self.script is None else self.script(asked):
            if isinstance(step, float):
                await asyncio.sleep(step)
            elif step is CLOSE:
                return False
            else:
                writer.write(step)
                await writer.drain()
        return True

    def answer(self, asked: Asked) -> list[bytes | float]:
        """The honest answer."""
        if asked.unit in self.dead:
            return []
        code = self.refuse(asked)
        return [asked.exception(code)] if code else [self.good(asked)]

    def good(self, asked: Asked) -> bytes:
        """The data that was asked for."""
        if asked.function in {1, 2}:
            bits = int.from_bytes(self.registers[: REGISTERS // 8], "little") >> asked.start
            data = (bits & (1 << asked.count) - 1).to_bytes(-(-asked.count // 8), "little")
        else:
            data = bytes(self.registers[2 * asked.start : 2 * (asked.start + asked.count)])
        return asked.frame(bytes([asked.function, len(data)]) + data)


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Asked]:
    while True:
        try:
            request = await reader.readexactly(12)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        tid, _, _, unit, function, start, count = struct.unpack(">HHHBBHH", request)
        yield Asked(tid, unit, function, start, count, asyncio.get_running_loop().time())
