"""Setup: a deaf machine becomes a connected one, on a phone beside the meter as well."""

import re

import pytest
from playwright.async_api import expect

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_session import FakeSession
from tests.e2e.page.fake_setup import FakeSetup, answered

pytestmark = pytest.mark.asyncio(loop_scope="session")

MACHINE = "/setup?device=dongyue-6"
ADDRESS = f"{MACHINE}&enterprise=dongyue&en=Oven+3&step=2&profile=eastron-sdm630"
TEST = ADDRESS.replace("step=2", "step=3") + "&connection=mbtcp-east&unit=12"
LINES = TEST.replace("step=3", "step=4")


@pytest.fixture
def setup(world: World) -> FakeSetup:
    return world.setup


async def test_a_deaf_machine_is_chosen_tried_written_and_answers(visit: Visit, setup: FakeSetup) -> None:
    page = visit.page
    await visit.open("/setup")
    await page.get_by_role("searchbox").fill("dongyue-6")
    await page.locator(".pick").first.click()
    await expect(page.get_by_label("Name, Chinese")).to_have_value("3 号烘箱")
    await page.get_by_role("button", name="Next").click()
    await page.locator(".pick", has_text="Eastron SDM630").click()
    await page.get_by_label("Connection").select_option("mbtcp-east")
    await expect(page.get_by_label("Connection").locator("option[value='']")).to_have_count(0)  # it is drawn anew
    await page.get_by_label("Unit id").fill("12")
    await page.get_by_role("button", name="Test").click()
    await page.get_by_text("1 of 2 points are good, 45 ms.").wait_for()
    row = page.locator("tbody tr").first
    told = ["Active power", "0x4145 0x8794", "12345.6", "12.3 kW", "good"]
    await expect(row.locator("th, td")).to_have_text(told)
    await page.get_by_role("button", name="Show the lines").click()
    await expect(page.locator(".line-of.added")).to_contain_text("connection: line-2, unit: 12")
    await page.get_by_role("button", name="Save and reload").click()
    await page.get_by_text("Saved and reloaded.").wait_for()
    await page.get_by_role("link", name="Open the device's page").wait_for()
    device = {
        "id": "dongyue-6", "name": {"en": "Oven 3", "zh": "3 号烘箱"}, "enterprise": "dongyue", "kind": "machine",
        "profile": "eastron-sdm630", "connection": "mbtcp-east", "unit": 12,
    }  # fmt: skip
    assert [what for what, _ in setup.asked] == ["test", "save", "save", "reload"]
    assert setup.asked[0][1] == {"device": device, "connection": None}
    assert setup.asked[2][1] == {"device": device, "connection": None, "preview": False, "version": "v1"}
    assert visit.errors == []


async def test_a_new_connection_and_an_order_go_into_the_draft(visit: Visit, setup: FakeSetup) -> None:
    setup.result = answered(1e-9, order="CDAB")
    page = visit.page
    await visit.open(ADDRESS)
    await page.get_by_label("Connection").select_option(label="A new connection")
    await page.get_by_label("Transport").select_option("rtu")
    await page.get_by_label("Serial device").fill("/dev/ttyUSB0")  # it is there when the form is drawn anew
    await page.get_by_label("Name of the connection").fill("line-9")
    await page.get_by_label("Baud rate").fill("19200")
    await page.get_by_role("button", name="Test").click()
    await page.get_by_role("button", name="Use CDAB").click()
    await expect(page).to_have_url(re.compile("order=CDAB"))
    await until(lambda: len(setup.asked) == 2)
    await page.get_by_role("button", name="Use CDAB").wait_for()
    body = setup.asked[-1][1]
    line = {"name": "line-9", "driver": "modbus", "transport": "rtu", "device": "/dev/ttyUSB0", "baudrate": 19200}
    assert body["connection"] == line | {"parity": "N", "stopbits": 1}
    assert (body["device"]["connection"], body["device"]["points"]) == ("line-9", {"power_active": {"order": "CDAB"}})


