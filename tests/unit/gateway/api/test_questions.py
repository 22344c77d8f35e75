"""Heavy questions of people who went away: they hold no place; and who finds no place is told when to ask again."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.api.serve import _server
from gateway.core.jobs import WAITING, Jobs

QUESTION = "/api/v1/energy/days?period=2026-11"


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.01)


@pytest.fixture
async def port(park: Any) -> AsyncIterator[int]:
    """Of the real server with the park's app."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _server(park.app)
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.stop()
        await asyncio.wait_for(serving, 10)


async def page(port: int) -> asyncio.StreamWriter:
    """A browser that has asked, and may go."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {QUESTION} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    await writer.drain()
    return writer


async def until_there_are(jobs: Jobs, count: int) -> None:
    """So many in the queue and at work."""
    async with asyncio.timeout(30):
        while jobs._count != count:
            await asyncio.sleep(0.01)


@pytest.mark.timeout(120)
async def test_pages_that_were_left_leave_the_queue_and_who_finds_no_place_is_told_when_to_ask_again(
    park: Any, port: int, tmp_path: Path
) -> None:
    jobs, go = park.gateway.jobs, tmp_path / "go"
    at_work = asyncio.ensure_future(jobs.run(wait_for, str(go)))
    pages = [await page(port) for _ in range(WAITING)]
    await until_there_are(jobs, WAITING + 1)
    refused = await park.http.get(QUESTION)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    for writer in pages:
        writer.close()
    await until_there_are(jobs, 1)
    asked = asyncio.ensure_future(park.http.get(QUESTION))
    await until_there_are(jobs, 2)
    go.touch()
    assert (await asked).status_code == 200
    await at_work
