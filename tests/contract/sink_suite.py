"""What every Sink must do, wherever it writes. A driver's test subclasses `SinkSuite` and gives it a `Shore`.

class TestHistorySink(SinkSuite):
    @pytest.fixture
    async def shore(self, tmp_path: Path) -> AsyncIterator[Shore]:
        shore = HistoryShore(tmp_path)
        yield shore
        await shore.down()
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import pytest

from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.point import Point, PointKind, Value, ValueType
from gateway.core.ports import Sink, Written
from gateway.core.quality import Quality

PATIENCE_S = 30.0
T0_NS = 1_795_000_000_123_456_789
STEP_NS = 1_000_000_000

Key = tuple[str, str, int]  # device id, point name, UTC nanoseconds

METER = Device(id="tx1", site="park", enterprise="acme", kind="meter")
BOILER = Device(id="boiler-2", site="park", enterprise="steam works", kind="boiler")

POWERS = Block(METER, (Point("power_active", "kW", digits=7), Point("voltage_l1", "V")), ids=(1, 2))
ENERGY = Block(METER, (Point("energy_import", "kWh", PointKind.COUNTER, ValueType.INT),), ids=(3,))
STATES = Block(
    BOILER,
    (
        Point("running", kind=PointKind.STATE, type=ValueType.BOOL),
        Point("program", kind=PointKind.STATE, type=ValueType.TEXT),
        Point("steps", kind=PointKind.STATE, type=ValueType.INT),
    ),
    ids=(4, 5, 6),
)


class Shore(Protocol):
    """The other side of a sink: a server or a folder, and how to open a sink to it."""

    keeps_text: bool  # False: text has no form there, the sink counts it as skipped
    can_fail: bool  # False: there is no way to make this other side unavailable in a test

    async def open(self) -> Sink:
        """A new sink on the same other side, as after a restart of the gateway. The suite closes it."""
        ...

    async def stored(self) -> dict[Key, Value]:
        """Every value that the other side holds now."""
        ...

    async def fail(self) -> None:
        """From now on nothing can be written."""
        ...

    async def repair(self) -> None:
        """Everything can be written again."""
        ...


def batch(block: Block, values: Sequence[Value | None], step: int = 0) -> Batch:
    """A batch where `None` is a bad value, `step` seconds after T0."""
    is_bad = None in values
    quality = tuple(Quality.BAD_TIMEOUT if value is None else Quality.GOOD for value in values) if is_bad else None
    return Batch(block, tuple(values), T0_NS + step * STEP_NS, quality)


def chunk(seq: int, *batches: Batch, stream: Stream = Stream.TELEMETRY) -> Chunk:
    """An outbox row of these batches."""
    times = [one.time_ns for one in batches] or [T0_NS]
    return Chunk(seq, stream, batches, sum(one.count for one in batches), min(times), max(times))


def expected(*chunks: Chunk) -> dict[Key, Value]:
    """What must be stored of these chunks: every value that is not bad."""
    return {
        (one.block.device.id, point.name, one.time_ns): value
        for row in chunks
        for one in row.batches
        for point, value in zip(one.block.points, one.values, strict=True)
        if value is not None
    }


def powers(seq: int, count: int = 5) -> Chunk:
    """A chunk of `count` good batches; chunks of different seq never overlap in time."""
    return chunk(seq, *(batch(POWERS, (100.5 + i, 230.25 - seq), seq * 1000 + i) for i in range(count)))


async def deliver(sink: Sink, *chunks: Chunk) -> list[Written]:
    """Write chunks in order and make them durable."""
    answers = []
    for row in chunks:
        async with asyncio.timeout(PATIENCE_S):
            answers.append(await sink.write(row))
    async with asyncio.timeout(PATIENCE_S):
        await sink.flush()
    return answers


async def until_stored(shore: Shore, wanted: dict[Key, Value]) -> None:
    """Wait until the other side holds exactly this; fails with the difference when it never does."""
    deadline = time.monotonic() + PATIENCE_S
    while (held := await shore.stored()) != wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    assert held == wanted


class SinkSuite:
    """The contract. Subclasses give the fixture `shore`: another side that is empty and can be written."""

    @pytest.fixture
    async def sink(self, shore: Shore) -> AsyncIterator[Sink]:
        sink = await shore.open()
        yield sink
        await sink.close()

    async def test_every_good_value_arrives_unchanged(self, shore: Shore, sink: Sink) -> None:
        row = powers(1)
        (written,) = await deliver(sink, row)
        assert not written.refused
        assert not written.skipped
        await until_stored(shore, expected(row))

    async def test_what_is_flushed_is_durable_up_to_the_last_chunk(self, sink: Sink) -> None:
        answers = await deliver(sink, powers(1), powers(2))
        assert all(written.durable_seq <= seq for seq, written in enumerate(answers, 1))
        assert (await sink.flush())[Stream.TELEMETRY] == 2

    async def test_streams_are_confirmed_each_on_its_own(self, sink: Sink) -> None:
        await deliver(sink, powers(7), chunk(3, batch(ENERGY, (5,)), stream=Stream.COUNTERS))
        assert await sink.flush() == {Stream.TELEMETRY: 7, Stream.COUNTERS: 3}

    async def test_a_bad_value_leaves_no_trace_and_never_becomes_zero(self, shore: Shore, sink: Sink) -> None:
        row = chunk(1, batch(POWERS, (None, 230.0)), batch(POWERS, (None, None), 1))
        await deliver(sink, row)
        await until_stored(shore, {("tx1", "voltage_l1", T0_NS): 230.0})

    async def test_absent_positions_are_not_stored(self, shore: Shore, sink: Sink) -> None:
        row = chunk(1, Batch(POWERS, (7.5, None), T0_NS, present=0b01))
        (written,) = await deliver(sink, row)
        assert sum(written.skipped.values()) == 0, "an absent position is not a sample"
        await until_stored(shore, {("tx1", "power_active", T0_NS): 7.5})

    async def test_uncertain_values_are_stored(self, shore: Shore, sink: Sink) -> None:
        quality = (Quality.UNCERTAIN_RANGE, Quality.GOOD)
        await deliver(sink, chunk(1, Batch(POWERS, (9999.5, 230.0), T0_NS, quality)))
        assert (await shore.stored())["tx1", "power_active", T0_NS] == 9999.5

    async def test_integers_stay_exact(self, shore: Shore, sink: Sink) -> None:
        readings = (2**53 + 1, 2**63 - 1, -(2**63), 0)
        row = chunk(1, *(batch(ENERGY, (reading,), i) for i, reading in enumerate(readings)))
        await deliver(sink, row)
        await until_stored(shore, expected(row))

    async def test_doubles_stay_exact(self, shore: Shore, sink: Sink) -> None:
        readings = (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.5, 1e16)
        row = chunk(1, *(batch(POWERS, (1.0, reading), i) for i, reading in enumerate(readings)))
        await deliver(sink, row)
        await until_stored(shore, expected(row))

    async def test_states_and_text_arrive_or_are_counted(self, shore: Shore, sink: Sink) -> None:
        row = chunk(1, batch(STATES, (True, 'wash "40°", 洗涤 \\ a=b', 12)), batch(STATES, (False, "", -1), 1))
        (written,) = await deliver(sink, row)
        wanted = expected(row)
        if not shore.keeps_text:
            wanted = {key: value for key, value in wanted.items() if key[1] != "program"}
            assert written.skipped == Counter({"text": 2})
        await until_stored(shore, wanted)

    async def test_every_sample_is_stored_refused_or_counted(self, shore: Shore, sink: Sink) -> None:
        row = chunk(
            1,
            batch(POWERS, (1.5, None)),
            batch(POWERS, (float("nan"), float("inf")), 1),
            batch(ENERGY, (2**80,), 2),
            batch(STATES, (None, "x", 3), 3),
        )
        (written,) = await deliver(sink, row)
        refused = sum(line.count for line in written.refused)
        assert len(await shore.stored()) + refused + sum(written.skipped.values()) == row.count

    async def test_the_same_chunk_again_changes_nothing(self, shore: Shore, sink: Sink) -> None:
        row = powers(1)
        await deliver(sink, row, row)
        await until_stored(shore, expected(row))

    async def test_the_same_chunk_again_after_a_restart_changes_nothing(self, shore: Shore, sink: Sink) -> None:
        first, second = powers(1), powers(2)
        await deliver(sink, first)
        await sink.close()
        again = await shore.open()
        await deliver(again, first, second)
        await again.close()
        await until_stored(shore, expected(first, second))

    async def test_what_was_flushed_survives_a_restart(self, shore: Shore, sink: Sink) -> None:
        row = powers(1)
        await deliver(sink, row)
        await sink.close()
        again = await shore.open()
        try:
            await until_stored(shore, expected(row))
        finally:
            await again.close()

    async def test_an_empty_chunk_is_confirmed(self, sink: Sink) -> None:
        await deliver(sink, chunk(4))
        assert (await sink.flush())[Stream.TELEMETRY] == 4

    async def test_a_chunk_of_bad_values_only_is_confirmed(self, shore: Shore, sink: Sink) -> None:
        await deliver(sink, chunk(5, batch(POWERS, (None, None))))
        assert (await sink.flush())[Stream.TELEMETRY] == 5
        assert await shore.stored() == {}

    async def test_an_other_side_that_fails_is_unavailable_and_says_what_to_do(self, shore: Shore, sink: Sink) -> None:
        self._needs_failure(shore)
        await shore.fail()
        with pytest.raises(Unavailable) as caught:
            await deliver(sink, powers(1))
        assert caught.value.message
        assert caught.value.hint

    async def test_nothing_is_missing_or_double_after_a_failure(self, shore: Shore, sink: Sink) -> None:
        self._needs_failure(shore)
        rows = [powers(seq) for seq in (1, 2, 3)]
        await deliver(sink, rows[0])
        await shore.fail()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await deliver(sink, rows[1])
        await shore.repair()
        await deliver(sink, *rows[1:])
        await until_stored(shore, expected(*rows))

    async def test_counters_only_rise(self, sink: Sink) -> None:
        await deliver(sink, powers(1))
        before = Counter(sink.counts)
        await deliver(sink, powers(2))
        assert all(sink.counts[name] >= count for name, count in before.items())

    async def test_it_has_a_name_and_closes_twice(self, shore: Shore) -> None:
        sink = await shore.open()
        assert sink.name
        await sink.close()
        await sink.close()

    def _needs_failure(self, shore: Shore) -> None:
        if not shore.can_fail:
            pytest.skip("this other side cannot be made to fail")
