"""Park: the answer, who uses it, what today looked like."""

import pytest

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_park import ENTERPRISES, START_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_answers_with_grid_import_and_its_share_of_the_contract(visit: Visit) -> None:
    await visit.open("/park")
    assert (await visit.text(".hero")).split() == ["5,794", "kW"]
    assert "96.6 % of contract demand 6,000 kW" in await visit.text(".lead")
    assert await visit.text(".figs > div:last-child dd.v") == "146 of 412 known"


async def test_without_a_contract_there_is_no_share_and_no_bar(visit: Visit) -> None:
    visit.park.contract_kw = None
    await visit.open("/park")
    await visit.page.locator(".hero").wait_for()
    assert not await visit.page.locator(".demand").is_visible()
    assert "contract" not in (await visit.text("main .answer")).lower()


async def test_above_the_contract_the_hero_says_so_in_colour_shape_and_words(visit: Visit) -> None:
    visit.park.grid_kw = 6120.0
    await visit.open("/park")
    await visit.page.locator(".hero.p1 svg").wait_for()
    assert "120 kW above it" in await visit.text(".lead")


async def test_the_rows_and_the_losses_make_the_total_and_the_shares_one_hundred(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total b").wait_for()
    kw = await visit.page.locator("tbody .user td b").all_inner_texts()
    numbers = [float(text.removeprefix("≥\u00a0").replace(",", "")) for text in kw if text != "no value"]
    total = float((await visit.text(".user.total b")).replace(",", ""))
    assert len(kw) == len(ENTERPRISES) + 1
    assert sum(numbers) == pytest.approx(total, abs=0.5)
    shares = await visit.page.locator("tbody .user td:nth-child(4)").all_inner_texts()
    assert sum(float(text.split("\u00a0")[0]) for text in shares if text != "–") == pytest.approx(100.0, abs=1e-6)


async def test_a_missing_value_is_not_zero_and_a_partial_sum_says_at_least(visit: Visit) -> None:
    await visit.open("/park")
    row = visit.page.locator(".user", has_text="Baishan Furniture")
    await row.wait_for()
    assert "no value" in await row.inner_text()
    partial = await visit.page.locator(".user", has_text="Huali Packaging").first.inner_text()
    assert "≥\u00a0248.7" in partial
    assert "1 of 5 silent" in partial
    assert "incl. silent part of Huali Packaging" in await visit.text(".user.residual")


async def test_rows_keep_their_place_while_numbers_change(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total b").wait_for()
    before = await visit.page.locator("tbody .user th").all_inner_texts()
    visit.park.grid_kw = 4000.0
    await visit.page.locator(".hero", has_text="4,000").wait_for()
    assert await visit.page.locator("tbody .user th").all_inner_texts() == before
    assert before[0] == "Dongyue Dyeing"


async def test_the_flow_ends_at_the_rows_of_the_table(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".picture .node").first.wait_for()
    tops = await visit.page.evaluate(
        """() => {
          const rows = [...document.querySelectorAll("tbody .user")].map((row) => row.getBoundingClientRect());
          const nodes = [...document.querySelectorAll(".picture .node")].map((node) => node.getBoundingClientRect());
          const right = Math.max(...nodes.map((node) => node.right));
          const middle = (box) => (box.top + box.bottom) / 2;
          const ends = nodes.filter((node) => Math.abs(node.right - right) < 1);
          return [rows.map(middle), ends.map(middle)];
        }"""
    )
    rows, ends = tops
    drawn = [row for row in rows if any(abs(row - end) < 2 for end in ends)]
    assert len(ends) == len(ENTERPRISES)  # one enterprise has no value, the losses are a row
    assert len(drawn) == len(ends)


async def test_export_is_negative_and_named(visit: Visit) -> None:
    visit.park.grid_kw = -420.0
    await visit.open("/park")
    await visit.page.locator(".hero").wait_for()
    assert (await visit.text(".hero")).split() == ["\u2212420", "kW"]
    assert "Exporting" in await visit.text(".lead")
    assert "Grid export" in await visit.page.locator(".picture").inner_html()


async def test_power_today_has_a_chart_a_sentence_and_a_table(visit: Visit) -> None:
    await visit.open("/park")
    chart = visit.page.locator(".chart")
    await chart.locator("canvas").wait_for()
    assert await chart.get_attribute("role") == "img"
    assert "Grid import: last" in (await chart.get_attribute("aria-label") or "")
    await visit.page.keyboard.press("t")
    table = visit.page.locator("main .low table")
    await table.wait_for()
    heads = await table.locator("thead th").all_inner_texts()
    assert heads == ["Time", "yesterday, kW", "Grid import, kW", "PV, kW"]
    link = await visit.page.locator('a[href^="/api/v1/export"]').get_attribute("href") or ""
    assert "tx1.power_active%2Ctx2.power_active%2Cpv1.power_active" in link


async def test_an_empty_park_says_what_to_do(visit: Visit) -> None:
    visit.park.empty = True
    await visit.open("/park")
    await visit.page.locator(".users .empty").wait_for()
    assert "No device is known yet" in await visit.text("#line")
    assert not await visit.page.locator(".hero").is_visible()
    assert visit.errors == []


@pytest.mark.parametrize(("language", "word"), [("en", "role: grid"), ("zh", "请在")])
async def test_without_a_grid_meter_one_sentence_says_what_to_configure(visit: Visit, language: str, word: str) -> None:
    visit.park.no_grid_meter = True
    await visit.open(f"/park?lang={language}")
    await visit.page.locator(".user.total").wait_for()
    assert word in await visit.text(".lead")
    assert not await visit.page.locator(".hero").is_visible()
    assert await visit.page.locator(".user.residual").count() == 0
    assert visit.errors == []


async def test_a_failed_answer_is_told_in_the_gateways_words_and_can_be_tried_again(visit: Visit) -> None:
    visit.park.failing = {"park"}
    await visit.page.goto(visit.url + "/park")
    failed = visit.page.locator("main [role=alert]")
    await failed.wait_for()
    assert "Could not load" in await failed.inner_text()
    assert "The history did not answer within 5 s. Look at the log." in await failed.inner_text()
    visit.park.failing = set()
    await failed.get_by_role("button", name="Try again").click()
    await visit.page.locator(".user.total").wait_for()


@pytest.mark.parametrize(
    ("language", "storage", "sentence"),
    [
        ("en", "full", "The gateway is out of room: the oldest samples are dropped."),
        ("en", "failing", "The gateway cannot store samples."),
        ("zh", "full", "网关存储空间不足：最旧的数据正在丢弃。"),
        ("zh", "failing", "网关无法存储数据。"),
    ],
)
async def test_the_line_first_says_that_samples_are_lost_and_leads_to_the_gateway(
    visit: Visit, language: str, storage: str, sentence: str
) -> None:
    visit.park.storage = storage
    await visit.open(f"/park?lang={language}")
    assert await visit.text("#line p.p2") == sentence
    await visit.page.locator("#line a").click()
    await visit.page.wait_for_url("**/gateway*")
    assert visit.errors == []


async def test_the_line_names_who_is_silent_and_is_grey_when_nobody_is(visit: Visit) -> None:
    await visit.open("/park")
    assert await visit.text("#line p") == "1 silent: Huali Packaging 1"
    visit.park.silent = set()
    await visit.page.locator("#line p.grey").wait_for()
    assert await visit.text("#line p") == "All 146 connected devices answer."


async def test_the_quarter_hour_says_where_it_heads_and_warns_above_the_limit(visit: Visit) -> None:
    end_ms = START_MS + 773_000  # 14:45
    visit.park.demand = {"average_kw": 5600.0, "forecast_kw": 5861.0, "limit_kw": 5700.0, "end_ms": end_ms}
    await visit.open("/park")
    assert "The quarter-hour to 14:45 heads for 97.7 % of contract demand 6,000 kW. 139 kW left." in await visit.text(
        ".lead"
    )
    assert await visit.text(".demand-forecast.p1") == "forecast 5,861 kW"
    assert await visit.page.locator(".demand-forecast svg").count() == 1
    words = await visit.text(".demand-words")
    assert "average so far 5,600 kW" in words
    assert "alarm 5,700 · contract 6,000" in words
    visit.park.demand = visit.park.demand | {"forecast_kw": 6200.0}
    await visit.page.locator(".lead", has_text="200 kW above it").wait_for()


async def test_rows_can_be_measured_by_energy_and_emissions_of_today(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.get_by_role("button", name="Energy today").click()
    row = visit.page.locator(".user", has_text="Dongyue Dyeing")
    assert (await row.locator("td b").inner_text()) == "16,085.3"
    assert "kWh" in await visit.text(".user.head")
    assert not await visit.page.locator(".picture").is_visible()
    await visit.page.get_by_role("button", name="tCO₂e today").click()
    await visit.page.locator(".user.head", has_text="tCO₂e").wait_for()
    assert (await row.locator("td b").inner_text()) == "0.10"
    assert (await visit.text(".user.total b")) == "44.70"
    assert (await visit.text(".user.residual b")) == "–"


async def test_emissions_by_hour_are_a_chart_and_a_table(visit: Visit) -> None:
    await visit.open("/park")
    section = visit.page.locator("section", has_text="Emissions today by hour").last
    await section.locator(".hours").wait_for()
    assert await section.locator(".hours .day:has(i)").count() == 15
    assert "Emissions of 15 hours today: scope 1 ≥\u00a09.0 t" in (
        await section.locator(".hours").get_attribute("aria-label") or ""
    )
    await section.get_by_role("button", name="Table").click()
    first = section.locator("tbody tr").first
    assert (await first.inner_text()).split() == ["14:00", "0.60", "2.74", "3.34"]
    assert "≥" in await section.locator("tbody tr").nth(1).inner_text()
