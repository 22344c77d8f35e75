"""Faults at run time: a loopback port that takes one JSON object a line and answers each with one.

{"fault": "silent", "device": "dongyue-main"}                        switch on
{"fault": "nan", "device": "dongyue-stack", "points": ["co2"]}       at some points only
{"fault": "silent", "device": "dongyue-main", "on": false}           switch off
{}                                                                   list what is on
"""

import asyncio
import json

from drivers.simulator.faults import Fault, FaultBook, FaultName

HOST = "127.0.0.1"
_IDLE_S = 600.0
_MAX_LINE = 4096


class Control:
    """The control port."""

    def __init__(self, faults: FaultBook, devices: frozenset[str]) -> None:
        self._faults = faults
        self._devices = devices
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on this port (0: a free one); returns it. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, HOST, port, limit=_MAX_LINE)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                while line := await reader.readline():
                    writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                    await writer.drain()
        except (OSError, TimeoutError, ValueError):  # ValueError: a line that is too long
            pass
        finally:
            writer.close()

    def answer(self, line: bytes) -> dict[str, object]:
        """Do what a line says; the answer has `ok`, and `error` or the faults that are on now."""
        try:
            self._obey(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            return {"ok": False, "error": f"{error}"}
        return {"ok": True, "faults": [f"{fault.name}:{fault.device}" for fault in self._faults.listed()]}

    def _obey(self, order: dict[str, object]) -> None:
        if not order:
            return
        name, device = FaultName(str(order["fault"])), str(order["device"])
        if device not in self._devices:
            raise ValueError(f"the park has no device `{device}`")
        points = order.get("points", [])
        if not isinstance(points, list):
            raise TypeError("`points` is a list of names")
        if order.get("on", True):
            self._faults.switch_on(Fault(name, device, tuple(map(str, points))))
        else:
            self._faults.switch_off(name, device)
