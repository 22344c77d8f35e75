"""A point's course: equal to a naive computation, whether it comes from memory, day files or roll-ups."""

import asyncio
import math
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.history.sink import HistorySink
from drivers.history.trend import QUARTER_NS, Trend
from gateway.core.batch import Batch
from gateway.core.errors import Unavailable
from gateway.core.point import ValueType
from gateway.core.quality import Quality
from tests.integration.history.park import (
    DAY,
    HOUR,
    MIDNIGHT,
    NOON,
    SECOND,
    ManualClock,
    Meter,
    Outbox,
    make_sink,
    write_all,
)

OpenSink = Callable[..., HistorySink]
Sample = tuple[int, float]


def naive(samples: Sequence[Sample], step_ns: int, limit: int = 5_000) -> Trend:
    """The course as anyone would compute it."""
    buckets: dict[int, list[Sample]] = defaultdict(list)
    for time_ns, value in sorted(samples):
        buckets[time_ns // step_ns * step_ns].append((time_ns, value))
    kept = sorted(buckets.items())[:limit]
    columns = [[value for _, value in bucket] for _, bucket in kept]
    return Trend(
        tuple(time_ns for time_ns, _ in kept),
        tuple(map(min, columns)),
        tuple(math.fsum(column) / len(column) for column in columns),
        tuple(map(max, columns)),
        tuple(column[-1] for column in columns),
        tuple(map(len, columns)),
        len(buckets) > limit,
    )


def assert_same(found: Trend, wanted: Trend) -> None:
    assert found.mean == pytest.approx(wanted.mean, rel=1e-9, abs=1e-9)
    for name in ("time_ns", "minimum", "maximum", "last", "count", "is_truncated"):
        assert getattr(found, name) == getattr(wanted, name), name


times = st.lists(st.integers(NOON - 2 * HOUR, NOON + 2 * HOUR), unique=True, min_size=1, max_size=60)


@settings(max_examples=30, deadline=None)
@given(times, st.sampled_from([1, 7, 60, 300, 900, 3600]), st.integers(0, 60), st.data())
def test_a_trend_equals_the_naive_computation(
    moments: list[int], step_s: int, flushed: int, data: st.DataObject
) -> None:
    samples = [(time_ns, data.draw(st.floats(-1e6, 1e6))) for time_ns in moments]
    begin, end = sorted((data.draw(st.sampled_from(moments)), data.draw(st.sampled_from(moments))))

    async def run() -> Trend:
        with tempfile.TemporaryDirectory() as folder:
            sink, meter, outbox = make_sink(Path(folder), ManualClock()), Meter(), Outbox()
            for part in (samples[:flushed], samples[flushed:]):
                await sink.flush()
                if part:
                    await sink.write(outbox.chunk(*(meter.at(*sample) for sample in part)))
            try:
                return await sink.reader.trend(1, begin, end, step_s * SECOND)
            finally:
                await sink.close()

    within = [sample for sample in samples if begin <= sample[0] < end]
    assert_same(asyncio.run(run()), naive(within, step_s * SECOND))


async def test_bad_values_and_texts_do_not_count(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.FLOAT, ValueType.TEXT))
    bad = (Quality.BAD_TIMEOUT, Quality.GOOD)
    uncertain = (Quality.UNCERTAIN_RANGE, Quality.GOOD)
    await sink.write(
        Outbox().chunk(
            meter.at(NOON, None, "a", quality=bad),
            meter.at(NOON + 1, 5.0, "b", quality=uncertain),
            meter.at(NOON + 2, 7.0, "c"),
        )
    )
    for _ in range(2):  # from memory, then from disk
        assert (await sink.reader.trend(1, NOON, NOON + 9, SECOND)).mean == (6.0,)
        assert (await sink.reader.trend(2, NOON, NOON + 9, SECOND)).count == ()
        await sink.flush()


