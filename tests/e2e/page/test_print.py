"""Paper: a month of carbon with one trace is at most three sheets, and its last line says which ledger it shows."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_carbon import ENTRY, SUMMARY
from tests.e2e.page.test_trace import month_trace

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SHEET = re.compile(rb"/Type\s*/Page\b(?!s)")
_MOST = 3


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_month_with_one_trace_is_at_most_three_sheets(visit: Visit, tmp_path: Path, language: str) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body=json.dumps(month_trace(12)), content_type="application/json")

    await visit.page.route("**/api/v1/carbon/trace/**", answer)
    await visit.open(f"/carbon?period=2026-10&scope_of=qinghe&trace={ENTRY}&lang={language}")
    await visit.page.locator(".chain li").nth(6).wait_for()
    sheets = await visit.page.pdf(prefer_css_page_size=True)
    assert 1 <= len(_SHEET.findall(sheets)) <= _MOST


async def test_the_last_line_of_a_print_names_the_checkpoint_by_size_and_root(visit: Visit) -> None:
    await visit.open("/carbon?period=2026-10&scope_of=qinghe")
    await visit.page.locator(".bases").wait_for()
    await visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await visit.page.emulate_media(media="print")
    checkpoint = SUMMARY["checkpoint"]
    said = f"Ledger checkpoint {checkpoint['size']:,}, root {checkpoint['root']}."
    await expect(visit.page.locator("#printed")).to_contain_text(said)
    await expect(visit.page.locator("#printed")).to_be_visible()
