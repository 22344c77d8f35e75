"""Export: every sample of the chosen points, in order, in both formats, harmless to spreadsheets."""

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from drivers.history.export import Format, Wish
from drivers.history.query import open_reader
from drivers.history.sink import HistorySink
from gateway.core.errors import Unavailable
from gateway.core.point import ValueType
from gateway.core.quality import Quality
from tests.integration.history.park import DAY, MIDNIGHT, NOON, SECOND, Meter, Outbox, write_all

OpenSink = Callable[..., HistorySink]
POINTS = {"tx1.number": 1, "tx1.text": 2, "tx1.counter": 3}
CSV_COLUMNS = ["time", "tag", "value", "text", "quality"]
PARQUET_COLUMNS = ["time", "tag", "value", "integer", "text", "quality"]
BOUNDS = (MIDNIGHT - DAY, MIDNIGHT + DAY)


async def filled(open_sink: OpenSink) -> HistorySink:
    """Two batches on disk, one of the next day in memory."""
    sink, meter, outbox = open_sink(), Meter((ValueType.FLOAT, ValueType.TEXT, ValueType.INT)), Outbox()
    bad = (Quality.BAD_TIMEOUT, Quality.GOOD, Quality.UNCERTAIN_RANGE)
    stored = (meter.at(NOON, -1.5, "on", 2**60 + 1), meter.at(NOON + 123, None, "=1+1", -5, quality=bad))
    await write_all(sink, outbox.chunk(*stored))
    await sink.write(outbox.chunk(meter.at(MIDNIGHT + 5, 0.1, "+x", -(2**60) - 1)))
    return sink


async def test_a_csv_file_has_every_sample_in_order(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, seen = await filled(open_sink), []
    path = tmp_path / "out.csv"
    result = await sink.reader.export(Wish(POINTS, BOUNDS, path, Format.CSV), lambda *done: seen.append(done))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["time", "tag", "value", "text", "quality"],
        ["2026-11-22T12:00:00.000000000Z", "tx1.counter", str(2**60 + 1), "", "good"],
        ["2026-11-22T12:00:00.000000000Z", "tx1.number", "-1.5", "", "good"],
        ["2026-11-22T12:00:00.000000000Z", "tx1.text", "", "on", "good"],
        ["2026-11-22T12:00:00.000000123Z", "tx1.counter", "-5", "", "uncertain_range"],
        ["2026-11-22T12:00:00.000000123Z", "tx1.number", "", "", "bad_timeout"],
        ["2026-11-22T12:00:00.000000123Z", "tx1.text", "", "'=1+1", "good"],
        ["2026-11-23T00:00:00.000000005Z", "tx1.counter", str(-(2**60) - 1), "", "good"],
        ["2026-11-23T00:00:00.000000005Z", "tx1.number", "0.1", "", "good"],
        ["2026-11-23T00:00:00.000000005Z", "tx1.text", "", "'+x", "good"],
    ]
    assert (result.rows, result.bytes) == (9, path.stat().st_size)
    assert seen[-1] == (48, 48)


async def test_a_parquet_file_has_the_same_with_types(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = await filled(open_sink)
    path = tmp_path / "it's.parquet"
    result = await sink.reader.export(Wish(POINTS, BOUNDS, path, Format.PARQUET))
    table = duckdb.read_parquet(str(path))
    assert dict(zip(table.columns, map(str, table.types), strict=True)) == {
        "time": "TIMESTAMP_NS",
        "tag": "VARCHAR",
        "value": "DOUBLE",
        "integer": "BIGINT",
        "text": "VARCHAR",
        "quality": "VARCHAR",
    }
    rows = table.query("t", "SELECT epoch_ns(time), tag, value, text, quality FROM t").fetchall()
    assert result.rows == len(rows) == 9
    assert rows[5] == (NOON + 123, "tx1.text", None, "=1+1", "good")
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "=1", "＝1"])
async def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(
    open_sink: OpenSink, tmp_path: Path, text: str
) -> None:
    sink, path = open_sink(), tmp_path / "out.csv"
    await write_all(sink, Outbox().chunk(Meter((ValueType.TEXT,)).at(NOON, text)))
    await sink.reader.export(Wish({"=tag": 1}, BOUNDS, path, Format.CSV))
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][1:4] == ["'=tag", "", f"'{text}"]


async def test_a_text_with_quotes_commas_and_lines_survives_csv(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, path, text = open_sink(), tmp_path / "out.csv", 'a,"b"\nc\r\n洗'
    await write_all(sink, Outbox().chunk(Meter((ValueType.TEXT,)).at(NOON, text)))
    await sink.reader.export(Wish({"t": 1}, BOUNDS, path, Format.CSV))
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][3] == text


@pytest.mark.parametrize("form", list(Format))
async def test_an_export_of_nothing_is_a_file_with_columns_only(
    open_sink: OpenSink, tmp_path: Path, form: Format
) -> None:
    sink, path = open_sink(), tmp_path / "out"
    result = await sink.reader.export(Wish({}, BOUNDS, path, form))
    assert result.rows == 0
    table = duckdb.read_parquet(str(path)) if form is Format.PARQUET else duckdb.read_csv(str(path))
    assert table.columns == (CSV_COLUMNS if form is Format.CSV else PARQUET_COLUMNS)


async def test_bounds_and_points_choose(open_sink: OpenSink, tmp_path: Path) -> None:
    sink, path = await filled(open_sink), tmp_path / "out.csv"
    result = await sink.reader.export(Wish({"tx1.number": 1}, (NOON + 1, NOON + SECOND), path, Format.CSV))
    assert result.rows == 1


@pytest.mark.parametrize("form", list(Format))
async def test_of_some_points_only_some_times_are_in_it(open_sink: OpenSink, tmp_path: Path, form: Format) -> None:
    """As an enterprise sees what was its own for a part of the time."""
    sink, path = await filled(open_sink), tmp_path / f"out.{form}"
    within = {"tx1.number": [(NOON, NOON + 1), (MIDNIGHT, MIDNIGHT + SECOND)], "tx1.text": []}
    await sink.reader.export(Wish(POINTS, BOUNDS, path, form, within))
    table = duckdb.read_parquet(str(path)) if form is Format.PARQUET else duckdb.read_csv(str(path))
    tags = [tag for (tag,) in table.project("tag").fetchall()]
    assert tags == ["tx1.counter", "tx1.number", "tx1.counter", "tx1.counter", "tx1.number"]


async def test_the_command_line_exports_the_files_of_a_stopped_gateway(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = await filled(open_sink)
    await sink.flush()
    await sink.close()
    reader = await open_reader(tmp_path / "history")
    result = await reader.export(Wish(POINTS, BOUNDS, tmp_path / "out.parquet", Format.PARQUET))
    await reader.close()
    assert result.rows == 9


async def test_a_target_that_cannot_be_written_is_said_and_leaves_nothing(open_sink: OpenSink, tmp_path: Path) -> None:
    sink = await filled(open_sink)
    with pytest.raises(Unavailable):
        await sink.reader.export(Wish(POINTS, BOUNDS, tmp_path / "nowhere" / "out.csv", Format.CSV))
    (tmp_path / "taken").mkdir()
    with pytest.raises(Unavailable):
        await sink.reader.export(Wish(POINTS, BOUNDS, tmp_path / "taken", Format.CSV))
    assert not list(tmp_path.glob(".export-*"))
