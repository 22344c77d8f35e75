"""Files that another hand removes or replaces while the gateway runs: said, begun anew, and nothing else is lost."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.history import store
from drivers.history.days import insert_block
from drivers.history.query import open_reader
from drivers.history.sink import HistorySink
from gateway.core.errors import Unavailable
from tests.faults.history.test_damage import DAMAGES
from tests.integration.history.park import (
    DAY,
    HOUR,
    NOON,
    SECOND,
    ManualClock,
    Meter,
    Outbox,
    read_all,
    write_all,
)

OpenSink = Callable[..., HistorySink]
TODAY, YESTERDAY, MONTH = "2026-11-22.duckdb", "2026-11-21.duckdb", "rollup-2026-11.duckdb"


async def values(sink: HistorySink) -> list[object]:
    return [value for _, value, _ in await read_all(sink)]


async def test_a_removed_day_is_begun_anew_with_all_that_waits(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, outbox.chunk(meter.at(NOON, 1.0)))
    await sink.write(outbox.chunk(meter.at(NOON + 1, 2.0)))
    (tmp_path / "history" / TODAY).unlink()
    assert await values(sink) == [2.0]
    await sink.write(outbox.chunk(meter.at(NOON + 2, 3.0)))
    assert await sink.flush() == {"telemetry": 3}
    await write_all(sink, outbox.chunk(meter.at(NOON + 3, 4.0)))
    assert await values(sink) == [2.0, 3.0, 4.0]
    assert (await sink.reader.trend(1, NOON, NOON + SECOND, SECOND)).count == (3,)
    (finding,) = sink.findings
    assert TODAY in finding
    assert sink.counts["files_removed_by_others"] == 1


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_day_that_is_replaced_while_it_is_used_is_moved_aside(
    open_sink: OpenSink, tmp_path: Path, damage: str
) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    for number in range(3):
        await write_all(sink, outbox.chunk(*(meter.at(NOON + number * 500 + n, float(n)) for n in range(500))))
    await sink.write(outbox.chunk(meter.at(NOON + 2000, 2.0)))
    file = tmp_path / "history" / TODAY
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert await sink.flush() == {"telemetry": 4}
    await write_all(sink, outbox.chunk(meter.at(NOON + 2001, 3.0)))
    assert await values(sink) == [2.0, 3.0]
    assert TODAY.removesuffix(".duckdb") in sink.findings[0]
    assert len(list((tmp_path / "history" / "quarantine").glob("*.duckdb"))) == 1


async def test_a_day_that_is_replaced_by_another_history_s_roll_up_is_moved_aside(
    open_sink: OpenSink, clock: ManualClock, tmp_path: Path
) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, outbox.chunk(meter.at(NOON - 2 * HOUR, 1.0)), outbox.chunk(meter.at(NOON, 1.0)))
    await write_all(sink, outbox.chunk(meter.at(NOON, 1.0)))
    shutil.copy(tmp_path / "history" / MONTH, tmp_path / "history" / TODAY)
    await write_all(sink, outbox.chunk(meter.at(NOON + 1, 2.0)))
    assert await values(sink) == [2.0]
    assert "not those of the history" in sink.findings[0]


async def test_a_removed_folder_is_made_anew_and_claimed_again(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, *(outbox.chunk(meter.at(NOON - day * DAY, 1.0)) for day in range(6)))
    await sink.write(outbox.chunk(meter.at(NOON + 1, 2.0)))
    shutil.rmtree(tmp_path / "history")
    assert (await sink.reader.trend(1, NOON, NOON + SECOND, SECOND)).last == (2.0,)
    await write_all(sink, outbox.chunk(meter.at(NOON + 2, 3.0)))
    assert await values(sink) == [2.0, 3.0]
    (finding,) = sink.findings
    assert "2026-11-17.duckdb" in finding
    assert "3 more" in finding
    with pytest.raises(Unavailable, match="in use"):
        await open_reader(tmp_path / "history")


async def test_a_folder_that_vanishes_while_nothing_was_written_yet_is_made_anew(
    open_sink: OpenSink, tmp_path: Path
) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await sink.write(outbox.chunk(meter.at(NOON, 1.0)))
    shutil.rmtree(tmp_path / "history")
    await write_all(sink, outbox.chunk(meter.at(NOON + 1, 2.0)))
    assert await values(sink) == [1.0, 2.0]
    assert sink.findings == []


async def with_roll_up(sink: HistorySink, clock: ManualClock, outbox: Outbox) -> None:
    """Six hours of two days, all rolled up; the newest block is of this hour."""
    meter = Meter()
    for day in (1, 0):
        for hour in (4, 3, 2):
            await write_all(sink, outbox.chunk(meter.at(NOON - day * DAY - hour * HOUR, float(hour))))
    await go_on(sink, clock, outbox, blocks=3)
    assert sink.counts["hours_rolled_up"] >= 6


async def go_on(sink: HistorySink, clock: ManualClock, outbox: Outbox, *, blocks: int) -> None:
    """Blocks of another point."""
    for _ in range(blocks):
        clock.advance(1)
        await write_all(sink, outbox.chunk(Meter(first_id=2).at(clock.time_ns(), 0.0)))


@pytest.mark.parametrize("how", ["removed", "damaged"])
async def test_a_lost_roll_up_is_made_again_from_the_days(
    open_sink: OpenSink, clock: ManualClock, tmp_path: Path, how: str
) -> None:
    sink, outbox = open_sink(), Outbox()
    await with_roll_up(sink, clock, outbox)
    long = (1, NOON - 20 * DAY, NOON + DAY, HOUR)
    whole = await sink.reader.trend(*long)
    assert whole.count == (1,) * 6
    file = tmp_path / "history" / MONTH
    if how == "removed":
        file.unlink()
        assert await sink.reader.trend(*long) == whole
    else:
        file.write_bytes(bytes(20_000))
    before = sink.counts["hours_rolled_up"]
    for _ in range(5):
        clock.advance(3600)
        await go_on(sink, clock, outbox, blocks=1)
        assert await sink.reader.trend(*long) == whole
    assert sink.counts["hours_rolled_up"] >= before + 6
    (tmp_path / "history" / TODAY).unlink()
    (tmp_path / "history" / YESTERDAY).unlink()
    assert (await sink.reader.trend(*long)).count == (1,) * 6, "the roll-up has them again"
    assert MONTH in sink.findings[0]


async def test_a_removed_day_whose_roll_up_is_due_stops_nothing(
    open_sink: OpenSink, clock: ManualClock, tmp_path: Path
) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, outbox.chunk(meter.at(NOON - DAY, 1.0), meter.at(NOON, 2.0)))
    (tmp_path / "history" / YESTERDAY).unlink()
    clock.advance(7200)
    await go_on(sink, clock, outbox, blocks=3)
    assert await values(sink) == [2.0]
    (finding,) = sink.findings
    assert YESTERDAY in finding


async def test_a_day_that_is_removed_while_a_block_goes_in_gets_the_block_again(
    open_sink: OpenSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "history" / TODAY
    hands = iter([file.unlink])

    def insert_and_lose(*arguments: Any) -> None:
        insert_block(*arguments)
        next(hands, lambda: None)()

    monkeypatch.setattr(store, "insert_block", insert_and_lose)
    sink = open_sink()
    await write_all(sink, Outbox().chunk(Meter().at(NOON, 1.0)))
    assert await values(sink) == [1.0]
    assert TODAY in sink.findings[0]


async def test_a_removed_lock_is_taken_again(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = open_sink()
    await write_all(sink, Outbox().chunk(Meter().at(NOON, 1.0)))
    (tmp_path / "history" / ".lock").unlink()
    assert await values(sink) == [1.0]
    with pytest.raises(Unavailable, match="in use"):
        await open_reader(tmp_path / "history")


async def test_what_retention_removes_is_no_finding(open_sink: OpenSink) -> None:
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(), Outbox()
    for day in (4, 3, 2, 1, 0):
        await write_all(sink, outbox.chunk(meter.at(NOON - day * DAY, 1.0)))
    assert sink.counts["days_removed"] == 3
    assert sink.findings == []
