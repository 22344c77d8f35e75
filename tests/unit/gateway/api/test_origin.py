"""Who a request is said to come from: what the connection says, never the request."""

import asyncio
import socket
from typing import Any

from gateway.api.serve import _server


async def test_nobody_chooses_the_address_that_goes_into_the_audit() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _server(app)
        serving = asyncio.create_task(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
        await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        server.stop()
        await asyncio.wait_for(serving, 5)
    assert seen == ["127.0.0.1"]
