"""Samples in memory: exact, in order, without those that are absent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.history.intake import EXACT, SEGMENT_ROWS, is_odd, selector
from drivers.history.memory import Memory, Span, span_of
from gateway.core.batch import Chunk, Stream
from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality
from tests.integration.history.park import DAY, MIDNIGHT, NOON, Meter, Outbox

values = st.none() | st.floats(allow_nan=False) | st.integers(-(2**90), 2**90) | st.booleans() | st.text(max_size=5)


def rows_of(memory: Memory) -> list[tuple[int, int, float, int]]:
    return [row for segment in memory.segments for row in zip(*segment.columns, strict=True)]


def take(memory: Memory, chunk: Chunk) -> dict[str, int]:
    intake = memory.intake()
    for batch in chunk.batches:
        intake.append(batch)
    memory.adopt(chunk, intake)
    return dict(intake.skipped)


@given(st.integers(0, 2**70))
def test_a_selector_has_a_byte_for_every_bit_from_the_lowest(mask: int) -> None:
    assert [position for position, chosen in enumerate(selector(mask)) if chosen] == [
        position for position in range(71) if mask >> position & 1
    ]


@given(values.filter(lambda value: value is not None))
def test_a_value_is_odd_exactly_when_a_double_does_not_hold_it(value: Value) -> None:
    if isinstance(value, float):
        assert not is_odd(value)
    elif isinstance(value, str):
        assert is_odd(value)
    else:
        assert is_odd(value) == (abs(value) > EXACT)


@given(
    st.lists(st.lists(values, min_size=4, max_size=4), max_size=5),
    st.lists(st.integers(0, 15), min_size=5, max_size=5),
    st.sampled_from(list(ValueType)),
)
def test_every_present_value_is_in_exactly_one_place(
    rows: list[list[Value | None]], masks: list[int], kind: ValueType
) -> None:
    memory, meter = Memory(), Meter((ValueType.INT, kind, kind, kind))
    expected: list[tuple[int, int, Value]] = []
    for number, (row, mask) in enumerate(zip(rows, masks, strict=False)):
        quality = [Quality.BAD_TIMEOUT if value is None else Quality.UNCERTAIN_RANGE for value in row]
        batch = meter.at(NOON + number, *row, quality=quality, present=mask)
        take(memory, Chunk(number, Stream.TELEMETRY, (batch,), batch.count, batch.time_ns, batch.time_ns))
        expected += [
            (NOON + number, n + 1, value or 0.0 if value is None else value)
            for n, value in enumerate(row)
            if mask >> n & 1
        ]
    numbers: list[tuple[int, int, Value]] = [row[:3] for row in rows_of(memory)]
    for segment in memory.segments:
        numbers += [row[:3] for row in segment.texts]
        numbers += [(time_ns, point_id, int(digits)) for time_ns, point_id, digits, _ in segment.integers]
    assert sorted(numbers, key=repr_key) == sorted(expected, key=repr_key)


def repr_key(row: tuple[int, int, Value]) -> tuple[int, int]:
    return row[:2]


@pytest.mark.parametrize("kind", [ValueType.FLOAT, ValueType.INT, ValueType.BOOL])
def test_a_batch_that_is_all_good_keeps_the_order_of_its_points(kind: ValueType) -> None:
    memory = Memory()
    take(memory, Outbox().chunk(Meter((kind,) * 3, first_id=7).at(NOON, 1, 0, True)))
    assert rows_of(memory) == [(NOON, 7, 1.0, 0), (NOON, 8, 0.0, 0), (NOON, 9, 1.0, 0)]


def test_a_text_where_numbers_were_announced_is_kept_as_text() -> None:
    memory = Memory()
    take(memory, Outbox().chunk(Meter((ValueType.FLOAT,) * 2).at(NOON, 1.0, "off")))
    assert rows_of(memory) == [(NOON, 1, 1.0, 0)]
    assert memory.segments[0].texts == [(NOON, 2, "off", 0)]


def test_days_are_kept_apart() -> None:
    memory, meter = Memory(), Meter()
    take(memory, Outbox().chunk(meter.at(MIDNIGHT - 1, 1.0), meter.at(MIDNIGHT, 2.0)))
    days = [segment.day for segment in memory.segments]
    assert days == [MIDNIGHT // DAY - 1, MIDNIGHT // DAY]
    memory.drop(days[0])
    assert [row[2] for row in rows_of(memory)] == [2.0]


def test_small_chunks_are_joined_and_large_ones_split() -> None:
    memory, meter, outbox = Memory(), Meter((ValueType.FLOAT,) * 100), Outbox()
    for number in range(10):
        take(memory, outbox.chunk(meter.at(NOON + number, *map(float, range(100)))))
    assert len(memory.segments) == 1
    take(memory, outbox.chunk(*(meter.at(NOON + 10 + n, *map(float, range(100))) for n in range(1000))))
    assert len(rows_of(memory)) == 101_000
    assert max(len(segment.times) for segment in memory.segments) < SEGMENT_ROWS + 100


def test_joining_makes_a_new_segment_because_the_old_one_may_be_read() -> None:
    memory, meter, outbox = Memory(), Meter(), Outbox()
    take(memory, outbox.chunk(meter.at(NOON, 1.0)))
    (before,) = memory.segments
    take(memory, outbox.chunk(meter.at(NOON + 1, 2.0)))
    assert list(before.values) == [1.0]
    assert [row[2] for row in rows_of(memory)] == [1.0, 2.0]


def test_a_chunk_is_known_by_its_number_and_its_time() -> None:
    meter, outbox = Meter(), Outbox()
    first, second, third = (outbox.chunk(meter.at(NOON + number, 1.0)) for number in range(3))
    span = span_of(first).joined(span_of(second))
    assert span == Span(Stream.TELEMETRY, 1, 2, NOON, NOON + 1)
    assert [span.holds(chunk) for chunk in (first, second, third)] == [True, True, False]
    assert not span.holds(Outbox().chunk(meter.at(NOON + DAY, 1.0)))
    assert not span.holds(Outbox().chunk(meter.at(NOON, 1.0), stream=Stream.COUNTERS))
