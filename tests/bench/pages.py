"""Open pages of a benchmark: event streams of one device's points, some devices and the park, over real HTTP.

    pages.py --port 8080 --streams 10 --points 60 --devices 20

Reads until stdin ends, then prints one JSON line: how many bytes and events came.
"""

import argparse
import asyncio
import json
import sys

import uvloop


async def stream(port: int, number: int, points: int, devices: int, seen: dict[str, int]) -> None:
    """One page that looks at device `number`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    tags = ",".join(f"meter-{number}.value_{i}" for i in range(points))
    names = ",".join(f"meter-{number + i}" for i in range(devices))
    path = f"/api/v1/live?points={tags}&devices={names}&park=true"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
    while data := await reader.read(65_536):
        seen["bytes"] += len(data)
        seen["events"] += data.count(b"\nevent: delta") + data.startswith(b"event: delta")
        if b"HTTP/1.1 " in data and b"HTTP/1.1 200" not in data:
            sys.exit(f"the page's stream was refused: {data[:300]!r}")


async def main() -> None:
    """Keep the streams open until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--devices", type=int, default=20)
    options = parser.parse_args()
    seen = {"bytes": 0, "events": 0}
    tasks = [
        asyncio.create_task(stream(options.port, number, options.points, options.devices, seen))
        for number in range(options.streams)
    ]
    end = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    done, _ = await asyncio.wait([end, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    sys.stdout.write(json.dumps({**seen, "ended_early": len(done - {end})}) + "\n")


if __name__ == "__main__":
    uvloop.run(main())
