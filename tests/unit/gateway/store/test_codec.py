"""The chunk codec: whatever a batch may carry comes back the same, type and all."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.batch import Batch, Block, Stream
from gateway.core.device import Device, MeterRole
from gateway.core.point import Point, PointKind, ValueType
from gateway.core.quality import Quality
from gateway.store.codec import FRAME_BYTES, ChunkWriter, Packed, Undecodable, checksum, pack, unpack
from gateway.store.layout import Layouts, block_from_json, layout_hash, layout_json

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(),
    st.integers(2**63, 2**65),
    st.text(st.characters()),  # half surrogate pairs included
)
KINDS = [0, 64, 127, 128, 137]


def block_of(size: int, name: str = "tx1") -> Block:
    return Block(Device(name, "park", "acme", "meter"), tuple(Point(f"p{i}") for i in range(size)))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    values = tuple(draw(st.lists(VALUES, min_size=1, max_size=80)))
    size = len(values)
    qualities = st.lists(st.sampled_from(list(Quality)), min_size=size, max_size=size).map(tuple)
    return Batch(
        block_of(size),
        values,
        draw(st.integers(-(2**63), 2**63 - 1)),
        draw(st.none() | qualities),
        draw(st.none() | st.integers(0, 2**size - 1)),
    )


def packed(*given_batches: Batch) -> tuple[Packed, Layouts]:
    layouts, writer = Layouts(), ChunkWriter()
    for batch in given_batches:
        writer.add(layouts.hash_of(batch.block), batch)
    return pack(Stream.TELEMETRY, writer), layouts


def no_json(number: int) -> str:
    raise Undecodable(str(number))


def same(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


@given(st.lists(batches(), min_size=1, max_size=5))
def test_every_batch_comes_back_as_it_was(originals: list[Batch]) -> None:
    row, layouts = packed(*originals)
    decoded, _ = unpack(row.codec, row.payload, lambda number: layouts.block_of(number, no_json))
    assert len(decoded) == len(originals)
    for original, back in zip(originals, decoded, strict=True):
        assert layout_json(back.block) == layout_json(original.block)
        assert all(map(same, back.values, original.values))
        assert isinstance(back.values, tuple)
        assert (back.time_ns, back.quality, back.present) == (original.time_ns, original.quality, original.present)
        assert back.quality is None or all(isinstance(quality, Quality) for quality in back.quality)
        assert back.count == original.count


@given(st.lists(batches(), min_size=1, max_size=5))
def test_a_chunk_says_how_many_samples_and_which_times_it_holds(originals: list[Batch]) -> None:
    row, _ = packed(*originals)
    assert row.count == sum(batch.count for batch in originals)
    assert (row.t_first_ns, row.t_last_ns) == (
        min(batch.time_ns for batch in originals),
        max(batch.time_ns for batch in originals),
    )


def test_infinities_and_not_a_number_survive() -> None:
    row, layouts = packed(Batch(block_of(3), (math.inf, -math.inf, math.nan), 1))
    decoded, _ = unpack(row.codec, row.payload, lambda number: layouts.block_of(number, no_json))
    assert decoded[0].values[:2] == (math.inf, -math.inf)
    assert math.isnan(decoded[0].values[2])  # type: ignore[arg-type]


def test_a_large_chunk_is_made_of_frames_that_are_quick_to_decode() -> None:
    block = block_of(60)
    originals = [Batch(block, tuple(float(i * j) for j in range(60)), i) for i in range(1000)]
    row, layouts = packed(*originals)
    decoded, size = unpack(row.codec, row.payload, lambda number: layouts.block_of(number, no_json))
    assert size > 5 * FRAME_BYTES
    assert [batch.time_ns for batch in decoded] == list(range(1000))
    assert decoded[999].values == originals[999].values


def test_a_batch_that_msgpack_refuses_at_first_leaves_nothing_of_the_first_try_behind() -> None:
    block = block_of(2)
    first, odd, last = (Batch(block, values, 1) for values in ((1.0, 2), (1.5, 2**80), (2.0, 3)))
    row, layouts = packed(first, odd, last)
    decoded, _ = unpack(row.codec, row.payload, lambda number: layouts.block_of(number, no_json))
    assert [batch.values for batch in decoded] == [(1.0, 2), (1.5, 2**80), (2.0, 3)]


@given(st.data())
def test_a_damaged_payload_is_refused_or_found_by_its_checksum(data: st.DataObject) -> None:
    row, layouts = packed(Batch(block_of(3), (1.0, "text", True), 5))
    position = data.draw(st.integers(0, len(row.payload) - 1))
    flipped = bytearray(row.payload)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    columns = (row.stream, row.count, row.t_first_ns, row.t_last_ns, row.codec)
    assert checksum(bytes(flipped), *columns) != row.crc32
    with contextlib.suppress(Undecodable):  # nothing else may come out
        unpack(row.codec, bytes(flipped), lambda number: layouts.block_of(number, no_json))


def test_the_checksum_covers_the_columns_that_the_account_is_made_of() -> None:
    assert checksum(b"x", "telemetry", 60, 1, 2, 1) != checksum(b"x", "telemetry", 61, 1, 2, 1)


def test_a_codec_of_the_future_is_not_guessed_at() -> None:
    with pytest.raises(Undecodable, match="codec 9"):
        unpack(9, b"", lambda number: block_of(1))


def test_two_equal_blocks_decode_to_one_object() -> None:
    row, layouts = packed(Batch(block_of(1), (1.0,), 1), Batch(block_of(1), (2.0,), 2))
    first, second = unpack(row.codec, row.payload, lambda number: layouts.block_of(number, no_json))[0]
    assert first.block is second.block


def test_a_block_of_an_earlier_run_is_made_once_from_its_layout() -> None:
    text = layout_json(block_of(2))
    layouts = Layouts()
    number = layout_hash(text)
    once = layouts.block_of(number, lambda _: text)
    assert layouts.block_of(number, no_json) is once


def test_a_layout_keeps_what_sinks_need_and_gives_it_back() -> None:
    device = Device("tx1", "park", "acme", "meter", role=MeterRole.SUB)
    points = (Point("energy", "kWh", PointKind.COUNTER, ValueType.INT), Point("u", "V", digits=7))
    text = layout_json(Block(device, points, 5.0, ids=(7, 8)))
    back = block_from_json(text)
    assert (back.device.id, back.device.site, back.device.enterprise, back.device.kind, back.device.role) == (
        "tx1",
        "park",
        "acme",
        "meter",
        MeterRole.SUB,
    )
    assert back.points == points
    assert back.ids == (7, 8)
    assert layout_json(back) == text
    assert block_from_json(layout_json(Block(device, points))).ids == ()
