"""A summary in which every part has something to say is reported in full: PDF and XLSX, both languages."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from gateway.reports.carbon_pdf import carbon_pdf
from gateway.reports.data import ReportData
from gateway.reports.language import Language
from gateway.reports.xlsx import carbon_xlsx
from tests.unit.gateway.reports.pdf_text import pdf_pages
from tests.unit.gateway.reports.report_park import data_of, restated

INSTRUMENT = {
    "id": "gec-2026-001", "kind": "gec", "beneficiary": "acme", "energy_source": "wind", "market": "CN",
    "from": "2026-10-01", "to": "2026-10-31", "factor_kg_per_kwh": "0", "energy_mwh": "20", "allocated_mwh": "12.5",
    "left_mwh": "7.5", "allocated_here_mwh": "12.25", "retired_on": "2026-11-05",
    "criteria": [True, True, True, True, True, True, False, None], "evidence": ["e" * 64],
}  # fmt: skip
OTHER = {
    "period": "2025-10", "from": "2025-10-01", "to": "2025-10-31", "scope1_kg": "1000",
    "scope2_kg": {"location": "2000"}, "total_kg": "3000",
    "difference_kg": "21917.4", "difference_percent": "730.58",
    "is_lower_bound": True,
}  # fmt: skip
BASE = {**OTHER, "year": 2025, "threshold_percent": "5", "is_recorded": True, "months": 12}
INDICATOR = {"value": "0.213", "unit": "tCO2/tce", "coal": "calorific", "en": "class 1 is met", "zh": "达到一类"}
LOSS = {
    "meter": "tx1.import", "name": {"en": "Incomer 1", "zh": "进线一"}, "percent": None, "quantity": None,
    "unit": "kWh", "uncertainty": None, "is_explained": False, "is_beyond_limit": None, "missing": ["yard.import"],
}  # fmt: skip
CEMS = {
    "source": "acme_gas", "from": "2026-10-01", "to": "2026-10-31", "masses_kg": {"CO2": "7100.5"}, "hours": "744",
    "substituted_hours": "12", "record": "r", "evidence": [],
}  # fmt: skip
REFUSAL = {"source": "acme_yard", "activity": "a", "basis": "location", "message": "no factor", "hint": ""}


@pytest.fixture
def data(tmp_path: Path) -> ReportData:
    found = data_of(restated(tmp_path))
    first = {**found.summary["bases"][0], "indicator": INDICATOR, "refusals": [REFUSAL]}
    trust = {
        **found.summary["trust"],
        "unexplained": [LOSS],
        "exclusions": ["the canteen"],
        "pending_factors": ["own.1"],
        "without_data": ["acme_tank"],
        "gaps": [{"meter": "acme.gas", "from": "2026-10-03", "to": "2026-10-04", "how": "estimated"}] * 250,
        "uncertainty_percent": "3.25",
        "uncertainty_known_percent": "100",
    }
    summary = {
        **found.summary,
        "bases": [first, *found.summary["bases"][1:]],
        "trust": trust,
        "instruments": [INSTRUMENT],
        "outside": {"biogenic_co2_kg": "12345.678", "non_kyoto": [{"gas": "HCFC-22", "mass_kg": "3.5"}]},
        "measured_beside": [CEMS],
        "comparison": {"previous_period": None, "previous_year": OTHER},
        "base_year": BASE,
        "due": [{"entity": "acme", "period": "2026-10", "sources": ["acme_gas"],
                 "effect": found.summary["restatements"][0]["effect"]}],
    }  # fmt: skip
    return replace(found, summary=summary)


@pytest.mark.parametrize("language", Language)
def test_every_part_is_in_the_pdf(data: ReportData, language: Language) -> None:
    text = "".join(pdf_pages(carbon_pdf(data, language)))
    wanted = (
        "gec-2026-001", "12.25", "2026-11-05", language.say("disclosed", "已披露"), "12.345678", "HCFC-220.003500",
        "CO2 7.100500", "12 / 744", "0.2130 tCO2/tce", language.say("class 1 is met", "达到一类"),
        "acme_yard: no factor", "the canteen",
        "own.1", "acme_tank", "± 3.25 %", "≥ 3.000", "730.58", "+ 50",
        language.say("Incomer 1", "进线一"), language.say("data is missing", "数据缺失"),
        language.say("a restatement is due", "应予重述"),
    )  # fmt: skip
    assert [one for one in wanted if one not in text] == []


@pytest.mark.parametrize("language", Language)
def test_every_part_is_in_the_workbook(data: ReportData, language: Language) -> None:
    book = openpyxl.load_workbook(BytesIO(carbon_xlsx(data, language)))
    held = {str(cell.value) for sheet in book for row in sheet for cell in row}
    assert {
        "gec-2026-001",
        "12.25",
        "HCFC-22",
        "the canteen",
        "own.1",
        "acme_tank",
        "location: acme_yard: no factor",
    } <= held


def test_a_note_on_scope_1_stands_under_scope_1_and_under_no_basis(data: ReportData) -> None:
    note = {"code": "pending_factor", "scope": 1, "en": "nobody has seen it", "zh": "没有人看过"}
    bases = [{**one, "notes": [note, *one["notes"]]} for one in data.summary["bases"]]
    scope1 = {**data.summary["scope1"], "notes": [note]}
    told = replace(data, summary={**data.summary, "bases": bases, "scope1": scope1})
    text = "".join(pdf_pages(carbon_pdf(told, Language.EN)))
    assert text.count("nobody has seen it") == 1
    assert text.index("2  Scope 1") < text.index("nobody has seen it") < text.index("3  Scope 2")
