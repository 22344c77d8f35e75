"""Tables that people send, CSV or XLSX: cells as exact texts with their places; hostile files are refused early."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from gateway.accounts.records.evidence_files import XLSX, media_type_of
from gateway.config.csvtext import decode_table
from gateway.config.problems import ConfigErrors, Mark, Problem, Report
from gateway.core.errors import Rejected

MAX_ROWS = 50_000
MAX_COLUMNS = 64
MAX_CELL = 2_000  # characters
_MAX_UNPACKED = 128 * 2**20
_MAX_PARTS = 500
_MAX_RATIO = 200
_COMMENT = "#"
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row that say something, by the names of the columns."""

    line: int
    cells: dict[str, str]
    columns: dict[str, int]  # name: number of the column, from 1

    def mark(self, file: str, name: str) -> Mark:
        """Where a cell stands."""
        return Mark(file, self.line, self.columns.get(name, 1))


@dataclass(slots=True)
class Table:
    """The rows of a file and what should be known about how they were read."""

    file: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)  # of cells that cannot be read; the others are in the rows


def read_table(data: bytes, file: str) -> Table:
    """The rows of a CSV or XLSX file; rows that begin with `#` are remarks. Cells without a value are `problems`.

    Raises Rejected for what is no table, ConfigErrors with the places of what is wrong with it.
    """
    media_type = media_type_of(data)
    if media_type == XLSX:
        return _of_workbook(data, file)
    if media_type == "text/plain":
        return _of_text(data, file)
    raise Rejected(f"{file}: is {media_type}, no table", "save it as CSV or XLSX (.xls and .ods are not read)")


def _of_text(data: bytes, file: str) -> Table:
    try:
        text = decode_table(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Rejected(f"{file}:{line}: neither UTF-8 nor GB18030 text", "save the table as `CSV UTF-8`") from None
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    lines = _lines(reader, file)
    return _table(file, lines, [], Report())


def _lines(reader: Any, file: str) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        report = Report()
        report.error(Mark(file, line, 1), f"not readable as CSV: {error}", "look at the quotes of this row")
        report.raise_problems()


def _table(file: str, lines: Iterator[tuple[int, list[str]]], notes: list[str], broken: Report) -> Table:
    """`broken`: gets what is wrong with single cells, which does not hide what is wrong with the others."""
    report, table = Report(), Table(file, notes=notes)
    names: dict[str, int] | None = None
    for line, raw in lines:
        cells = [unicodedata.normalize("NFC", cell).strip() for cell in raw]
        if not any(cells) or cells[0].startswith(_COMMENT):
            continue
        if names is None:
            names = _header(cells, line, file, report)
            report.raise_problems()
            continue
        if len(table.rows) >= MAX_ROWS:
            report.error(Mark(file, line, 1), f"more than {MAX_ROWS} rows", "split the table")
            break
        _check_cells(cells, names, line, file, broken)
        found = {
            name: cells[column - 1] for name, column in names.items() if column <= len(cells) and cells[column - 1]
        }
        table.rows.append(Row(line, found, names))
    if names is None:
        report.error(Mark(file, 1, 1), "the table is empty", "`park-gateway carbon record template KIND` writes one")
    elif not table.rows and not report.problems and not broken.problems:
        report.error(Mark(file, 1, 1), "the table has a header and no row")
    if report.problems or not table.rows:
        report.problems |= broken.problems
    report.raise_problems()
    table.problems = list(broken.problems)
    return table


def _header(cells: list[str], line: int, file: str, report: Report) -> dict[str, int]:
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        report.error(Mark(file, line, MAX_COLUMNS + 1), f"more than {MAX_COLUMNS} columns")
    names: dict[str, int] = {}
    for column, name in enumerate(cells, start=1):
        key = name.lower().replace(" ", "_")
        if not key:
            report.error(Mark(file, line, column), "a column without a name", "write the name of a field")
        elif key in names:
            report.error(Mark(file, line, column), f"column `{name}` stands here a second time")
        names.setdefault(key, column)
    return names


def _check_cells(cells: list[str], names: dict[str, int], line: int, file: str, report: Report) -> None:
    if any(cells[len(names) :]):
        hint = "a cell with a separator in it needs quotes"
        report.error(Mark(file, line, len(names) + 1), f"more cells than the header's {len(names)}", hint)
    for column, cell in enumerate(cells, start=1):
        if len(cell) > MAX_CELL:
            report.error(Mark(file, line, column), f"longer than {MAX_CELL} characters")


def _of_workbook(data: bytes, file: str) -> Table:
    """The first sheet. Formulas are taken by the value that was saved with them, which is noted."""
    from openpyxl import load_workbook

    _check_archive(data, file)
    notes: list[str] = []
    try:
        values = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        formulas = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if len(values.worksheets) > 1:
            notes.append(f"{file}: only the first sheet, `{values.worksheets[0].title}`, was read")
        pages = [_rows(values.worksheets[0]), _rows(formulas.worksheets[0])]
        broken = Report()
        return _table(file, _texts(pages[0], pages[1], file, notes, broken), notes, broken)
    except (Rejected, ConfigErrors):
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever a damaged file makes it stumble over
        message = f"{file}: not readable as XLSX: {type(error).__name__}"
        raise Rejected(message, "open it in a spreadsheet program and save it anew") from None


def _check_archive(data: bytes, file: str) -> None:
    """An archive is judged by its directory, and no more is ever unpacked than that says (`zipfile` checks it)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > _MAX_PARTS or unpacked > _MAX_UNPACKED or unpacked > max(len(data), 2**14) * _MAX_RATIO:
            raise Rejected(f"{file}: unpacks to {unpacked} bytes", "is it a table? save only its values")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                try:
                    with archive.open(part) as inner:
                        beginning = inner.read(4096)
                except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
                    raise Rejected(f"{file}: damaged or encrypted: {error}", "save it without a password") from None
                if _DECLARED.search(beginning):
                    raise Rejected(f"{file}: declares entities, which no spreadsheet program writes")


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what the file says of its size is not believed
    found: Iterator[tuple[Any, ...]] = sheet.iter_rows(max_row=MAX_ROWS + 100, max_col=MAX_COLUMNS + 1)
    return found


def _texts(
    values: Iterator[tuple[Any, ...]], formulas: Iterator[tuple[Any, ...]], file: str, notes: list[str], broken: Report
) -> Iterator[tuple[int, list[str]]]:
    count = 0
    for line, (found, written) in enumerate(zip(values, formulas, strict=False), start=1):
        texts = []
        for column, (cell, source) in enumerate(zip(found, written, strict=False), start=1):
            is_formula = getattr(source, "data_type", "") == "f"
            count += is_formula
            if cell.value is None and is_formula:
                hint = "open the file in a spreadsheet program, save it, or write the value"
                broken.error(Mark(file, line, column), "a formula without a saved value", hint)
            if getattr(cell, "data_type", "") == "e":
                broken.error(Mark(file, line, column), f"the cell holds the error {cell.value}")
            texts.append(_text(cell.value))
        yield line, texts
    if count:
        notes.append(f"{file}: {count} formulas were taken by the value that was saved with them")


def _text(value: object) -> str:
    """The text of a cell; a binary fraction by its shortest text, as the spreadsheet shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, datetime):
        rounded = value.replace(microsecond=0)
        return rounded.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _decimal(value: float) -> str:
    text = format(Decimal(repr(value)), "f") if abs(value) < 1e15 else str(value)
    return text[:-2] if text.endswith(".0") else text
