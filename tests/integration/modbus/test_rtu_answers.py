"""RTU framing has no transaction id: what comes late or does not fit must still never pass for an answer."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable

import pytest
from pymodbus.framer import FramerRTU

from drivers.modbus.source import ModbusSource
from gateway.core.errors import Unavailable
from gateway.core.quality import Quality
from tests.contract.source_suite import FakeIntake, running, until
from tests.integration.modbus import parks

GOOD, WRONG = 41.5, 66.5
Script = Callable[[int], list[bytes | float]]
"""What to do with the n-th request (from 1): bytes to send, seconds to wait; empty bytes close the connection."""


def rtu(unit: int, function: int, *values: float) -> bytes:
    body = bytes([unit, function, 4 * len(values)]) + struct.pack(f">{len(values)}f", *values)
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


@contextlib.asynccontextmanager
async def peer(script: Script) -> AsyncIterator[int]:
    """An RTU-over-TCP device that follows a script; gives its port."""
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readexactly(8):
                asked += 1
                for step in script(asked):
                    if isinstance(step, float):
                        await asyncio.sleep(step)
                    elif step:
                        writer.write(step)
                    else:
                        return writer.transport.abort()
        return writer.transport.abort()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def source_of(port: int, **options: object) -> ModbusSource:
    plans = [parks.device(1, [parks.group(parks.floats(1), 0.1)])]
    return parks.source(port, plans, transport="rtu-over-tcp", **options)


async def values_of(script: Script, count: int = 4, **options: object) -> tuple[set[object], ModbusSource, FakeIntake]:
    intake = FakeIntake()
    async with peer(script) as port:
        source = source_of(port, **options)
        async with running(source, intake):
            await until(lambda: len(intake.good()) >= count)
    return {value for batch in intake.batches for value in batch.values}, source, intake


async def test_a_late_answer_falls_into_the_rest_after_the_time_out() -> None:
    late: list[bytes | float] = [0.3, rtu(1, 3, WRONG)]
    values, source, _ = await values_of(lambda n: late if n == 1 else [rtu(1, 3, GOOD)])
    assert values == {GOOD}
    assert source.counts["timeouts"] == 1


@pytest.mark.parametrize(
    "wrong", [rtu(1, 3, WRONG, WRONG), rtu(1, 3), rtu(1, 4, WRONG)], ids=["too long", "too short", "other function"]
)
async def test_an_answer_that_does_not_fit_is_broken(wrong: bytes) -> None:
    values, source, intake = await values_of(lambda n: [wrong] if n < 3 else [rtu(1, 3, GOOD)], backoff="100 ms")
    assert WRONG not in values
    assert source.counts["broken_answers"] == 2
    assert {quality for batch in intake.batches for quality in batch.quality or ()} == {Quality.BAD_PROTOCOL}


@pytest.mark.parametrize("wrong", [rtu(2, 3, WRONG), rtu(1, 3, WRONG)[:-1] + b"\0"], ids=["other unit", "checksum"])
async def test_a_frame_of_nobody_is_no_answer(wrong: bytes) -> None:
    values, source, _ = await values_of(lambda n: [wrong] if n == 1 else [rtu(1, 3, GOOD)])
    assert values == {GOOD}
    assert source.counts["timeouts"] == 1


async def test_a_peer_that_closes_in_the_middle_is_noticed_at_once() -> None:
    intake = FakeIntake()
    async with peer(lambda n: [rtu(1, 3, GOOD)[:4], b""]) as port:
        with pytest.raises(Unavailable, match="closed the connection"):
            async with asyncio.timeout(5):
                await source_of(port, timeout="30 s").run(intake)
    assert {value for batch in intake.batches for value in batch.values} == {None}


async def test_a_port_where_nobody_listens_is_unavailable() -> None:
    async with peer(lambda n: []) as port:
        pass
    with pytest.raises(Unavailable, match="rtu-over-tcp"):
        await source_of(port).run(FakeIntake())
