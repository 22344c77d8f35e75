"""What holds for every page: nothing foreign, nothing inline, both languages, keyboard, narrow screens, weight."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.async_api import Response, expect

import drivers
from drivers.influxdb.policy import Cause as Policy
from drivers.modbus.source import COUNTED
from gateway.store.outbox_tables import Cause as Trimmed
from gateway.web import Asset
from tests.e2e.page.conftest import SLOW_CLOCK, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Pages, and what of each comes last: then all of it is loaded.
PAGES = {
    "/park": ".chart canvas",
    "/devices": ".abnormal",
    "/devices/dongyue-1": "body:has(.day-bar) .chart canvas",
    "/devices/huali-1": "body:has(.day-bar) .chart canvas",
    "/alarms": ".health dd",
    "/alarms/demand:qinghe": ".pane canvas",
    "/enterprises": ".enterprises td",
    "/enterprises/dongyue": "body:has(.emit):has(.machines) .brief a",
    "/carbon": ".bases td",
    "/records": ".records td",
    "/records?add=reading": "form .actions",
    "/records?open=019b0000-aaaa": ".plausible",
    "/records?import=delivery": "form .actions",
    "/gateway": "body:has(code) h2",
    "/setup?step=2&device=dongyue-6&enterprise=dongyue&profile=eastron-sdm630": "form .actions",
    "/setup?step=3&device=dongyue-6&profile=eastron-sdm630&connection=mbtcp-east&unit=12": ".setup summary",
    "/reading?meter=huali-water.volume": "form .actions",
    "/audit?entry=125": ".audit-values td",
    "/users": "body:has(.people code) .people b",
}
LATIN = re.compile(r"[A-Za-z][A-Za-z'-]{2,}")
NAMES = {  # units, standards, formats and keys are the same in Chinese
    "Asia", "CSV", "DLMS", "EEMUA", "EN", "Enter", "GHG", "GJ", "GWP", "GiB", "HTTP", "HTTPS", "IEC", "IFRS",
    "InfluxDB", "IPCC", "JSON", "MQTT", "MWh", "MiB", "Modbus", "PDF", "Protocol", "RTU", "SHA", "SHA-256",
    "Shanghai", "TCP", "UTC", "XLSX", "YAML", "English", "kVA", "kWh", "kvar", "tCO", "tce", "yaml",
}  # fmt: skip
SAID = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  const own = "code, kbd, noscript, script, option[value], .hash, [lang=en]";
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(own)) said.push(walk.currentNode.textContent);
  for (const name of ["aria-label", "title", "placeholder"])
    for (const node of document.querySelectorAll(`[${name}]`)) said.push(node.getAttribute(name));
  return said.join("\\n");
}"""
EVIL = "<img src=x onerror=\"document.body.dataset.hit='yes'\"><script>document.body.dataset.hit='yes'</script>"
KIB = 1024


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("alarms")
async def test_a_page_is_quiet_stays_on_its_own_host_and_light_and_never_scrolls_sideways(
    visit: Visit, files: Mapping[str, Asset], path: str
) -> None:
    loaded: list[str] = []
    visit.page.on("request", lambda request: loaded.append(request.url.removeprefix(visit.url)))
    await visit.open(path)
    await visit.page.locator(PAGES[path]).first.wait_for()
    assert visit.errors == []
    assert visit.hosts == {visit.url.removeprefix("http://")}
    heads = "[...document.querySelectorAll('h1')].filter(head => head.offsetParent).length"
    await visit.page.wait_for_function(f"() => {heads} === 1")
    assets = {url for url in loaded if url in files and url.startswith("/assets/")}
    weight = len(files["/"].body) + sum(len(files[url].body) for url in assets)
    assert weight <= 150 * KIB, f"{weight / KIB:.1f} KiB"
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    # a chart is drawn anew a moment after the width has changed
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth === 360")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("alarms")
async def test_no_words_are_missing_and_no_english_is_left_in_chinese(visit: Visit, path: str) -> None:
    answers: list[Response] = []
    visit.page.on("response", lambda answer: answers.insert(0, answer))
    await visit.open(f"{path}{'&' if '?' in path else '?'}lang=zh")
    await visit.page.locator(PAGES[path]).first.wait_for()
    assert visit.errors == []
    assert await visit.page.evaluate("document.documentElement.lang") == "zh-CN"
    told = "\n".join([path, *[await one.text() for one in answers if "json" in one.headers.get("content-type", "")]])
    said = await visit.page.evaluate(SAID)
    assert set(LATIN.findall(said)) - set(LATIN.findall(told)) - NAMES == set()  # beyond what the gateway told
    text = await visit.page.inner_text("body")
    keys = re.compile(r"\b[a-z]+\.[a-z]+_?[a-z]*\b(?<!park\.yaml)")
    assert set(keys.findall(text)) - set(keys.findall(told)) == set()
    assert not re.findall(r"undefined|NaN|\[object|\{\w+\}", text)
    heads = await visit.page.locator("main h2").all_inner_texts()
    assert all(re.search(r"[\u4e00-\u9fff]", head) for head in heads)


