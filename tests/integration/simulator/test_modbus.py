"""The Modbus lines, read by pymodbus's client: the model's values where the layouts say, and faults on request."""

import asyncio
import math
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from pymodbus.client import AsyncModbusTcpClient

from drivers.simulator.devices import Shown
from drivers.simulator.faults import Fault, FaultBook, FaultName
from drivers.simulator.modbus_server import ModbusPark, Pace
from drivers.simulator.park import ModbusDevice, Park, make_park
from drivers.simulator.registers import Register, Table

TUESDAY_HALF_PAST_TEN = 1_795_487_400.0
TYPES = AsyncModbusTcpClient.DATATYPE


class StoppedClock:
    """Both times stand still."""

    def wall(self) -> float:
        return TUESDAY_HALF_PAST_TEN

    def park(self) -> float:
        return TUESDAY_HALF_PAST_TEN


@dataclass
class Bench:
    """A served park and a client for each line."""

    park: Park
    faults: FaultBook
    ports: list[int]
    clients: list[AsyncModbusTcpClient]

    def device(self, name: str) -> ModbusDevice:
        return next(device for device in self.park.modbus if device.id == name)

    async def read(self, name: str, table: Table, start: int, count: int):  # type: ignore[no-untyped-def]
        device = self.device(name)
        client = self.clients[device.line]
        reads: dict[Table, Callable[..., Awaitable[object]]] = {
            Table.COIL: client.read_coils,
            Table.DISCRETE: client.read_discrete_inputs,
            Table.INPUT: client.read_input_registers,
            Table.HOLDING: client.read_holding_registers,
        }
        return await reads[table](start, count=count, device_id=device.unit)


@pytest.fixture(scope="module")
def park() -> Park:
    return make_park(7)


@pytest.fixture
async def bench(park: Park) -> AsyncIterator[Bench]:
    clock = StoppedClock()
    faults = FaultBook(7, clock)
    served = ModbusPark(park.modbus, Shown(clock, faults), faults, Pace(answer_s=0.0, no_target_s=0.1))
    ports = await served.start(0)
    clients = [
        AsyncModbusTcpClient("127.0.0.1", port=port, timeout=0.5, retries=0, reconnect_delay=0) for port in ports
    ]
    for client in clients:
        assert await client.connect()
    yield Bench(park, faults, ports, clients)
    for client in clients:
        client.close()
    served.stop()
    await asyncio.sleep(0)


def as_pymodbus_reads(register: Register, words: list[int]) -> float:
    """The value in the point's unit, decoded by pymodbus where it knows the order."""
    if register.order == "DCBA":  # pymodbus swaps words, never bytes
        words = [struct.unpack("<H", struct.pack(">H", word))[0] for word in words]
    order = "little" if register.order in ("CDAB", "DCBA") else "big"
    raw = AsyncModbusTcpClient.convert_from_registers(words, TYPES[register.type.upper()], word_order=order)
    assert isinstance(raw, int | float)
    return raw * register.scale


async def test_every_register_of_every_device_holds_the_models_value(bench: Bench) -> None:
    for device in bench.park.modbus:
        shown = device.plant.values(TUESDAY_HALF_PAST_TEN)
        for register in device.layout.registers:
            answer = await bench.read(device.id, register.table, register.address, register.count)
            assert not answer.isError(), (device.id, register.point)
            if register.type == "bool":
                assert answer.bits[0] is bool(shown[register.point])
                continue
            value = as_pymodbus_reads(register, answer.registers)
            tolerance = register.scale if not register.type.startswith("f") else 1e-6
            assert value == pytest.approx(shown[register.point], rel=1e-6, abs=tolerance), (device.id, register.point)


async def test_one_block_holds_many_values(bench: Bench) -> None:
    answer = await bench.read("dongyue-stenter-1", Table.INPUT, 0, 64)
    shown = bench.device("dongyue-stenter-1").plant.values(TUESDAY_HALF_PAST_TEN)
    volts = AsyncModbusTcpClient.convert_from_registers(answer.registers[0:2], TYPES.FLOAT32)
    watts = AsyncModbusTcpClient.convert_from_registers(answer.registers[52:54], TYPES.FLOAT32)
    assert volts == pytest.approx(shown["voltage_l1"])
    assert watts == pytest.approx(1000 * shown["power_active"])


async def test_an_address_outside_is_exception_2_and_a_write_exception_1(bench: Bench) -> None:
    assert (await bench.read("dongyue-main", Table.HOLDING, 0, 2)).exception_code == 2
    written = await bench.clients[1].write_register(3059, 1, device_id=1)
    assert written.exception_code == 1


