"""CSV, JSON, ZIP: read back by others they are the same entries; an open period says so in each."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.carbon.frozen import entry_of
from gateway.core.errors import Rejected
from gateway.reports import data as data_module
from gateway.reports.bundle import carbon_json, zipped
from gateway.reports.entries_csv import COLUMNS, FORMULA, LISTS, NUMBERS, entries_csv
from gateway.reports.language import Language
from gateway.reports.make import ReportFormat, file_name, made
from tests.unit.gateway.accounts.account_park import OCTOBER, AccountPark, filled, hourly
from tests.unit.gateway.reports.report_park import data_of, restated, with_gaps

EMPTY = {
    "id": "", "period": "2026-10", "is_recorded": True, "activity": "a", "source": "s", "enterprise": "e",
    "start": "2026-10-01", "end": "2026-10-31", "scope": 1, "category": "mobile", "basis": "direct", "gas": "CO2",
    "group": "kyoto", "quantity": "1", "unit": "kg", "mass_kg": "1", "co2e_kg": None, "gwp_set": "", "method": "factor",
    "factors": [], "working": [], "instrument": "", "label": "", "flags": [],
    "uncertainty_percent": None, "reverses": "",
}  # fmt: skip


def read_back(data: bytes) -> list[dict[str, Any]]:
    """What the guide says about the file, as a program of somebody else."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [{name: _value(name, cell) for name, cell in row.items()} for row in rows]


def _value(name: str, cell: str) -> Any:
    if name in LISTS:
        return json.loads(cell)
    if name in NUMBERS:
        return None if cell == "" else int(cell) if name == "scope" else cell
    told = cell.removeprefix("'")
    return re.sub(r"\\(\\|u[0-9a-f]{4})", lambda one: "\\" if one[1] == "\\" else chr(int(one[1][1:], 16)), told)


def test_csv_gives_back_the_same_entries_and_ids(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    rows = read_back(entries_csv(data.entries))
    assert len(rows) == len(data.entries)
    for row, entry in zip(rows, data.entries, strict=True):
        content = {name: value for name, value in row.items() if name not in ("id", "period", "state")}
        assert entry_of(content).id == row["id"] == entry["id"]
        assert row["state"] == "recorded"


@given(st.text(max_size=20).filter(lambda one: one < "\ud800" or one.isprintable()), st.lists(st.text(max_size=10)))
def test_any_text_comes_back_from_csv_and_is_no_formula(text: str, texts: list[str]) -> None:
    texts = [one.encode(errors="replace").decode() for one in texts]
    text = text.encode(errors="replace").decode()
    data = entries_csv([{**EMPTY, "source": text, "working": texts}])
    row = read_back(data)[0]
    assert (row["source"], row["working"]) == (text, texts)
    raw = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))["source"]
    assert not raw.startswith(tuple(set(FORMULA) - {"'"}))
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", raw)


def test_csv_begins_with_a_byte_order_mark_and_names_every_field() -> None:
    assert entries_csv([]).decode() == "\ufeff" + ",".join(COLUMNS) + "\r\n"


