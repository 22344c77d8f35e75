"""Against pymodbus's own server: every table over every transport, and a block with registers that are not there."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer, ModbusUdpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.modbus.config import PointAddress
from drivers.modbus.source import ModbusSource
from gateway.core.errors import Unavailable
from gateway.core.point import Value
from gateway.core.quality import Quality
from tests.contract.source_suite import FakeIntake, running, until
from tests.integration.modbus import parks
from tests.integration.modbus.peer import free_port

UNIT = 5
PLACES = [
    PointAddress(address=0, type="float32"),
    PointAddress(address=2, type="int16"),
    PointAddress(table="input", address=10, type="uint32"),
    PointAddress(table="coil", address=3),
    PointAddress(table="coil", address=12),
    PointAddress(table="discrete", address=1),
]
EXPECTED: dict[str, Value] = {"h0": 12.5, "h2": -7, "i10": 123456789, "c3": True, "c12": False, "d1": True}
BITS = [i in {1, 3, 4} for i in range(16)]


def device() -> SimDevice:
    """Separate memories: coils, discrete inputs, holding registers, input registers."""
    coils = SimData(0, values=BITS, datatype=DataType.BITS)
    discrete = SimData(0, values=BITS, datatype=DataType.BITS)
    holding = [SimData(0, values=12.5, datatype=DataType.FLOAT32), SimData(2, values=-7, datatype=DataType.INT16)]
    inputs = SimData(10, values=123456789, datatype=DataType.UINT32)
    return SimDevice(UNIT, simdata=([coils], [discrete], holding, [inputs]))


@contextlib.asynccontextmanager
async def serving(server: ModbusTcpServer | ModbusUdpServer | ModbusSerialServer) -> AsyncIterator[None]:
    await server.serve_forever(background=True)
    try:
        yield
    finally:
        await server.shutdown()


@contextlib.asynccontextmanager
async def null_modem() -> AsyncIterator[tuple[str, str]]:
    """Two serial devices with a cable between them: two pseudo terminals whose masters are copied to each other."""
    loop = asyncio.get_running_loop()
    pairs = [os.openpty(), os.openpty()]
    for master, slave in pairs:
        tty.setraw(slave)
        os.set_blocking(master, False)
    (one, _), (other, _) = pairs
    loop.add_reader(one, lambda: os.write(other, os.read(one, 1024)))
    loop.add_reader(other, lambda: os.write(one, os.read(other, 1024)))
    try:
        yield os.ttyname(pairs[0][1]), os.ttyname(pairs[1][1])
    finally:
        loop.remove_reader(one)
        loop.remove_reader(other)
        for master, slave in pairs:
            os.close(master)
            os.close(slave)


def source_of(port: int = 502, **options: object) -> ModbusSource:
    return parks.source(port, [parks.device(UNIT, [parks.group(PLACES, 0.2)])], **{"timeout": "1 s", **options})


async def read_all(source: ModbusSource) -> dict[str, Value | None]:
    """The last value of every point, once all were read twice."""
    intake = FakeIntake()
    async with running(source, intake):
        await until(lambda: len(intake.good()) >= 2 * len(source.blocks))
    assert intake.standing_faults() == {}
    return {
        point.name: value
        for batch in intake.batches
        for point, value in zip(batch.block.points, batch.values, strict=True)
    }


async def test_every_table_over_tcp() -> None:
    port = free_port()
    async with serving(ModbusTcpServer(device(), address=("127.0.0.1", port))):
        assert await read_all(source_of(port)) == EXPECTED


async def test_every_table_over_udp() -> None:
    port = free_port()
    async with serving(ModbusUdpServer(device(), address=("127.0.0.1", port))):
        assert await read_all(source_of(port, transport="udp")) == EXPECTED


async def test_every_table_over_rtu_over_tcp() -> None:
    port = free_port()
    async with serving(ModbusTcpServer(device(), address=("127.0.0.1", port), framer=FramerType.RTU)):
        assert await read_all(source_of(port, transport="rtu-over-tcp")) == EXPECTED


@pytest.mark.parametrize(("transport", "framer"), [("rtu", FramerType.RTU), ("ascii", FramerType.ASCII)])
async def test_every_table_over_a_serial_line(transport: str, framer: FramerType) -> None:
    async with null_modem() as (ours, theirs):
        server = ModbusSerialServer(device(), framer=framer, port=theirs, baudrate=115200)
        async with serving(server):
            source = source_of(transport=transport, device=ours, baudrate=115200)
            assert await read_all(source) == EXPECTED


async def test_a_probe_over_a_serial_line_shows_the_bytes_with_their_checksum() -> None:
    async with null_modem() as (ours, theirs):
        server = ModbusSerialServer(device(), framer=FramerType.RTU, port=theirs, baudrate=115200)
        async with serving(server):
            (exchange,) = await source_of(transport="rtu", device=ours, baudrate=115200).probe("d5", ["h0"])
    assert exchange.request[:6] == bytes.fromhex("050300000002")
    assert len(exchange.request) == 8
    assert exchange.response[:7] == bytes.fromhex("05030441480000")
    assert exchange.readings[0].value == 12.5


async def test_a_serial_device_that_is_not_there_is_unavailable() -> None:
    intake = FakeIntake()
    with pytest.raises(Unavailable, match="cannot open /dev/nothing-here") as caught:
        await source_of(transport="rtu", device="/dev/nothing-here").run(intake)
    assert "dialout" in caught.value.hint
    assert {quality for batch in intake.batches for quality in batch.quality or ()} == {Quality.BAD_DISCONNECTED}


async def test_missing_registers_are_found_cycle_by_cycle_and_the_rest_is_read() -> None:
    port = free_port()
    holding = [SimData(i, values=i, datatype=DataType.UINT16) for i in range(40) if i not in {7, 23}]
    server = ModbusTcpServer(SimDevice(UNIT, simdata=holding), address=("127.0.0.1", port))
    places = [PointAddress(address=i) for i in range(40)]
    source = parks.source(port, [parks.device(UNIT, [parks.group(places)])])
    intake = FakeIntake()
    async with serving(server), running(source, intake):
        await until(lambda: len([fault for _, fault, _ in intake.faults if fault is not None]) == 2)
        await until(lambda: len(intake.batches) >= 20)
        settled = len(intake.batches)
        await until(lambda: len(intake.batches) >= settled + 12)
    latest: dict[str, Value | None] = {}
    for batch in intake.batches:
        for position, point in enumerate(batch.block.points):
            if batch.present is None or batch.present >> position & 1:
                latest[point.name] = batch.values[position]
    assert latest == {f"h{i}": None if i in {7, 23} else i for i in range(40)}
    assert sorted(names for _, _, names in intake.faults) == [("h23",), ("h7",)]
    tail = intake.batches[-6:]
    assert {batch.present.bit_count() for batch in tail if batch.present is not None} == {7, 15, 16}
    assert len(source.blocks) == 1
