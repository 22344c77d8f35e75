"""A Modbus TCP server that costs next to nothing: benchmarks measure the gateway, not the devices.

Serves every unit, function codes 3 and 4, any address, up to 125 registers: float32 (ABCD) values that change ten times
a second. As a program it listens on free ports and prints them as one JSON line: `modbus_server.py --count 100`.
"""

import argparse
import asyncio
import json
import math
import struct
import sys
from array import array
from typing import cast

import uvloop

IMAGES = 10  # prepared register spaces
CHANGE_S = 0.1


def images() -> list[bytes]:
    """Register spaces of 65536 registers (and a little more, for reads at the end): slow waves, no two points alike."""
    made = []
    for phase in range(IMAGES):
        turn = 2 * math.pi * phase / IMAGES
        wave = array("f", (200.0 + (i % 977) + 5.0 * math.sin(turn + i) for i in range(32768 + 64)))
        wave.byteswap()
        made.append(wave.tobytes())
    return made


class Server(asyncio.Protocol):
    """One connection. All of them look at the same register space, which the owner exchanges."""

    def __init__(self, shared: list[bytes]) -> None:
        self._shared = shared  # one entry: the register space of now
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        self._rest = b""
        for start in range(0, len(data), 12):
            request = data[start : start + 12]
            if len(request) < 12:
                self._rest = request
                return
            self._write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        function = request[7]
        address, count = request[8] << 8 | request[9], request[10] << 8 | request[11]
        if function not in (3, 4):
            return b"%b\0\0\0\3%c%c\1" % (request[:2], request[6], function | 0x80)
        if not 1 <= count <= 125:
            return b"%b\0\0\0\3%c%c\3" % (request[:2], request[6], function | 0x80)
        size = 2 * count
        head = struct.pack(">2sHHBBB", request[:2], 0, 3 + size, request[6], function, size)
        return head + self._shared[0][2 * address : 2 * address + size]


async def serve(host: str, ports: list[int]) -> list[asyncio.Server]:
    """Listen on these ports (0: any free one) until the servers are closed; values change while the loop runs."""
    spaces = images()
    shared = [spaces[0]]
    loop = asyncio.get_running_loop()

    def change(turn: int) -> None:
        shared[0] = spaces[turn % IMAGES]
        loop.call_later(CHANGE_S, change, turn + 1)

    change(0)
    return [await loop.create_server(lambda: Server(shared), host, port, backlog=1024) for port in ports]


async def main() -> None:
    """Serve until the reader of our output is gone or we are told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--count", type=int, default=1, help="this many free ports")
    parser.add_argument("--ports", type=int, nargs="*", help="these ports instead")
    options = parser.parse_args()
    servers = await serve(options.host, options.ports or [0] * options.count)
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(json.dumps({"host": options.host, "ports": ports}) + "\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(main())
