"""The report as XLSX with live formulas: totals are sums over the sheet of entries, entries products of their factors.

Cached values are written too: viewers that do not calculate show the accounts' own figures. Numbers of a spreadsheet
are doubles: beside each stands the exact decimal as text. Text from outside is always written as text.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from gateway.reports.data import NS, ReportData
from gateway.reports.language import Language, printable
from gateway.reports.xlsx_entries import ENTRIES, FACTORS, EntrySheet, FactorSheet
from gateway.reports.xlsx_summary import SUMMARY, SummaryRow, summary_rows
from gateway.reports.xlsx_tables import Cell, Sheet, table_sheets

_LONGEST_CELL = 32_000  # a cell of Excel holds 32,767 characters


def carbon_xlsx(data: ReportData, language: Language) -> bytes:
    """The workbook."""
    buffer = BytesIO()
    # constant_memory: a row is on disk once the next one begins; a board has little memory
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    moment = datetime.fromtimestamp(data.as_of_ns // NS, UTC).replace(tzinfo=None)
    name = language.of(data.summary["entity"]["name"])
    book.set_properties(
        {"title": f"{name} {data.summary['period']['label']}", "author": "park-gateway", "created": moment}
    )
    write = _Writer(book)
    factors = FactorSheet(data.factors)
    entries = EntrySheet(data.entries, factors, data.park_direct)
    summary = book.add_worksheet(SUMMARY)
    write.sheet(ENTRIES, entries.head(language), entries.rows())
    tables = table_sheets(data, language)
    write.table(tables[0])
    write.sheet(FACTORS, factors.head(language), factors.rows())
    for table in tables[1:]:
        write.table(table)
    write.summary(summary, summary_rows(data, entries, language))
    book.close()
    return buffer.getvalue()


class _Writer:
    def __init__(self, book: Any) -> None:
        self._book = book
        self._head: Format = book.add_format({"bold": True, "bg_color": "#DFE9EB", "text_wrap": True, "valign": "top"})
        self._strong: Format = book.add_format({"bold": True})
        self._number: Format = book.add_format({"num_format": "#,##0.000######"})

    def table(self, table: Sheet) -> None:
        """A sheet of values."""
        self.sheet(table.name, table.head, table.rows)

    def sheet(self, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """A head that stays, a filter, rows."""
        sheet = self._book.add_worksheet(name)
        for column, text in enumerate(head):
            sheet.write_string(0, column, text, self._head)
        number = 0
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                self._cell(sheet, number, column, cell)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(head) - 1, 18)
        if number:
            sheet.autofilter(0, 0, number, len(head) - 1)

    def summary(self, sheet: Worksheet, rows: Sequence[SummaryRow]) -> None:
        """What a reader sees first."""
        for number, row in enumerate(rows):
            strong = self._strong if row.is_head else None
            sheet.write_string(number, 0, row.name, strong)
            for column, cell in enumerate(row.cells, start=1):
                self._cell(sheet, number, column, cell, strong)
        sheet.set_column(0, 0, 46)
        sheet.set_column(1, 6, 24)

    def _cell(self, sheet: Worksheet, row: int, column: int, cell: Cell, style: Format | None = None) -> None:
        if cell.formula:
            sheet.write_formula(row, column, cell.formula, self._number, float(cell.value))
        elif cell.is_number:
            sheet.write_number(row, column, float(cell.value), self._number)
        elif cell.value:
            sheet.write_string(row, column, printable(cell.value)[:_LONGEST_CELL], style)
