"""Requests that never end make room for others."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.api.serve import _server

HALVES = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: localhost",
    "half a body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc",
}


async def answer(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    monkeypatch.setattr("gateway.api.patience.REQUEST_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _server(answer)
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()
        server.stop()
        await asyncio.wait_for(serving, 5)


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
async def test_a_request_that_does_not_end_is_closed(address: tuple[str, int], half: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(half)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_second_half_request_on_the_same_connection_is_closed_too(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"204" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.write(HALVES["half a head"])
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_whole_request_is_answered_however_long_the_answer_takes(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(HALVES["half a body"].replace(b"POST /", b"POST /slow"))
    writer.write(b"defghij")
    assert b"204" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()


async def test_a_large_file_over_a_slow_line_arrives_as_long_as_it_goes_on(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.patience.LEAST_BYTES_S", 1_000)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10):  # 0.8 s in all, where a whole request may take 0.3 s
        writer.write(bytes(1000))
        await writer.drain()
        await asyncio.sleep(0.08)
    assert b"204" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()
