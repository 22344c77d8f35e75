"""The only file that knows pymodbus: RTU, RTU over TCP, ASCII and UDP behind the same small interface as `tcp`.

What pymodbus would do by itself is switched off, because it mis-serves a gateway (pymodbus 3.16.1):

- it repeats requests and reconnects in the background: `retries=0`, `reconnect_delay=0`;
- it does not fail the request under way when the peer closes: every request races against `trace_connect(False)`;
- it does not compare function and byte count with the request: done here;
- with RTU framing a late answer passes for the next one: after a time-out the line rests for one time-out, and what
  comes meanwhile is dropped.
"""

import asyncio
import logging
import struct
from typing import Any

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient, AsyncModbusUdpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.modbus.config import Connection, Transport
from drivers.modbus.line import Listener
from drivers.modbus.plan import Table
from drivers.modbus.request import Request
from gateway.core.errors import Unavailable
from gateway.core.ports import Counts

PymodbusClient = AsyncModbusSerialClient | AsyncModbusTcpClient | AsyncModbusUdpClient

_CLOSE_TIMEOUT_S = 2.0
_NEVER = 1 << 30  # failed requests after which pymodbus would close the connection


class PymodbusLine:
    """One line held by pymodbus; a task of its own carries one request at a time."""

    def __init__(self, options: Connection, listener: Listener, counts: Counts) -> None:
        self.ready_at = 0.0
        self.is_watched = False
        self._loop = asyncio.get_running_loop()
        self._options = options
        self._listener: Listener | None = listener  # None: closed, nobody listens any more
        self._counts = counts
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._asked: asyncio.Queue[Request] = asyncio.Queue(1)
        self._received = b""
        self._client = _client(options, self._on_packet, self._on_connect)
        self._worker: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(self._options.connect_timeout):
                is_open = await self._client.connect()
        except (OSError, ModbusException, TimeoutError) as error:
            raise self._unavailable(str(error) or "no answer") from error
        if not is_open:
            raise self._unavailable("it cannot be opened")
        self._client.set_max_no_responses(_NEVER)
        self.ready_at = self._loop.time() + self._options.delay_after_connect
        self._worker = asyncio.create_task(self._work())
        self._worker.add_done_callback(self._on_worker_end)

    def _unavailable(self, why: str) -> Unavailable:
        self._client.close()
        if self._options.is_serial_port:
            hint = "check that the serial device is there, that this user may open it (group dialout), that it is free"
        else:
            hint = "check host, port and transport"
        return Unavailable(f"cannot open {self._options.endpoint} ({self._options.transport}): {why}", hint)

    def send(self, request: Request) -> None:
        """Send one request; the one before it must be done."""
        self._asked.put_nowait(request)

    async def _work(self) -> None:
        while not self._lost.done():
            await self._carry(await self._asked.get())

    async def _carry(self, request: Request) -> None:
        """One exchange; the listener hears what came of it."""
        self._received = b""
        call = asyncio.create_task(self._call(request))
        try:
            either: list[asyncio.Future[Any]] = [call, self._lost]
            await asyncio.wait(either, timeout=self._options.timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            call.cancel()
        is_in_time = call.done()
        await asyncio.wait([call], timeout=_CLOSE_TIMEOUT_S)
        self.ready_at = self._loop.time() + self._options.pause_s
        if self._lost.done() or self._listener is None:
            return
        error = call.exception() if is_in_time else None
        if not is_in_time or isinstance(error, ModbusException):
            self._on_silence(request)
        elif error is not None:
            self._on_broken(request, f"pymodbus failed: {error!r}")
        else:
            self._judge(request, call.result())

    async def _call(self, request: Request) -> ModbusPDU:
        client, read = self._client, request.read
        calls = {
            Table.COIL: client.read_coils,
            Table.DISCRETE: client.read_discrete_inputs,
            Table.HOLDING: client.read_holding_registers,
            Table.INPUT: client.read_input_registers,
        }
        return await calls[read.table](read.start, count=read.count, device_id=request.unit_id)

    def _on_silence(self, request: Request) -> None:
        self._counts["timeouts"] += 1
        self.ready_at = self._loop.time() + self._options.timeout  # quarantine: a late answer ends in it
        assert self._listener is not None
        if self.is_watched and self._received:
            self._listener.passed(False, self._received, "no whole frame")
        self._listener.silent(request)

    def _on_broken(self, request: Request, why: str) -> None:
        self._counts["broken_answers"] += 1
        assert self._listener is not None
        self._listener.broken(request, why)

    def _judge(self, request: Request, answer: ModbusPDU) -> None:
        listener = self._listener
        assert listener is not None
        why = "" if answer.isError() else _objection(request, answer)
        if self.is_watched:
            listener.passed(False, self._received, why)
        if why:
            self._on_broken(request, why)
        elif answer.isError():
            listener.refused(request, getattr(answer, "exception_code", 0))
        else:
            listener.answered(request, _data(request, answer), 0)

    def _on_packet(self, sending: bool, data: bytes) -> bytes:
        if sending:
            if self.is_watched and self._listener is not None:
                self._listener.passed(True, data)
        else:
            self._received = data  # pymodbus hands over everything it has of the frame each time
        return data

    def _on_connect(self, is_connected: bool) -> None:
        if is_connected or self._lost.done():
            return
        self._lost.set_result(None)
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener.lost("the line was closed" if self._options.is_serial_port else "the peer closed the connection")

    def _on_worker_end(self, worker: "asyncio.Task[None]") -> None:
        """Nothing would be carried any more: a failure of the worker is a lost line."""
        error = None if worker.cancelled() else worker.exception()
        if error is not None and self._listener is not None:
            listener, self._listener = self._listener, None
            listener.lost(f"the line failed: {error!r}")

    async def close(self) -> None:
        """Let go of the line; the listener hears nothing any more."""
        self._listener = None
        self._client.close()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker], timeout=_CLOSE_TIMEOUT_S)


