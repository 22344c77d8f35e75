"""Bodies: never above the limits, nothing missing, nothing double, nothing counted twice."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from drivers.influxdb.body import Limits, make_body
from drivers.influxdb.line import Encoder
from drivers.influxdb.watch import rejected_rows
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point, ValueType

BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("power"), Point("note", type=ValueType.TEXT)))


@given(
    st.lists(st.tuples(st.floats() | st.none(), st.text("ab", max_size=40) | st.none()), max_size=30),
    st.integers(1, 8),
    st.integers(1, 300),
    st.booleans(),
)
def test_bodies_keep_their_limits_and_lose_nothing(
    values: list[tuple[float | None, str | None]], lines: int, size: int, is_gzip: bool
) -> None:
    batches = tuple(Batch(BLOCK, row, i) for i, row in enumerate(values))
    encoder, start, sent, samples, skipped = Encoder(), 0, list[bytes](), 0, 0
    while start < len(batches):
        body = make_body(encoder, batches, start, Limits(lines, size), gzip=is_gzip, pause=lambda: None)
        plain = gzip.decompress(body.payload) if is_gzip else body.payload
        assert plain == b"\n".join(body.lines)
        assert body.stop > start
        assert len(body.lines) <= lines
        assert len(plain) <= size or len(body.lines) == 1
        start = body.stop
        sent += body.lines
        samples += sum(body.counts)
        skipped += sum(body.skipped.values())
    times = [int(line.rsplit(b" ", 1)[1]) for line in sent]
    assert times == sorted(set(times))
    assert samples + skipped == 2 * len(values)


def test_long_chunks_are_encoded_in_slices() -> None:
    pauses: list[int] = []
    batches = tuple(Batch(BLOCK, (1.0, "a"), i) for i in range(5000))
    make_body(Encoder(), batches, 0, Limits(5000, 1 << 20), gzip=True, pause=lambda: pauses.append(1))
    assert len(pauses) == 5


def test_victoriametrics_own_counters_are_added_up() -> None:
    page = (
        b"# HELP vm_rows_invalid_total x\n"
        b'vm_rows_invalid_total{type="influx"} 3\nvm_rows_invalid_total{type="csv"} 0\n'
        b'vm_rows_ignored_total{reason="too_old"} 1e2\nvm_rows_inserted_total{type="influx"} 7\n'
    )
    assert rejected_rows(page) == 103
    assert rejected_rows(b"<html>") == 0
    assert rejected_rows(b"vm_rows_invalid_total 1.2.3\nvm_rows_ignored_total 1e999\n") == 0
