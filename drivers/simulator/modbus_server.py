"""The park's RS-485 lines behind Modbus TCP gateways: one port a line, several unit ids behind it.

A line answers one request after the other, as the wire does, whoever asks. A unit that does not exist is answered with
exception 0x0B after the gateway's own time-out, which holds the line up meanwhile. The bytes are made in pdu.py.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.simulator.devices import Shown
from drivers.simulator.faults import FaultBook, FaultName
from drivers.simulator.park import LINES, ModbusDevice
from drivers.simulator.pdu import BrokenStream, Refusal, Request, read, take_requests

HOST = "127.0.0.1"
_LATE_S = 1.4
_MAX_WAITING = 64  # requests of one connection; a client that sends more without listening is cut off


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take on a line."""

    answer_s: float = 0.004
    no_target_s: float = 0.3


class Line:
    """One line with its units: who may speak next, and what a unit answers."""

    def __init__(self, devices: Sequence[ModbusDevice], shown: Shown, faults: FaultBook, pace: Pace) -> None:
        self.faults = faults
        self.pace = pace
        self._units: Mapping[int, ModbusDevice] = {device.unit: device for device in devices}
        self._shown = shown
        self._free_at = 0.0

    def device(self, unit: int) -> ModbusDevice | None:
        """The device with this unit id."""
        return self._units.get(unit)

    def turn(self, now: float, lasts_s: float) -> float:
        """When an exchange that lasts so long is over, after all that wait already."""
        self._free_at = max(now, self._free_at) + lasts_s
        return self._free_at

    def answer(self, device: ModbusDevice, request: Request) -> bytes:
        """The device's answer at this moment."""
        if self.faults.active(device.id, FaultName.BUSY):
            return request.refuse(Refusal.BUSY)
        hole = self.faults.active(device.id, FaultName.HOLE)

        def is_missing(point: str) -> bool:
            return hole is not None and (not hole.points or point in hole.points)

        return request.answer(
            read(request.pdu, device.layout, is_missing, lambda: self._shown.values(device.id, device.plant))
        )


class Connection(asyncio.Protocol):
    """One client of a line."""

    def __init__(self, line: Line, connections: set[asyncio.Transport]) -> None:
        self._line = line
        self._connections = connections
        self._buffer = bytearray()
        self._waiting = 0
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection, so that a stop can close it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Take requests out of the stream; what is no Modbus TCP ends the connection."""
        self._buffer += data
        try:
            for request in take_requests(self._buffer):
                self._take(request)
        except BrokenStream:
            self._transport.close()

    def _take(self, request: Request) -> None:
        line, device = self._line, self._line.device(request.unit)
        if device is not None and line.faults.active(device.id, FaultName.SILENT):
            return
        if self._waiting >= _MAX_WAITING:
            self._transport.close()
            return
        is_reached = device is not None and not line.faults.active(device.id, FaultName.PATH)
        at = line.turn(self._loop.time(), line.pace.answer_s if is_reached else line.pace.no_target_s)
        if device is not None and line.faults.active(device.id, FaultName.LATE):
            at += _LATE_S
        self._waiting += 1
        self._loop.call_at(at, self._answer, request, device if is_reached else None)

    def _answer(self, request: Request, device: ModbusDevice | None) -> None:
        self._waiting -= 1
        if self._transport.is_closing():
            return
        if device is None:
            self._transport.write(request.refuse(Refusal.NO_TARGET))
            return
        frame = self._line.answer(device, request)
        if self._line.faults.active(device.id, FaultName.WRONG_TID):
            frame = ((request.transaction + 7) & 0xFFFF).to_bytes(2, "big") + frame[2:]
        if self._line.faults.active(device.id, FaultName.CUT):
            self._transport.write(frame[: len(frame) // 2])
            self._transport.close()
            return
        self._transport.write(frame)


class ModbusPark:
    """All lines of the park, listening on loopback."""

    def __init__(self, devices: Sequence[ModbusDevice], shown: Shown, faults: FaultBook, pace: Pace) -> None:
        self._lines = [Line([d for d in devices if d.line == n], shown, faults, pace) for n in range(LINES)]
        self._connections: set[asyncio.Transport] = set()
        self._servers: list[asyncio.Server] = []

    async def start(self, base_port: int) -> list[int]:
        """Listen on `base_port` and the ports after it (0: free ports); returns them. Raises OSError."""
        for number, line in enumerate(self._lines):
            port = base_port + number if base_port else 0
            self._servers.append(await self._listen(line, port))
        return [server.sockets[0].getsockname()[1] for server in self._servers]

    async def _listen(self, line: Line, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(line, self._connections), HOST, port)

    def stop(self) -> None:
        """Close every listener and every connection."""
        for server in self._servers:
            server.close()
        for transport in tuple(self._connections):
            transport.abort()
