"""CSV text to nodes: one mapping per row, as a spreadsheet program saves it.

Header names are field names; a dotted one (`name.en`) is a key inside a key. Empty cells are fields not given.
"""

import csv
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from gateway.config.nodes import Mapping, Scalar
from gateway.config.problems import Mark, Report


def decode_table(data: bytes) -> str:
    """The text of a CSV file: UTF-8 with or without BOM, UTF-16 with BOM, else GBK as Chinese spreadsheets save it.

    Raises UnicodeDecodeError where it is none of them.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")  # a superset of GBK


def parse_table(
    text: str, file: str, report: Report, expand: Callable[[Scalar], None], required: tuple[str, ...] = ()
) -> list[Mapping]:
    """One mapping per row that is not empty; the column of a position is the number of the cell.

    `expand` is called for every cell that contains `${`. A `required` column that is not there is one problem of the
    header instead of one of each row: then there are no rows.
    """
    rows = _rows(text, file, report)
    header = next(rows, None)
    if header is None:
        report.error(Mark(file, 1, 1), "the table is empty", "its first row names the fields: `id,enterprise,profile`")
        return []
    names = _header(header[1], file, report)
    missing = [name for name in required if name not in names]
    for name in missing:
        near = get_close_matches(name, names, n=1)
        hint = f"is column `{near[0]}` meant?" if near else "add it to the first row"
        report.error(Mark(file, 1, 1), f"the table has no column `{name}`", hint)
    if missing:
        return []
    found: list[Mapping] = []
    for line, cells in rows:
        if len(cells) > len(names) and any(cells[len(names) :]):
            hint = "a cell with a separator in it needs quotes"
            report.error(Mark(file, line, len(names) + 1), f"more cells than the header's {len(names)}", hint)
        elif any(cells):
            found.append(_row(names, cells, file, line, expand))
    return found


def _rows(text: str, file: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each row."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        report.error(Mark(file, line, 1), f"not readable as CSV: {error}", "look at the quotes of this row")


def _header(cells: list[str], file: str, report: Report) -> list[str]:
    for column, name in enumerate(cells):
        mark = Mark(file, 1, column + 1)
        if name in cells[:column] and name:
            report.error(mark, f"column `{name}` stands here a second time", f"first: column {cells.index(name) + 1}")
        elif any(name.startswith(f"{other}.") for other in cells if other):
            report.error(mark, f"column `{name}` contradicts column `{name.split('.')[0]}`", "keep one of them")
        elif not all(name.split(".")) and any(cells[column:]):
            report.error(mark, "a column without a name", "write the name of a field")
    return cells


def _row(names: list[str], cells: list[str], file: str, line: int, expand: Callable[[Scalar], None]) -> Mapping:
    row = Mapping(Mark(file, line, 1))
    for column, (name, cell) in enumerate(zip(names, cells, strict=False), start=1):
        if not cell:
            continue
        mark = Mark(file, line, column)
        node = Scalar(cell, mark)
        if "${" in cell:
            expand(node)
        heading = Mark(file, 1, column)  # an unknown field is one problem of the header, not one of each row
        *path, last = name.split(".")
        target = row
        for part in path:
            inner = target.items.get(part)
            if not isinstance(inner, Mapping):
                inner = Mapping(mark)
                target.put(part, inner, heading)
            target = inner
        target.put(last, node, heading)
    return row
