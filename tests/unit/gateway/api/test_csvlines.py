"""Lines of CSV: nothing in them is a formula, and every writer of CSV is one of those that see to it."""

import csv
import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.api.csvlines import line

ROOT = Path(__file__).parents[4]
DISARMED = {
    "gateway/api/csvlines.py",
    "gateway/reports/entries_csv.py",  # test_files.py: without loss, and no formula
    "gateway/accounts/records/templates.py",  # our own words only
    "gateway/api/parquet.py",  # on its way into Parquet
    "gateway/config/redact.py",  # the user's own table, shown to them
    "gateway/config/tablerows.py",  # the same, written back
}
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(st.lists(st.text() | st.sampled_from(STARTS).flatmap(lambda start: st.text().map(lambda rest: start + rest))))
def test_no_cell_is_a_formula_and_every_line_reads_back_as_one(cells: list[str]) -> None:
    text = line(cells).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    found = rows[0] if rows else []
    assert len(found) == len(cells)
    assert not any(cell.startswith(STARTS) for cell in found)


def test_numbers_stay_numbers() -> None:
    assert line([-1.5, 3, None, True]) == b"-1.5,3,,True\r\n"


def test_every_writer_of_csv_is_one_that_disarms() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("gateway", "drivers", "rules")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"csv\.(?:Dict)?[wW]riter\(", path.read_text(encoding="utf-8"))
    }
    assert found == DISARMED