async def test_integers_that_a_double_cannot_hold_count_with_the_nearest(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter((ValueType.INT,))
    await sink.write(Outbox().chunk(meter.at(NOON, 2**60 + 1), meter.at(NOON + 1, 5)))
    for _ in range(2):
        assert_same(
            await sink.reader.trend(1, NOON, NOON + 9, SECOND), naive([(NOON, 2.0**60), (NOON + 1, 5.0)], SECOND)
        )
        await sink.flush()


async def test_a_bucket_over_midnight_is_one_bucket(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter()
    await write_all(sink, Outbox().chunk(meter.at(MIDNIGHT - 1, 1.0), meter.at(MIDNIGHT, 3.0)))
    step = 7 * HOUR
    assert_same(
        await sink.reader.trend(1, MIDNIGHT - DAY, MIDNIGHT + DAY, step),
        naive([(MIDNIGHT - 1, 1.0), (MIDNIGHT, 3.0)], step),
    )


async def test_a_trend_says_when_there_is_more_than_the_limit(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter()
    samples = [(NOON + number * SECOND, float(number)) for number in range(9)]
    await write_all(sink, Outbox().chunk(*(meter.at(*sample) for sample in samples)))
    assert_same(await sink.reader.trend(1, NOON, NOON + DAY, SECOND, 4), naive(samples, SECOND, 4))


async def test_a_question_that_takes_too_long_is_given_up_and_the_next_one_answered(open_sink: OpenSink) -> None:
    sink, meter = open_sink(), Meter()
    await write_all(sink, Outbox().chunk(meter.at(NOON, 1.0)))
    with pytest.raises(Unavailable, match="did not answer"):
        await sink.reader.trend(1, NOON, NOON + DAY, SECOND, timeout_s=0.0)
    assert (await sink.reader.trend(1, NOON, NOON + DAY, SECOND)).count == (1,)


def random_batches(meter: Meter, days: int, *, seed: int = 1) -> list[Batch]:
    """Three samples an hour, a day's last one just before midnight; the newest a minute before NOON."""
    random = Random(seed)
    begin = MIDNIGHT - days * DAY
    moments = [begin + hour * HOUR + offset * 20 * 60 * SECOND for hour in range(days * 24) for offset in range(3)]
    return [meter.at(moment, random.uniform(-50, 50)) for moment in moments if moment < NOON - 60 * SECOND]


async def roll_everything_up(sink: HistorySink, clock: ManualClock, outbox: Outbox, meter: Meter) -> None:
    """Blocks of another point, until no ended hour is left without its roll-up."""
    for _ in range(400):
        clock.advance(1)
        await write_all(sink, outbox.chunk(meter.at(clock.time_ns(), 0.0)))
        before = sink.counts["hours_rolled_up"]
        clock.advance(1)
        await write_all(sink, outbox.chunk(meter.at(clock.time_ns(), 0.0)))
        if sink.counts["hours_rolled_up"] == before:
            return


async def test_a_long_range_comes_from_the_roll_up_and_is_the_same(
    open_sink: OpenSink, clock: ManualClock, tmp_path: Path
) -> None:
    sink, meter, outbox = open_sink(), Meter(), Outbox()
    batches = random_batches(meter, 16)
    samples = [(batch.time_ns, float(batch.values[0] or 0)) for batch in batches]
    await write_all(sink, *(outbox.chunk(*batches[number : number + 500]) for number in range(0, len(batches), 500)))
    await roll_everything_up(sink, clock, outbox, Meter(first_id=2))
    await sink.write(
        outbox.chunk(meter.at(NOON, 99.0), meter.at(NOON - 3 * DAY, -99.0))
    )  # one new, one late: in memory
    samples += [(NOON, 99.0), (NOON - 3 * DAY, -99.0)]
    for _ in range(2):
        for step in (QUARTER_NS, HOUR, DAY):
            found = await sink.reader.trend(1, MIDNIGHT - 16 * DAY, MIDNIGHT, step)
            assert_same(found, naive(samples, step))
        await sink.flush()  # the late one's hour is read raw from now on
    assert sink.counts["hours_rolled_up"] > 15 * 24


async def test_an_exact_range_has_nothing_of_what_lies_outside_of_it(open_sink: OpenSink) -> None:
    """Where an enterprise had a device for a part of the time; a bucket that cannot be told apart is left out."""
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(), Outbox()
    batches = random_batches(meter, 4)
    samples = [(batch.time_ns, float(batch.values[0] or 0)) for batch in batches]
    for day in range(4):
        begin = MIDNIGHT - (4 - day) * DAY
        await write_all(sink, outbox.chunk(*(batch for batch in batches if begin <= batch.time_ns < begin + DAY)))
    minute = 60 * SECOND
    rolled = MIDNIGHT - 4 * DAY + HOUR + 7 * minute, MIDNIGHT - 3 * DAY + 8 * minute
    inside = [one for one in samples if rolled[0] + 8 * minute <= one[0] < rolled[1] - 8 * minute]
    assert_same(await sink.reader.trend(1, *rolled, HOUR, is_exact=True), naive(inside, HOUR))
    assert (await sink.reader.trend(1, *rolled, HOUR)).count != naive(inside, HOUR).count
    raw = MIDNIGHT - DAY + HOUR + 7 * minute, MIDNIGHT - HOUR + 8 * minute
    inside = [one for one in samples if raw[0] <= one[0] < raw[1]]
    assert_same(await sink.reader.trend(1, *raw, HOUR, is_exact=True), naive(inside, HOUR))
    nothing = await sink.reader.trend(1, rolled[0], rolled[0] + 5 * minute, HOUR, is_exact=True)
    assert nothing.time_ns == ()


async def test_a_roll_up_outlives_its_day(open_sink: OpenSink, clock: ManualClock, tmp_path: Path) -> None:
    sink, meter, outbox = open_sink(keep=DAY / SECOND), Meter(), Outbox()
    batches = random_batches(meter, 4)
    samples = [(batch.time_ns, float(batch.values[0] or 0)) for batch in batches]
    for day in range(4):
        begin = MIDNIGHT - (4 - day) * DAY
        await write_all(sink, outbox.chunk(*(batch for batch in batches if begin <= batch.time_ns < begin + DAY)))
    left = sorted(path.name for path in (tmp_path / "history").glob("2026-11-??.duckdb"))
    assert left == ["2026-11-21.duckdb", "2026-11-22.duckdb"]
    found = await sink.reader.trend(1, MIDNIGHT - 4 * DAY, MIDNIGHT, HOUR)
    assert_same(found, naive(samples, HOUR))
    assert sink.findings == []