def _objection(request: Request, answer: ModbusPDU) -> str:
    """Why an answer without exception does not fit; empty when it does."""
    asked = request.read.table.function
    if answer.function_code != asked:
        return f"function {answer.function_code} answered function {asked}"
    if answer.dev_id != request.unit_id:
        return f"unit {answer.dev_id} answered for unit {request.unit_id}"
    is_bits = request.read.table.is_bits
    got = -(-len(answer.bits) // 8) if is_bits else 2 * len(answer.registers)
    return "" if got == request.data_bytes else f"{got} bytes of data answered a request for {request.data_bytes}"


def _data(request: Request, answer: ModbusPDU) -> bytes:
    """The data bytes of an answer as they were on the wire."""
    if not request.read.table.is_bits:
        return struct.pack(f">{len(answer.registers)}H", *answer.registers)
    number = sum(1 << place for place, bit in enumerate(answer.bits) if bit)
    return number.to_bytes(request.data_bytes, "little")


def _client(options: Connection, on_packet: Any, on_connect: Any) -> PymodbusClient:
    """The pymodbus client of a transport, with everything it would do by itself switched off."""
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it logs an error for every silent unit
    slower_s = options.timeout + options.connect_timeout  # ours end first
    common: dict[str, Any] = {
        "retries": 0,
        "reconnect_delay": 0,
        "timeout": slower_s,
        "trace_packet": on_packet,
        "trace_connect": on_connect,
    }
    if options.transport is Transport.UDP:
        return AsyncModbusUdpClient(options.host, port=options.port, framer=FramerType.SOCKET, **common)
    if options.transport is Transport.RTU_OVER_TCP:
        return AsyncModbusTcpClient(options.host, port=options.port, framer=FramerType.RTU, **common)
    return AsyncModbusSerialClient(
        options.device,
        framer=FramerType.ASCII if options.transport is Transport.ASCII else FramerType.RTU,
        baudrate=options.baudrate,
        bytesize=options.bytesize,
        parity=options.parity,
        stopbits=options.stopbits,
        **common,
    )


async def open_client(options: Connection, listener: Listener, counts: Counts) -> PymodbusLine:
    """Open the line. Raises `Unavailable`."""
    line = PymodbusLine(options, listener, counts)
    await line.open()
    return line