async def _lists(visit: Visit, files: Mapping[str, Asset]) -> dict[str, dict[str, object]]:
    """Every list of words by its name."""
    names = [url.split("/")[-1].removesuffix(".js") for url in files if "/words/" in url]
    found: dict[str, dict[str, object]] = await visit.page.evaluate(
        """async (names) => {
          const list = async (name) => (await import(`/assets/js/words/${name}.js`)).default;
          return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await list(name)])));
        }""",
        names,
    )
    return found


async def test_both_languages_have_the_same_keys_and_places(visit: Visit, files: Mapping[str, Asset]) -> None:
    await visit.open("/park")
    lists = await _lists(visit, files)
    assert len(lists) % 2 == 0
    for name, english in lists.items():
        if not name.endswith("en"):
            continue
        chinese = lists[f"{name.removesuffix('en')}zh"]
        assert english.keys() == chinese.keys()
        for key, text in english.items():
            places = [set(re.findall(r"\{(\w+)\}", str(one))) for one in (text, chinese[key])]
            assert places[0] == places[1], key


async def test_every_counter_and_cause_of_the_drivers_has_words(visit: Visit, files: Mapping[str, Asset]) -> None:
    await visit.open("/park")
    known = set((await _lists(visit, files))["gateway-zh"])
    source = "\n".join(file.read_text() for file in Path(drivers.__file__).parent.rglob("*.py"))
    counts = set(re.findall(r'counts\["(\w+)"\]', source)) | set(re.findall(r'_reject\("(\w+)"', source))
    counts |= set(COUNTED)
    counts |= {f"kept_{cause}" for cause in Policy}
    causes = set(re.findall(r'skipped\["(\w+)"\]', source)) | set(re.findall(r'_NoForm\("(\w+)"', source))
    causes |= {str(cause) for cause in Trimmed} | {"dead_letter", "type", "encoding", "name", "text"}
    assert len(counts) > 20
    assert {f"count.{name}" for name in counts} | {f"cause.{name}" for name in causes} <= known


async def test_every_key_that_the_page_uses_is_in_the_lists(visit: Visit, files: Mapping[str, Asset]) -> None:
    await visit.open("/park")
    words = {key for known in (await _lists(visit, files)).values() for key in known}
    source = b"\n".join(asset.body for url, asset in files.items() if "/js/" in url or url == "/").decode()
    used = set(re.findall(r'\bt\("([\w.]+)"', source)) | set(re.findall(r'data-(?:word|label)="([\w.]+)"', source))
    assert used - words == set()


async def test_a_name_with_markup_stays_text(visit: Visit) -> None:
    visit.park.device_name = EVIL
    await visit.open("/devices/dongyue-1")
    await visit.page.locator("h1", has_text="onerror").wait_for()
    await expect(visit.page.locator(".pane h1")).to_have_text(EVIL, use_inner_text=True)
    assert await visit.page.locator("main img, main script").count() == 0
    assert await visit.page.evaluate("document.body.dataset.hit ?? ''") == ""


