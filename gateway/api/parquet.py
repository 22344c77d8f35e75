"""Rows as a Parquet file: written as text first and read back by DuckDB, so that no table is ever in memory."""
# ruff: noqa: S608 - statements are put together from constants of the routes and paths of our own

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from gateway.core.errors import Unavailable

_NULL = "\\N"


class ParquetFile:
    """A file in a folder; `rows` says how many it has."""

    def __init__(self, folder: Path, columns: Mapping[str, str]) -> None:
        self.path = folder / "table.parquet"
        self.rows = 0
        self._text = folder / "table.csv"
        self._columns = columns

    async def write(self, pages: AsyncIterator[Sequence[Sequence[object]]]) -> None:
        """Write everything. Raises Unavailable where the disk does not take it."""
        import duckdb

        try:
            async for page in pages:
                self.rows += len(page)
                await asyncio.to_thread(self._append, page)
            await asyncio.to_thread(self._convert)
        except (OSError, duckdb.Error) as error:
            raise Unavailable(f"the file cannot be written: {str(error)[:200]}", "look at the disk") from error

    def _append(self, page: Sequence[Sequence[object]]) -> None:
        with self._text.open("a", encoding="utf-8", errors="replace", newline="") as file:
            csv.writer(file).writerows([[_NULL if cell is None else cell for cell in row] for row in page])

    def _convert(self) -> None:
        import duckdb

        self._text.touch()
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in self._columns.items())
        source = (
            f"read_csv({_quoted(self._text)}, columns = {{{types}}}, header = false, auto_detect = false, "
            f"delim = ',', quote = '\"', escape = '\"', nullstr = '{_NULL}', max_line_size = 16000000)"
        )
        with duckdb.connect(config={"threads": 1}) as db:
            db.execute(f"COPY (SELECT * FROM {source}) TO {_quoted(self.path)} (FORMAT parquet, COMPRESSION zstd)")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
