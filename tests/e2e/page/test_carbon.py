"""The Carbon page: every basis side by side, how far to trust it, and the way from a total to a reading."""

import re

import pytest
from playwright.async_api import expect

from gateway.api.access import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_carbon import ENTRY, SUMMARY
from tests.e2e.page.fake_park import FakePark
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OCTOBER = "/carbon?period=2026-10&scope_of=qinghe"


async def test_every_basis_stands_beside_the_others_with_what_scope_2_is_made_of(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    table = visit.page.locator(".bases")
    await table.wait_for()
    heads = [text.replace("\u00a0", " ") for text in await table.locator("thead th").all_inner_texts()]
    assert [head.split("\n")[0] for head in heads[1:]] == [
        "Location-based", "Market-based", "China, enterprise", "Zero-carbon park",
    ]  # fmt: skip
    second = table.locator("tr.tot").nth(1)
    assert [(await cell.inner_text()).strip() for cell in await second.locator("td").all()] == [
        "1,516.14", "1,317.18", "1,405.10", "2,190.80",
    ]  # fmt: skip
    exported = table.locator("tr", has_text="Exported")
    assert "not deducted" in await exported.inner_text()
    assert await table.locator("td", has_text="undefined").count() == 0
    empty = [text for text in await table.locator("tbody tr:not(.sub) td").all_inner_texts() if not text.strip()]
    assert empty == []
    assert "Closed" in await visit.text(".headline")


async def test_a_total_leads_to_its_entry_its_readings_and_its_factors_document(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    await visit.page.locator(".bases button.link").first.click()
    chain = visit.page.locator(".chain")
    await chain.wait_for()
    steps = await chain.locator("li > .step").all_inner_texts()
    assert steps == ["Total", "Entry", "Activity", "Days", "Intervals", "Factor", "Ledger"]
    text = (await chain.inner_text()).replace("\u00a0", " ")
    for part in ("1,516,142.258 kg CO₂e", "x 0.4974 kg CO2/kWh", "park-tx1.energy_import", "Proof verified"):
        assert part in text
    assert not re.search(r"\d{4}-\d\d-\d\dT", text)  # times of the site, as people read them
    assert "22 Nov 2026 23:56:27" in text
    document = chain.locator("a[href^='https://']").first
    assert await document.get_attribute("rel") == "noreferrer"
    assert f"trace={ENTRY[:8]}" in visit.page.url
    await visit.page.get_by_role("button", name="Close trace").click()
    await expect(chain).to_have_count(0)
    assert "trace=" not in visit.page.url


async def test_paper_keeps_every_value_and_no_control_and_is_legible_when_the_screen_is_dark(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="dark")
    await visit.open(_OCTOBER)
    value = visit.page.locator(".bases button.link").first
    await value.wait_for()
    await visit.page.emulate_media(media="print")
    await expect(value).to_be_visible()
    assert await visit.page.locator("select:visible, .btn:visible, a[download]:visible").count() == 0
    ink = "node => getComputedStyle(node).color"
    assert await visit.page.locator("main .chip.p2").first.evaluate(ink) == "rgb(138, 83, 0)"


async def test_an_address_with_a_trace_opens_it(visit: Visit) -> None:
    await visit.open(f"{_OCTOBER}&trace={ENTRY}")
    await visit.page.locator(".chain li").nth(6).wait_for()


async def test_a_broken_chain_says_where_it_ends_and_why(visit: Visit, park: FakePark) -> None:
    park.carbon["trace"] = {"broken": {"step": "days", "missing": "2 days are missing"}, "steps": []}
    await visit.open(f"{_OCTOBER}&trace={ENTRY}")
    await visit.page.locator(".chain", has_text="The chain stops here: 2 days are missing").wait_for()


async def test_a_lower_bound_and_what_cannot_be_valued_are_said_never_shown_as_zero(
    visit: Visit, park: FakePark
) -> None:
    bases = [dict(basis) for basis in SUMMARY["bases"]]
    bases[0] |= {"scope2": {"kg": "1000", "is_lower_bound": True}}
    refusal = {"source": "qinghe-electricity", "message": "no factor is valid", "hint": "name a fallback"}
    bases[1] |= {"lines": [], "refusals": [refusal], "scope2": {"kg": "0"}}
    park.carbon["summary"] = {"bases": bases, "is_complete": False, "status": "open", "closed": None}
    await visit.open(_OCTOBER)
    cells = visit.page.locator(".bases tr.tot").nth(1).locator("td")
    await cells.first.wait_for()
    assert (await cells.nth(0).inner_text()).replace("\u00a0", " ") == "≥ 1.00"
    assert await cells.nth(1).inner_text() == "cannot be valued"
    assert "no factor is valid; name a fallback" in await visit.text(".findings")
    assert "lower bounds" in await visit.text("main")
    assert "Open" in await visit.text(".headline")


async def test_period_and_entity_are_chosen_and_stand_in_the_address(visit: Visit, park: FakePark) -> None:
    await visit.open(_OCTOBER)
    await visit.page.get_by_label("Whose emissions").select_option("huali")
    await visit.page.wait_for_url("**scope_of=huali**")
    await visit.page.get_by_role("button", name="Period before").click()
    await visit.page.wait_for_url("**period=2026-09**")
    await visit.page.locator("h1", has_text="September 2026").wait_for()
    await visit.page.get_by_role("button", name="Whole year").click()
    await visit.page.wait_for_url("**period=2026&**")
    await visit.page.locator(".months a").first.click()
    await visit.page.wait_for_url("**period=2026-09**")
    assert "entity=huali&period=2026-09" in park.asked


async def test_the_page_fits_a_phone_and_speaks_chinese(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"{_OCTOBER}&lang=zh")
    await visit.page.locator(".bases").wait_for()
    assert await visit.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    text = await visit.text("main")
    for part in ("范围一", "基于市场", "零碳园区", "可信程度", "凭证"):
        assert part in text
    assert visit.errors == []


async def test_a_source_of_which_nothing_is_recorded_is_named_beside_the_banner_and_in_the_table(
    visit: Visit, park: FakePark
) -> None:
    silent = {
        "source": "yard-diesel", "name": {"en": "Trucks, diesel", "zh": "卡车柴油"}, "scope": 1, "periods": ["2026-10"]
    }  # fmt: skip
    scope1 = SUMMARY["scope1"] | {"is_lower_bound": True}
    park.carbon["summary"] = {
        "trust": SUMMARY["trust"] | {"silent": [silent]}, "scope1": scope1, "is_complete": False
    }  # fmt: skip
    await visit.open(_OCTOBER)
    await visit.page.locator("main", has_text="nothing is recorded of Trucks, diesel (2026-10)").wait_for()
    row = visit.page.locator("section tr", has_text="yard-diesel")
    assert "not known" in await row.inner_text()
    assert "The park is not the sum of its enterprises" in await visit.text("main")


async def test_names_of_bases_are_told_once_in_both_languages_and_the_day_is_the_sites(
    visit: Visit, park: FakePark
) -> None:
    note = {"code": "disclosure", "en": "location: nothing is deducted", "zh": "location：不扣减"}
    told = "market: factor as of 2023"
    park.carbon["summary"] = {
        "bases": [basis | {"notes": [note] if basis["basis"] == "location" else []} for basis in SUMMARY["bases"]],
        "trust": SUMMARY["trust"] | {"fallbacks": [told], "chinese": {told: "market：使用替代因子 2023"}},
        "closed": SUMMARY["closed"] | {"time": "2026-11-22T16:30:00Z"},
        "energy": [
            {"carrier": "gas_diesel_oil", "direction": "import", "quantity": "1", "unit": "L", "tce_calorific": None,
             "tce_primary": None}
        ],
    }  # fmt: skip
    await visit.open(f"{_OCTOBER}&lang=zh")
    await visit.page.locator(".findings").wait_for()
    text = await visit.text("main")
    for part in ("基于位置：不扣减", "基于市场：使用替代因子 2023", "柴油", "2026年11月23日"):
        assert part in text
    assert "location" not in text
    await visit.open(f"{_OCTOBER}&lang=en")
    await visit.page.locator(".findings").wait_for()
    text = await visit.text("main")
    for part in ("Location-based: nothing is deducted", "Market-based: factor as of 2023", "Diesel"):
        assert part in text


async def test_the_ledger_is_verified_from_the_page_and_what_was_changed_is_named(visit: Visit) -> None:
    await visit.open("/carbon")
    row = visit.page.locator(".verify")
    await row.wait_for()
    assert "not checked yet" in await row.inner_text()
    await row.get_by_role("button", name="Verify").click()
    await row.get_by_text("verified 14:3").wait_for()
    assert "1,842 records, 1,200 interval rows, 9 evidence files, 77 entries of the audit log" in await row.inner_text()
    fault = {"message": "the record was changed", "seq": 481, "id": "x", "kind": "entry", "time_ns": None}
    visit.park.carbon = {"verdict": {"is_good": False, "faults": [fault]}}
    await row.get_by_role("button", name="Verify").click()
    await row.get_by_text("1 thing was changed").wait_for()
    assert "entry 481: the record was changed" in await row.inner_text()


async def test_an_enterprise_does_not_verify_the_ledger_of_the_park(visit: Visit, session: FakeSession) -> None:
    session.role = Role.ENTERPRISE
    await visit.open("/carbon")
    await visit.page.locator(".shares").first.wait_for()
    assert await visit.page.locator(".verify").count() == 0


async def test_an_enterprise_sees_its_own_account_first(visit: Visit, session: FakeSession) -> None:
    session.role = Role.ENTERPRISE
    async with visit.page.expect_request("**/carbon/summary?entity=huali&*"):
        await visit.open("/carbon")