async def test_language_and_theme_are_kept_on_the_device(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.get_by_role("button", name="中文").click()
    await visit.page.locator("h2", has_text="用电去向").wait_for()
    await visit.page.get_by_role("button", name="深色").click()
    await visit.open("/gateway")
    assert await visit.page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "zh-CN",
        "dark",
    ]
    assert await visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"


async def test_the_system_theme_is_followed(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="dark")
    await visit.open("/park")
    assert await visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"


async def test_keys_lead_to_the_pages_and_to_the_list_of_keys(visit: Visit) -> None:
    await visit.page.add_init_script(SLOW_CLOCK)  # the second key counts within a moment after the first
    await visit.open("/park")
    for key, path in (("d", "/devices"), ("w", "/gateway"), ("p", "/park")):
        await visit.page.keyboard.press("g")
        await visit.page.keyboard.press(key)
        await visit.page.wait_for_url(f"**{path}")
    await visit.page.keyboard.press("?")
    dialog = visit.page.get_by_role("dialog")
    await dialog.wait_for()
    await visit.says(dialog, "Next abnormal device")
    await dialog.get_by_label("Single keys on this device").uncheck()
    await visit.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await visit.page.keyboard.press("?")
    await visit.settled()
    assert await visit.page.get_by_role("dialog").count() == 0


async def test_keys_typed_into_the_find_box_are_text(visit: Visit) -> None:
    await visit.open("/devices")
    box = visit.page.get_by_label("Find a device")
    await box.fill("")
    await box.press_sequentially("gp?t")
    await expect(box).to_have_value("gp?t")
    await visit.settled()
    assert visit.page.url.endswith("/devices")


async def test_tab_reaches_the_skip_link_first_and_rows_with_j(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total").wait_for()
    await visit.page.keyboard.press("Tab")
    await expect(visit.page.locator(":focus")).to_have_class("skip")
    await visit.page.keyboard.press("j")
    await visit.page.keyboard.press("j")
    await expect(visit.page.locator(":focus")).to_have_text("Jinbo Castings")
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/devices?open=jinbo")


async def test_the_gateway_page_adds_up_in_words(visit: Visit) -> None:
    await visit.open("/gateway")
    row = visit.page.locator("tr", has_text="influx-park")
    await row.wait_for()
    await visit.says(row, "adds up", "too old 214", "influx.park.local:8086 does not answer.")
    lost = "1 sink is waiting and keeps its values here. 214 values were dropped, with a cause."
    await visit.says(".headline", "Every accepted value is accounted for.", lost)


async def test_a_reading_without_a_value_is_no_loss(visit: Visit) -> None:
    visit.park.sink_changes = {"dropped": {"no_value": 77}}
    await visit.open("/gateway")
    await visit.page.locator("tr", has_text="influx-park").wait_for()
    await visit.says(".headline", "77 readings without a value were not sent.")
    assert "dropped" not in await visit.text(".headline")
    await visit.says("tr:has-text('influx-park')", "readings without a value 77")


@pytest.mark.parametrize(("language", "said"), [("en", "refused; check host"), ("zh", "refused；check host")])
async def test_error_and_hint_are_two_clauses_and_an_address_is_one_piece(
    visit: Visit, language: str, said: str
) -> None:
    visit.park.sink_changes = {"error": "Connection refused", "hint": "check host", "counts": {"status_204": 5}}
    await visit.page.set_viewport_size({"width": 1120, "height": 800})
    await visit.open(f"/gateway?lang={language}")
    row = visit.page.locator("tr", has_text="influx-park")
    await row.wait_for()
    await visit.says(row, said)
    await visit.says(row.locator(".counts"), "204")
    assert "status" not in await row.locator(".counts").inner_text()
    heights = await visit.page.evaluate("[...document.querySelectorAll('.whole')].map((one) => one.offsetHeight)")
    assert heights
    assert max(heights) < 24


async def test_paper_has_no_navigation_and_says_when(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total").wait_for()
    await visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await visit.page.emulate_media(media="print")
    await expect(visit.page.locator(".nav")).to_be_hidden()
    await expect(visit.page.locator(".picture")).to_be_hidden()
    await visit.says(visit.page.locator("#printed"), "Printed 19\u00a0Nov 14:32:")
