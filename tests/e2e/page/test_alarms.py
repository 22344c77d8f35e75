"""Alarms: what must I do first? The list, the pane, orders and refusals, the journal, the line on every other page."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.e2e.page.conftest import SLOW_CLOCK, Visit, until
from tests.e2e.page.fake_alarms import FakeAlarms
from tests.e2e.page.fake_park import FakePark, name

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("alarms")]

DEMAND = "demand:qinghe"
EVIL = "<img src=x onerror=\"document.body.dataset.hit='yes'\">"


async def _messages(visit: Visit) -> list[str]:
    found: list[str] = await visit.page.locator(".alarms tbody .say").all_inner_texts()
    return found


async def test_the_list_says_what_waits_and_is_in_the_gateways_order(visit: Visit) -> None:
    await visit.open("/alarms")
    await visit.page.locator(".alarms tbody tr").first.wait_for()
    await visit.says(".headline", "4 unacknowledged of 7 active. The oldest has waited 6 h.")
    messages = await _messages(visit)
    assert messages[0] == "Demand 14:30 to 14:45 is heading for 5,861 kW"
    assert messages[-1] == "Last backup is older than 7 days"
    returned = visit.page.locator(".alarms tr", has_text="Cold room B")
    await visit.says(returned, "Medium")
    await visit.says(returned, "Returned, unacknowledged")
    await expect(returned.locator("svg.alarm.p2.dashed")).to_have_count(1)
    await expect(visit.page.locator(".seg [aria-pressed=true]")).to_have_text("Active 7")
    await expect(visit.page.locator("#line")).to_be_hidden()
    assert visit.errors == []


async def test_an_alarm_opens_beside_the_list_with_trend_advice_and_history(visit: Visit) -> None:
    await visit.open("/alarms")
    await visit.page.get_by_role("link", name="Demand 14:30").first.click()
    await visit.page.wait_for_url("**/alarms/demand%3Aqinghe")
    pane = visit.page.get_by_label("Selected alarm")
    await pane.locator(".chart canvas").wait_for()
    await expect(pane.locator(".chart")).to_have_attribute("aria-label", re.compile(r"1 alarm in this range\."))
    await visit.says(pane, "What to do. Shed 161 kW", "Sent to WeCom group “Duty”: errcode 0")
    await visit.says(pane, "Raised, 5,861.0 kW, limit 5,700.0 kW")
    row = visit.page.locator("tr.sel")
    await row.wait_for()
    await expect(row.locator("button")).to_be_hidden()  # its pane has it


async def test_acknowledging_with_a_comment_shows_in_list_and_pane_and_the_order_names_the_occurrence(
    visit: Visit, alarms: FakeAlarms
) -> None:
    await visit.open(f"/alarms/{DEMAND}")
    pane = visit.page.get_by_label("Selected alarm")
    await pane.get_by_label("Comment").fill("Chiller 2 is off")
    await pane.get_by_role("button", name="Acknowledge").click()
    await visit.page.locator(".toast", has_text="Acknowledged: Demand 14:30").wait_for()
    await visit.page.locator("tr.sel", has_text="Acknowledged").wait_for()
    await pane.locator(".timeline", has_text="Acknowledged, by local operator: Chiller 2 is off").wait_for()
    assert alarms.orders == [(f"{DEMAND}/acknowledge", {"comment": "Chiller 2 is off", "occurrence": 3})]
    await expect(pane.get_by_label("Comment")).to_have_value("")
    await visit.page.locator(".headline", has_text="3 unacknowledged of 7 active").wait_for()


async def test_a_refused_order_is_told_in_the_gateways_words_and_changes_nothing(
    visit: Visit, alarms: FakeAlarms
) -> None:
    alarms.refuse = "Li Wei acknowledged it at 14:32:05."
    await visit.open("/alarms")
    row = visit.page.locator(".alarms tr", has_text="Gas meter")
    await row.get_by_role("button", name="Acknowledge").click()
    refused = visit.page.get_by_role("alert").filter(has_text="Not done: Li Wei acknowledged it at 14:32:05.")
    await refused.wait_for()
    await expect(row.get_by_role("button", name="Acknowledge")).to_be_enabled()
    await visit.says(row, "Unacknowledged")


async def test_shelving_asks_for_how_long_and_can_be_undone(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open(f"/alarms/{DEMAND}")
    await visit.page.get_by_role("button", name="Shelve…").click()
    dialog = visit.page.get_by_role("dialog", name="Shelve")
    too_long = dialog.get_by_role("button", name="8 h")
    await too_long.wait_for()
    await expect(too_long).to_be_disabled()
    await expect(too_long).to_have_attribute("title", "This rule allows at most 1\u00a0h")
    await dialog.get_by_role("button", name="1 h").click()
    await visit.page.locator(".toast", has_text="Shelved until 15:32:").hover()  # it stays while somebody points at it
    assert alarms.orders[-1] == (f"{DEMAND}/shelve", {"duration_s": 3600, "comment": ""})
    await visit.page.locator("[data-view=shelved]", has_text="Shelved 2").wait_for()
    await visit.page.get_by_role("button", name="Undo").click()
    await until(lambda: alarms.orders[-1][0] == f"{DEMAND}/unshelve")


async def test_out_of_service_needs_a_reason(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open(f"/alarms/{DEMAND}")
    await visit.page.locator("aside").get_by_role("button", name="Out of service").click()
    dialog = visit.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Out of service").click()
    await dialog.get_by_text("Give a reason").wait_for()
    assert alarms.orders == []
    await dialog.get_by_label("Reason").fill("meter is exchanged")
    await dialog.get_by_role("button", name="Out of service").click()
    await visit.page.locator("aside", has_text="Out of service: meter is exchanged").wait_for()
    assert alarms.orders == [(f"{DEMAND}/out-of-service", {"reason": "meter is exchanged"})]


@pytest.mark.parametrize(
    ("view", "message", "state", "button", "verb"),
    [
        ("active", "Power factor 0.87", "Latched, acknowledged", "Reset", "reset"),
        ("shelved", "Cabinet temperature", "Shelved to 16:00", "Unshelve", "unshelve"),
        ("out_of_service", "Compressed air", "Out of service: valve is replaced", "Back to service", "in-service"),
    ],
)
async def test_every_view_offers_what_a_person_does_next(
    visit: Visit, alarms: FakeAlarms, view: str, message: str, state: str, button: str, verb: str
) -> None:
    await visit.open(f"/alarms?state={view}")
    row = visit.page.locator(".alarms tr", has_text=message)
    await visit.says(row, state)
    await row.get_by_role("button", name=button).click()
    await visit.page.locator(".toast").wait_for()
    assert alarms.orders[0][0].endswith(verb)


@pytest.mark.parametrize("state", ["unacknowledged", "normal", "shelved", "out_of_service"])
async def test_hours_start_anew_in_any_state_where_an_alarm_adds_them_up(
    visit: Visit, alarms: FakeAlarms, state: str
) -> None:
    alarms.add("service:pump", accumulates=True, state=state)
    await visit.open("/alarms/service%3Apump")
    pane = visit.page.get_by_label("Selected alarm")
    await pane.get_by_label("Comment").fill("oil changed")
    await pane.get_by_role("button", name="Reset").click()
    await visit.page.locator(".toast").wait_for()
    assert alarms.orders == [("service:pump/reset", {"comment": "oil changed"})]


async def test_suppressed_alarms_say_why_and_filters_are_in_the_address(visit: Visit) -> None:
    await visit.open("/alarms?state=suppressed")
    row = visit.page.locator(".alarms tr", has_text="Low load")
    await row.wait_for()
    await visit.says(row, "Suppressed: the line stands still")
    assert await row.locator("button").count() == 0
    await visit.page.get_by_role("button", name="Active 7").click()
    await visit.page.get_by_label("Priority", exact=True).select_option("3")
    await visit.page.wait_for_url("**/alarms?priority=3")
    await expect(visit.page.locator(".alarms tbody tr")).to_have_count(3)
    await visit.page.get_by_label("Enterprise").select_option("jinbo")
    await visit.page.get_by_text("No alarm fits this choice.").wait_for()


async def test_new_alarms_wait_behind_a_button_while_somebody_reads_and_enter_at_once_otherwise(
    visit: Visit, park: FakePark, alarms: FakeAlarms
) -> None:
    await visit.open("/alarms/stuck:antu-1")
    await visit.page.locator("aside .timeline").wait_for()
    before = await _messages(visit)
    alarms.add("overload:tx1")
    alarms.add("overload:tx2", 2)
    fresh = visit.page.get_by_role("button", name="2 new")
    await fresh.wait_for()
    await expect(fresh.locator("svg.p1")).to_have_count(1)
    assert await _messages(visit) == before
    await visit.page.keyboard.press("Escape")
    await visit.page.wait_for_url("**/alarms")
    await fresh.click()
    await expect(visit.page.locator(".alarms tbody tr")).to_have_count(9)
    alarms.add("overload:tx3", message=name("Transformer 3 is overloaded"), since_ms=park.now_ms())
    await visit.page.locator(".alarms tr", has_text="Transformer 3").wait_for()
    await expect(visit.page.locator(".alarms tbody .say").first).to_have_text("Transformer 3 is overloaded")


async def test_rows_keep_their_place_when_their_state_changes(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open("/alarms")
    before = await _messages(visit)
    alarms.items[DEMAND]["state"] = "acknowledged"
    alarms.changed()
    await visit.page.locator(".alarms tr", has_text="Demand").filter(has_text="Acknowledged").wait_for()
    assert await _messages(visit) == before


async def test_the_keyboard_walks_opens_acknowledges_shelves_and_closes(visit: Visit, alarms: FakeAlarms) -> None:
    page = visit.page
    await visit.open("/alarms")
    await page.locator(".alarms tbody tr").first.wait_for()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(":focus")).to_have_text("No answer: Meter 3 does not answer; others on its line do")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/alarms/no-answer%3Ahuali-3")
    await page.keyboard.press("a")
    await page.locator(".toast", has_text="Acknowledged: No answer: Meter 3").wait_for()
    assert alarms.orders[-1][0] == "no-answer:huali-3/acknowledge"
    await page.keyboard.press("s")
    await page.get_by_role("dialog", name="Shelve").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("k")
    await page.keyboard.press("a")
    await until(lambda: alarms.orders[-1][0] == f"{DEMAND}/acknowledge")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/alarms")


async def test_names_with_markup_stay_text_everywhere(visit: Visit, alarms: FakeAlarms) -> None:
    hostile = {"message": name(EVIL), "rule_name": name(EVIL), "device_name": name(EVIL), "guidance": name(EVIL)}
    alarms.items[DEMAND].update(**hostile, comment=EVIL, reason=name(EVIL))
    alarms.journal[-1]["comment"] = alarms.journal[-1]["message"]["en"] = EVIL
    alarms.changed()
    for path in ("/park", f"/alarms/{DEMAND}", "/alarms?state=journal"):
        await visit.open(path)
        await visit.page.get_by_text("onerror").locator("visible=true").first.wait_for()
        await visit.settled()
        assert await visit.page.locator("img").count() == 0
    assert await visit.page.evaluate("document.body.dataset.hit ?? ''") == ""
    assert visit.errors == []


async def test_a_failed_list_can_be_tried_again_and_no_alarm_is_told_with_its_time(
    visit: Visit, park: FakePark, alarms: FakeAlarms
) -> None:
    park.failing = {"alarms"}
    await visit.open("/alarms")
    failed = visit.page.locator("main section.c8 [role=alert]").first
    await failed.wait_for()
    await visit.says(failed, "The history did not answer within 5 s. Look at the log.")
    park.failing = set()
    alarms.items.clear()
    await failed.get_by_role("button", name="Try again").click()
    await visit.page.get_by_text("No active alarms since 14:29:10.").wait_for()


async def test_an_unknown_alarm_is_told_beside_the_list(visit: Visit) -> None:
    await visit.open("/alarms/nothing:here")
    await visit.page.locator("aside [role=alert]", has_text="There is no alarm `nothing:here`.").wait_for()
    await expect(visit.page.locator(".alarms tbody tr")).to_have_count(7)


async def test_the_health_of_the_alarm_system_has_its_targets_and_names_the_ten(visit: Visit) -> None:
    await visit.open("/alarms")
    await visit.page.get_by_role("button", name="Which ten").click()
    await visit.says("section.health", "77, 16, 7 %", "target under 5", "flood above 10; none")
    await visit.says("table.top", "Huali Packaging 3")


async def test_the_journal_is_narrowed_by_time_and_alarm_and_given_as_a_file(visit: Visit) -> None:
    await visit.open("/alarms?state=journal")
    rows = visit.page.locator(".events tbody tr")
    await rows.first.wait_for()
    await expect(rows).to_have_count(23)
    await visit.page.get_by_role("button", name="pf:mingde-0").first.click()
    await expect(rows).to_have_count(3)
    await visit.says(rows.first, "Acknowledged, by Li Wei: Electrician is on the way")
    await expect(visit.page).to_have_url(f"{visit.url}/alarms?state=journal&alarm=pf%3Amingde-0&span=31d")
    await visit.page.get_by_label("From").fill("2026-11-19T08:00")
    await visit.page.get_by_label("To", exact=True).fill("2026-11-19T12:00")
    file = visit.page.get_by_role("link", name="CSV")
    await expect(file).to_have_attribute(
        "href",
        "/api/v1/alarms/journal?from=2026-11-19T00%3A00%3A00.000Z&to=2026-11-19T04%3A00%3A00.000Z"
        "&alarm=pf%3Amingde-0&format=csv",
    )
    await visit.page.reload()
    await expect(visit.page.get_by_label("From")).to_have_value("2026-11-19T08:00")


async def test_the_journal_drops_the_answer_to_a_question_that_was_changed_meanwhile(visit: Visit) -> None:
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await visit.open("/alarms?state=journal")
    rows = visit.page.locator(".events tbody tr")
    await expect(rows).to_have_count(23)
    await visit.page.route("**/api/v1/alarms/journal?*", hold, times=1)
    await visit.page.get_by_role("button", name="7 d", exact=True).click()
    await until(lambda: held != [])
    await visit.page.get_by_role("button", name="31 d", exact=True).click()
    await expect(rows).to_have_count(23)
    await held[0].continue_()
    await visit.settled()
    assert await rows.count() == 23


async def test_the_line_shows_the_highest_alarm_and_acknowledges_it(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.page.add_init_script(SLOW_CLOCK)  # five seconds do not pass
    await visit.open("/devices")
    line = visit.page.locator("#line.high")
    await line.wait_for()
    await visit.says("#line", "High Demand 14:30 to 14:45 is heading for 5,861 kW since 14:28:40")
    await visit.says("#line", "4 unacknowledged, 7 active")
    await expect(visit.page.locator(".nav [data-count]")).to_have_text("4 unacknowledged")
    await expect(visit.page.locator("#shout")).to_have_text("High: Demand 14:30 to 14:45 is heading for 5,861 kW")
    await line.get_by_role("button", name="Acknowledge").click()
    await visit.page.locator("#line:not(.high)", has_text="Meter 3 does not answer").wait_for()
    assert alarms.orders[0][0] == f"{DEMAND}/acknowledge"
    assert await visit.page.locator("#say").inner_text() == ""  # not before five seconds have passed


async def test_without_waiting_alarms_the_line_is_calm(visit: Visit, park: FakePark, alarms: FakeAlarms) -> None:
    park.silent = set()
    for one in alarms.items.values():
        one["state"] = "acknowledged" if one["state"].endswith("unacknowledged") else one["state"]
    await visit.open("/park")
    calm = "No unacknowledged alarms; 7 active. All 146 connected devices answer."
    await expect(visit.page.locator("#line p.grey")).to_have_text(calm)
    await expect(visit.page.locator(".nav [data-count]")).to_be_hidden()


async def test_storage_that_fails_comes_before_all_but_a_high_alarm(
    visit: Visit, park: FakePark, alarms: FakeAlarms
) -> None:
    park.storage = "full"
    await visit.open("/park")
    await visit.page.locator("#line.high").wait_for()
    alarms.items[DEMAND]["state"] = "acknowledged"
    alarms.changed()
    await visit.page.locator("#line", has_text="The gateway is out of room").wait_for()
    await visit.says("#line", "3 unacknowledged, 7 active")


async def test_on_a_phone_list_and_alarm_are_two_pages(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    await visit.open("/alarms")
    await visit.page.get_by_role("link", name="Demand 14:30").first.click()
    await visit.page.locator("aside .timeline").wait_for()
    await expect(visit.page.locator(".alarms")).to_be_hidden()
    await visit.page.get_by_role("link", name="All alarms").click()
    await visit.page.locator(".alarms tbody tr").first.wait_for()
    await expect(visit.page.locator("aside .timeline")).to_be_hidden()


async def test_chinese_uses_the_terms_of_the_trade(visit: Visit) -> None:
    await visit.open(f"/alarms/{DEMAND}?lang=zh")
    await visit.page.locator("aside .timeline").wait_for()
    headline = "4 条未确认，共 7 条活动。最早的一条已等待 6 小时。"
    terms = ("恢复未确认", "处置建议：", "搁置", "停用", "报警泛滥", "频繁动作")
    await visit.says("main", headline, *terms, "14:30 至 14:45 需量预计达 5,861 kW")
