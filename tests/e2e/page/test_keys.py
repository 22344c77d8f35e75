"""Keys while somebody searches: Escape leaves the field, and single keys are keys again."""

import pytest
from playwright.async_api import expect

from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_escape_leaves_the_search_and_the_next_keys_lead_elsewhere(visit: Visit) -> None:
    await visit.open("/devices")
    await visit.page.locator("[role=treeitem]").first.wait_for()
    box = visit.page.get_by_role("search").get_by_role("searchbox")
    await visit.page.keyboard.press("/")
    await expect(box).to_be_focused()
    await visit.page.keyboard.type("huali")
    await visit.page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()
    await visit.page.keyboard.press("g")
    await visit.page.keyboard.press("p")
    await visit.page.wait_for_url("**/park")
    assert visit.errors == []
