"""The audit log: filters, pages, before and after side by side, the state of the chain."""

import pytest
from playwright.async_api import expect

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_audit import EVIL, FakeAudit, finding
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROWS = ".audit tbody tr[data-entry]"


@pytest.fixture
def audit(world: World) -> FakeAudit:
    return world.audit


async def test_the_newest_entries_say_when_who_from_where_what_and_how_it_went(visit: Visit, audit: FakeAudit) -> None:
    await visit.open("/audit")
    rows = visit.page.locator(ROWS)
    await expect(rows).to_have_count(100)
    told = [text.strip() for text in (await rows.first.inner_text()).split("\t")]
    assert told == ["14:31:07", "chen, Administrator", "10.20.1.7", "Changed a user", "lin", "Done"]
    refused = (await rows.nth(4).inner_text()).split("\t")
    assert refused[3:5] == ["Closed a month", "huali 2026-10"]
    assert refused[5].strip().split("\n") == ["Refused", "13 records wait for approval"]
    assert (await rows.nth(6).inner_text()).split("\t")[1:4] == ["Gateway", "gateway", "The clock was set"]
    link = rows.nth(5).get_by_role("link", name="demand:qinghe")
    await expect(link).to_have_attribute("href", "/alarms/demand%3Aqinghe")
    assert audit.asked[0]["steps"] == "last"
    assert visit.errors == []


async def test_what_the_gateway_alone_knows_and_what_others_wrote_is_shown_as_it_is(visit: Visit) -> None:
    await visit.open("/audit")
    row = visit.page.locator(ROWS).nth(1)
    assert (await row.inner_text()).split("\t")[1].startswith(EVIL)
    assert (await row.inner_text()).split("\t")[3] == "polish the meter"
    await visit.page.locator(ROWS).first.get_by_role("button").click()
    await visit.page.locator(".audit-values").wait_for()
    assert await visit.page.evaluate("document.body.dataset.hit") is None


async def test_older_entries_come_on_request(visit: Visit) -> None:
    await visit.open("/audit")
    await visit.page.get_by_role("button", name="Older").click()
    await expect(visit.page.locator(ROWS)).to_have_count(130)
    await expect(visit.page.get_by_role("button", name="Older")).to_be_hidden()


async def test_before_and_after_stand_side_by_side_and_what_changed_comes_first(visit: Visit) -> None:
    await visit.open("/audit?action=alarm+*")
    row = visit.page.locator(ROWS)
    await expect(row).to_have_count(1)
    await row.get_by_role("button", name="Shelved an alarm").click()
    values = visit.page.locator(".audit-values tbody tr")
    await values.first.wait_for()
    told = [[part.strip() for part in (await one.inner_text()).split("\t")] for one in await values.all()]
    assert told == [
        ["comment", "–", "works on the line", "changed"],
        ["state", "unacknowledged", "shelved", "changed"],
        ["until_ms", "–", "15:32:07", "changed"],
        ["priority", "1", "1", "the same"],
    ]
    await expect(values.first.locator("svg")).to_have_count(1)
    assert await values.last.locator("svg").count() == 0
    await visit.says(".audit-detail .kv", "Ledger record 17 speaks for it, under a signed checkpoint.", "Asked")
    await expect(visit.page).to_have_url(f"{visit.url}/audit?action=alarm+*&entry=125")
    await row.get_by_role("button").click()
    await expect(visit.page.locator(".audit-open")).to_have_count(0)


async def test_an_entry_of_a_link_is_open_even_if_it_is_on_no_page_yet(visit: Visit) -> None:
    await visit.open("/audit?entry=3")
    await visit.page.locator(".audit-open dl").wait_for()
    await visit.says(".audit-open", "Entry\n3")


async def test_filters_are_in_the_address_and_the_file_has_them_too(visit: Visit, audit: FakeAudit) -> None:
    await visit.open("/audit")
    await visit.page.get_by_label("Who", exact=True).fill("lin")
    await visit.page.get_by_label("Who", exact=True).press("Enter")
    await expect(visit.page.locator(ROWS)).to_have_count(2)
    await visit.page.get_by_label("Result").select_option("refused")
    await expect(visit.page.locator(ROWS)).to_have_count(1)
    await visit.page.get_by_label("From (time)").fill("2026-11-19T08:00")
    await expect(visit.page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", "/api/v1/audit?who=lin&result=refused&from=2026-11-19T00%3A00%3A00.000Z&format=csv"
    )
    await until(lambda: audit.asked[-1].get("from") == "2026-11-19T00:00:00.000Z")
    await visit.page.get_by_label("Object").fill("nothing")
    await visit.page.get_by_label("Object").press("Enter")
    await expect(visit.page.get_by_text("No entry fits this choice.")).to_be_visible()


async def test_the_chain_is_checked_by_a_button_and_says_when(visit: Visit) -> None:
    await visit.open("/audit")
    line = visit.page.locator(".chain-line")
    await expect(line).to_contain_text("Not checked yet since the gateway started")
    await line.get_by_role("button", name="Verify").click()
    await expect(line).to_contain_text("Verified 14:32:07")
    await expect(line).to_contain_text("130 entries; the ledger speaks for those up to 126.")


async def test_a_broken_chain_names_what_was_changed_in_colour_shape_and_words(visit: Visit, audit: FakeAudit) -> None:
    audit.found = {
        "state": "broken",
        "faults": [finding("changed", 126, 126), finding("of_a_newer_gateway", 1, 1)],
        "gaps": [finding("restored", 55, 59)],
        "fill": 0.91,
    }
    audit.archives = [{"time_ms": 1_795_000_000_000, "first": 1, "upto": 60, "rows": 60, "sha256": "ab" * 32}]
    await visit.open("/audit")
    await visit.page.get_by_role("button", name="Verify").click()
    await expect(visit.page.locator(".chain-line .chip.p1")).to_have_text("Changed: 2 faults")
    found = visit.page.locator(".audit-chain .findings li")
    told = [
        "Entry 126 of 14:27:07 was changed or put in.",
        "as the gateway says it",
        "Entries 55 to 59 lost: an older state.db took its place 14:27:07.",
        "The log is 91\u00a0% full. An administrator makes room: park-gateway audit export --upto … --remove",
        "Entries up to 60 are in archives since 18\u00a0Nov 19:06.",
    ]
    await expect(found).to_have_text(told)
    await expect(found.locator("svg")).to_have_count(5)


async def test_an_auditor_has_it_and_an_operator_does_not(visit: Visit, session: FakeSession) -> None:
    session.role = Role.AUDITOR
    await visit.open("/audit")
    await expect(visit.page.locator(ROWS).first).to_be_visible()
    assert await visit.page.locator(ROWS).first.get_by_role("link").count() == 0, "no link to a page that is not theirs"
    session.role = Role.OPERATOR
    await visit.open("/audit")
    await visit.page.get_by_role("heading", name="Not for this account").wait_for()
    assert await visit.page.locator(".audit").count() == 0


async def test_both_languages_say_every_action_that_the_page_knows(visit: Visit) -> None:
    await visit.open("/audit?lang=zh")
    row = visit.page.locator(ROWS).first
    await expect(row.locator("th, td").nth(3)).to_have_text("修改用户")
    keys = """async () => {
      const [en, zh] = await Promise.all(["en", "zh"].map((one) => import(`/assets/js/words/audit-${one}.js`)));
      return [Object.keys(en.default), Object.keys(zh.default)];
    }"""
    en, zh = await visit.page.evaluate(keys)
    assert en == zh
