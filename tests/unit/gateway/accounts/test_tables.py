"""Files that people upload: texts of tables as they are in them, and no file does harm."""

import contextlib
import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from gateway.accounts.records.evidence_files import XLSX, keep, media_type_of, plain_name
from gateway.accounts.records.tables import MAX_ROWS, read_table
from gateway.config.problems import ConfigErrors
from gateway.core.errors import Rejected
from gateway.store.evidence import EvidenceStore


def book(rows: list[list[object]], name: str = "") -> bytes:
    data = io.BytesIO()
    workbook = xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet()
    days = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(line, column, value, days)
            elif isinstance(value, str) and value.startswith("="):
                sheet.write_formula(line, column, value, None, 42 if name == "saved" else "")
            else:
                sheet.write(line, column, value)
    workbook.close()
    return data.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_tables_come_in_the_encodings_of_spreadsheet_programs(encoding: str) -> None:
    table = read_table("source;note\nboiler;锅炉房，十月\n".encode(encoding), "t.csv")
    assert table.rows[0].cells == {"source": "boiler", "note": "锅炉房，十月"}


def test_a_workbook_gives_exact_texts_days_and_saved_values_of_formulas() -> None:
    moment = datetime(2026, 10, 1, 8, 15)  # noqa: DTZ001 - a spreadsheet knows no zone
    data = book([["source", "quantity", "time", "sum"], ["boiler", 1200.1, moment, "=1+41"]], "saved")
    table = read_table(data, "t.xlsx")
    assert table.rows[0].cells == {
        "source": "boiler", "quantity": "1200.1", "time": "2026-10-01 08:15:00", "sum": "42",
    }  # fmt: skip
    assert any("1 formulas were taken by the value" in note for note in table.notes)


def test_a_formula_without_a_saved_value_is_an_error_with_its_place() -> None:
    workbook, data = Workbook(), io.BytesIO()
    workbook.active.append(["source", "quantity"])
    workbook.active.append(["boiler", "=A1"])
    workbook.save(data)
    (told,) = read_table(data.getvalue(), "t.xlsx").problems
    assert str(told).startswith("t.xlsx:2:2: a formula without a saved value")


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (200 * 2**20))
    return data.getvalue()


def entities() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'
        )
    return data.getvalue()


def empty_archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bomb(), "unpacks to"),
        (entities(), "declares entities"),
        (empty_archive(), "not readable as XLSX"),
        (book([["a"], ["1"]])[:200], "damaged"),
        (b"\xff\xd8\xff\xe0 jpeg", "no table"),
        (b"\x7fELF\x02", "no photo"),
        (b"source,quantity\n\x81", "no photo"),
    ],
)
def test_hostile_files_are_refused_and_said_why(data: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_table(data, "t.xlsx")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# only a remark\n", "the table is empty"),
        ("source,source\nx,y\n", "a second time"),
        ('source\n"open\n', "not readable as CSV"),
        (",".join(f"c{n}" for n in range(70)) + "\n1\n", "more than 64 columns"),
        ("source,quantity\n", "no row"),
    ],
)
def test_tables_that_cannot_be_are_refused_with_their_place(text: str, said: str) -> None:
    with pytest.raises(ConfigErrors, match=said):
        read_table(text.encode(), "t.csv")


@pytest.mark.parametrize(("text", "said"), [("source,\nx,y\n", "more cells"), (f"a\n{'x' * 3000}\n", "longer than")])
def test_a_row_that_cannot_be_is_a_problem_of_its_own(text: str, said: str) -> None:
    table = read_table(text.encode(), "t.csv")
    assert [(one.line, said in one.message) for one in table.problems] == [(2, True)]


def test_a_table_has_a_largest_number_of_rows() -> None:
    with pytest.raises(ConfigErrors, match=f"more than {MAX_ROWS} rows"):
        read_table(("source\n" + "x\n" * (MAX_ROWS + 1)).encode(), "t.csv")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe1 exif", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"%PDF-1.7", "application/pdf"),
        (book([["a"]]), XLSX),
        ("发票".encode("gb18030"), "text/plain"),
        (b"<html><script>", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, media_type: str) -> None:
    assert media_type_of(data) == media_type


def test_evidence_is_kept_byte_for_byte_and_named_without_tricks(tmp_path: Path) -> None:
    data = b"\xff\xd8\xff\xe1" + b"Exif\x00\x00 GPS" * 10
    file = keep(EvidenceStore(tmp_path), data, "..\\..\\etc/pass\x1bwd\u202egpj.exe")
    assert EvidenceStore(tmp_path).read(file.sha256) == data
    assert file.name == "pass_wd_gpj.exe"
    with pytest.raises(Rejected):
        keep(EvidenceStore(tmp_path), b"", "empty.jpg")
    with pytest.raises(Rejected):
        keep(EvidenceStore(tmp_path), b"MZ\x90\x00", "photo.jpg")
    assert len(plain_name("x" * 999)) == 200


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_of_tables_fall_over(data: bytes) -> None:
    for beginning in (b"", b"PK\x03\x04", b"a,b\n"):
        with contextlib.suppress(Rejected, ConfigErrors):
            read_table(beginning + data, "t")
