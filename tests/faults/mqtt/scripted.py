"""A broker that says exactly what a test wants it to say."""

import asyncio
from collections.abc import Callable
from typing import Self

CONNACK_5 = b"\x20\x03\x00\x00\x00"
GRANTED = b"\x01"


def message(payload: bytes, topic: str = "park/acme/m1/telemetry", mid: int = 1) -> bytes:
    """A PUBLISH with QoS 1, MQTT 5."""
    body = len(topic).to_bytes(2) + topic.encode() + mid.to_bytes(2) + b"\0" + payload
    return b"\x32" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


class ScriptedBroker:
    """Answers CONNECT and SUBSCRIBE as told (MQTT 5), then sends `after`; keeps what it was sent.

    `codes`: from the number of subscriptions to their reason codes. `None` in place of an answer: silence.
    """

    def __init__(
        self,
        *,
        connack: bytes | None = CONNACK_5,
        codes: Callable[[int], bytes] | None = lambda count: GRANTED * count,
        before: bytes = b"",
        after: bytes = b"",
        ends: bool = False,
    ) -> None:
        self._connack, self._codes, self._before, self._after, self._ends = connack, codes, before, after, ends
        self.received = b""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await self._packet(reader)
        if self._connack is not None:
            writer.write(self._connack + self._before)
            body = await self._packet(reader)
            if self._codes is not None and body:
                codes = self._codes(_subscriptions(body))
                writer.write(bytes([0x90, 3 + len(codes)]) + body[:2] + b"\0" + codes + self._after)
        if self._ends:
            writer.close()
            return
        while data := await reader.read(1000):
            self.received += data

    async def _packet(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.read(1)
        if not head:
            return b""
        length, shift = 0, 0
        while True:
            byte = (await reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return await reader.readexactly(length)

    def send(self, data: bytes) -> None:
        """Send to everybody."""
        for writer in self._writers:
            writer.write(data)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()


def _subscriptions(body: bytes) -> int:
    """How many topic filters a SUBSCRIBE holds (MQTT 5, without properties)."""
    at, count = 3, 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2]) + 1
        count += 1
    return count