async def test_a_unit_that_does_not_exist_is_0x0b_after_the_gateways_time_out(bench: Bench) -> None:
    begin = time.monotonic()
    answer = await bench.clients[0].read_holding_registers(0, count=1, device_id=99)
    assert answer.exception_code == 0x0B
    assert time.monotonic() - begin >= 0.1


@pytest.mark.parametrize(("fault", "code"), [(FaultName.BUSY, 6), (FaultName.PATH, 0x0B), (FaultName.HOLE, 2)])
async def test_faults_that_answer_with_an_exception(bench: Bench, fault: FaultName, code: int) -> None:
    bench.faults.switch_on(Fault(fault, "dongyue-main"))
    assert (await bench.read("dongyue-main", Table.HOLDING, 3059, 2)).exception_code == code
    assert not (await bench.read("dongyue-stenter-1", Table.INPUT, 52, 2)).isError()


async def test_a_hole_spoils_only_the_blocks_that_reach_into_it(bench: Bench) -> None:
    bench.faults.switch_on(Fault(FaultName.HOLE, "dongyue-stenter-2", ("temperature_cabinet",)))
    assert (await bench.read("dongyue-stenter-2", Table.INPUT, 240, 11)).exception_code == 2
    assert not (await bench.read("dongyue-stenter-2", Table.INPUT, 240, 10)).isError()


async def test_nan_is_on_the_wire_as_nan(bench: Bench) -> None:
    bench.faults.switch_on(Fault(FaultName.NAN, "dongyue-stack", ("co2",)))
    answer = await bench.read("dongyue-stack", Table.INPUT, 0, 4)
    assert math.isnan(AsyncModbusTcpClient.convert_from_registers(answer.registers[:2], TYPES.FLOAT32))
    assert not math.isnan(AsyncModbusTcpClient.convert_from_registers(answer.registers[2:], TYPES.FLOAT32))


def request(transaction: int, unit: int, start: int, count: int) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit, 3, start, count)


@dataclass
class Wire:
    """A bare connection to a line, to see single frames."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def frame(self, timeout_s: float = 0.5) -> bytes:
        async with asyncio.timeout(timeout_s):
            head = await self.reader.readexactly(6)
            return head + await self.reader.readexactly(int.from_bytes(head[4:], "big"))


@pytest.fixture
async def wire(bench: Bench) -> AsyncIterator[Wire]:
    """To Dongyue's line; unit 1 is its main meter, unit 31 its compressor."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.ports[1])
    yield Wire(reader, writer)
    writer.close()


async def test_a_silent_unit_swallows_requests_while_its_neighbour_answers(bench: Bench, wire: Wire) -> None:
    bench.faults.switch_on(Fault(FaultName.SILENT, "dongyue-main"))
    wire.writer.write(request(1, 1, 3059, 2) + request(2, 31, 100, 1))
    assert (await wire.frame())[:2] == b"\x00\x02"
    with pytest.raises(TimeoutError):
        await wire.frame(0.2)


async def test_a_late_answer_comes_after_those_that_were_asked_later(bench: Bench, wire: Wire) -> None:
    bench.faults.switch_on(Fault(FaultName.LATE, "dongyue-main"))
    wire.writer.write(request(1, 1, 3059, 2) + request(2, 31, 100, 1))
    assert (await wire.frame())[:2] == b"\x00\x02"
    assert (await wire.frame(2.5))[:2] == b"\x00\x01"


async def test_a_foreign_transaction_id(bench: Bench, wire: Wire) -> None:
    bench.faults.switch_on(Fault(FaultName.WRONG_TID, "dongyue-main"))
    wire.writer.write(request(1, 1, 3059, 2))
    assert (await wire.frame())[:2] != b"\x00\x01"


async def test_a_connection_that_is_cut_in_the_middle_of_an_answer(bench: Bench, wire: Wire) -> None:
    bench.faults.switch_on(Fault(FaultName.CUT, "dongyue-main"))
    wire.writer.write(request(1, 1, 3059, 2))
    async with asyncio.timeout(1.0):
        assert 0 < len(await wire.reader.read()) < 13


async def test_garbage_ends_the_connection_and_nothing_else(bench: Bench, wire: Wire) -> None:
    wire.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(1.0):
        assert await wire.reader.read() == b""
    assert not (await bench.read("dongyue-main", Table.HOLDING, 3059, 2)).isError()


async def test_a_line_answers_one_after_the_other_in_the_order_of_the_requests(wire: Wire) -> None:
    wire.writer.write(b"".join(request(n, 1 if n % 2 else 99, 3059, 2) for n in range(1, 5)))
    assert [(await wire.frame(1.0))[1] for _ in range(4)] == [1, 2, 3, 4]
