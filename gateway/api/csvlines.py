"""Lines of CSV that no spreadsheet takes for a formula: names and comments come from devices and people."""

import csv
import io
import re
from collections.abc import Sequence

BOM = "\ufeff".encode()  # without it Excel takes UTF-8 for the code page of the machine
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # they steer the terminal that shows the file
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """The value of a cell; text that would be a formula, not a number, gets an apostrophe (OWASP: CSV injection)."""
    if isinstance(value, str):
        text = _CONTROL.sub("\ufffd", value)
        return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
    return "" if value is None else value


def line(cells: Sequence[object]) -> bytes:
    """One line, with its end."""
    text = io.StringIO()
    csv.writer(text).writerow([cell(entry) for entry in cells])
    return text.getvalue().encode(errors="replace")
