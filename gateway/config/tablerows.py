"""One row of a table of devices changed or taken out; every other line stays byte for byte."""

import codecs
import csv
import io

from gateway.config.csvtext import decode_table
from gateway.config.edit import Patch
from gateway.config.nodes import Plain
from gateway.core.errors import Rejected

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def row_changed(data: bytes, line: int, patch: Patch) -> bytes | None:
    """The table with these cells of the row at `line` (from 1) changed; `None` where it lacks a column for one."""
    lines, delimiter = _lines(data)
    names = _cells(lines[0], delimiter)
    cells = _cells(lines[line - 1], delimiter)
    cells += [""] * (len(names) - len(cells))
    for name, value in _flat(patch).items():
        if isinstance(value, dict | list) or (name not in names and value is not None):
            return None
        if name in names:
            cells[names.index(name)] = _cell(value)
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    lines[line - 1] = out.getvalue() + _end(lines[line - 1])
    return _encoded(data, lines)


def row_removed(data: bytes, line: int) -> bytes:
    """The table without the row at `line` (from 1)."""
    lines, delimiter = _lines(data)
    _cells(lines[line - 1], delimiter)
    return _encoded(data, [*lines[: line - 1], *lines[line:]])


def column_name(data: bytes, column: int) -> str:
    """The name of a column (from 1); empty where there is none."""
    lines, delimiter = _lines(data)
    names = _cells(lines[0], delimiter) if lines else []
    return names[column - 1] if 0 < column <= len(names) else ""


def _lines(data: bytes) -> tuple[list[str], str]:
    text = decode_table(data)
    first = text.split("\n", 1)[0]
    return text.splitlines(keepends=True), max(",;\t", key=first.count)


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line that is one whole row. Raises Rejected where it is a part of one."""
    try:
        rows = list(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        rows = []
    if len(rows) != 1:
        raise Rejected("this row of the table stands over several lines", "change it in the table by hand")
    return [cell.strip() for cell in rows[0]]


def _flat(patch: Patch) -> dict[str, Plain]:
    """`{"name": {"en": ...}}` as columns are called: `name.en`."""
    flat: dict[str, Plain] = {}
    for key, value in patch.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": text for inner, text in _flat(value).items()}
        else:
            flat[key] = value
    return flat


def _cell(value: Plain) -> str:
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _encoded(data: bytes, lines: list[str]) -> bytes:
    """As the table was encoded."""
    text = "".join(lines)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return bom + text.encode(encoding.removesuffix("-sig"))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("gb18030")
    return text.encode()
