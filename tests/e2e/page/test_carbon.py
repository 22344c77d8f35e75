"""The Carbon page: every basis side by side, how far to trust it, and the way from a total to a reading."""

import re

import pytest
from playwright.async_api import expect

from gateway.api.access import Role
from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_carbon import ENTRY, SUMMARY
from tests.e2e.page.fake_park import FakePark
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OCTOBER = "/carbon?period=2026-10&scope_of=qinghe"


async def test_every_basis_stands_beside_the_others_with_what_scope_2_is_made_of(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    table = visit.page.locator(".bases")
    await table.wait_for()
    names = ["Location-based", "Market-based", "China, enterprise", "Zero-carbon park"]
    heads = [re.compile(f"^{name}\\b") for name in names]
    await expect(table.locator("thead th + th")).to_have_text(heads, use_inner_text=True)
    second = table.locator("tr.tot").nth(1)
    await expect(second.locator("td")).to_have_text(["1,516.14", "1,317.18", "1,405.10", "2,190.80"])
    exported = table.locator("tr", has_text="Exported")
    await visit.says(exported, "not deducted")
    assert await table.locator("td", has_text="undefined").count() == 0
    empty = [text for text in await table.locator("tbody tr:not(.sub) td").all_inner_texts() if not text.strip()]
    assert empty == []
    await visit.says(".headline", "Closed")


async def test_a_total_leads_to_its_entry_its_readings_and_its_factors_document(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    await visit.page.locator(".bases button.link").first.click()
    chain = visit.page.locator(".chain")
    steps = ["Total", "Entry", "Activity", "Days", "Intervals", "Factor", "Ledger"]
    await expect(chain.locator("li > .step")).to_have_text(steps)
    parts = ("1,516,142.258 kg CO₂e", "x 0.4974 kg CO2/kWh", "park-tx1.energy_import", "Proof verified")
    await visit.says(chain, *parts, "22 Nov 2026 23:56:27")
    assert not re.search(r"\d{4}-\d\d-\d\dT", await chain.inner_text())  # times of the site, as people read them
    document = chain.locator("a[href^='https://']").first
    await expect(document).to_have_attribute("rel", "noreferrer")
    await expect(visit.page).to_have_url(re.compile(f"trace={ENTRY[:8]}"))
    await visit.page.get_by_role("button", name="Close trace").click()
    await expect(chain).to_have_count(0)
    await expect(visit.page).not_to_have_url(re.compile("trace="))


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


async def test_an_incomer_that_is_not_metered_whole_is_told_in_grey_words_with_its_name(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    row = visit.page.locator("dd > .under", has_text="Dongyue main, energy import")
    await visit.says(row, "18.5 % not all of it is metered")
    await expect(row.locator(".chip")).to_have_count(0)
    doubtful = visit.page.locator("dd > .under", has_text="Antu main, energy import")
    await visit.says(doubtful.locator(".chip"), "more than the meters' accuracy")


async def test_notes_on_scope_1_stand_under_scope_1_and_not_under_the_bases(visit: Visit, park: FakePark) -> None:
    note = {"code": "estimated", "scope": 1, "en": "a part is estimated", "zh": "部分为估算"}
    bases = [basis | {"notes": [*basis["notes"], note]} for basis in SUMMARY["bases"]]
    park.carbon["summary"] = {"bases": bases, "scope1": SUMMARY["scope1"] | {"notes": [note]}}
    await visit.open(_OCTOBER)
    said = visit.page.locator(".findings li", has_text="a part is estimated")
    await expect(said).to_have_count(1)
    await visit.page.locator("section", has_text="Scope 1 by source").locator(said).wait_for()


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
    await expect(cells.nth(0)).to_have_text("≥ 1.00")
    await expect(cells.nth(1)).to_have_text("cannot be valued", use_inner_text=True)
    await visit.says(".findings", "no factor is valid; name a fallback")
    await visit.says("main", "lower bounds")
    await visit.says(".headline", "Open")


async def test_period_and_entity_are_chosen_and_stand_in_the_address(visit: Visit, park: FakePark) -> None:
    await visit.open(_OCTOBER)
    await visit.page.get_by_label("Whose emissions").select_option("huali")
    await visit.page.wait_for_url("**scope_of=huali**")
    stands = visit.page.locator(".headline .states .chip")  # the headline with its buttons is drawn for the last time
    await stands.first.wait_for()
    await visit.page.get_by_role("button", name="Period before").click()
    await visit.page.wait_for_url("**period=2026-09**")
    await visit.page.locator("h1", has_text="September 2026").wait_for()
    await stands.first.wait_for()
    await visit.page.get_by_role("button", name="Whole year").click()
    await visit.page.wait_for_url("**period=2026&**")
    await visit.page.locator("h1", has_text=re.compile("^2026$")).wait_for()
    await stands.first.wait_for()
    await visit.page.locator(".months a").first.click()
    await visit.page.wait_for_url("**period=2026-09**")
    await until(lambda: "entity=huali&period=2026-09" in park.asked)


async def test_the_page_fits_a_phone_and_speaks_chinese(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"{_OCTOBER}&lang=zh")
    await visit.page.locator(".bases").wait_for()
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth <= 360")
    await visit.says("main", "范围一", "基于市场", "零碳园区", "可信程度", "凭证")
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
    await visit.says(row, "not known")
    await visit.says("main", "The park is not the sum of its enterprises")


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
    await visit.says("main", "基于位置：不扣减", "基于市场：使用替代因子 2023", "柴油", "2026年11月23日")
    assert "location" not in await visit.text("main")
    await visit.open(f"{_OCTOBER}&lang=en")
    await visit.page.locator(".findings").wait_for()
    await visit.says("main", "Location-based: nothing is deducted", "Market-based: factor as of 2023", "Diesel")


async def test_the_ledger_is_verified_from_the_page_and_what_was_changed_is_named(visit: Visit) -> None:
    await visit.open("/carbon")
    row = visit.page.locator(".verify")
    await row.wait_for()
    await visit.says(row, "not checked yet")
    await row.get_by_role("button", name="Verify").click()
    await row.get_by_text("verified 14:3").wait_for()
    await visit.says(row, "1,842 records, 1,200 interval rows, 9 evidence files, 77 entries of the audit log")
    fault = {"message": "the record was changed", "seq": 481, "id": "x", "kind": "entry", "time_ns": None}
    visit.park.carbon = {"verdict": {"is_good": False, "faults": [fault]}}
    await row.get_by_role("button", name="Verify").click()
    await row.get_by_text("1 thing was changed").wait_for()
    await visit.says(row, "entry 481: the record was changed")


async def test_an_enterprise_does_not_verify_the_ledger_of_the_park(visit: Visit, session: FakeSession) -> None:
    session.role = Role.ENTERPRISE
    await visit.open("/carbon")
    await visit.page.locator(".shares").first.wait_for()
    assert await visit.page.locator(".verify").count() == 0


async def test_an_enterprise_sees_its_own_account_first(visit: Visit, session: FakeSession) -> None:
    session.role = Role.ENTERPRISE
    async with visit.page.expect_request("**/carbon/summary?entity=huali&*"):
        await visit.open("/carbon")