async def test_what_is_wrong_stands_at_its_field(visit: Visit, setup: FakeSetup) -> None:
    told = {
        "pointer": "/device/unit",
        "field": "device.unit",
        "message": "must be at most 255, found `300`",
        "hint": "",
    }
    setup.refuse = (422, {"detail": "wrong", "errors": [told]})
    page = visit.page
    await visit.open(TEST)
    await page.get_by_text("must be at most 255, found `300`").wait_for()
    await expect(page.get_by_label("Unit id")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Unit id")).to_be_focused()


async def test_a_silent_device_is_said_in_words_with_its_frames_open(visit: Visit, setup: FakeSetup) -> None:
    setup.result = {**answered(), "ok": False, "error": "no answer within 1 s", "hint": "look at the wiring"}
    await visit.open(TEST)
    await visit.page.get_by_text("no answer within 1 s; look at the wiring").wait_for()
    await expect(visit.page.locator(".frames li")).to_have_count(2)
    await visit.says(".frames", "read input 52 to 53 of unit 12")
    await visit.page.get_by_role("button", name="Try again").click()
    await until(lambda: len(setup.asked) == 2)
    await expect(visit.page.get_by_role("button", name="Try again")).to_be_enabled()
    assert [what for what, _ in setup.asked] == ["test", "test"]


async def test_lines_that_somebody_changed_meanwhile_are_shown_anew(visit: Visit, setup: FakeSetup) -> None:
    await visit.open(LINES)
    save = visit.page.get_by_role("button", name="Save and reload")
    await expect(save).to_be_enabled()
    setup.refuse = (409, {"detail": "the configuration was changed meanwhile"})
    await save.click()
    await visit.page.get_by_text("the configuration was changed meanwhile").wait_for()
    await expect(save).to_be_enabled()
    assert [what for what, _ in setup.asked] == ["save", "save", "save"]


@pytest.mark.parametrize("path", ["/setup", MACHINE, "/setup?new=1", ADDRESS, TEST, LINES])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_step_fits_a_phone_and_a_thumb_in_both_languages(visit: Visit, path: str, language: str) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
    await visit.page.locator(".setup .btn:enabled").first.wait_for()
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth === 360")
    low = "[...document.querySelectorAll('.setup :is(input, select, button, summary)')]"
    assert await visit.page.evaluate(f"{low}.filter(one => one.offsetParent && one.offsetHeight < 42).length") == 0
    inputs = "[...document.querySelectorAll('.setup :is(input, select)')]"
    assert await visit.page.evaluate(f"{inputs}.filter(one => !one.labels.length && !one.ariaLabel).length") == 0
    assert visit.errors == []


async def test_an_operator_is_told_that_this_is_not_for_the_account(visit: Visit, session: FakeSession) -> None:
    session.role = Role.OPERATOR
    await visit.open("/setup")
    await visit.page.get_by_role("heading", name="Not for this account").wait_for()


async def test_a_deaf_machines_page_leads_to_setup_and_to_a_reading_by_hand(visit: Visit, session: FakeSession) -> None:
    await visit.open("/devices/dongyue-6")
    await visit.page.get_by_role("link", name="Connect it").click()
    await expect(visit.page.get_by_label("Name, English")).to_have_value("Oven 3")
    session.role = Role.ENTERPRISE
    await visit.open("/devices/dongyue-6")
    link = visit.page.get_by_role("link", name="Enter a reading")
    await expect(link).to_have_attribute("href", "/reading?device=dongyue-6")
    assert await visit.page.get_by_role("link", name="Connect it").count() == 0


async def test_a_machine_that_cannot_be_connected_yet_is_known_from_now_on(visit: Visit, setup: FakeSetup) -> None:
    page = visit.page
    await visit.open("/setup?new=1")
    await page.get_by_role("textbox", name="Id", exact=True).fill("press-9")
    await page.get_by_label("Enterprise").select_option("dongyue")
    await page.get_by_label("Kind").fill("machine")
    await page.get_by_role("button", name="Without a test").click()
    await page.locator(".line-of.added").wait_for()
    device = {"id": "press-9", "enterprise": "dongyue", "kind": "machine", "connection": "none"}
    assert setup.asked == [("save", {"device": device, "connection": None, "preview": True})]
