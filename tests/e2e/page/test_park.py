"""Park: the answer, who uses it, what today looked like."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_park import ENTERPRISES, START_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_answers_with_grid_import_and_its_share_of_the_contract(visit: Visit) -> None:
    await visit.open("/park")
    await expect(visit.page.locator(".hero")).to_have_text("5,794 kW", use_inner_text=True)
    await visit.says(".lead", "96.6 % of contract demand 6,000 kW")
    await expect(visit.page.locator(".figs > div:last-child dd.v").first).to_have_text(
        "146 of 412 known", use_inner_text=True
    )


async def test_without_a_contract_there_is_no_share_and_no_bar(visit: Visit) -> None:
    visit.park.contract_kw = None
    await visit.open("/park")
    await visit.page.locator(".hero").wait_for()
    await expect(visit.page.locator(".demand")).to_be_hidden()
    await visit.says(".lead", "kW")
    assert "contract" not in (await visit.text("main .answer")).lower()


async def test_above_the_contract_the_hero_says_so_in_colour_shape_and_words(visit: Visit) -> None:
    visit.park.grid_kw = 6120.0
    await visit.open("/park")
    await visit.page.locator(".hero.p1 svg").wait_for()
    await visit.says(".lead", "120 kW above it")


async def test_the_rows_and_the_losses_make_the_total_and_the_shares_one_hundred(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total b").wait_for()
    await expect(visit.page.locator("tbody .user td b")).to_have_count(len(ENTERPRISES) + 1)
    kw = await visit.page.locator("tbody .user td b").all_inner_texts()
    numbers = [float(text.removeprefix("≥\u00a0").replace(",", "")) for text in kw if text != "no value"]
    total = float((await visit.text(".user.total b")).replace(",", ""))
    assert sum(numbers) == pytest.approx(total, abs=0.5)
    shares = await visit.page.locator("tbody .user td:nth-child(4)").all_inner_texts()
    assert sum(float(text.split("\u00a0")[0]) for text in shares if text != "–") == pytest.approx(100.0, abs=1e-6)


async def test_a_missing_value_is_not_zero_and_a_partial_sum_says_at_least(visit: Visit) -> None:
    await visit.open("/park")
    row = visit.page.locator(".user", has_text="Baishan Furniture")
    await row.wait_for()
    await visit.says(row, "no value")
    await visit.says(visit.page.locator(".user", has_text="Huali Packaging"), "≥ 248.7", "1 of 5 silent")
    await visit.says(".user.residual", "incl. silent part of Huali Packaging")


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
    await expect(visit.page.locator(".hero")).to_have_text("\u2212420 kW", use_inner_text=True)
    await visit.says(".lead", "Exporting")
    await expect(visit.page.locator(".picture")).to_contain_text("Grid export")


async def test_power_today_has_a_chart_a_sentence_and_a_table(visit: Visit) -> None:
    await visit.open("/park")
    chart = visit.page.locator(".chart")
    await chart.locator("canvas").wait_for()
    await expect(chart).to_have_attribute("role", "img")
    await expect(chart).to_have_attribute("aria-label", re.compile("Grid import: last"))
    await visit.page.keyboard.press("t")
    table = visit.page.locator("main .low table")
    await table.wait_for()
    heads = ["Time", "yesterday, kW", "Grid import, kW", "PV, kW"]
    await expect(table.locator("thead th")).to_have_text(heads)
    tags = re.compile(r"tx1\.power_active%2Ctx2\.power_active%2Cpv1\.power_active")
    await expect(visit.page.locator('a[href^="/api/v1/export"]')).to_have_attribute("href", tags)


async def test_an_empty_park_says_what_to_do(visit: Visit) -> None:
    visit.park.empty = True
    await visit.open("/park")
    await visit.page.locator(".users .empty").wait_for()
    await visit.says("#line", "No device is known yet")
    await expect(visit.page.locator(".hero")).to_be_hidden()
    assert visit.errors == []


@pytest.mark.parametrize(("language", "word"), [("en", "role: grid"), ("zh", "请在")])
async def test_without_a_grid_meter_one_sentence_says_what_to_configure(visit: Visit, language: str, word: str) -> None:
    visit.park.no_grid_meter = True
    await visit.open(f"/park?lang={language}")
    await visit.page.locator(".user.total").wait_for()
    await visit.says(".lead", word)
    await expect(visit.page.locator(".hero")).to_be_hidden()
    assert await visit.page.locator(".user.residual").count() == 0
    assert visit.errors == []


async def test_a_failed_answer_is_told_in_the_gateways_words_and_can_be_tried_again(visit: Visit) -> None:
    visit.park.failing = {"park"}
    await visit.page.goto(visit.url + "/park")
    failed = visit.page.locator("main [role=alert]")
    await failed.wait_for()
    await visit.says(failed, "Could not load")
    await visit.says(failed, "The history did not answer within 5 s. Look at the log.")
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
    await expect(visit.page.locator("#line p.p2").first).to_have_text(sentence, use_inner_text=True)
    await visit.page.locator("#line a").click()
    await visit.page.wait_for_url("**/gateway*")
    assert visit.errors == []


async def test_the_line_names_who_is_silent_and_is_grey_when_nobody_is(visit: Visit) -> None:
    await visit.open("/park")
    await expect(visit.page.locator("#line p").first).to_have_text("1 silent: Huali Packaging 1", use_inner_text=True)
    visit.park.silent = set()
    await visit.page.locator("#line p.grey").wait_for()
    await expect(visit.page.locator("#line p").first).to_have_text(
        "All 146 connected devices answer.", use_inner_text=True
    )


async def test_the_quarter_hour_says_where_it_heads_and_warns_above_the_limit(visit: Visit) -> None:
    end_ms = START_MS + 773_000  # 14:45
    visit.park.demand = {"average_kw": 5600.0, "forecast_kw": 5861.0, "limit_kw": 5700.0, "end_ms": end_ms}
    await visit.open("/park")
    heads_for = "The quarter-hour to 14:45 heads for 97.7 % of contract demand 6,000 kW. 139 kW left."
    await visit.says(".lead", heads_for)
    await expect(visit.page.locator(".demand-forecast.p1").first).to_have_text("forecast 5,861 kW", use_inner_text=True)
    await expect(visit.page.locator(".demand-forecast svg")).to_have_count(1)
    await visit.says(".demand-words", "average so far 5,600 kW", "alarm 5,700 · contract 6,000")
    visit.park.demand = visit.park.demand | {"forecast_kw": 6200.0}
    await visit.page.locator(".lead", has_text="200 kW above it").wait_for()


async def test_rows_can_be_measured_by_energy_and_emissions_of_today(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.get_by_role("button", name="Energy today").click()
    row = visit.page.locator(".user", has_text="Dongyue Dyeing")
    await expect(row.locator("td b")).to_have_text("16,085.3", use_inner_text=True)
    await visit.says(".user.head", "kWh")
    await expect(visit.page.locator(".picture")).to_be_hidden()
    await visit.page.get_by_role("button", name="tCO₂e today").click()
    await visit.page.locator(".user.head", has_text="tCO₂e").wait_for()
    await expect(row.locator("td b")).to_have_text("0.10", use_inner_text=True)
    await expect(visit.page.locator(".user.total b")).to_have_text("44.70")
    await expect(visit.page.locator(".user.residual b")).to_have_text("–")


async def test_the_energy_of_all_rows_and_the_losses_make_the_total(visit: Visit) -> None:
    visit.park.whole_today = True
    await visit.open("/park")
    await visit.page.get_by_role("button", name="Energy today").click()
    await visit.page.locator(".user.head", has_text="kWh").wait_for()
    common = visit.page.locator("tbody .user", has_text="Park common services")
    await expect(common.locator("td b")).to_have_text("1,994.8")  # of its shared meter
    await expect(common.locator(".kwh")).to_have_text("184.7")  # no figure twice: power stands in the second column
    numbers = [float(text.replace(",", "")) for text in await visit.page.locator("tbody .user td b").all_inner_texts()]
    total = float((await visit.text(".user.total b")).replace(",", ""))
    assert sum(numbers) == pytest.approx(total, abs=0.5)
    shares = await visit.page.locator("tbody .user td:nth-child(4)").all_inner_texts()
    assert sum(float(text.split("\u00a0")[0]) for text in shares) == pytest.approx(100.0, abs=1e-6)


async def test_emissions_by_hour_are_a_chart_and_a_table(visit: Visit) -> None:
    await visit.open("/park")
    section = visit.page.locator("section", has_text="Emissions today by hour").last
    await section.locator(".hours").wait_for()
    await expect(section.locator(".hours .day:has(i)")).to_have_count(15)
    told = re.compile("Emissions of 15 hours today: scope 1 ≥\u00a09.0 t.*scope 2 [0-9]")
    await expect(section.locator(".hours")).to_have_attribute("aria-label", told)
    await section.get_by_role("button", name="Table").click()
    first = section.locator("tbody tr").first
    await expect(first).to_have_text("14:00 0.60 2.74 3.34", use_inner_text=True)
    second = section.locator("tbody tr").nth(1)
    await expect(second).to_have_text("13:00 ≥\u00a00.60 2.68 ≥\u00a03.28", use_inner_text=True)


async def test_emissions_of_today_are_a_bound_only_in_the_scope_that_lacks_something(visit: Visit) -> None:
    visit.park.by_records = ["trucks", "chillers"]
    await visit.open("/park")
    figure = visit.page.locator(".figs > div", has_text="Emissions today")
    await visit.says(figure, "≥ 44.7 tCO₂e", "Scope 1 ≥ 9.0", "without 2 sources")
    await visit.says(figure, "Scope 2 35.7")
