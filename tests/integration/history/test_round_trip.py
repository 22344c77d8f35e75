"""What was written comes back: from memory, from disk, over days, exactly once."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.history.query import open_reader
from drivers.history.sink import HistorySink
from gateway.core.batch import Stream
from gateway.core.errors import Unavailable
from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality
from tests.integration.history.park import (
    DAY,
    MIDNIGHT,
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
GOOD = int(Quality.GOOD)

integers = st.integers(-(2**127) + 1, 2**127 - 1) | st.integers(-(2**54), 2**54)
numbers = st.floats(allow_nan=False) | integers | st.booleans()
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
bad = st.tuples(st.none(), st.sampled_from([quality for quality in Quality if quality.is_bad]))
usable = st.tuples(numbers | texts, st.sampled_from([quality for quality in Quality if not quality.is_bad]))
samples = st.lists(st.lists(usable | bad | st.just(None), min_size=3, max_size=3), min_size=1, max_size=12)


def same(stored: Value | None, written: Value | None) -> bool:
    """Equal, and exact where it is an integer."""
    return type(stored) is type(None) if written is None else stored == written


@settings(max_examples=40, deadline=None)
@given(samples, st.booleans())
def test_every_sample_comes_back_exactly(
    rows: list[list[tuple[Value | None, Quality] | None]], is_flushed: bool
) -> None:
    meter = Meter((ValueType.INT, ValueType.TEXT, ValueType.FLOAT))
    batches = []
    expected: dict[int, list[tuple[int, Value | None, int]]] = {1: [], 2: [], 3: []}
    for second, row in enumerate(rows):
        present = sum(1 << position for position, sample in enumerate(row) if sample is not None)
        values = [None if sample is None else sample[0] for sample in row]
        quality = [Quality.GOOD if sample is None else sample[1] for sample in row]
        batches.append(meter.at(NOON + second * SECOND, *values, quality=quality, present=present))
        for position, sample in enumerate(row):
            if sample is not None:
                expected[position + 1].append((NOON + second * SECOND, sample[0], int(sample[1])))

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sink = make_sink(Path(folder), ManualClock())
            written = await sink.write(Outbox().chunk(*batches))
            assert not written.skipped
            if is_flushed:
                await sink.flush()
            for point_id, wanted in expected.items():
                found = await read_all(sink, point_id)
                assert [row[::2] for row in found] == [row[::2] for row in wanted]
                assert all(same(row[1], other[1]) for row, other in zip(found, wanted, strict=True)), (found, wanted)
            await sink.close()

    asyncio.run(run())


async def test_integers_beyond_2_to_the_53_come_back_as_integers(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.INT,))
    await write_all(sink, Outbox().chunk(meter.at(NOON, 2**53 + 1), meter.at(NOON + 1, 2**64 - 1)))
    assert [value for _, value, _ in await read_all(sink)] == [2**53 + 1, 2**64 - 1]


async def test_integers_beyond_128_bits_are_counted(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.INT,))
    written = await sink.write(Outbox().chunk(meter.at(NOON, 2**127), meter.at(NOON + 1, 7)))
    assert written.skipped == {"integer": 1}
    assert [value for _, value, _ in await read_all(sink)] == [7.0]


async def test_samples_of_points_without_an_id_are_counted(open_sink: OpenSink) -> None:
    sink, nameless = open_sink(), Meter(())
    nameless.block = type(nameless.block)(nameless.block.device, Meter().block.points)
    assert (await sink.write(Outbox().chunk(nameless.at(NOON, 1.0)))).skipped == {"no_point_id": 1}


async def test_the_newest_minute_is_answered_before_it_is_on_disk(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = open_sink()
    await sink.write(Outbox().chunk(Meter().at(NOON, 1.5)))
    assert await read_all(sink) == [(NOON, 1.5, GOOD)]
    assert not list((tmp_path / "history").glob("*.duckdb"))


async def test_a_block_is_written_after_its_time_and_only_then_durable(open_sink: OpenSink, clock: ManualClock) -> None:
    sink, meter, outbox = open_sink(block=60.0), Meter(), Outbox(seq=41)
    durable = []
    for second in range(0, 130, 10):
        durable.append((await sink.write(outbox.chunk(meter.at(clock.time_ns(), float(second))))).durable_seq)
        clock.advance(10)
    assert durable == [41] * 6 + [47] * 6 + [53]
    assert [value for _, value, _ in await read_all(sink)] == [float(second) for second in range(0, 130, 10)]


async def test_streams_have_their_own_durable_seq(open_sink: OpenSink) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await sink.write(outbox.chunk(meter.at(NOON, 1.0)))
    await sink.write(outbox.chunk(meter.at(NOON + 1, 2.0), stream=Stream.COUNTERS))
    assert await sink.flush() == {"telemetry": 1, "counters": 2}


async def test_a_chunk_over_midnight_goes_to_two_files(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter = open_sink(), Meter()
    await write_all(sink, Outbox().chunk(meter.at(MIDNIGHT - 1, 1.0), meter.at(MIDNIGHT, 2.0)))
    assert sorted(path.name for path in (tmp_path / "history").glob("*.duckdb")) == [
        "2026-11-22.duckdb",
        "2026-11-23.duckdb",
    ]
    assert await read_all(sink) == [(MIDNIGHT - 1, 1.0, GOOD), (MIDNIGHT, 2.0, GOOD)]


async def test_late_samples_go_to_their_own_day(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, outbox.chunk(meter.at(NOON - 2 * DAY, 1.0)), outbox.chunk(meter.at(NOON, 3.0)))
    await write_all(sink, outbox.chunk(meter.at(NOON - 2 * DAY + 5, 2.0), meter.at(NOON + 5, 4.0)))
    assert [value for _, value, _ in await read_all(sink)] == [1.0, 2.0, 3.0, 4.0]
    assert (tmp_path / "history" / "2026-11-20.duckdb").exists()


async def test_samples_later_than_max_lateness_are_counted(open_sink: OpenSink) -> None:
    sink, meter = open_sink(max_lateness=3600.0), Meter()
    written = await sink.write(Outbox().chunk(meter.at(NOON - 3601 * SECOND, 1.0), meter.at(NOON - 10 * SECOND, 2.0)))
    assert written.skipped == {"late": 1}
    assert [value for _, value, _ in await read_all(sink)] == [2.0]


async def test_a_chunk_that_is_sent_again_says_again_what_was_not_taken(open_sink: OpenSink) -> None:
    sink, meter = open_sink(max_lateness=3600.0), Meter()
    chunk = Outbox().chunk(meter.at(NOON - 3601 * SECOND, 1.0), meter.at(NOON - 10 * SECOND, 2.0))
    await sink.write(chunk)
    assert (await sink.write(chunk)).skipped == {"late": 1}
    await sink.flush()
    assert (await sink.write(chunk)).skipped == {"late": 1}
    assert [value for _, value, _ in await read_all(sink)] == [2.0]


async def test_a_chunk_sent_again_is_stored_once(open_sink: OpenSink) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    chunks = [outbox.chunk(meter.at(NOON + number, float(number))) for number in range(4)]
    await sink.write(chunks[0])
    await write_all(sink, *chunks)
    await write_all(sink, *chunks)
    assert len(await read_all(sink)) == 4


async def test_a_chunk_sent_again_after_a_restart_is_stored_once(open_sink: OpenSink) -> None:
    meter, outbox = Meter(), Outbox()
    chunks = [outbox.chunk(meter.at(MIDNIGHT - 2 + number, float(number))) for number in range(4)]
    first = open_sink()
    await write_all(first, *chunks[:3])
    await first.close()
    second = open_sink()
    await write_all(second, *chunks)
    assert [value for _, value, _ in await read_all(second)] == [0.0, 1.0, 2.0, 3.0]
    assert await second.flush() == {"telemetry": 4}


async def test_a_new_outbox_that_numbers_from_one_again_loses_nothing(open_sink: OpenSink) -> None:
    meter, old = Meter(), Outbox()
    first = open_sink()
    await write_all(first, *(old.chunk(meter.at(NOON + number, 1.0)) for number in range(9)))
    await first.close()
    second, new = open_sink(), Outbox()
    await write_all(second, *(new.chunk(meter.at(NOON + SECOND + number, 2.0)) for number in range(3)))
    assert [value for _, value, _ in await read_all(second)] == [1.0] * 9 + [2.0] * 3


async def test_a_write_that_is_cut_short_leaves_nothing_behind(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.FLOAT,) * 100)
    chunk = Outbox().chunk(*(meter.at(NOON + number, *map(float, range(100))) for number in range(1000)))
    task = asyncio.create_task(sink.write(chunk))
    while not task.done():
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await read_all(sink) == []
    await write_all(sink, chunk)
    assert len(await read_all(sink)) == 1000


async def test_a_text_longer_than_usual_and_an_empty_one_come_back(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.TEXT,))
    await write_all(sink, Outbox().chunk(meter.at(NOON, ""), meter.at(NOON + 1, "长" * 5000)))
    assert [value for _, value, _ in await read_all(sink)] == ["", "长" * 5000]


async def test_raw_says_when_there_is_more_than_the_limit(open_sink: OpenSink) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    await write_all(sink, outbox.chunk(*(meter.at(NOON + number, float(number)) for number in range(5))))
    await sink.write(outbox.chunk(*(meter.at(NOON + 5 + number, float(number)) for number in range(5))))
    found = await sink.reader.raw(1, NOON, NOON + 10, 7)
    assert (len(found.rows), found.is_truncated) == (7, True)
    found = await sink.reader.raw(1, NOON, NOON + 7, 7)
    assert (len(found.rows), found.is_truncated) == (7, False)


async def test_the_files_of_a_stopped_gateway_are_read_without_it(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = open_sink()
    await write_all(sink, Outbox().chunk(Meter().at(NOON, 1.5)))
    with pytest.raises(Unavailable, match="in use"):
        await open_reader(tmp_path / "history")
    await sink.close()
    reader = await open_reader(tmp_path / "history")
    assert (await reader.raw(1, 0, 2**62)).rows == ((NOON, 1.5, GOOD),)
    await reader.close()


async def test_a_folder_without_a_history_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no history"):
        await open_reader(tmp_path / "nowhere")


async def test_a_closed_history_says_so(open_sink: OpenSink) -> None:
    sink = open_sink()
    await sink.close()
    with pytest.raises(Unavailable, match="closed"):
        await sink.reader.raw(1, 0, NOON)
