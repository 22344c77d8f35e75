"""Integers and booleans from batch to answer and file: no digit lost, nothing that looks like a fraction."""

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from drivers.history.query import open_reader
from drivers.history.sink import HistorySink
from gateway.core.history import Format, Wish
from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality
from tests.integration.history.park import DAY, NOON, Meter, Outbox, read_all, write_all

OpenSink = Callable[..., HistorySink]
TYPES = (ValueType.INT, ValueType.BOOL, ValueType.FLOAT)
POINTS = {"a.count": 1, "b.on": 2, "c.level": 3}
BOUNDS = (NOON - DAY, NOON + DAY)
FIRST_LOST = 2**53 + 1  # the smallest integer that a double does not hold
COUNTS = [5, 0, -7, 2**53 - 1, 2**53, FIRST_LOST, -FIRST_LOST, 2**63 - 1, 2**64 - 1, 2**127 - 1]


def exactly(values: list[Value | None]) -> list[tuple[type, Value | None]]:
    return [(type(value), value) for value in values]


async def filled(open_sink: OpenSink) -> HistorySink:
    """Every count in memory."""
    sink, meter = open_sink(), Meter(TYPES)
    batches = [meter.at(NOON + n, count, n % 2 == 0, float(n)) for n, count in enumerate(COUNTS)]
    await sink.write(Outbox().chunk(*batches))
    return sink


async def csv_values(sink: HistorySink, path: Path) -> dict[str, list[str]]:
    await sink.reader.export(Wish(POINTS, BOUNDS, path, Format.CSV))
    found: dict[str, list[str]] = {tag: [] for tag in POINTS}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["text"] == ""
            found[row["tag"]].append(row["value"])
    return found


@pytest.mark.parametrize("is_flushed", [False, True])
async def test_raw_gives_integers_as_integers(open_sink: OpenSink, is_flushed: bool) -> None:
    sink = await filled(open_sink)
    if is_flushed:
        await sink.flush()
    assert exactly([value for _, value, _ in await read_all(sink)]) == exactly([*COUNTS])
    assert exactly([value for _, value, _ in await read_all(sink, 2)]) == exactly([1, 0] * 5)
    assert exactly([value for _, value, _ in await read_all(sink, 3)]) == exactly([float(n) for n in range(10)])


@pytest.mark.parametrize("is_flushed", [False, True])
async def test_csv_has_every_digit_and_no_fraction(open_sink: OpenSink, tmp_path: Path, is_flushed: bool) -> None:
    sink = await filled(open_sink)
    if is_flushed:
        await sink.flush()
    found = await csv_values(sink, tmp_path / "out.csv")
    assert found["a.count"] == [str(count) for count in COUNTS]
    assert found["b.on"] == ["1", "0"] * 5
    assert found["c.level"] == [str(float(n)) for n in range(10)]


@pytest.mark.parametrize("is_flushed", [False, True])
async def test_parquet_has_a_column_of_exact_integers(open_sink: OpenSink, tmp_path: Path, is_flushed: bool) -> None:
    sink, path = await filled(open_sink), tmp_path / "out.parquet"
    if is_flushed:
        await sink.flush()
    await sink.reader.export(Wish(POINTS, BOUNDS, path, Format.PARQUET))
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT value, integer, text FROM '{path}' WHERE tag = 'a.count' ORDER BY time").fetchall()
        others = db.execute(f"SELECT tag, list(integer ORDER BY time) FROM '{path}' GROUP BY tag").fetchall()
    fits = [-(2**63) <= count < 2**63 for count in COUNTS]
    assert [row[0] for row in rows] == [float(count) for count in COUNTS]
    assert [row[1] for row in rows] == [count if fit else None for count, fit in zip(COUNTS, fits, strict=True)]
    assert [row[2] for row in rows] == [None if fit else str(count) for count, fit in zip(COUNTS, fits, strict=True)]
    assert dict(others)["b.on"] == [1, 0] * 5
    assert dict(others)["c.level"] == [None] * 10


async def test_a_stopped_gateway_s_files_give_the_same(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = await filled(open_sink)
    wanted = await csv_values(sink, tmp_path / "running.csv")
    await sink.flush()
    await sink.close()
    reader = await open_reader(tmp_path / "history")
    assert exactly([value for _, value, _ in (await reader.raw(1, *BOUNDS)).rows]) == exactly([*COUNTS])
    await reader.export(Wish(POINTS, BOUNDS, tmp_path / "stopped.csv", Format.CSV))
    await reader.close()
    assert (tmp_path / "stopped.csv").read_bytes() == (tmp_path / "running.csv").read_bytes()
    assert wanted["a.count"][0] == "5"


async def test_bad_values_and_fractions_of_an_integer_point_stay_what_they_are(
    open_sink: OpenSink, tmp_path: Path
) -> None:
    sink, meter = open_sink(), Meter(TYPES)
    bad = (Quality.BAD_TIMEOUT, Quality.GOOD, Quality.GOOD)
    batches = (meter.at(NOON, None, False, 1.0, quality=bad), meter.at(NOON + 1, 2.5, True, 1.0))
    await write_all(sink, Outbox().chunk(*batches))
    assert exactly([value for _, value, _ in await read_all(sink)]) == exactly([None, 2.5])
    assert (await csv_values(sink, tmp_path / "out.csv"))["a.count"] == ["", "2.5"]


@pytest.mark.parametrize("values", [(float("nan"), FIRST_LOST), (FIRST_LOST, float("nan"))])
async def test_a_nan_beside_an_integer_costs_no_digit(open_sink: OpenSink, values: tuple[Value, Value]) -> None:
    sink, meter = open_sink(), Meter((ValueType.INT, ValueType.INT))
    await write_all(sink, Outbox().chunk(meter.at(NOON, *values)))
    ((_, stored, _),) = await read_all(sink, 1 + values.index(FIRST_LOST))
    assert stored == FIRST_LOST


async def test_a_file_from_before_the_types_were_kept_is_read_and_written_on(
    open_sink: OpenSink, tmp_path: Path
) -> None:
    sink, outbox, meter = open_sink(), Outbox(), Meter((ValueType.INT,))
    await write_all(sink, outbox.chunk(meter.at(NOON, 5)))
    await sink.close()
    with duckdb.connect(str(tmp_path / "history" / "2026-11-22.duckdb")) as connection:
        connection.execute("DROP TABLE whole_number")
    sink = open_sink()
    assert [value for _, value, _ in await read_all(sink)] == [5.0]
    assert (await csv_values(sink, tmp_path / "old.csv"))["a.count"] == ["5.0"]
    await write_all(sink, outbox.chunk(meter.at(NOON + 1, FIRST_LOST)))
    assert exactly([value for _, value, _ in await read_all(sink)]) == exactly([5, FIRST_LOST])
    assert (await csv_values(sink, tmp_path / "new.csv"))["a.count"] == ["5", str(FIRST_LOST)]
    assert sink.findings == []
