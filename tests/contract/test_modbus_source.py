"""The Modbus source keeps the contract: against a peer on a real socket."""

from collections.abc import AsyncIterator

import pytest
from tests.contract.source_suite import Rig, SourceSuite
from tests.integration.modbus import parks
from tests.integration.modbus.peer import Peer

from gateway.core.ports import Source


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
            self.source = parks.source(self.peer.port, [parks.device(7, groups)], **self._options)

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
