"""DuckDB reads our arrays as they are."""

import gc
import weakref
from array import array

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.history.arrow import ColumnStream

COLUMNS = (("a", "q"), ("b", "i"), ("c", "d"), ("d", "B"))
row = st.tuples(
    st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1), st.floats(allow_nan=False), st.integers(0, 255)
)
Row = tuple[int, int, float, int]


def stream_of(parts: list[list[Row]]) -> ColumnStream:
    arrays = [
        tuple(array(code, column) for (_, code), column in zip(COLUMNS, zip(*part, strict=True), strict=True))
        for part in parts
    ]
    return ColumnStream(COLUMNS, arrays)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(row, min_size=1, max_size=30), max_size=6))
def test_rows_come_out_as_they_went_in(parts: list[list[Row]]) -> None:
    with duckdb.connect() as connection:
        connection.register("rows", stream_of(parts))
        expected = [item for part in parts for item in part]
        for _ in range(2):  # a stream can be read again
            assert connection.execute("FROM rows").fetchall() == expected


def test_many_rows_cross_the_vectors_of_duckdb() -> None:
    part: list[Row] = [(number, number, number / 2, number % 256) for number in range(10_001)]
    with duckdb.connect() as connection:
        connection.register("rows", stream_of([part, part[:1], part]))
        total = connection.execute("SELECT count(*), sum(a), sum(c) FROM rows WHERE d < 128").fetchone()
    chosen = [item for item in [*part, part[0], *part] if item[3] < 128]
    assert total == (len(chosen), sum(item[0] for item in chosen), sum(item[2] for item in chosen))


def test_a_reader_that_stops_early_leaves_everything_usable() -> None:
    stream = stream_of([[(number, 0, 0.0, 0)] for number in range(5_000)])
    with duckdb.connect() as connection:
        connection.register("rows", stream)
        assert connection.execute("SELECT a FROM rows LIMIT 1").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM rows").fetchall() == [(5_000,)]


def test_arrays_go_with_the_last_reference_without_the_garbage_collector() -> None:
    stream = stream_of([[(1, 2, 3.0, 4)]])
    alive = weakref.ref(stream)
    with duckdb.connect() as connection:
        connection.register("rows", stream)
        connection.execute("FROM rows").fetchall()
        connection.unregister("rows")
    gc.disable()
    try:
        del stream
        assert alive() is None
    finally:
        gc.enable()
