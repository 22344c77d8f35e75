"""The entries as CSV without loss: a row each, every field, decimals as texts: the same ids follow from it.

UTF-8 with a byte order mark. Lists are JSON. In text a backslash is doubled and a control character is `\\uxxxx`; text
that a spreadsheet would take for a formula, or that begins with an apostrophe, gets an apostrophe in front.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from rules.carbon.inventory.entry import Entry

COLUMNS = ("id", "period", "state", *(one.name for one in fields(Entry)))
NUMBERS = frozenset(("scope", "quantity", "mass_kg", "co2e_kg", "uncertainty_percent"))
LISTS = frozenset(("factors", "working", "flags"))
BOM = "\ufeff"
RECORDED, OPEN = "recorded", "open, may change"
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "\t", "\r", "\n")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def entries_csv(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """The file."""
    text = io.StringIO()
    text.write(BOM)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in entries:
        state = {"state": RECORDED if one["is_recorded"] else OPEN}
        writer.writerow([_cell(name, {**one, **state}[name]) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(name: str, value: Any) -> str:
    """A number as it is; `none` is an empty cell."""
    if value is None:
        return ""
    if name in NUMBERS:
        return str(value)
    if name in LISTS:
        return _CONTROL.sub(_escaped, json.dumps(value, ensure_ascii=False))  # JSON's own escapes: read back by JSON
    told = _CONTROL.sub(_escaped, str(value).replace("\\", "\\\\"))
    return f"'{told}" if told.startswith(FORMULA) else told


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
