"""Device lists from CSV, as spreadsheet programs save them."""

import pytest

ROWS = "id,name.en,name.zh,enterprise,profile,connection,unit\nm1,One,一号,acme,meter,line,1\nm2,,,acme,meter,line,2\n"
TABLE = "devices: {csv: m.csv}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_usual_form_is_read(load_text, minimal, encoding, delimiter, line_end) -> None:
    data = ROWS.replace(",", delimiter).replace("\n", line_end).encode(encoding)
    plan = load_text(minimal + TABLE, m_csv=data).plan
    assert [(device.id, device.names.zh) for device in plan.devices] == [("m1", "一号"), ("m2", "")]
    assert [device.address.unit for device in plan.connections[0].devices] == [1, 2]


def test_rows_and_entries_stand_side_by_side(load_text, minimal) -> None:
    text = minimal + "devices: [{csv: m.csv}, {id: m3, enterprise: acme, kind: x, connection: none}]"
    assert [device.id for device in load_text(text, m_csv=ROWS).plan.devices] == ["m1", "m2", "m3"]


def test_empty_rows_and_cells_are_nothing(load_text, minimal) -> None:
    assert len(load_text(minimal + TABLE, m_csv=ROWS + "\n,,,,,,\n").plan.devices) == 2


def test_a_quoted_cell_may_hold_separators_and_line_ends(load_text, minimal) -> None:
    rows = 'id,name,enterprise,profile,connection,unit\nm1,"a,\nb",acme,meter,line,1\nm2,c,acme,meter,line,2\n'
    assert load_text(minimal + TABLE, m_csv=rows).plan.devices[0].names.en == "a,\nb"


def test_a_problem_after_a_row_of_two_lines_names_its_own_line(refuse_text, minimal) -> None:
    rows = 'id,name,enterprise,profile,connection,unit\nm1,"a,\nb",acme,meter,line,1\nm2,c,acme,meter,line,x\n'
    (problem,) = refuse_text(minimal + TABLE, m_csv=rows)
    assert problem == "m.csv:4:6: expected a whole number, found `x`"


def test_a_cell_may_come_from_the_environment(load_text, minimal) -> None:
    rows = "id,enterprise,profile,connection,unit\nm1,acme,meter,line,${UNIT}\n"
    plan = load_text(minimal + TABLE, {"UNIT": "77"}, m_csv=rows).plan
    assert plan.connections[0].devices[0].address.unit == 77


def test_bytes_that_are_no_text_are_refused(refuse_text, minimal) -> None:
    (problem,) = refuse_text(minimal + TABLE, m_csv=b"\xff\xff\xff\x00")
    assert problem == "m.csv:1:1: not readable as UTF-8 or GBK text (save as `CSV UTF-8`)"


def test_a_table_stands_in_the_folder_of_the_file_that_names_it(load_text, minimal) -> None:
    text = minimal + "include: [d]"
    plan = load_text(text, d__a_yaml="devices: {csv: m.csv}", d__m_csv=ROWS).plan
    assert [device.id for device in plan.devices] == ["m1", "m2"]
