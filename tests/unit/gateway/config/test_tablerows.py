"""One row of a table changed or taken out: every other line stays byte for byte, in any encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.csvtext import decode_table, parse_table
from gateway.config.nodes import plain
from gateway.config.problems import Report
from gateway.config.tablerows import column_name, row_changed, row_removed
from gateway.core.errors import Rejected

HEADER = ("id", "name.zh", "enterprise", "unit")
CELL = st.text("ab 号表,;\"'#12", max_size=6).map(str.strip)
ROWS = st.lists(st.tuples(st.just("m"), CELL, CELL, CELL), min_size=1, max_size=4)


def quoted(cell: str, delimiter: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & {delimiter, '"', ",", ";"} else cell


def table(rows: list[tuple[str, ...]], delimiter: str, end: str, encoding: str) -> bytes:
    lines = [delimiter.join(quoted(cell, delimiter) for cell in row) for row in [HEADER, *rows]]
    return (end.join(lines) + end).encode(encoding)


def values(data: bytes) -> list[object]:
    report = Report()
    found = [plain(row) for row in parse_table(decode_table(data), "t.csv", report, lambda _: None)]
    assert not report.problems
    return list(found)


@given(
    ROWS, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig"]), st.data()
)
def test_a_changed_row_says_what_is_wanted_and_the_others_are_untouched(
    rows: list[tuple[str, ...]], delimiter: str, end: str, encoding: str, data: st.DataObject
) -> None:
    old = table(rows, delimiter, end, encoding)
    line = data.draw(st.integers(2, len(rows) + 1))
    new = row_changed(old, line, {"name": {"zh": '新, "1" 号'}, "unit": 12})
    assert new is not None
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    assert before[: line - 1] + before[line:] == after[: line - 1] + after[line:]
    changed = values(new)[line - 2]
    assert isinstance(changed, dict)
    assert (changed["unit"], changed["name"]) == (12, {"zh": '新, "1" 号'})
    assert row_removed(old, line).splitlines(keepends=True) == before[: line - 1] + before[line:]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_table_keeps_its_encoding(encoding: str) -> None:
    old = table([("m1", "一号表", "acme", "1"), ("m2", "二号表", "acme", "2")], ",", "\r\n", encoding)
    new = row_changed(old, 3, {"name": {"zh": "三号表"}})
    assert new is not None
    assert new.decode(encoding) == old.decode(encoding).replace("二号表", "三号表")


def test_a_column_that_is_not_there_cannot_be_written() -> None:
    old = table([("m1", "", "acme", "1")], ",", "\n", "utf-8")
    assert row_changed(old, 2, {"profile": "sdm630"}) is None
    assert row_changed(old, 2, {"profile": None}) is not None
    assert (column_name(old, 4), column_name(old, 9)) == ("unit", "")


def test_a_row_over_several_lines_is_left_to_people() -> None:
    with pytest.raises(Rejected, match="several lines"):
        row_changed(b'id,name.zh\nm1,"a\nb"\n', 2, {"id": "m2"})
