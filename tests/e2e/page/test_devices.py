"""Devices: the tree, one device, its values and its trend."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_park import FakePark

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_tree_opens_the_asked_enterprise_and_shows_states_and_power(visit: Visit) -> None:
    await visit.open("/devices?open=huali")
    item = visit.page.locator('[data-item="device huali-1"]')
    await item.wait_for()
    await visit.says(item, "No answer")
    await visit.says('[data-item="device huali-2"]', "249.9 kW")
    await visit.says('[data-item="device huali-7"]', "Known, not connected")
    assert await visit.page.locator('[data-item="device dongyue-0"]').count() == 0


async def test_a_device_behind_a_broker_is_not_asked_and_its_long_address_stays_in_its_column(visit: Visit) -> None:
    visit.park.broker = (
        "broker.very-long-name.qinghe-industrial-park.example:1883, topic park/dongyue/dongyue-1/telemetry"
    )
    visit.park.faultless = True
    await visit.page.set_viewport_size({"width": 1200, "height": 900})
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".facts").wait_for()
    facts = await visit.text(".facts")
    assert "Expected every" in facts
    assert "Read every" not in facts
    assert "request" not in await visit.text(".pane")
    out = "[...document.querySelectorAll('.facts > div')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert await visit.page.evaluate(out) == 0


async def test_find_and_abnormal_narrow_the_tree(visit: Visit) -> None:
    await visit.open("/devices")
    await visit.page.get_by_role("button", name="Abnormal 2").click()
    names = visit.page.locator(".tree li li .name")
    await expect(names).to_have_text(["Stenter 2 feeder", "Stenter 2 feeder"])
    await visit.page.get_by_role("button", name="Abnormal 2").click()
    await visit.page.keyboard.press("/")
    await visit.page.keyboard.type("pv roof")
    await expect(names).to_have_text(["PV roof"])


async def test_arrow_keys_walk_the_tree_and_enter_opens(visit: Visit) -> None:
    await visit.open("/devices")
    await visit.page.locator('.tree [role="treeitem"]').first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        await visit.page.keyboard.press(key)
    assert await visit.page.evaluate("document.activeElement.dataset.item") == "device dongyue-1"
    await visit.page.keyboard.press("Enter")
    await visit.page.locator("h1", has_text="Stenter 2 feeder").wait_for()
    await expect(visit.page).to_have_url(f"{visit.url}/devices/dongyue-1")
    await expect(visit.page.locator('.tree [aria-current="page"]')).to_have_attribute("data-item", "device dongyue-1")


async def test_values_are_live_and_their_ages_count(visit: Visit) -> None:
    visit.park.hold = {"dongyue-1.frequency"}
    await visit.open("/devices/dongyue-1")
    power = visit.page.locator(".values tbody tr b").first
    await power.wait_for()
    before = await power.inner_text()
    await visit.page.wait_for_function(
        "before => document.querySelector('.values tbody tr b').textContent !== before", arg=before
    )
    held = visit.page.locator(".values tr", has_text="Frequency")
    first = await held.locator(".ages").inner_text()
    await expect(held.locator(".ages")).not_to_have_text(first)
    await held.locator(".chip", has_text="stale: limit 3\u00a0s").wait_for()


async def test_quality_is_told_in_words_for_every_case(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".values").wait_for()
    row = ".values tbody tr:has(th span:text-is('{}'))"
    await visit.says(row.format("THD current L1"), "uncertain: range")
    await visit.says(row.format("Energy export"), "stale: limit 30 s")
    await visit.says(row.format("Cabinet temperature"), "never read", "no value")
    await visit.says(row.format("Active power"), "good")
    await visit.says(".kv", "The device has no register 3110 (exception 2).")


async def test_a_silent_device_gives_no_value_and_says_why(visit: Visit) -> None:
    await visit.open("/devices/huali-1")
    await visit.page.locator(".values").wait_for()
    await visit.says(".values tbody tr", "no value", "bad: no answer")
    await visit.says(".kv", "Whole device")
    await visit.says(".facts", "30 min ago")


async def test_a_state_that_changes_is_shown_in_place(visit: Visit, park: FakePark) -> None:
    await visit.open("/devices/huali-2")
    await visit.page.locator(".state", has_text="Answering").wait_for()
    park.silent = {"huali-1", "huali-2"}
    await visit.page.locator(".state", has_text="No answer").wait_for()
    await visit.page.locator('[data-item="device huali-2"]', has_text="No answer").wait_for()
    await visit.page.get_by_role("button", name="Abnormal 3").wait_for()


async def test_a_known_device_without_connection_says_so(visit: Visit) -> None:
    await visit.open("/devices/dongyue-7")
    await visit.page.locator(".state", has_text="Known, not connected").wait_for()
    await visit.says(".stack", "It has no connection in park.yaml")


async def test_the_key_to_find_a_device_works_from_every_page(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator(".user.total").wait_for()
    await visit.page.keyboard.press("/")
    await expect(visit.page.get_by_placeholder("Find a device")).to_be_focused()


async def test_an_unknown_device_is_told_and_the_page_stays_live(visit: Visit) -> None:
    await visit.open("/devices/nobody")
    await visit.page.locator(".pane [role=alert]", has_text="There is no device `nobody`.").wait_for()
    assert all("nobody" not in query for query in visit.park.asked)


async def test_gaps_are_hatched_and_told(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".chart canvas").wait_for()
    await expect(visit.page.locator(".gaps").first).to_have_text("Hatched: no data 13:41 to 13:48.")
    painted = await visit.page.evaluate(
        """() => {
          const canvas = document.querySelector(".chart canvas");
          const pen = canvas.getContext("2d");
          const right = canvas.width - 70;
          const count = (from, to) => {
            const { data } = pen.getImageData(50 + (right - 50) * from, 20, (right - 50) * (to - from), 20);
            let painted = 0;
            for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
            return painted / (data.length / 4);
          };
          return { gap: count(0.58, 0.62), line: count(0.1, 0.5) };
        }"""
    )
    assert painted["gap"] > 0.08
    assert painted["line"] < painted["gap"]


async def test_the_range_and_the_ticked_points_are_in_the_address(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await visit.page.get_by_role("checkbox", name="Voltage L1").check()
    await visit.page.get_by_role("button", name="24 h").click()
    await visit.page.wait_for_url("**range=24h")
    await expect(visit.page).to_have_url(f"{visit.url}/devices/dongyue-1?points=power_active,voltage_l1&range=24h")
    await visit.page.keyboard.press("[")
    await expect(visit.page).to_have_url(re.compile("from="))
    await visit.page.locator(".chart").nth(1).wait_for()
    await visit.page.reload()
    await visit.page.locator(".chart").nth(1).wait_for()
    await expect(visit.page.get_by_role("checkbox", name="Voltage L1")).to_be_checked()


async def test_lines_of_one_unit_share_a_chart_and_are_told_apart_by_dash(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1?points=current_l1,current_l2,current_l3")
    await visit.page.locator(".note", has_text="Hatched").wait_for()
    trend = "main .device-grid > section:last-child"
    await visit.says(trend, "Current L1 solid, Current L2 dashed, Current L3 dotted, A")


async def test_dragging_on_the_chart_zooms_and_a_double_click_resets(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    over = visit.page.locator(".chart .u-over")
    box = await over.bounding_box()
    assert box is not None
    await visit.page.mouse.move(box["x"] + 40, box["y"] + 60)
    await visit.page.mouse.down()
    await visit.page.mouse.move(box["x"] + 140, box["y"] + 60, steps=4)
    await visit.page.mouse.up()
    await visit.page.wait_for_url("**from=**")
    await visit.settled()  # the chart is drawn anew: both clicks meet the same one
    await visit.page.locator(".chart .u-over").dblclick()
    await visit.page.wait_for_url("**range=2h**")


async def test_on_a_phone_tree_and_device_are_two_pages(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    await visit.open("/devices?open=dongyue")
    await visit.page.locator('[data-item="device dongyue-0"] a').click()
    await visit.page.locator("h1", has_text="Stenter 1 feeder").wait_for()
    await expect(visit.page.locator(".side")).to_be_hidden()
    await visit.page.get_by_role("link", name="All devices").click()
    await visit.page.locator(".side").wait_for()
    await expect(visit.page.locator(".pane")).to_be_hidden()


async def test_a_point_of_another_device_is_drawn_with_its_devices_name_and_taken_off_again(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1")
    await visit.page.locator(".chart canvas").wait_for()
    await visit.page.get_by_role("button", name="Add a point of another device").click()
    await visit.page.get_by_label("Name or tag of the point").fill("tx1 active power")
    await visit.page.get_by_role("button", name="Incomer 1 Active power, kW").click()
    chart = visit.page.locator('.chart[aria-label*="Incomer 1 Active power"]')
    await chart.wait_for()
    await expect(chart).to_have_attribute("aria-label", re.compile("Active power: last"))  # both in one chart
    await expect(visit.page).to_have_url(re.compile(r"points=power_active,tx1\.power_active"))
    link = visit.page.locator('a[href^="/api/v1/export"]')
    await expect(link).to_have_attribute("href", re.compile(r"dongyue-1\.power_active%2Ctx1\.power_active"))
    await visit.page.reload()
    await chart.wait_for()
    await visit.page.get_by_role("button", name="Take Incomer 1 Active power off the chart").click()
    await visit.page.locator('.chart:not([aria-label*="Incomer"])').wait_for()
    await expect(visit.page).not_to_have_url(re.compile("tx1"))
    assert visit.errors == []


async def test_an_address_with_a_point_that_is_not_there_draws_the_others(visit: Visit) -> None:
    await visit.open("/devices/dongyue-1?points=power_active,nobody.power_active")
    await visit.page.locator(".chart canvas").wait_for()
    await expect(visit.page.locator(".chart")).to_have_count(1)
