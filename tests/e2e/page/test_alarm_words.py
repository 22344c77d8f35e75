"""What an alarm says on the page: its name, a true minus, and as many decimals as the unit has."""

import pytest
from playwright.async_api import expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_alarms import FakeAlarms
from tests.e2e.page.fake_park import name

pytestmark = pytest.mark.asyncio(loop_scope="session")

_COLD = "cold:lantian-1"


def _warm(alarms: FakeAlarms, en: str, zh: str) -> None:
    """The cold room alarm with a message that says a value and a limit only, as the shipped rules do."""
    names = name("Cold room too warm", "冷库温度过高")
    alarms.items[_COLD] |= {"rule_name": names, "message": name(en, zh), "priority": 1, "state": "unacknowledged"}
    for above in ("demand:qinghe", "no-answer:huali-3"):
        alarms.items[above]["state"] = "acknowledged"


async def test_the_line_and_the_list_name_the_alarm_and_write_numbers_as_the_page_does(
    visit: Visit, alarms: FakeAlarms
) -> None:
    _warm(alarms, "-13.938 °C, set point -18.5 °C", "-13.938 °C，设定 -18.5 °C")
    await visit.open("/alarms/cold:lantian-1")
    said = "Cold room too warm: \u221213.9 °C, set point \u221218.5 °C"
    await expect(visit.page.locator(".alarms tr.sel .say")).to_have_text(said)
    await visit.says(".pane-message", "\u221213.9 °C, set point \u221218.5 °C")
    await expect(visit.page.locator(".pane-message")).not_to_contain_text("Cold room too warm")
    await visit.open("/devices")
    await visit.says("#line", f"High {said}, Lantian Cold Chain 1")
    await expect(visit.page.locator("#shout")).to_have_text(f"High: {said}, Lantian Cold Chain 1")
    await visit.open("/devices?lang=zh")
    await visit.says("#line", "冷库温度过高：\u221213.9 °C，设定 \u221218.5 °C")


async def test_a_value_is_not_rounded_until_it_reads_like_its_limit(visit: Visit, alarms: FakeAlarms) -> None:
    _warm(alarms, "-17.96 °C, limit -18 °C", "-17.96 °C，限值 -18 °C")
    await visit.open("/devices")
    await visit.says("#line", "Cold room too warm: \u221217.96 °C, limit \u221218 °C")
