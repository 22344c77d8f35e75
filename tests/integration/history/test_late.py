"""Samples that come late: what still has its day goes there, what has only a roll-up joins that, once."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from drivers.history.config import SinkOptions
from drivers.history.sink import HistorySink
from drivers.history.trend import QUARTER_NS
from gateway.config.models import OutboxModel
from gateway.core.batch import Stream
from gateway.core.point import ValueType
from gateway.pipeline.energy_export import FARTHEST_DAYS
from tests.integration.history.park import DAY, HOUR, NOON, SECOND, ManualClock, Meter, Outbox, write_all

OpenSink = Callable[..., HistorySink]


async def four_days(sink: HistorySink, outbox: Outbox, *meters: Meter) -> None:
    """A sample of each at noon; of the first two days only the roll-up is left then."""
    for day in (4, 3, 2, 1):
        await write_all(sink, outbox.chunk(*(meter.at(NOON - day * DAY, float(day)) for meter in meters)))


async def test_late_samples_of_a_day_that_was_removed_join_its_roll_up_and_spoil_nothing(
    open_sink: OpenSink, tmp_path: Path
) -> None:
    sink, meter, other, outbox = open_sink(keep=DAY / SECOND), Meter(), Meter(first_id=2), Outbox()
    await four_days(sink, outbox, meter, other)
    late = [
        meter.at(NOON - 4 * DAY + 1, 52.0),
        meter.at(NOON - 4 * DAY + HOUR, 7.0),
        Meter(first_id=3).at(NOON - 4 * DAY, 9.0),
    ]
    written = await sink.write(outbox.chunk(*late))
    assert written.skipped == {}
    for _ in range(2):  # in memory, then in the roll-up
        found = await sink.reader.trend(1, NOON - 5 * DAY, NOON, QUARTER_NS)
        assert found.mean == (28.0, 7.0, 3.0, 2.0, 1.0)
        assert (found.minimum[0], found.maximum[0], found.count[0], found.last[0]) == (4.0, 52.0, 2, 52.0)
        assert (await sink.reader.trend(2, NOON - 5 * DAY, NOON, DAY)).mean == (4.0, 3.0, 2.0, 1.0)
        assert (await sink.reader.trend(3, NOON - 5 * DAY, NOON, DAY)).mean == (9.0,)
        assert [row[1] for row in (await sink.reader.raw(1, 0, NOON)).rows] == [2.0, 1.0]
        await sink.flush()
    assert sink.counts["late_samples"] == 3
    assert not (tmp_path / "history" / "2026-11-18.duckdb").exists()


async def test_what_a_roll_up_has_no_place_for_is_counted_where_the_day_was_removed(open_sink: OpenSink) -> None:
    types = (ValueType.FLOAT, ValueType.TEXT, ValueType.INT)
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(types), Outbox()
    for day in (4, 3, 2, 1):
        await write_all(sink, outbox.chunk(meter.at(NOON - day * DAY, float(day), "on", 1)))
    written = await sink.write(outbox.chunk(meter.at(NOON - 4 * DAY + 1, 6.0, "off", 2**60)))
    assert written.skipped == {"late": 1}
    await sink.flush()
    assert (await sink.reader.trend(1, NOON - 5 * DAY, NOON - 3 * DAY, QUARTER_NS)).mean[0] == 5.0
    assert (await sink.reader.trend(3, NOON - 5 * DAY, NOON - 3 * DAY, QUARTER_NS)).maximum[0] == 2.0**60


async def test_late_samples_that_are_sent_again_after_a_restart_join_the_roll_up_once(open_sink: OpenSink) -> None:
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(), Outbox()
    await four_days(sink, outbox, meter)
    chunks = [
        outbox.chunk(meter.at(NOON - 4 * DAY + number, 10.0), meter.at(NOON + number, 1.0)) for number in range(3)
    ]
    await write_all(sink, *chunks[:2])
    await sink.close()
    again = open_sink(keep=DAY / SECOND)
    await write_all(again, *chunks)
    found = await again.reader.trend(1, NOON - 5 * DAY, NOON - 3 * DAY, QUARTER_NS)
    assert found.count == (4,)
    assert await again.flush() == {"telemetry": 7}


async def test_a_late_sample_that_is_new_joins_although_another_stream_comes_again_as_it_was(
    open_sink: OpenSink,
) -> None:
    sink, meter, counter, outbox = open_sink(keep=DAY / SECOND), Meter(), Meter(first_id=2), Outbox()
    await four_days(sink, outbox, meter, counter)
    counters = outbox.chunk(counter.at(NOON - 4 * DAY + 1, 7.0), stream=Stream.COUNTERS)
    late = meter.at(NOON - 4 * DAY + 1, 10.0)
    await sink.write(counters)
    await sink.write(outbox.chunk(late))
    await sink.flush()  # and killed before the outbox knew of it: more has come until it sends again
    await sink.close()
    again = open_sink(keep=DAY / SECOND)
    await again.write(counters)
    await again.write(outbox.chunk(late, meter.at(NOON - 4 * DAY + 2, 99.0)))
    await again.flush()
    found = await again.reader.trend(1, NOON - 5 * DAY, NOON - 3 * DAY, QUARTER_NS)
    assert found.maximum == (99.0,)


async def test_a_roll_up_of_an_earlier_version_takes_late_samples(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(), Outbox()
    await four_days(sink, outbox, meter)
    await sink.close()
    with duckdb.connect(str(tmp_path / "history" / "rollup-2026-11.duckdb")) as file:
        file.execute("DROP TABLE late_block")
    again = open_sink(keep=DAY / SECOND)
    await write_all(again, outbox.chunk(meter.at(NOON - 4 * DAY + 1, 52.0)))
    assert (await again.reader.trend(1, NOON - 5 * DAY, NOON, QUARTER_NS)).mean == (28.0, 3.0, 2.0, 1.0)


async def test_intervals_of_energy_come_in_time_for_the_history_however_late_they_are_sent(
    open_sink: OpenSink, clock: ManualClock
) -> None:
    waited_s = OutboxModel().max_age
    assert SinkOptions().max_lateness >= (FARTHEST_DAYS + 1) * DAY / SECOND + waited_s
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    written = await sink.write(outbox.chunk(meter.at(clock.time_ns() - (FARTHEST_DAYS + 1) * DAY, 1.0)))
    await sink.flush()
    assert written.skipped == {}
    found = await sink.reader.raw(1, 0, NOON)
    assert [row[1] for row in found.rows] == [1.0]
