"""Tables are JSON, CSV or Parquet, the same rows in each; files are for those who may take them away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import exports
from gateway.api.access import Principal, Role
from gateway.api.exports import ExportDesk
from gateway.api.parquet import ParquetFile
from gateway.api.tables import MEDIA, TableFormat, accepted
from gateway.core.clock import SystemClock
from gateway.core.errors import Rejected

PARQUET = MEDIA[TableFormat.PARQUET]
SOMEBODY = Principal("test", Role.OPERATOR, "127.0.0.1")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", TableFormat.JSON),
        ("*/*", TableFormat.JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", TableFormat.JSON),
        ("text/csv", TableFormat.CSV),
        ("text/csv;q=0.5, application/json", TableFormat.JSON),
        ("application/json;q=0, */*", TableFormat.CSV),
        ("application/vnd.apache.parquet", TableFormat.PARQUET),
        ("TEXT/CSV ; q=1", TableFormat.CSV),
    ],
)
def test_the_type_that_is_liked_best_is_made(header: str, found: TableFormat) -> None:
    assert accepted(header) is found


@given(st.text())
def test_any_accept_header_gives_a_type_or_a_refusal(header: str) -> None:
    try:
        found = accepted(header)
    except HTTPException as error:
        found = error.status_code
    assert found in {*TableFormat, 406}


async def test_connectivity_has_the_same_rows_in_every_type(park: Any, tmp_path: Path) -> None:
    path = "/api/v1/connectivity"
    known = (await park.http.get(path)).json()["park"]["known"]
    csv = await park.http.get(path, headers={"accept": "text/csv"})
    assert csv.headers["vary"] == "Accept"
    lines = csv.text.removeprefix("\ufeff").splitlines()
    parquet = await park.http.get(path, params={"format": "parquet"})
    assert parquet.headers["content-type"] == PARQUET
    file = tmp_path / "connectivity.parquet"
    await asyncio.to_thread(file.write_bytes, parquet.content)
    with duckdb.connect() as db:
        table = db.execute(f"SELECT * FROM '{file}'")
        names, rows = [column[0] for column in table.description], table.fetchall()
    assert names == lines[0].split(",")
    assert len(rows) == len(lines) - 1
    assert rows[0][names.index("known")] == known
    assert [row[2] for row in rows] == [line.split(",")[2] for line in lines[1:]]


async def test_who_may_not_take_files_gets_the_page_and_no_file(park: Any) -> None:
    park.become(None, Role.VIEWER)
    path = "/api/v1/alarms/journal"
    assert (await park.http.get(path)).status_code == 200
    for form in ("csv", "parquet"):
        assert (await park.http.get(path, params={"format": form})).status_code == 403


async def _pages(*pages: list[list[object]]) -> AsyncIterator[list[list[object]]]:
    for page in pages:
        yield page


async def test_a_parquet_file_holds_what_text_would_break(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path, {"text": "VARCHAR", "number": "DOUBLE"})
    rows: list[list[object]] = [['a "quoted",\r\ncell', 1.5], ["", None], [None, -2], ["=1+1", 0]]
    await file.write(_pages(rows[:2], rows[2:]))
    with duckdb.connect() as db:
        assert [list(row) for row in db.execute(f"SELECT * FROM '{file.path}'").fetchall()] == rows
    assert file.rows == 4


async def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path, {"a": "VARCHAR"})
    await file.write(_pages())
    with duckdb.connect() as db:
        assert db.execute(f"SELECT count(*) FROM '{file.path}'").fetchall() == [(0,)]


class _Request:
    """Somebody who waits until `gone`."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def test_who_goes_away_ends_the_export_and_nothing_is_left(tmp_path: Path) -> None:
    desk, request = ExportDesk(tmp_path, SystemClock()), _Request()
    export = await desk.begin(SOMEBODY, "a file", "1")
    is_ended = asyncio.Event()

    async def work() -> None:
        try:
            request.gone.set()
            await asyncio.Event().wait()
        finally:
            is_ended.set()

    with pytest.raises(HTTPException):
        await desk.make(request, export, work())  # type: ignore[arg-type]
    assert is_ended.is_set()
    assert desk.seen_by(SOMEBODY) == []
    assert not export.folder.exists()


async def test_a_file_that_grows_too_large_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_BYTES", 10)
    monkeypatch.setattr(exports, "LOOK_S", 0.01)
    desk = ExportDesk(tmp_path, SystemClock())
    export = await desk.begin(SOMEBODY, "a file", "1")
    (export.folder / "part").write_bytes(b"a" * 100)
    with pytest.raises(Rejected, match="larger"):
        await desk.make(_Request(), export, asyncio.Event().wait())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


async def test_an_enterprise_sees_only_its_own_files_on_their_way(tmp_path: Path) -> None:
    desk = ExportDesk(tmp_path, SystemClock())
    own, other = (Principal("a", Role.ENTERPRISE, "127.0.0.1", name) for name in ("huali", "dongyue"))
    await desk.begin(own, "a file", "1")
    assert [len(desk.seen_by(one)) for one in (own, other, SOMEBODY)] == [1, 0, 1]
