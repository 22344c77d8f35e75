"""Damaged, foreign and too new files: moved aside or left alone, said, and never in the way of the gateway."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.history.export import Format, Wish
from drivers.history.sink import HistorySink
from gateway.core.errors import Unavailable
from tests.integration.history.park import (
    DAY,
    HOUR,
    NOON,
    SECOND,
    ManualClock,
    Meter,
    Outbox,
    make_sink,
    read_all,
    write_all,
)

OpenSink = Callable[..., HistorySink]
HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "cut to its header": lambda data: data[:5000],
    "zeros": lambda data: bytes(len(data)),
    "something else": lambda data: b"not a database" * (len(data) // 14),
    "a flipped bit in the header": lambda data: data[:4100] + bytes([data[4100] ^ 1]) + data[4101:],
    "flipped bits everywhere": lambda data: data[:12288] + bytes(byte ^ 0x55 for byte in data[12288:]),
}


async def one_day(open_sink: OpenSink, directory: Path) -> Path:
    """A stopped gateway's history of one sample."""
    sink = open_sink()
    await write_all(sink, Outbox().chunk(Meter().at(NOON, 1.0)))
    await sink.close()
    return directory / "history" / "2026-11-22.duckdb"


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_day_is_moved_aside_when_it_is_written(
    open_sink: OpenSink, tmp_path: Path, damage: str
) -> None:
    file = await one_day(open_sink, tmp_path)
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    broken = file.read_bytes()
    sink, outbox = open_sink(), Outbox(seq=1)
    await write_all(sink, outbox.chunk(Meter().at(NOON + 1, 2.0)))
    assert [value for _, value, _ in await read_all(sink)] == [2.0]
    (moved,) = (tmp_path / "history" / "quarantine").glob("*.duckdb")
    assert moved.read_bytes() == broken
    assert "2026-11-22" in sink.findings[0]
    assert "quarantine" in sink.findings[0]
    assert sink.counts["damaged_files"] == 1


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_day_is_left_out_of_an_answer(open_sink: OpenSink, tmp_path: Path, damage: str) -> None:
    file = await one_day(open_sink, tmp_path)
    sink = open_sink()
    await write_all(sink, Outbox(seq=1).chunk(Meter().at(NOON - DAY, 0.0)))
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    trend = await sink.reader.trend(1, NOON - 2 * DAY, NOON + DAY, SECOND)
    assert trend.time_ns == (NOON - DAY,)
    assert len(sink.findings) == 1


async def test_a_damaged_day_does_not_stop_an_export(open_sink: OpenSink, tmp_path: Path) -> None:
    file = await one_day(open_sink, tmp_path)
    sink = open_sink()
    await write_all(sink, Outbox(seq=1).chunk(Meter().at(NOON - DAY, 0.0)))
    file.write_bytes(DAMAGES["cut short"](file.read_bytes()))
    wish = Wish({"t": 1}, (NOON - 2 * DAY, NOON + DAY), tmp_path / "out.csv", Format.CSV)
    assert (await sink.reader.export(wish)).rows == 1


async def test_a_damaged_roll_up_costs_only_itself(open_sink: OpenSink, clock: ManualClock, tmp_path: Path) -> None:
    sink, outbox = open_sink(), Outbox()
    await write_all(sink, outbox.chunk(Meter().at(NOON - 2 * HOUR, 1.0)), outbox.chunk(Meter().at(NOON, 2.0)))
    await write_all(sink, outbox.chunk(Meter().at(NOON, 2.0)))
    rollup = tmp_path / "history" / "rollup-2026-11.duckdb"
    rollup.write_bytes(bytes(20_000))
    assert (await sink.reader.trend(1, NOON - 20 * DAY, NOON + DAY, HOUR)).count == (2,)
    clock.advance(3600)
    await write_all(sink, outbox.chunk(Meter().at(clock.time_ns(), 3.0)))
    clock.advance(10)
    await write_all(sink, outbox.chunk(Meter().at(clock.time_ns(), 3.0)))
    assert rollup.exists()
    assert [value for _, value, _ in await read_all(sink)] == [1.0, 2.0, 2.0, 3.0, 3.0]


