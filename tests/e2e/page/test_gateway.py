"""The Gateway page: is every value accounted for, and the inside of the gateway by what one may."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_inside import FINDING, FakeInside
from tests.e2e.page.fake_park import START_MS
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")
LETTER = {
    "first_seen_ms": START_MS - 60_000,
    "sink": "influx-park",
    "status": 400,
    "reason": "<b>field</b> type conflict",
    "line": "meter note=1",
    "count": 3,
}


async def opened(visit: Visit, path: str = "/gateway") -> Any:
    await visit.open(path)
    await visit.page.locator(".log li").first.wait_for()
    await visit.page.locator(".load").first.wait_for()
    return visit.page


async def test_a_line_without_room_says_so_beside_its_limit(visit: Visit, inside: FakeInside) -> None:
    inside.loads = {"rtu-line-2": {"bus_load": 0.88, "failed_share": 0.021, "values_s": 64.0}}
    await opened(visit)
    await visit.says("tr:has-text('rtu-line-2')", "88 %", "no room left: cycles are skipped", "2.1 %")
    await visit.says("tr:has-text('mbtcp-east')", "62 %")
    assert "no room" not in await visit.text("tr:has-text('mbtcp-east')")
    await visit.says("main", "Bus load, limit 80 %")


async def test_a_line_that_is_not_known_is_no_idle_line(visit: Visit, inside: FakeInside) -> None:
    inside.loads = {"rtu-line-2": {"bus_load": None, "failed_share": None, "values_s": None}}
    await opened(visit)
    await visit.says("tr:has-text('rtu-line-2')", "no line of its own")
    assert " 0 " not in await visit.text("tr:has-text('rtu-line-2')")


async def test_the_machine_tells_what_is_about_to_go_wrong(visit: Visit, inside: FakeInside) -> None:
    inside.clock = {"is_synchronised": False, "offset_ms": None}
    inside.disk = {"full_in_days": 21.0}
    page = await opened(visit)
    await page.get_by_text("full in 21 days").wait_for()
    told = ("nothing synchronises it", "9 d old", "1.4.0, 23 profiles", "none: plain HTTP")
    await visit.says(page.locator("dl.kv"), *told)


async def test_the_log_goes_on_by_itself_and_can_be_read_by_level(visit: Visit, inside: FakeInside) -> None:
    page = await opened(visit)
    inside.log.append(
        {"id": 4, "time_ms": START_MS, "level": "error", "logger": "gateway", "text": "line_lost <i>x</i>"}
    )
    await page.locator(".log li", has_text="line_lost <i>x</i>").wait_for()
    assert await page.locator(".log i").count() == 0
    await page.get_by_role("button", name="All", exact=True).click()
    await page.locator("dialog .log li").first.wait_for()
    await page.get_by_role("button", name="Errors").click()
    await page.locator("dialog .log li", has_text="sink_returned").wait_for(state="detached")
    await expect(page.locator("dialog .log li")).to_have_count(1)


async def test_a_finding_leads_to_its_line_with_secrets_hidden(visit: Visit) -> None:
    page = await opened(visit)
    place = page.get_by_role("button", name="park.yaml:3")
    await place.wait_for()
    assert (await page.locator("main").inner_text()).count(FINDING) == 1
    await place.click()
    await visit.says(page.locator(".file li.at"), "poll: 1 s")
    await visit.says(page.locator(".file"), 'token: "***"')
    await page.get_by_role("combobox").select_option("rules.d/own.yaml")
    await expect(page.locator(".file")).to_have_text("alarms: {}", use_inner_text=True)
    await page.get_by_role("button", name="Hide").click()
    await expect(page.locator(".file")).to_have_count(0)


async def test_a_reload_shows_what_it_will_do_before_it_does_it(visit: Visit, inside: FakeInside, world: World) -> None:
    page = await opened(visit)
    await page.get_by_role("button", name="Check and reload").click()
    await page.get_by_text("there is nothing to reload").wait_for()
    await expect(page.get_by_role("button", name="Reload now")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    inside.changes = [
        {
            "part": "connections",
            "kind": "changed",
            "id": "rtu-line-2",
            "fields": [{"path": "poll", "old": 1, "new": 2}],
        }
    ]
    await page.get_by_role("button", name="Check and reload").click()
    await page.get_by_text("Source rtu-line-2 restarts (4 devices).").wait_for()
    await visit.says("dialog", "poll 1 → 2")
    await page.get_by_role("button", name="Reload now").click()
    await page.get_by_text("The configuration was reloaded.").wait_for()
    assert world.setup.asked == [("reload", {"version": "b" * 64})]


async def test_mistakes_in_the_files_are_all_shown_with_their_place(visit: Visit, inside: FakeInside) -> None:
    inside.mistakes = [
        {"file": "park.yaml", "line": 7, "column": 3, "message": "unknown key `sinkz`", "hint": "did you mean `sinks`?"}
    ]
    page = await opened(visit)
    await page.get_by_role("button", name="Check and reload").click()
    await page.locator("dialog li", has_text="park.yaml:7 unknown key `sinkz`").wait_for()
    await expect(page.get_by_role("button", name="Reload now")).to_be_hidden()
    await until(lambda: bool(visit.errors))  # the refusal itself
    visit.errors.clear()


async def test_what_was_refused_is_read_page_by_page_as_text(visit: Visit, inside: FakeInside) -> None:
    inside.letters = [{**LETTER, "line": f"meter note={number}"} for number in range(60)]
    page = await opened(visit)
    await page.get_by_role("button", name="Quarantine 500").click()
    await page.locator("dialog tbody tr").nth(49).wait_for()
    await visit.says("dialog tbody tr", "<b>field</b> type conflict")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.locator("dialog tbody tr").nth(59).wait_for()
    links = page.locator("dialog .tools a")
    await expect(links.nth(1)).to_have_attribute("href", "/api/v1/quarantine/file?format=csv")


async def test_what_was_refused_is_tried_again_once_somebody_confirms(visit: Visit, inside: FakeInside) -> None:
    inside.letters = [LETTER]
    inside.retried = {**inside.retried, "delivered": 0, "left": 3, "error": "the server is away", "hint": "is it up?"}
    page = await opened(visit)
    await page.get_by_role("button", name="Quarantine 500").click()
    await page.get_by_role("button", name="Try again: influx-park").click()
    await page.get_by_role("button", name="Cancel").click()
    await page.locator("dialog tbody").get_by_role("button", name="Try again").click()
    confirm = page.get_by_role("dialog", name="Try again", exact=True)
    await expect(confirm).to_contain_text("What influx-park refused with these words")
    assert inside.orders == []
    await confirm.get_by_role("button", name="Try again").click()
    await expect(confirm).to_contain_text("the server is away; is it up?")
    inside.retried = {**inside.retried, "delivered": 3, "left": 0, "error": "", "hint": ""}
    await confirm.get_by_role("button", name="Try again").click()
    await visit.says(".toast", "3 values delivered, 0 refused again, 0 not tried.")
    await visit.says("dialog", "No server refused anything.")
    assert inside.orders == [("retry", {"sink": "influx-park", "reason": LETTER["reason"]})] * 2


async def test_who_may_not_configure_is_offered_no_retry(
    visit: Visit, inside: FakeInside, session: FakeSession
) -> None:
    session.role = Role.OPERATOR
    inside.letters = [LETTER]
    page = await opened(visit)
    await page.get_by_role("button", name="Quarantine 500").click()
    await page.locator("dialog tbody tr").first.wait_for()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_backup_is_sealed_with_a_passphrase_typed_twice_and_downloaded(
    visit: Visit, inside: FakeInside
) -> None:
    page = await opened(visit)
    await page.get_by_role("button", name="Back up now").click()
    first, again = page.get_by_label("Passphrase (may be empty)"), page.get_by_label("Passphrase again")
    go = page.get_by_role("button", name="Make and download")
    await first.fill("short")
    await go.click()
    await visit.says("dialog .said", "12 characters or more")
    await first.fill("correct horse battery")
    await again.fill("correct horse batterz")
    await go.click()
    await visit.says("dialog .said", "differ")
    await again.fill("correct horse battery")
    await page.get_by_label("with measured values").check()
    async with page.expect_download() as download:
        await go.click()
    assert (await download.value).suggested_filename == "qinghe-20261119T063207Z.tar.zst.sealed"
    assert inside.orders == [
        ("backup", {"history": True, "outbox": False, "passphrase": "correct horse battery"}),
    ]
    await page.locator("dialog").wait_for(state="detached")


@pytest.mark.parametrize(
    ("role", "buttons", "absent"),
    [
        (Role.VIEWER, ["Show file, secrets hidden"], ["Check and reload", "Back up now", "CSV", "Metrics"]),
        (Role.ENGINEER, ["Check and reload", "Metrics"], ["Back up now"]),
        (Role.AUDITOR, ["Show file, secrets hidden", "CSV"], ["Check and reload", "Back up now", "Metrics"]),
    ],
)
async def test_what_one_may_not_do_is_not_there(
    visit: Visit, session: FakeSession, role: Role, buttons: list[str], absent: list[str]
) -> None:
    session.role = role
    page = await opened(visit)
    await page.get_by_text("1.4.0").wait_for()
    await visit.settled()
    for name in buttons:
        await page.locator("button, a", has_text=name).first.wait_for()
    for name in absent:
        assert await page.locator("main").locator("button, a", has_text=name).count() == 0, name


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_page_fits_a_phone_and_leaves_no_key_untranslated(visit: Visit, language: str) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 780})
    page = await opened(visit, f"/gateway?lang={language}")
    await page.locator(".chart canvas").wait_for()
    await page.wait_for_function("() => document.documentElement.scrollWidth <= 360")
    text = await page.locator("main").inner_text()
    assert not re.search(r"\b(inside|machine|backup|log|configuration|gateway)\.[a-z_]+", text)
    assert visit.errors == []


CAP = """async ([waiting, stored]) => {
  const { capText } = await import("/assets/js/gateway-outbox.js");
  const words = { language: "en", t: (key, places) => `${key} ${Object.values(places ?? {}).join("/")}` };
  const fmt = { number: (value) => String(Math.round(value)), age: (seconds) => `${seconds} s` };
  const outbox = { bytes: 70_000, max_bytes: 7_000_000 };
  return capText({ outbox, sinks: [{ buffered: 3 }, { buffered: waiting }] }, stored, { words, fmt });
}"""


async def test_how_long_the_outbox_holds_is_told_when_it_is_known(visit: Visit) -> None:
    page = await opened(visit)
    await visit.says(page.locator(".cap"), "Beyond that the oldest goes first")
    assert "inside.holds 50/20000 s" in await page.evaluate(CAP, [10_000, 50]), "7 bytes a value, 350 bytes a second"
    for waiting, stored in ((100, 50), (10_000, None), (10_000, 0)):
        assert "inside.holds" not in await page.evaluate(CAP, [waiting, stored])
    await page.locator(".chart canvas").wait_for()
    await page.get_by_role("button", name="Table", exact=True).click()
    await page.locator(".tall table, main .scroll table").first.wait_for()
