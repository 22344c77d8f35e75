"""Open pages of a benchmark: signed-in event streams over real HTTP.

    pages.py --port 8080 --socket data/gateway.sock --streams 100 [--points 60 --devices 20] [--mixed]

Each page looks at one device's points, some devices and the park. With `--mixed` half of them are the Park page (the
park, alarms, accounts), the others in turn a device and the list of devices, as people leave them open. Accounts are
made over the Unix socket, because one person may have 20 streams. Says a JSON line when all are open; at each line of
stdin, and at its end, how many bytes and events have come, and what one stream more is answered.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import uvloop

STREAMS_OF_ONE = 20  # of one person, the gateway's limit


async def sign_in(port: int, socket: Path, count: int) -> list[str]:
    """Cookies of `count` accounts. The first is the administrator, without whom nothing answers."""
    over_socket = httpx.AsyncHTTPTransport(uds=str(socket))
    cookies = []
    async with httpx.AsyncClient(transport=over_socket, base_url="http://localhost") as desk:
        for number in range(count):
            role = "viewer" if number else "administrator"
            made = (await desk.post("/api/v1/users", json={"name": f"page-{number}", "role": role})).raise_for_status()
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as person:
                token = made.json()["link"]["token"]
                (await person.post("/api/v1/session/token", json={"token": token})).raise_for_status()
                cookies.append("; ".join(f"{name}={value}" for name, value in person.cookies.items()))
    return cookies


def query(number: int, options: argparse.Namespace) -> str:
    """What page `number` shows."""
    tags = ",".join(f"meter-{number}.value_{i}" for i in range(options.points))
    devices = ",".join(f"meter-{(number + i) % 100}" for i in range(options.devices))
    if not options.mixed:
        return f"points={tags}&devices={devices}&park=true"
    kinds = ["accounts=1", f"points={tags}&devices=meter-{number}", "accounts=1", f"devices={devices}"]
    return f"park=1&alarms=1&{kinds[number % 4]}"


async def stream(number: int, cookie: str, options: argparse.Namespace, seen: dict[str, int]) -> None:
    """One page, until the gateway ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", options.port)
    head = [f"GET /api/v1/live?{query(number, options)} HTTP/1.1", f"Host: 127.0.0.1:{options.port}"]
    head += ["Accept: text/event-stream", f"Cookie: {cookie}", "", ""]
    writer.write("\r\n".join(head).encode())
    while data := await reader.read(65_536):
        seen["bytes"] += len(data)
        seen["events"] += data.count(b"\nevent: delta") + data.startswith(b"event: delta")
        seen["open"] += data.startswith(b"HTTP/1.1 200")
        if b"HTTP/1.1 " in data and b"HTTP/1.1 200" not in data:
            sys.exit(f"the page's stream was refused: {data[:600]!r}")


async def one_more(cookie: str, options: argparse.Namespace) -> str:
    """What the gateway answers to another stream, as far as it is no stream."""
    headers = {"Cookie": cookie}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{options.port}", headers=headers) as person,
        person.stream("GET", "/api/v1/live?park=1") as answer,
    ):
        if answer.status_code == 200:
            return "200"
        return f"{answer.status_code} {json.loads(await answer.aread())['detail']}"


async def serve(cookies: Sequence[str], options: argparse.Namespace) -> None:
    """Keep the streams open until stdin ends."""
    seen = {"bytes": 0, "events": 0, "open": 0}
    tasks = [
        asyncio.create_task(stream(number, cookies[number // STREAMS_OF_ONE], options, seen))
        for number in range(options.streams)
    ]
    while seen["open"] < options.streams and not any(task.done() for task in tasks):
        await asyncio.sleep(0.05)
    print(json.dumps(seen), flush=True)  # noqa: T201
    while await asyncio.to_thread(sys.stdin.readline):
        ended = sum(task.done() for task in tasks)
        print(json.dumps({**seen, "ended": ended, "one_more": await one_more(cookies[-1], options)}), flush=True)  # noqa: T201
    for task in tasks:
        task.cancel()


async def main() -> None:
    """Sign in, open the streams, answer questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--mixed", action="store_true")
    options = parser.parse_args()
    accounts = options.streams // STREAMS_OF_ONE + 1  # one that has room
    await serve(await sign_in(options.port, options.socket, accounts), options)


if __name__ == "__main__":
    uvloop.run(main())