async def test_two_damaged_files_of_a_day_are_both_kept(open_sink: OpenSink, tmp_path: Path) -> None:
    file = await one_day(open_sink, tmp_path)
    sink, outbox = open_sink(), Outbox(seq=1)
    for number in range(2):
        file.write_bytes(b"x" * 20_000)
        await write_all(sink, outbox.chunk(Meter().at(NOON + number, 2.0)))
    assert len(list((tmp_path / "history" / "quarantine").glob("*.duckdb"))) == 2


async def test_a_database_of_something_else_is_moved_aside(open_sink: OpenSink, tmp_path: Path) -> None:
    file = tmp_path / "history" / "2026-11-22.duckdb"
    file.parent.mkdir()
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE other AS SELECT 1 AS x")
    sink = open_sink()
    await write_all(sink, Outbox().chunk(Meter().at(NOON, 2.0)))
    assert [value for _, value, _ in await read_all(sink)] == [2.0]
    assert "not those of the history" in sink.findings[0]


async def test_a_newer_file_is_refused_and_not_touched(open_sink: OpenSink, tmp_path: Path) -> None:
    file = await one_day(open_sink, tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE meta SET version = 99")
    sink, outbox = open_sink(), Outbox(seq=1)
    with pytest.raises(Unavailable, match="newer version"):
        await write_all(sink, outbox.chunk(Meter().at(NOON, 2.0)))
    assert not (tmp_path / "history" / "quarantine").exists()
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sample").fetchall() == [(1,)]


async def test_while_another_program_has_the_file_open_the_block_stays_and_no_more_is_taken(
    open_sink: OpenSink, tmp_path: Path
) -> None:
    sink, outbox = open_sink(), Outbox()
    chunks = [outbox.chunk(Meter().at(NOON + number, float(number))) for number in range(3)]
    await write_all(sink, chunks[0])
    await sink.write(chunks[1])
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "history" / "2026-11-22.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(Unavailable, match="close it"):
            await sink.flush()
        with pytest.raises(Unavailable, match="close it"):
            await sink.write(chunks[2])
        other.communicate(timeout=60)
    await write_all(sink, *chunks[1:])
    assert [value for _, value, _ in await read_all(sink)] == [0.0, 1.0, 2.0]
    assert await sink.flush() == {"telemetry": 3}


async def test_two_gateways_on_one_folder_do_not_write_into_each_other(open_sink: OpenSink) -> None:
    first, second, outbox = open_sink(), open_sink(), Outbox()
    await write_all(first, outbox.chunk(Meter().at(NOON, 1.0)))
    with pytest.raises(Unavailable, match="in use by another process"):
        await second.write(outbox.chunk(Meter().at(NOON + 1, 2.0)))
    await first.close()
    await write_all(second, outbox.chunk(Meter().at(NOON + 2, 3.0)))
    assert [value for _, value, _ in await read_all(second)] == [1.0, 3.0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7), st.booleans())
def test_a_flipped_bit_anywhere_gives_what_was_written_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int, is_cut: bool
) -> None:
    async def run() -> None:
        directory = tmp_path_factory.mktemp("flip")
        written = [float(number) for number in range(200)]
        sink = make_sink(directory, ManualClock())
        await write_all(sink, Outbox().chunk(*(Meter().at(NOON + int(value), value) for value in written)))
        await sink.close()
        file = directory / "history" / "2026-11-22.duckdb"
        data = bytearray(file.read_bytes())
        position = int(place * len(data))
        data[position] ^= 1 << bit
        file.write_bytes(data[:position] if is_cut else data)
        again = make_sink(directory, ManualClock())
        found = [value for _, value, _ in await read_all(again)]
        assert found == written or (found == [] and again.findings)
        await write_all(again, Outbox(seq=1).chunk(Meter().at(NOON + DAY, 5.0)))
        await again.close()

    asyncio.run(run())
