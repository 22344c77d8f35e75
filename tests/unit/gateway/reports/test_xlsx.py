"""The workbook: its formulas calculated anew give the accounts' figures; nothing from outside is a formula."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from gateway.reports.data import ReportData
from gateway.reports.language import Language
from gateway.reports.workings import product_of
from gateway.reports.xlsx import carbon_xlsx
from rules.carbon.inventory.entry import Basis
from tests.unit.gateway.accounts.account_park import filled
from tests.unit.gateway.reports.report_park import HOSTILE, data_of, hostile, restated

SHEETS = ["Summary", "Entries", "Activity", "Factors", "Instruments", "Energy", "Trust", "Checkpoint"]


class Calculated:
    """The formulas that our workbooks use, and no others: references, products, ROUND, SUMIFS."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(BytesIO(data))
        self._held: dict[tuple[str, str], Any] = {}

    def value(self, sheet: str, cell: str) -> Any:
        cell = cell.replace("$", "")
        if (sheet, cell) not in self._held:
            found = self.book[sheet][cell].value
            is_formula = isinstance(found, str) and found.startswith("=")
            self._held[sheet, cell] = self._formula(sheet, found[1:]) if is_formula else found
        return self._held[sheet, cell]

    def _formula(self, sheet: str, text: str) -> float:
        if text.startswith("(") and text.endswith("/1000"):
            return self._formula(sheet, text[1:-6]) / 1000
        if match := re.fullmatch(r"ROUND\((.*),9\)", text):
            value = Decimal(math.prod(self._atom(sheet, one) for one in match[1].split("*")))
            return float(value.quantize(Decimal("1e-9"), "ROUND_HALF_UP"))
        if "SUMIFS" in text:
            return math.fsum(self._sumifs(one) for one in text.split("+"))
        return math.prod(self._atom(sheet, one) for one in text.split("*"))

    def _atom(self, sheet: str, text: str) -> float:
        if match := re.fullmatch(r"(?:(\w+)!)?(\$?[A-Z]+\$?\d+)", text):
            return float(self.value(match[1] or sheet, match[2]))
        above, _, below = text.partition("/")
        return float(above) / float(below or 1)

    def _sumifs(self, text: str) -> float:
        match = re.fullmatch(r"SUMIFS\((.*)\)", text)
        assert match, text
        parts = match[1].split(",")
        figures = list(self._range(parts[0]))
        for area, wanted in zip(parts[1::2], parts[2::2], strict=True):
            held = [value == wanted.strip('"') for value in self._range(area)]
            figures = [one if is_meant else None for one, is_meant in zip(figures, held, strict=True)]
        return math.fsum(one for one in figures if one is not None)

    def _range(self, text: str) -> Iterator[Any]:
        sheet, area = text.split("!")
        left, top, _, bottom = range_boundaries(area.replace("$", ""))
        assert left is not None
        assert top is not None
        assert bottom is not None
        for row in range(top, bottom + 1):
            yield self.value(sheet, f"{openpyxl.utils.get_column_letter(left)}{row}")


def _same(calculated: float, exact: str) -> bool:
    """To the last digit that a double allows: its 15 significant ones, of an entry's nine decimals."""
    return math.isclose(calculated, float(exact), rel_tol=1e-15 * 4, abs_tol=1e-9)


def _summary_rows(found: Calculated) -> dict[str, int]:
    """The first row of each name: later ones tell what was published before."""
    return {str(cell.value): cell.row for cell in reversed(found.book["Summary"]["A"]) if cell.value}


