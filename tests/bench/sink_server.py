"""A server that takes line protocol as InfluxDB's v2 API does and only keeps what a benchmark asks for.

As a program: prints its port as one JSON line, then answers each line `FROM_NS TO_NS` on stdin with one JSON line about
the lines whose timestamps lie in between: how many lines and values, and the quantiles of their age (time of receipt
minus timestamp). A body counts when it was received as a whole, and is answered after it was counted.
"""

import asyncio
import json
import sys
import time
import zlib
from array import array
from typing import cast

import uvloop

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
TAGS = 3  # `=` of a line that belong to tags: device, enterprise, site


class Received:
    """Timestamp, age and number of values of every line, in the order of arrival."""

    def __init__(self) -> None:
        self.times = array("q")
        self.ages = array("q")
        self.values = array("l")

    def add(self, body: bytes, now_ns: int) -> None:
        """Book every line of a body."""
        for line in body.split(b"\n"):
            if line:
                stamp = int(line[line.rindex(b" ") :])
                self.times.append(stamp)
                self.ages.append(now_ns - stamp)
                self.values.append(line.count(b"=") - TAGS)

    def report(self, from_ns: int, to_ns: int) -> dict[str, float]:
        """What came with timestamps from `from_ns` to before `to_ns`."""
        chosen = [i for i, stamp in enumerate(self.times) if from_ns <= stamp < to_ns]
        ages = sorted(self.ages[i] for i in chosen) or [0]
        return {
            "lines": len(chosen),
            "values": sum(self.values[i] for i in chosen),
            "age_p50_ms": round(ages[len(ages) // 2] / 1e6, 1),
            "age_p99_ms": round(ages[len(ages) * 99 // 100] / 1e6, 1),
        }


class Server(asyncio.Protocol):
    """One connection: requests with a Content-Length, one after the other."""

    def __init__(self, received: Received) -> None:
        self._received = received
        self._data = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        now_ns = time.time_ns()
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            fields = dict(line.lower().split(b": ", 1) for line in bytes(self._data[:end]).split(b"\r\n")[1:])
            stop = end + 4 + int(fields.get(b"content-length", b"0"))
            if len(self._data) < stop:
                return
            body = bytes(self._data[end + 4 : stop])
            del self._data[:stop]
            if fields.get(b"content-encoding") == b"gzip":
                body = zlib.decompress(body, 31)
            self._received.add(body, now_ns)
            self._write(NO_CONTENT)


async def main() -> None:
    """Serve, and answer questions, until stdin ends."""
    received = Received()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(received), "127.0.0.1", 0)
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    while question := await asyncio.to_thread(sys.stdin.readline):
        from_ns, to_ns = map(int, question.split())
        sys.stdout.write(json.dumps(received.report(from_ns, to_ns)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
