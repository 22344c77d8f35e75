"""What must not break or be cut: numbers, addresses, names, the tab of an enterprise on its phone."""

import pytest
from playwright.async_api import expect

from gateway.api.access import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BROKEN = """() => [...document.querySelectorAll("%s")].filter((one) => one.getClientRects().length > 1).length"""
_WIDE = """() => {
  const tables = [...document.querySelectorAll("main table")];
  return tables.filter((one) => one.scrollWidth > one.parentElement.clientWidth).length;
}"""


@pytest.mark.parametrize("width", [1440, 1280, 390, 360])
async def test_a_counter_stays_on_one_line_and_a_long_name_is_read_whole(visit: Visit, width: int) -> None:
    await visit.page.set_viewport_size({"width": width, "height": 900})
    await visit.open("/devices/dongyue-1")
    name, value = (visit.page.locator(f".values tbody tr .{part}").first for part in ("check span", "value b"))
    await value.wait_for()
    await name.evaluate("(node) => (node.textContent = 'Unexplained energy of the interval before, by phase')")
    await value.evaluate("(node) => (node.textContent = '12,713,631.5')")
    assert await visit.page.evaluate(_BROKEN % ".values .value b") == 0
    assert await visit.page.evaluate(_WIDE) == 0
    assert await name.evaluate(
        "(node) => node.scrollWidth <= node.clientWidth || getComputedStyle(node).overflow === 'visible'"
    )


async def test_an_address_in_the_audit_log_stays_on_one_line(visit: Visit) -> None:
    await visit.open("/audit")
    cell = visit.page.locator(".audit tbody td:nth-child(3)").first
    await cell.wait_for()
    assert await cell.evaluate("(node) => getComputedStyle(node).whiteSpace") == "nowrap"
    assert await visit.page.evaluate(_WIDE) == 0


@pytest.mark.parametrize(("language", "name"), [("en", "My enterprise"), ("zh", "我的企业")])
async def test_an_enterprise_finds_its_own_page_by_the_same_name_on_a_phone(
    visit: Visit, session: FakeSession, language: str, name: str
) -> None:
    session.role = Role.ENTERPRISE
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"/enterprises/huali?lang={language}")
    await expect(visit.page.locator("#tabs-bottom a").first).to_have_text(name)
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth === 360")
