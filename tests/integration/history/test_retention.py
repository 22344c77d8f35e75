"""Old days go as whole files, by count and by size; the newest stays."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from drivers.history.sink import HistorySink
from gateway.core.point import ValueType
from tests.integration.history.park import DAY, NOON, SECOND, ManualClock, Meter, Outbox, read_all, write_all

OpenSink = Callable[..., HistorySink]


def days(directory: Path) -> list[str]:
    return sorted(path.stem for path in (directory / "history").glob("20*.duckdb"))


async def test_days_beyond_keep_are_removed(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(keep=2 * DAY / SECOND), Meter(), Outbox()
    for day in range(5, -1, -1):
        await write_all(sink, outbox.chunk(meter.at(NOON - day * DAY, float(day))))
    assert days(tmp_path) == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert sink.counts["days_removed"] == 3
    assert [value for _, value, _ in await read_all(sink)] == [2.0, 1.0, 0.0]


async def test_a_clock_that_stands_wrong_for_an_hour_throws_nothing_away(
    open_sink: OpenSink, clock: ManualClock, tmp_path: Path
) -> None:
    sink, meter, outbox = open_sink(keep=3 * DAY / SECOND), Meter(), Outbox()
    await write_all(sink, outbox.chunk(meter.at(NOON - DAY, 1.0)), outbox.chunk(meter.at(NOON, 2.0)))
    clock.advance(4000 * 86_400)
    await write_all(sink, outbox.chunk(meter.at(clock.time_ns(), 3.0)))
    assert [value for _, value, _ in await read_all(sink)] == [1.0, 2.0, 3.0]


async def test_the_oldest_days_go_when_the_files_are_larger_than_max_size(open_sink: OpenSink, tmp_path: Path) -> None:
    limit = 6 * 2**20
    sink, meter, outbox, random = open_sink(max_size=limit), Meter((ValueType.FLOAT,) * 50), Outbox(), Random(1)
    for day in range(4, -1, -1):
        rows = [meter.at(NOON - day * DAY + n, *(random.random() for _ in range(50))) for n in range(5_000)]
        await write_all(sink, outbox.chunk(*rows))
    files = (tmp_path / "history").glob("*.duckdb")
    assert sum(path.stat().st_size for path in files) <= limit
    assert days(tmp_path)[-1] == "2026-11-22"
    assert 1 <= len(days(tmp_path)) < 5
