"""The Modbus source keeps the contract: against a peer on a real socket."""

from collections.abc import AsyncIterator

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.core.clock import SystemClock
from gateway.core.ports import Source
from tests.contract.source_suite import Rig, SourceSuite
from tests.integration.modbus import parks
from tests.integration.modbus.peer import Peer, free_port


class ModbusRig:
    """Two groups of one device behind a scripted peer."""

    device = "d7"
    point = "h0"

    def __init__(self, **options: object) -> None:
        self.peer = Peer()
        self._options = options
        self.source: Source

    async def up(self) -> None:
        await self.peer.up()
        if not hasattr(self, "source"):
            groups = [parks.group(parks.floats(10)), parks.group(parks.floats(3, start=500), 0.1, "slow")]
            self.source = parks.source(self.peer.port, [parks.device(7, groups)], SystemClock(), **self._options)

    async def down(self) -> None:
        await self.peer.down()

    async def feed(self) -> None:
        """It polls."""


class TestModbusSource(SourceSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        rig = ModbusRig()
        await rig.up()
        yield rig
        await rig.down()


class TestModbusSourceThatClosesAfterEveryPoll(SourceSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        rig = ModbusRig(close_after_poll=True)
        await rig.up()
        yield rig
        await rig.down()


class RtuRig:
    """The same over RTU framing: pymodbus on both sides."""

    device = "d7"
    point = "h0"

    def __init__(self) -> None:
        self.port = free_port()
        devices = [parks.device(7, [parks.group(parks.floats(10), 0.1)])]
        self.source: Source = parks.source(self.port, devices, SystemClock(), transport="rtu-over-tcp")
        self._server: ModbusTcpServer | None = None

    async def up(self) -> None:
        registers = SimDevice(7, simdata=[SimData(0, count=10, values=1.5, datatype=DataType.FLOAT32)])
        self._server = ModbusTcpServer(registers, address=("127.0.0.1", self.port), framer=FramerType.RTU)
        await self._server.serve_forever(background=True)

    async def down(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    async def feed(self) -> None:
        """It polls."""


class TestModbusSourceOverRtu(SourceSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        rig = RtuRig()
        await rig.up()
        yield rig
        await rig.down()
