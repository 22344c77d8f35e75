"""Closing a month from the Carbon page takes two people; a period's files and an auditor's sample of it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Locator, expect

from gateway.api.access import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_closing import DUE, FakeClosing, obstacle
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OCTOBER = "/carbon?period=2026-10&scope_of=qinghe"
_OPEN = {"status": "open", "closed": None}
_CHANGED = obstacle("changed", "the figures have changed since this was proposed", "提出之后数字已变化")


@pytest.fixture
def closing(world: World) -> FakeClosing:
    """October, which is over and open."""
    world.park.carbon["summary"] = dict(_OPEN)
    return world.closing


async def _shown(visit: Visit, path: str = _OCTOBER) -> None:
    await visit.open(path)
    await visit.page.locator(".bases").wait_for()
    await expect(visit.page.locator(".headline .states .chip").first).to_be_visible()  # how the period stands is told


def _dialog(visit: Visit) -> Locator:
    return visit.page.get_by_role("dialog")


async def test_one_person_proposes_and_is_told_that_somebody_else_must_approve(
    visit: Visit, closing: FakeClosing
) -> None:
    await _shown(visit)
    await visit.page.get_by_role("button", name="Close the month").click()
    dialog = _dialog(visit)
    await expect(dialog.get_by_role("heading", name="Close October 2026")).to_be_visible()
    row = dialog.locator("tr", has_text="Location-based")
    await expect(row.locator("td")).to_have_text(["930.97", "1,516.14", "2,447.11"], use_inner_text=True)
    await dialog.get_by_role("button", name="Propose to close").click()
    await visit.page.locator(".toast", has_text="It waits for another person.").wait_for()
    assert closing.sent == [
        ("close", {"entity": "qinghe", "period": "2026-10", "accept_missing": "", "exclude": {}})
    ]  # fmt: skip
    band = visit.page.locator(".band")
    await expect(band).to_contain_text("You proposed to close this month (09:12:00). It waits for another person.")
    assert await visit.page.get_by_role("button", name="Close the month").count() == 0
    await expect(band.get_by_role("button")).to_have_text(["Withdraw"], use_inner_text=True)
    await band.get_by_role("button", name="Withdraw").click()
    await visit.page.get_by_role("button", name="Close the month").wait_for()
    assert visit.errors == []


async def test_what_stands_against_it_is_listed_and_accepted_with_reasons(visit: Visit, closing: FakeClosing) -> None:
    closing.refuse = [
        obstacle("missing", "data of `qinghe-tx1` is missing: 2026-10-03", "计量点 `qinghe-tx1` 数据缺失"),
        obstacle("no_record", "nothing is recorded of Trucks (`yard-diesel`)", "卡车没有任何记录", "yard-diesel"),
        obstacle("waiting", "record 019b (delivery) waits for approval", "记录 019b 待审批"),
    ]
    await _shown(visit)
    await visit.page.get_by_role("button", name="Close the month").click()
    dialog = _dialog(visit)
    await dialog.get_by_role("button", name="Propose to close").click()
    alert = dialog.get_by_role("alert")
    await expect(alert).to_contain_text("data of qinghe-tx1 is missing: 2026-10-03")
    await expect(alert).to_contain_text("Record it, 0 where it was none, or leave the source out with a reason")
    assert "--exclude" not in await dialog.inner_text()
    await expect(alert.get_by_role("link", name="Records")).to_have_attribute("href", "/records")
    await dialog.get_by_label("The missing data is accepted because").fill("the meter was being repaired")
    await dialog.get_by_label("yard-diesel is left out because").fill("sold in September")
    closing.refuse = [obstacle("earlier_open", "earlier months are still open: 2026-09", "更早的月份尚未关账")]
    await dialog.get_by_role("button", name="Propose to close").click()
    await expect(alert).to_contain_text("the earlier ones first")
    await expect(dialog.get_by_label("yard-diesel is left out because")).to_have_value("sold in September")
    await dialog.get_by_role("button", name="Propose to close").click()
    await visit.page.locator(".band").wait_for()
    sent = closing.sent[-1][1]
    assert sent["accept_missing"] == "the meter was being repaired"
    assert sent["exclude"] == {"yard-diesel": "sold in September"}


async def test_another_person_sees_the_figures_and_approves_and_the_month_is_closed(
    visit: Visit, closing: FakeClosing
) -> None:
    closing.propose("Li Wei", accept_missing="the meter was being repaired", exclude={"yard-diesel": "sold"})
    await _shown(visit)
    await visit.page.get_by_role("button", name="Look and decide").click()
    dialog = _dialog(visit)
    told = ("Li Wei, 09:12:00", "the meter was being repaired", "Left out: yard-diesel", "1,516.14")
    await visit.says(dialog, *told)
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog.get_by_label("Reason of a rejection")).to_be_focused()
    await visit.says(dialog, "A rejection needs a reason")
    await dialog.get_by_role("button", name="Approve").click()
    await visit.page.locator(".toast", has_text="Closed and signed.").wait_for()
    await expect(visit.page.locator(".headline")).to_contain_text("Closed 19 Nov 2026")
    assert [path for path, _ in closing.sent] == ["p-1/approve"]
    assert await visit.page.locator(".band").count() == 0


async def test_a_proposal_is_rejected_with_a_reason(visit: Visit, closing: FakeClosing) -> None:
    closing.propose("Li Wei")
    await _shown(visit)
    await visit.page.get_by_role("button", name="Look and decide").click()
    dialog = _dialog(visit)
    await dialog.get_by_label("Reason of a rejection").fill("a delivery note is missing")
    await dialog.get_by_role("button", name="Reject").click()
    await visit.page.locator(".toast", has_text="Rejected.").wait_for()
    assert closing.sent == [("p-1/reject", {"reason": "a delivery note is missing"})]
    await visit.page.get_by_role("button", name="Close the month").wait_for()


async def test_figures_that_changed_meanwhile_are_told_in_words_and_proposed_anew(
    visit: Visit, closing: FakeClosing
) -> None:
    closing.propose("Li Wei", exclude={"yard-diesel": "sold"})
    closing.refuse = [_CHANGED]
    await _shown(visit)
    await visit.page.get_by_role("button", name="Look and decide").click()
    await _dialog(visit).get_by_role("button", name="Approve").click()
    alert = _dialog(visit).get_by_role("alert")
    await expect(alert).to_contain_text("Not approved: nothing was written.")
    await expect(alert).to_contain_text("What Li Wei proposed rests on other figures.")
    assert await _dialog(visit).get_by_role("button", name="Approve").count() == 0
    await _dialog(visit).get_by_role("button", name="Show the new figures").click()
    await expect(_dialog(visit).get_by_label("yard-diesel is left out because")).to_have_value("sold")
    await _dialog(visit).get_by_role("button", name="Propose to close").click()
    await expect(visit.page.locator(".band")).to_contain_text("You proposed")


async def test_a_closed_month_with_later_data_is_told_anew_with_a_reason(visit: Visit, closing: FakeClosing) -> None:
    visit.park.carbon = {}
    closing.due = DUE
    await _shown(visit)
    band = visit.page.locator(".band")
    await expect(band).to_contain_text("The data has changed since these figures were closed: huali-electricity.")
    await band.get_by_role("button", name="Tell anew").click()
    dialog = _dialog(visit)
    row = dialog.locator("tr", has_text="Scope 2, Location-based")
    await expect(row.locator("td")).to_have_text(["1,516.14", "1,490.00", "\u221226.14"])
    await dialog.get_by_role("button", name="Propose to tell anew").click()
    await expect(dialog.get_by_label("Why the published figures change")).to_be_focused()
    assert closing.sent == []
    await dialog.get_by_label("Why the published figures change").fill("a late meter correction")
    await dialog.get_by_role("button", name="Propose to tell anew").click()
    await expect(band).to_contain_text("You proposed to tell this month anew")
    assert closing.sent[0][0] == "restate"
    assert closing.sent[0][1]["reason"] == "a late meter correction"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENTERPRISE, Role.AUDITOR])
async def test_who_may_not_close_is_told_how_it_stands_and_has_no_button(
    visit: Visit, closing: FakeClosing, session: FakeSession, role: Role
) -> None:
    session.role = role
    await _shown(visit)
    assert await visit.page.get_by_role("button", name="Close the month").count() == 0
    closing.propose("Li Wei")
    await _shown(visit)
    await expect(visit.page.locator(".band")).to_contain_text("Li Wei proposed to close this month")
    assert await visit.page.locator(".band button").count() == 0
    assert await visit.page.get_by_role("button", name="Report", exact=True).count() == (role is not Role.VIEWER)
    assert await visit.page.get_by_role("button", name="Sample entries").count() == (role is Role.AUDITOR)


async def test_the_figures_are_shown_although_nobody_can_tell_where_the_month_stands(
    visit: Visit, closing: FakeClosing
) -> None:
    assert closing.proposal is None
    await visit.page.route("**/api/v1/carbon/periods?*", lambda route: route.abort())
    await _shown(visit)
    await expect(visit.page.locator(".band")).to_contain_text("could not be asked: The gateway is not reachable.")
    assert await visit.page.get_by_role("button", name="Close the month").count() == 0


async def test_a_month_that_runs_and_a_year_are_not_closed(visit: Visit, closing: FakeClosing) -> None:
    assert closing.proposal is None
    for period in ("2026-11", "2026"):
        await _shown(visit, f"/carbon?period={period}")
        assert await visit.page.get_by_role("button", name="Close the month").count() == 0


async def test_the_report_is_there_in_every_format_and_language_with_the_label(visit: Visit) -> None:
    visit.park.carbon["summary"] = {
        "intensities": [{"denominator": "production", "product": "steel", "unit": "t", "kg_per_unit": "1"}]
    }
    await _shown(visit)
    await visit.page.get_by_role("button", name="Report", exact=True).click()
    dialog = _dialog(visit)
    await dialog.get_by_role("button", name="中文").click()
    await expect(dialog.locator(".files-list a[href*='lang=zh']")).to_have_count(5)
    links = [str(await one.get_attribute("href")) for one in await dialog.locator(".files-list a").all()]
    asked = [parse_qs(urlsplit(one).query) for one in links]
    assert [one["format"] for one in asked] == [["pdf"], ["xlsx"], ["csv"], ["json"], ["zip"]]
    assert {(one["entity"][0], one["period"][0], one["lang"][0]) for one in asked} == {("qinghe", "2026-10", "zh")}
    await dialog.get_by_label("Label of").select_option("steel")
    label = re.compile(r"^/api/v1/carbon/label\?(.*&)?product=steel(&|$)")
    await expect(dialog.get_by_role("link", name="SVG")).to_have_attribute("href", label)


async def test_an_auditor_draws_a_sample_by_a_word(visit: Visit, session: FakeSession) -> None:
    session.role = Role.AUDITOR
    await _shown(visit)
    await visit.page.route("**/sample.zip?*", lambda route: route.fulfill(body="PK", content_type="application/zip"))
    await visit.page.get_by_role("button", name="Sample entries").click()
    dialog = _dialog(visit)
    await dialog.get_by_role("button", name="Draw and load").click()
    await visit.says(dialog, "Say a word first.")
    await dialog.get_by_label("Word that draws them").fill("harvest moon")
    await dialog.get_by_label("How many entries").fill("7")
    async with visit.page.expect_download() as loaded:
        await dialog.get_by_role("button", name="Draw and load").click()
    asked = parse_qs(urlsplit((await loaded.value).url).query)
    assert asked == {"entity": ["qinghe"], "period": ["2026-10"], "n": ["7"], "seed": ["harvest moon"]}


@pytest.mark.parametrize("button", ["结账", "查看并决定", "报告", "条目抽样"])
async def test_every_dialog_fits_a_phone_and_speaks_chinese(visit: Visit, closing: FakeClosing, button: str) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    if button == "查看并决定":
        closing.propose("王芳", accept_missing="电表维修")
        closing.refuse = [_CHANGED]
    await _shown(visit, f"{_OCTOBER}&lang=zh")
    await visit.page.get_by_role("button", name=button, exact=True).click()
    dialog = _dialog(visit)
    if button == "查看并决定":
        await dialog.get_by_role("button", name="批准").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("提出之后数字已变化")
    await dialog.locator("h2").wait_for()
    await visit.settled()
    text = await dialog.inner_text()
    assert not [word for word in ("closing.", "files.", "sample.", "undefined", "{") if word in text]
    assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = await dialog.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    assert wide
    low = "(node) => [...node.querySelectorAll('button, input, select')].filter((one) => one.offsetHeight < 44).length"
    assert await dialog.evaluate(low) == 0
    assert [one for one in visit.errors if "409" not in one] == []  # the browser tells of a refusal


async def test_the_auditor_begins_with_the_last_month_that_was_closed(
    visit: Visit, closing: FakeClosing, session: FakeSession
) -> None:
    session.role = Role.AUDITOR
    closing.older = [{"period": "2026-09", "status": "closed", "closed": None, "restatements": 0}]
    await visit.open("/carbon")
    await visit.page.wait_for_url("**period=2026-09**")
    await visit.page.locator("h1", has_text="September 2026").wait_for()
