"""My enterprise shows each part of its account as it comes; one that is slow or fails holds up no other."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.e2e.page.conftest import Visit, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_slow_statement_holds_up_neither_energy_nor_emissions(visit: Visit) -> None:
    held: list[Route] = []
    release = asyncio.Event()

    async def wait(route: Route) -> None:
        held.append(route)
        await release.wait()
        await route.continue_()

    await visit.page.route("**/api/v1/energy/statement?*", wait)
    await visit.page.goto(f"{visit.url}/enterprises/huali")
    await visit.page.locator(".days").wait_for()
    await visit.page.locator(".emit").wait_for()
    figures = visit.page.locator("dl.figs > div")
    await expect(figures.nth(1)).to_contain_text("kWh")
    await expect(figures.nth(3)).to_contain_text("tCO₂e")
    cost = visit.page.get_by_role("region", name="What did it cost?")
    await expect(cost.locator("table")).to_have_count(0)
    await until(lambda: len(held) == 1)
    release.set()
    await cost.locator("table").wait_for()
    await expect(figures.nth(2)).to_contain_text("¥")
    assert visit.errors == []


async def test_a_part_that_fails_is_told_in_its_place_and_asked_for_alone_once_more(visit: Visit) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url.split("/api/v1/")[-1].split("?")[0]))

    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=503, json={"title": "Refused", "detail": "ledger.db does not answer.", "status": 503}
        )

    await visit.page.route("**/api/v1/carbon/summary?*", refuse)
    await visit.open("/enterprises/huali")
    emitted = visit.page.get_by_role("region", name="What did I emit?")
    await expect(emitted.get_by_role("alert")).to_contain_text("ledger.db does not answer.")
    await visit.page.locator(".days").wait_for()
    await expect(visit.page.locator(".account [role=alert]")).to_have_count(1)
    await visit.page.unroute("**/api/v1/carbon/summary?*")
    asked.clear()
    await emitted.get_by_role("button", name="Try again").click()
    await visit.page.locator(".emit").wait_for()
    await expect(visit.page.locator(".account [role=alert]")).to_have_count(0)
    assert [path for path in asked if path.startswith(("energy/", "carbon/"))] == ["carbon/summary"]
