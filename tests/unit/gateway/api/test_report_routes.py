"""Reports through the API: every format with its type and name, to who may see it, made in the jobs process."""

import json
import zipfile
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from gateway.reports.make import MEDIA_TYPES
from tests.unit.gateway.api.conftest import Park

API = "/api/v1/carbon"
OCTOBER = {"entity": "huali", "period": "2026-10"}


@pytest.fixture
def park(accounted: Park) -> Park:
    """The one with accounts."""
    return accounted


async def get(park: Any, path: str, status: int = 200, **parameters: Any) -> Any:
    answer = await park.http.get(API + path, params=parameters)
    assert answer.status_code == status, answer.text
    return answer


async def test_every_format_comes_with_its_type_and_a_plain_file_name(park: Any) -> None:
    for form in ("xlsx", "csv", "pdf", "json", "zip"):
        answer = await get(park, "/report", **OCTOBER, format=form, lang="zh")
        assert answer.headers["content-type"] == MEDIA_TYPES[form]
        assert answer.headers["content-disposition"] == f'attachment; filename="carbon-huali-2026-10-open.{form}"'
        if form == "xlsx":
            assert "Entries" in openpyxl.load_workbook(BytesIO(answer.content)).sheetnames
        if form == "pdf":
            assert answer.content.startswith(b"%PDF-")
        if form == "json":
            assert json.loads(answer.content)["entity"] == "huali"
        if form == "zip":
            assert "manifest.json" in zipfile.ZipFile(BytesIO(answer.content)).namelist()


async def test_a_label_is_a_page_without_script_and_with_a_policy_that_allows_none(park: Any) -> None:
    answer = await get(park, "/label", **OCTOBER, url="https://gateway.example")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "https://gateway.example/carbon?" in answer.text
    assert "<script" not in answer.text
    assert (await get(park, "/label", **OCTOBER, format="svg")).text.startswith("<svg")
    assert (await get(park, "/label", **OCTOBER, format="pdf")).content.startswith(b"%PDF-")


async def test_what_makes_no_sense_is_refused(park: Any) -> None:
    await get(park, "/report", 404, entity="nobody", period="2026-10")
    await get(park, "/report", 422, entity="huali", period="2026-13")
    await get(park, "/report", 422, **OCTOBER, format="docx")


@pytest.mark.parametrize("path", ["/report", "/label"])
async def test_a_period_of_which_nobody_reads_a_report_is_refused_with_words(park: Any, path: str) -> None:
    answer = await get(park, path, 422, entity="huali", period="2010-01-01..2026-10-31")
    assert "6148 days are more than a report may have" in answer.text
    assert "ask for each year by itself" in answer.text
    await get(park, path, entity="huali", period="2025-01-01..2026-10-31")
    await get(park, "/report", 422, **OCTOBER, lang="fr")
    await get(park, "/label", 422, **OCTOBER, url="javascript:alert(1)")
    await get(park, "/label", 422, **OCTOBER, product="steel")


async def test_a_tenant_gets_its_own_reports_alone(park: Any) -> None:
    park.become("huali")
    own = await get(park, "/report", period="2026-10", format="json")
    assert own.json()["entity"] == "huali"
    for path in ("/report", "/label"):
        await get(park, path, 404, entity=park.gateway.books.site.id, period="2026-10")


async def test_a_statement_without_a_tariff_says_so(park: Any) -> None:
    answer = await park.http.get("/api/v1/energy/statement.pdf", params={"enterprise": "huali", "period": "2026-10"})
    assert answer.status_code == 422
    assert "tariff" in answer.text