def test_the_json_report_holds_everything_with_a_manifest_of_hashes(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    document = json.loads(carbon_json(data))
    assert document["entries"] == list(data.entries)
    assert document["summary"] == data.summary
    for name, digest in document["manifest"]["sha256"].items():
        text = json.dumps(document[name], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert sha256(text.encode()).hexdigest() == digest


def test_the_zip_holds_every_format_and_the_manifest_their_hashes(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    files = {file_name(data, one): made(data, one, Language.ZH) for one in ReportFormat if one is not ReportFormat.ZIP}
    archive = zipfile.ZipFile(io.BytesIO(zipped(dict(files), data)))
    manifest = json.loads(archive.read("manifest.json"))
    listed = {one["name"]: one for one in manifest["files"]}
    assert set(archive.namelist()) == {*listed, "manifest.json"}
    assert set(files) < set(listed)
    for name, one in listed.items():
        assert sha256(archive.read(name)).hexdigest() == one["sha256"]
        assert len(archive.read(name)) == one["size"]
    assert archive.read("checkpoint.txt").decode() == data.summary["checkpoint"]["note"]
    assert manifest["checkpoint"]["root"] == data.summary["checkpoint"]["root"]
    assert zipped(dict(files), data) == zipped(dict(files), data)


def test_an_open_period_says_in_every_format_that_it_may_change(tmp_path: Path) -> None:
    data = data_of(with_gaps(tmp_path), period="2026-11")
    assert file_name(data, ReportFormat.CSV) == "carbon-acme-2026-11-open.csv"
    assert all(row["state"] == "open, may change" for row in read_back(made(data, ReportFormat.CSV, Language.EN)))
    document = json.loads(made(data, ReportFormat.JSON, Language.EN))
    assert (document["status"], document["may_change"], document["note"]["zh"]) == ("open", True, "未关账，可能变动")
    archive = zipfile.ZipFile(io.BytesIO(zipped({}, data)))
    assert json.loads(archive.read("manifest.json"))["may_change"]
    sheet = zipfile.ZipFile(io.BytesIO(made(data, ReportFormat.XLSX, Language.EN))).read("xl/worksheets/sheet1.xml")
    assert b"open, may change" in sheet


def test_file_names_are_plain_characters_whatever_the_period(tmp_path: Path) -> None:
    data = data_of(filled(tmp_path), period="2026-10-01..2026-10-31")
    assert file_name(data, ReportFormat.PDF) == "carbon-acme-2026-10-01..2026-10-31-open.pdf"


def test_a_year_of_months_in_different_states_is_reported(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    data = data_of(park, period="2026")
    states = {row["period"]: row["state"] for row in read_back(made(data, ReportFormat.CSV, Language.EN))}
    assert states["2026-10"] == "recorded"
    assert data.is_open


def test_more_entries_than_a_report_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_module, "MOST_ENTRIES", 3)
    with pytest.raises(Rejected, match="shorter period"):
        data_of(filled(tmp_path))


def test_a_closed_month_is_the_same_bytes_while_its_base_year_goes_on(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = replace(park.books, policy=replace(park.books.policy, base_year=2026))
    park.fill("acme.import", date(2026, 9, 1), date(2026, 9, 30))
    park.close()
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 10))
    before = every_format(park)
    park.fill("acme.import", date(2026, 11, 11), date(2026, 11, 12))
    park.fill("acme.import", date(2026, 9, 1), date(2026, 9, 30), per_hour="11")
    park.now_ns += 40 * 86_400 * 10**9
    park.close(period="2026-11", missing="accepted", sources={"acme_diesel": "none was burnt"})
    assert every_format(park) == before


def test_the_base_year_beside_a_closed_month_is_what_was_known_at_its_close(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = replace(park.books, policy=replace(park.books.policy, base_year=2026))
    park.close()
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 10))
    october, year = park.summary(), park.summary(period="2026")
    assert (october["base_year"]["months"], october["base_year"]["is_lower_bound"]) == (10, True)
    assert october["base_year"]["scope2_kg"] == {one["basis"]: one["scope2"]["kg"] for one in october["bases"]}
    assert year["base_year"]["months"] == 11
    assert Decimal(year["base_year"]["total_kg"]) > Decimal(october["base_year"]["total_kg"])


def test_a_restatement_changes_no_closed_month_that_was_told_before(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 30))
    park.now_ns += 40 * 86_400 * 10**9
    park.close(period="2026-11", missing="accepted", sources={"acme_diesel": "none was burnt"})
    before = every_format(park, "2026-11")
    park.put("acme.import", hourly(*OCTOBER, "31.5"), *OCTOBER)
    park.restate()
    assert every_format(park, "2026-11") == before


def every_format(park: AccountPark, period: str = "2026-10") -> dict[str, bytes]:
    """The report as a file of each format but the one that holds them all."""
    data = data_of(park, period=period)
    return {one.value: made(data, one, Language.EN) for one in ReportFormat if one is not ReportFormat.ZIP}
