"""Answers that are tables: JSON, or the same columns as CSV or Parquet, by `Accept` or the parameter `format`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from gateway.api.access import Permission, Principal, Reader, refused
from gateway.api.answers import CSV, PARQUET
from gateway.api.context import Context
from gateway.api.csvlines import BOM, line
from gateway.api.parquet import ParquetFile
from gateway.pipeline.audit import Entry

Rows = Sequence[Sequence[object]]


class TableFormat(StrEnum):
    """How a table is written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA = {TableFormat.JSON: "application/json", TableFormat.CSV: CSV, TableFormat.PARQUET: PARQUET}
TABLES = (CSV, PARQUET)
"""What else than JSON a table can be, for `answers(..., files=TABLES)`."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: `columns` with their types in Parquet (DuckDB's words), and pages of rows."""

    name: str  # of the kind: `history`
    columns: Mapping[str, str]
    pages: AsyncIterator[Rows]


def table_format(
    request: Request,
    principal: Reader,
    format: Annotated[TableFormat | None, Query(description="Default: what `Accept` asks for, else JSON.")] = None,  # noqa: A002
) -> TableFormat:
    """What is asked for. Answers 406 for a type that is not made, 403 where files of data are not for them."""
    found = format or accepted(request.headers.get("accept", ""))
    if found is not TableFormat.JSON and not principal.may(Permission.EXPORT):
        raise refused(principal, Permission.EXPORT)
    return found


InFormat = Annotated[TableFormat, Depends(table_format)]


def accepted(header: str, offered: Sequence[TableFormat] = tuple(TableFormat)) -> TableFormat:
    """The first of the offered types that is liked best (RFC 9110, 12.5.1). Answers 406 where none is."""
    if not header.strip():
        return offered[0]
    ranges = _ranges(header)
    liked = {kind: _liking(ranges, MEDIA[kind]) for kind in offered}
    best = max(liked, key=lambda kind: liked[kind])
    if liked[best] <= 0:
        there = ", ".join(MEDIA[kind] for kind in offered)
        raise HTTPException(406, f"none of the types that `Accept` names is made; there is: {there}")
    return best


def _liking(ranges: Sequence[tuple[str, float]], offered: str) -> float:
    """The weight of the most exact range that the type is in."""
    for asked in (offered, f"{offered.split('/', maxsplit=1)[0]}/*", "*/*"):
        found = [weight for kind, weight in ranges if kind == asked]
        if found:
            return max(found)
    return 0.0


def _ranges(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header[:1000].split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        found.append((kind, weight))
    return found


async def table_answer(
    request: Request,
    context: Context,
    principal: Principal,
    form: TableFormat,
    table: Table,
    target: str,
    told: Mapping[str, object],
) -> StreamingResponse | FileResponse:
    """The file. The audit log says that `target` was exported, what was asked for, and how many rows went out."""
    after = {**told, "format": form.value}
    entry = await context.audited(principal, f"export {table.name}", target, after=after).ask()
    name = f"{table.name}.{form.value}"
    if form is TableFormat.CSV:
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
        return StreamingResponse(_csv(table, entry), media_type=f"{CSV}; charset=utf-8", headers=headers)
    async with entry:
        desk = context.exports
        export = await desk.begin(principal, name, entry.request_id)
        file = ParquetFile(export.folder, table.columns)
        await desk.make(request, export, file.write(table.pages))
        _count(entry, file.rows)
    return desk.answer(export, file.path, PARQUET, name)


async def _csv(table: Table, entry: Entry) -> AsyncIterator[bytes]:
    """Line by line; nothing in a cell is a formula for a spreadsheet."""
    rows = 0
    async with entry:
        yield BOM + line(list(table.columns))
        async for page in table.pages:
            rows += len(page)
            _count(entry, rows)
            yield b"".join(line(row) for row in page)


def _count(entry: Entry, rows: int) -> None:
    told = entry.after if isinstance(entry.after, dict) else {}
    entry.after = {**told, "rows": rows}


def table_json(document: object) -> JSONResponse:
    """The same as JSON."""
    return JSONResponse(document, headers={"Vary": "Accept"})


async def one_page(rows: Rows) -> AsyncIterator[Rows]:
    """Rows that are known at once, as pages."""
    for begin in range(0, len(rows), 1000):
        yield rows[begin : begin + 1000]
