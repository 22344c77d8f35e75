"""On the Chinese page no sentence is English, whoever made it: each of its people reads the pages of the demo."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.command.conftest import Folder
from tests.e2e.people.conftest import signed_in

pytestmark = pytest.mark.timeout(240)
SENTENCE = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:]?\s+){2,}[A-Za-z][A-Za-z'’-]*")
SAME_EVERYWHERE = re.compile(r"park-gateway [a-z ]+|The Climate Registry|UK electricity|Heat and steam")
IS_WHOLE = "() => !document.querySelector('main [aria-busy=true]') && document.querySelector('main h1, main h2')"
OPEN_ALL = "() => document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
TEXTS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (parent.closest('script, style, pre, code') || !parent.checkVisibility()) continue;
    found.push(walk.currentNode.data.trim());
  }
  return found.filter(Boolean);
}"""
PAGES = {
    "operator": ("park", "devices", "alarms", "enterprises", "carbon", "records", "reading", "gateway"),
    "engineer": ("setup", "alarms", "gateway"),
    "enterprise": ("enterprises/huali", "devices", "carbon", "records"),
    "auditor": ("carbon", "audit", "records"),
}


def texts(page: Page) -> list[str]:
    """Every visible text of a page that is whole, with what can be opened on it."""
    page.wait_for_timeout(700)  # for what is asked second
    page.wait_for_function(IS_WHOLE, timeout=30_000)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(500)
    return [str(text) for text in page.evaluate(TEXTS)]


def english(page: Page) -> list[str]:
    """What is said in English there: three words in a row, beside names, code and addresses."""
    return [text for text in texts(page) if SENTENCE.search(SAME_EVERYWHERE.sub("", text))]


def addresses(demo: Folder, who: str) -> Iterator[str]:
    """The pages of somebody, and those of what is wrong now."""
    yield from PAGES[who]
    if who != "operator":
        return
    yield from (f"alarms/{alarm['id']}" for alarm in demo.get("/api/v1/alarms")["items"][:6])
    for device in demo.get("/api/v1/devices")["items"]:
        if device["faults"]:
            yield f"devices/{device['id']}"


@pytest.mark.parametrize("who", PAGES)
def test_no_page_shows_an_english_sentence(demo: Folder, context: BrowserContext, who: str) -> None:
    person = signed_in(demo, context, who, "zh")
    said: dict[str, list[str]] = {}
    for address in addresses(demo, who):
        person.go(f"/{address}?lang=zh")
        if found := english(person.page):
            said[address] = found
    assert said == {}


def test_a_trace_and_the_verification_say_nothing_in_english(demo: Folder, context: BrowserContext) -> None:
    page = signed_in(demo, context, "auditor", "zh").page
    figures = page.locator(".bases button.link")
    figures.first.wait_for()
    for place in range(figures.count()):
        figures.nth(place).click()
        page.locator(".chain li").nth(4).wait_for()
        assert english(page) == []
    page.locator(".verify").get_by_role("button", name="校验").click()
    page.get_by_text("校验通过").first.wait_for(timeout=60_000)
    assert english(page) == []


def test_a_refusal_is_told_in_chinese(demo: Folder, context: BrowserContext) -> None:
    person = signed_in(demo, context, "operator", "zh")
    person.go("/devices/nowhere?lang=zh")
    person.page.get_by_text("没有设备 nowhere").or_(person.page.get_by_text("没有设备 `nowhere`")).first.wait_for()
    assert english(person.page) == []