def test_every_formula_gives_the_documents_figure_again(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    found = Calculated(carbon_xlsx(data, Language.EN))
    assert found.book.sheetnames == SHEETS
    heads = [cell.value for cell in found.book["Entries"][1]]
    made = 0
    for row, entry in enumerate(data.entries, start=2):
        cells = found.book["Entries"][row]
        for name in ("mass_kg", "co2e_kg"):
            cell = cells[heads.index(name)]
            made += isinstance(cell.value, str)
            assert _same(found.value("Entries", cell.coordinate), entry[name])
    assert made == 2 * len(data.entries)  # all of this park's entries are products
    rows = _summary_rows(found)
    assert _same(found.value("Summary", f"C{rows['Scope 1 total']}"), data.summary["scope1"]["kg"])
    for place, basis in enumerate(data.summary["bases"]):
        row = [cell.row for cell in found.book["Summary"]["A"] if cell.value == "  scope 1 + 2"][place]
        assert _same(found.value("Summary", f"C{row}"), basis["total"]["kg"])
        assert math.isclose(found.value("Summary", f"B{row}"), float(basis["total"]["kg"]) / 1000, rel_tol=1e-14)


def test_cached_values_are_numbers_for_viewers_that_do_not_calculate(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    held = openpyxl.load_workbook(BytesIO(carbon_xlsx(data, Language.ZH)), data_only=True)
    rows = {str(cell.value): cell.row for cell in held["Summary"]["A"] if cell.value}
    assert held["Summary"].cell(rows["范围一合计"], 3).value == float(data.summary["scope1"]["kg"])
    assert held["Summary"].cell(rows["范围一合计"], 4).value == data.summary["scope1"]["kg"]  # exact, as text


def test_a_changed_factor_changes_the_totals(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    found = Calculated(carbon_xlsx(data, Language.EN))
    row = next(cell.row for cell in found.book["Factors"]["A"] if cell.value == "cn.grid.province.zj.2023")
    found.book["Factors"][f"B{row}"].value *= 2
    total = found.value("Summary", f"C{_summary_rows(found)['location-based']}")
    assert math.isclose(total, 2 * float(data.summary["bases"][0]["scope2"]["kg"]), rel_tol=1e-12)


@pytest.mark.parametrize("language", Language)
def test_text_from_outside_never_becomes_a_formula(tmp_path: Path, language: Language) -> None:
    data = data_of(hostile(tmp_path))
    entry = {**data.entries[0], "source": HOSTILE, "working": ["+1+cmd|' /C calc'!A0"], "unit": "@SUM(A1)"}
    data = replace(data, entries=(entry, *data.entries[1:]))
    book = openpyxl.load_workbook(BytesIO(carbon_xlsx(data, language)))
    formulas = [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    assert formulas
    allowed = re.compile(r"=(\(?SUMIFS\(|ROUND\(|Factors!|[\d./*]+$)")
    assert [cell.value for cell in formulas if not allowed.match(cell.value)] == []
    assert any(str(cell.value).startswith("=HYPERLINK") and cell.data_type == "s" for cell in book["Entries"][2])


def test_an_entry_that_is_no_product_shows_its_value_and_its_working(tmp_path: Path) -> None:
    data = data_of(filled(tmp_path))
    first = {**data.entries[0], "mass_kg": "1.234567891", "co2e_kg": "1.234567891"}
    found = Calculated(carbon_xlsx(replace(data, entries=(first,)), Language.EN))
    heads = [cell.value for cell in found.book["Entries"][1]]
    row = found.book["Entries"][2]
    assert row[heads.index("co2e_kg")].value == 1.234567891
    assert row[heads.index("made_by")].value == "value, see working"
    assert " | ".join(first["working"]) == row[heads.index("working")].value


def test_a_product_stands_only_for_the_entrys_own_figure(tmp_path: Path) -> None:
    data = data_of(filled(tmp_path))
    factors = {one["id"]: one for one in data.factors}
    entry = next(one for one in data.entries if one["source"] == "acme_diesel")
    found = product_of(entry, factors)
    assert found is not None
    assert found.constant == "44/12*0.00001"
    last = f"{Decimal(entry['mass_kg']) + Decimal('0.000000001'):f}"
    assert product_of({**entry, "mass_kg": last}, factors) is None
    assert product_of({**entry, "co2e_kg": last}, factors) is None
    assert product_of({**entry, "reverses": "x"}, factors) is None
    assert product_of({**entry, "factors": ["unknown"]}, factors) is None


def test_the_basis_of_zero_carbon_parks_counts_its_own_scope_1(tmp_path: Path) -> None:
    park = filled(tmp_path)
    policy = replace(park.books.policy, bases=(Basis.LOCATION, Basis.CN_ZERO_CARBON_PARK))
    park.books = replace(park.books, policy=policy)
    data = data_of(park)
    escaped = {**data.entries[0], "id": "f" * 64, "category": "fugitive", "mass_kg": "5", "co2e_kg": "5000"}
    found = Calculated(carbon_xlsx(replace(data, entries=(*data.entries, escaped)), Language.EN))
    rows = [cell.row for cell in found.book["Summary"]["A"] if cell.value == "  scope 1 + 2"]
    totals = {one["basis"]: float(one["total"]["kg"]) for one in data.summary["bases"]}
    assert math.isclose(found.value("Summary", f"C{rows[0]}"), totals["location"] + 5000, rel_tol=1e-14)
    assert math.isclose(found.value("Summary", f"C{rows[1]}"), totals["cn_zero_carbon_park"], rel_tol=1e-14)


def test_gases_with_a_gwp_are_multiplied_with_it() -> None:
    factors = {
        "ch4": {"id": "ch4", "gas": "CH4", "value": "3"},
        "gwp": {"id": "gwp", "gas": "CO2e_of_CH4", "value": "27.9"},
    }
    entry = {
        "quantity": "10",
        "factors": ["ch4", "gwp"],
        "mass_kg": "0.030000000",
        "co2e_kg": "0.837000000",
        "reverses": "",
    }
    found = product_of(entry, factors)
    assert found is not None
    assert (found.factors, found.gwp, found.constant) == (("ch4",), "gwp", "0.001")


def test_a_closed_period_is_the_same_bytes(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()

    def made(data: ReportData) -> bytes:
        return carbon_xlsx(data, Language.EN)

    first = made(data_of(park))
    park.now_ns += 86_400 * 10**9
    assert made(data_of(park)) == first
