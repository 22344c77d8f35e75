"""Connectivity, and alarms on the other pages: enterprises, devices, the park's rows, channels, rules."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_alarms import FakeAlarms
from tests.e2e.page.fake_park import FakePark

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("alarms", "two_silent")]


@pytest.fixture
def two_silent(park: FakePark) -> None:
    park.silent = {"huali-1", "huali-3"}


async def test_enterprises_are_listed_with_rate_and_highest_alarm(visit: Visit) -> None:
    await visit.open("/enterprises")
    row = visit.page.locator("tr", has_text="Huali Packaging")
    await row.wait_for()
    await visit.says(row, "5 / 18", "2 do not answer", "97.9 %", "Meter 3 does not answer")
    await visit.says(".headline", "144 of 146 connected machines answer; 412 are known.")
    await row.get_by_role("link", name="Huali Packaging", exact=True).click()
    await visit.page.locator("h1", has_text="Huali Packaging").wait_for()


async def test_an_enterprise_sees_which_machine_is_silent_why_and_for_how_long(visit: Visit, park: FakePark) -> None:
    await visit.open("/enterprises/huali")
    silent = visit.page.locator(".machines tr", has_text="Jet dyeing B")
    await silent.wait_for()
    await visit.says(silent, "The line is fine: 3 other meters on it answer.")
    await expect(silent.locator(".day-bar .silent")).to_have_count(1)
    await expect(silent.locator(".day-bar .down")).to_have_count(1)
    calm = visit.page.locator(".machines tr", has_text="Jet dyeing A")
    await visit.says(calm, "100.0\u00a0%")
    await visit.says(".question", "3 of 5 connected machines answer.")
    await visit.says(".outages", "30 min, goes on")
    await visit.says(".brief", "Meter 3 does not answer")
    await visit.page.get_by_text("2 machines are known but not connected.").click()
    await expect(visit.page.locator(".names a")).to_have_count(2)
    await visit.page.get_by_role("button", name="This month").click()
    await visit.page.get_by_text("Answered this month").wait_for()
    await until(lambda: park.asked[-1] == "period=month")


async def test_an_enterprise_that_is_not_there_is_told_once_without_a_report_of_it(visit: Visit) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=404, json={"status": 404, "detail": "no enterprise `nobody`"})

    await visit.page.route(re.compile("/api/.*nobody"), refuse)
    await visit.open("/enterprises/nobody")
    await visit.page.get_by_role("heading", name="No such enterprise").wait_for()
    assert await visit.page.locator("main a, main button").count() == 0


async def test_a_rate_is_never_rounded_up_to_whole(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await expect(visit.page.locator(".rate b").first).to_have_text("99.9 %", use_inner_text=True)


async def test_a_device_names_its_alarms_and_shows_its_outages_on_demand(visit: Visit) -> None:
    await visit.open("/devices/huali-3")
    brief = visit.page.locator(".device-alarms")
    await brief.locator("a").wait_for()
    await visit.says(brief, "Meter 3 does not answer; others on its line do")
    await visit.says(".connectivity", "No answer since 14:02:11.")
    await visit.page.get_by_text("2 outages").click()
    await expect(visit.page.locator(".outages tbody tr")).to_have_count(2)
    label = re.compile(r"1 alarm in this range\.")
    await expect(visit.page.locator(".chart")).to_have_attribute("aria-label", label)
    await brief.locator("a").click()
    await visit.page.wait_for_url("**/alarms/no-answer%3Ahuali-3")


async def test_the_lane_of_an_active_alarm_is_painted_above_the_trend(visit: Visit) -> None:
    await visit.open("/devices/huali-3")
    await visit.page.locator(".chart canvas").wait_for()
    # half an hour of two, four pixels thick
    await visit.page.wait_for_function(
        """() => {
          const canvas = document.querySelector(".chart canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, 22);
          let n = 0;
          for (let i = 0; i < data.length; i += 4) n += data[i] === 233 && data[i + 1] === 168 && data[i + 2] === 0;
          return n > 200;
        }"""
    )


async def test_a_row_of_the_park_has_its_rate_and_names_its_highest_alarm(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open("/park")
    row = visit.page.locator(".user", has_text="Dongyue Dyeing")
    await row.get_by_role("link", name="Medium: Current unbalance").wait_for()
    await expect(row.locator(".rate")).to_have_text("99.9\u00a0%")
    alarms.items["unbalance:dongyue-1"]["state"] = "normal"
    alarms.changed()
    await expect(row.locator(".remark")).to_have_text("")


async def test_a_channel_is_tested_and_the_providers_words_are_shown(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open("/gateway")
    row = visit.page.locator("tr", has_text="WeCom")
    await row.get_by_role("button", name="Test").click()
    await visit.page.locator(".toast", has_text="duty accepted the test message: errcode 0").wait_for()
    alarms.channel_fails = True
    alarms.channel_answer = "errcode 93000, invalid webhook url"
    await row.get_by_role("button", name="Test").click()
    await row.get_by_text("errcode 93000, invalid webhook url").wait_for()
    await visit.says("tr:has-text('E-mail')", "535 authentication failed")


async def test_reloading_rules_tells_the_result_or_every_error(visit: Visit, alarms: FakeAlarms) -> None:
    await visit.open("/gateway")
    button = visit.page.get_by_role("button", name="Reload rules")
    await button.click()
    await visit.page.get_by_text("Reloaded: 1 added, 2 changed, 0 removed, 9 kept.").wait_for()
    await visit.says("tr:has-text('demand')", "rules.d/meters.yaml:3")
    place = {"file": "rules.d/a.yaml", "line": 3, "column": 5}
    alarms.rule_errors = [{**place, "message": "unknown point `powr`", "hint": "did you mean `power`?"}, "no message"]
    await button.click()
    refused = visit.page.get_by_role("alert").filter(has_text="Not reloaded")
    await refused.wait_for()
    said = ["rules.d/a.yaml:3:5: unknown point `powr`; did you mean `power`?", "no message"]
    await expect(refused.locator("li")).to_have_text(said, use_inner_text=True)
