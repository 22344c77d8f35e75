"""The stream: one for all tabs, silent, lost, back again, and none while hidden."""

import asyncio

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e.page.conftest import Visit, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_silent_stream_is_told_then_lost_then_live_again(visit: Visit) -> None:
    await visit.page.clock.install()
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".values").wait_for()
    visit.park.mute = True
    await asyncio.sleep(0.6)  # messages on their way arrive
    await visit.page.clock.fast_forward(6000)
    await visit.page.locator("#live", has_text="Waiting for data").wait_for()
    await visit.page.clock.fast_forward(10_000)
    await visit.page.locator("#live", has_text="Not live since 14:32:").wait_for()
    colours = """() => [".values b", ".tree-head"].map((one) => getComputedStyle(document.querySelector(one)).color)"""
    await visit.page.locator("body.not-live").wait_for()
    value, grey = await visit.page.evaluate(colours)
    assert value == grey  # ink-3
    visit.park.mute = False
    await visit.page.clock.fast_forward(3000)
    await visit.page.locator("#live time").wait_for()
    await visit.page.locator("body:not(.not-live)").wait_for()


async def test_a_dropped_stream_comes_back_with_a_full_snapshot(visit: Visit) -> None:
    await visit.open("/park")
    visit.park.refuse_stream = True
    await until(lambda: visit.park.streams == 0)
    visit.park.grid_kw = 4321.0
    visit.park.refuse_stream = False
    await visit.page.locator(".hero", has_text="4,321").wait_for()


async def test_only_what_is_on_screen_is_in_the_stream(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".values").wait_for()
    await until(lambda: "dongyue-1.power_active" in visit.park.asked[-1])
    await visit.settled()
    assert "jinbo-0" not in visit.park.asked[-1]
    await visit.page.get_by_role("link", name="Park", exact=True).first.click()
    await until(lambda: "power_active" not in visit.park.asked[-1])
    await until(lambda: visit.park.streams == 1)


async def test_two_tabs_share_one_stream_and_the_second_inherits_it(visit: Visit, context: BrowserContext) -> None:
    await visit.open("/park")
    other = await context.new_page()
    await other.goto(visit.url + "/devices/dongyue-2")
    power = other.locator(".values tbody tr b").first
    await power.wait_for()
    before = await power.inner_text()
    await other.wait_for_function(
        "before => document.querySelector('.values tbody tr b').textContent !== before", arg=before
    )
    await until(lambda: visit.park.streams == 1)
    await visit.page.close()
    await until(lambda: visit.park.streams == 1 and "dongyue-2.power_active" in visit.park.asked[-1])
    before = await power.inner_text()
    await other.wait_for_function(
        "before => document.querySelector('.values tbody tr b').textContent !== before", arg=before
    )


async def test_a_hidden_tab_has_no_stream(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.evaluate(HIDE, True)
    await until(lambda: visit.park.streams == 0)
    visit.park.grid_kw = 3333.0
    await visit.page.evaluate(HIDE, False)
    await visit.page.locator(".hero", has_text="3,333").wait_for()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "so many pages are open"), ("zh", "网关暂时无法完成，请稍后重试（so many")]
)
async def test_a_page_too_many_says_why_it_is_not_live(visit: Visit, language: str, said: str) -> None:
    visit.park.refuse_stream = True
    await visit.page.goto(f"{visit.url}/park?lang={language}")
    await visit.page.locator("#live", has_text=said).wait_for()
    visit.park.refuse_stream = False
    await visit.page.locator("#live time").wait_for()


async def test_another_configuration_is_told_by_a_quiet_line(visit: Visit) -> None:
    await visit.open("/park")
    await expect(visit.page.locator("#news")).to_be_hidden()
    visit.park.reloads += 1
    await visit.page.get_by_role("button", name="Load the page again").click()
    await visit.page.locator("#live time").wait_for()
    await expect(visit.page.locator("#news")).to_be_hidden()
