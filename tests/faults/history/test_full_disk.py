"""A disk that is really full: nothing is lost, memory stays bounded, answers go on, and it goes on by itself."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from drivers.history.sink import HistorySink
from gateway.core.batch import Chunk
from gateway.core.errors import Unavailable
from gateway.core.point import ValueType
from tests.integration.history.park import NOON, SECOND, ManualClock, Meter, Outbox, make_sink

WIDTH = 50


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB; needs the right to mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def chunks(random: Random, count: int) -> Iterator[Chunk]:
    """Noise that does not compress, 5,000 samples a chunk."""
    meter, outbox = Meter((ValueType.FLOAT,) * WIDTH), Outbox()
    for number in range(count):
        begin = NOON + number * SECOND
        yield outbox.chunk(*(meter.at(begin + n, *(random.random() for _ in range(WIDTH))) for n in range(100)))


async def write_until_full(sink: HistorySink, clock: ManualClock, rows: list[Chunk]) -> int:
    """How many chunks were taken before the disk was full."""
    for number, row in enumerate(rows):
        clock.advance(1)
        try:
            await sink.write(row)
        except Unavailable:
            return number
    raise AssertionError("the disk never got full")


async def test_a_full_disk_loses_nothing_and_is_left_when_there_is_space(small_disk: Path) -> None:
    clock, filler = ManualClock(), small_disk / "filler"
    filler.write_bytes(bytes(2 * 2**20))
    sink = make_sink(small_disk, clock, block=5.0)
    rows = list(chunks(Random(1), 150))
    taken = await write_until_full(sink, clock, rows)
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"free disk space|tried again"):
            await sink.write(rows[taken])

    filler.unlink()
    durable = (await sink.flush())["telemetry"]
    assert durable >= taken - 6
    for row in rows[durable : taken + 1]:
        await sink.write(row)
    assert (await sink.flush())["telemetry"] == taken + 1
    trend = await sink.reader.trend(1, NOON, NOON + 1000 * SECOND, SECOND)
    assert trend.count == (100,) * (taken + 1)
    await sink.close()


async def test_a_restart_on_a_full_disk_goes_on_where_it_was(small_disk: Path) -> None:
    clock = ManualClock()
    sink = make_sink(small_disk, clock, block=5.0)
    rows = list(chunks(Random(2), 250))
    taken = await write_until_full(sink, clock, rows)
    await sink.close()

    again = make_sink(small_disk, clock, block=5.0)
    trend = await again.reader.trend(1, NOON, NOON + 1000 * SECOND, SECOND)
    stored = len(trend.count)
    assert trend.count == (100,) * stored
    assert taken - 12 <= stored <= taken
    await again.close()
