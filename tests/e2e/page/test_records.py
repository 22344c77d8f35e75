"""Records: the list, forms that keep what was typed, tables, approval by somebody else."""

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_records import FakeRecords
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHOTO = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff photo"}
TABLE = {"name": "deliveries.csv", "mimeType": "text/csv", "buffer": b"source,quantity\r\n"}


@pytest.fixture
def records(world: World) -> FakeRecords:
    return world.records


@pytest_asyncio.fixture(loop_scope="session")
async def form(visit: Visit) -> Locator:
    """The form for a delivery note, with all that is needed filled in."""
    await visit.open("/records?add=delivery")
    form = visit.page.locator("form")
    await form.get_by_label("Emission source").select_option(label="Boiler diesel")
    await form.get_by_label("From", exact=True).fill("2026-10-01")
    await form.get_by_label("To (included)").fill("2026-10-31")
    await form.get_by_label("Quantity").fill("1200")
    await form.get_by_label("Unit", exact=True).fill("kg")
    await form.get_by_label("Number of the document").fill("DN-7")
    await form.get_by_label("Files").set_input_files(PHOTO)
    return form


async def test_waiting_records_come_first_with_all_that_one_looks_for(visit: Visit) -> None:
    await visit.open("/records")
    rows = visit.page.locator(".records tbody tr")
    await rows.first.wait_for()
    first = [
        "Meter reading", "Water meter, yard", "10,412.7 m³", "18 Nov 2026 08:00", "Li Wei", "IMG_2041.jpg", "Waiting",
    ]  # fmt: skip
    await expect(rows.first.locator("th, td")).to_have_text(first)
    await expect(rows.last.locator("th, td").nth(3)).to_have_text("October 2026")
    await expect(visit.page.locator(".waiting").first).to_have_text("1 waits for approval.", use_inner_text=True)
    link = rows.first.get_by_role("link", name="IMG_2041.jpg")
    await expect(link).to_have_attribute("href", f"/api/v1/carbon/evidence/{'ab' * 32}")
    assert visit.errors == []


async def test_a_reading_shows_what_it_would_give_before_it_is_sent(visit: Visit, records: FakeRecords) -> None:
    await visit.open("/records?add=reading&meter=huali-water.volume")
    form = visit.page.locator("form")
    await expect(form.get_by_label("Meter", exact=True)).to_have_value("huali-water.volume")
    await expect(form.get_by_label("Date and time")).to_have_value("2026-11-19T14:32")
    await form.get_by_label("Reading", exact=True).fill("10600")
    box = form.locator(".plausible")
    told = ("187.3 m³", "149.84 m³", "38.5 m³", "10,412.7, 18 Nov 2026 08:00", "far from what is usual")
    await visit.says(box, *told)
    assert [path for path, _, _ in records.sent] == ["rehearsals"]
    photo = form.get_by_label("Photo")
    await expect(photo).to_have_attribute("capture", "environment")
    await expect(photo).to_have_attribute("accept", "image/*")
    await photo.set_input_files(PHOTO)
    await form.get_by_role("button", name="Send for approval").click()
    await visit.page.locator(".toast", has_text="It waits for the approval of somebody else.").wait_for()
    ((_, document, files),) = records.sent_to("records")
    assert files == ["photo.jpg"]
    assert document == {
        "kind": "reading", "meter": "huali-water.volume", "time": "2026-11-19 14:32", "value": "10600",
        "by": "chen",
    }  # fmt: skip
    await visit.page.wait_for_url("**/records?open=019b0000-0002")


async def test_errors_stand_at_their_fields_in_the_gateways_words_and_nothing_is_lost(
    visit: Visit, records: FakeRecords, form: Locator
) -> None:
    errors = [
        {"pointer": "/unit", "field": "unit", "message": "`kg` is no unit of volume", "hint": "write `L`"},
        {"pointer": "/evidence", "field": "evidence", "message": "is needed", "hint": "the scanned note"},
    ]
    records.refuse = (422, {"detail": "unit: wrong", "errors": errors})
    await form.get_by_role("button", name="Send for approval").click()
    await expect(form.get_by_role("alert")).to_contain_text("2 fields are wrong.")
    unit = form.get_by_label("Unit", exact=True)
    await expect(unit).to_have_attribute("aria-invalid", "true")
    await expect(unit).to_be_focused()
    await visit.says(form.locator(".field:has([aria-invalid])").first, "`kg` is no unit of volume; write `L`")
    await expect(unit).to_have_value("kg")
    await unit.fill("L")
    await unit.and_(form.locator(":not([aria-invalid])")).wait_for()
    await form.get_by_role("button", name="Send for approval").click()
    await visit.page.wait_for_url("**/records?open=*")
    assert records.sent[-1][1]["unit"] == "L"
    assert records.sent[-1][2] == ["photo.jpg"]
    assert records.keys[0] != records.keys[1]


async def test_a_line_that_breaks_leaves_the_form_as_it_was_and_a_retry_has_the_same_key(
    visit: Visit, records: FakeRecords, form: Locator
) -> None:
    keys: list[str] = []
    visit.page.on(
        "request", lambda one: keys.append(one.headers.get("idempotency-key", "")) if one.method == "POST" else None
    )
    await visit.page.route("**/api/v1/carbon/records", lambda route: route.abort())
    await form.get_by_role("button", name="Send for approval").click()
    await expect(form.get_by_role("alert")).to_contain_text("Everything stays here.")
    await expect(form.get_by_label("Quantity")).to_have_value("1200")
    assert records.sent == []
    await visit.page.unroute("**/api/v1/carbon/records")
    await form.get_by_role("button", name="Send for approval").click()
    await visit.page.wait_for_url("**/records?open=*")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32


async def test_what_looks_typed_twice_is_sent_only_when_one_insists(
    visit: Visit, records: FakeRecords, form: Locator
) -> None:
    twice = {"detail": "record 019b says the same: typed twice?", "hint": "`force` where it really is another one"}
    records.refuse = (409, twice)
    await form.get_by_role("button", name="Send for approval").click()
    await expect(form.get_by_role("alert")).to_contain_text("typed twice?")
    await form.get_by_role("button", name="It is another one").click()
    await visit.page.wait_for_url("**/records?open=*")
    assert records.sent[-1][1]["force"] is True


async def test_only_somebody_else_approves_and_the_refusal_stands_at_the_name(
    visit: Visit, records: FakeRecords, session: FakeSession
) -> None:
    session.name = "li wei"
    await visit.open("/records?open=019b0000-aaaa")
    pane = visit.page.locator(".pane")
    await pane.locator(".plausible", has_text="far from what is usual").wait_for()
    await pane.get_by_role("button", name="Approve").click()
    error = pane.locator(".wrong").first
    await expect(error).to_have_text(
        "Li Wei prepared this record and cannot approve it; somebody else has to look at it"
    )
    await expect(pane.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    session.name = "chen"
    await visit.open("/records?open=019b0000-aaaa")
    await pane.get_by_label("Remark or reason").fill("seen on site")
    await pane.get_by_role("button", name="Approve").click()
    await expect(pane.locator(".states")).to_contain_text("Approved")
    await expect(visit.page.locator(".records tbody tr").first).to_contain_text("Approved")
    assert records.sent[-1] == ("019b0000-aaaa/approve", {"by": "chen", "note": "seen on site"}, [])
    await expect(pane.get_by_role("button", name="Approve")).to_have_count(0)


async def test_values_that_do_not_follow_are_approved_only_by_who_insists_and_says_why(
    visit: Visit, records: FakeRecords
) -> None:
    falls = "huali-water.volume, 2026-11-18T08:00:00+08:00: 10412.7 is less than before (10500)"
    records.refuse = (409, {"detail": falls, "hint": "reject it; `force` (--force) where it is right as it is"})
    await visit.open("/records?open=019b0000-aaaa")
    pane = visit.page.locator(".pane")
    await pane.get_by_role("button", name="Approve", exact=True).click()
    await expect(pane.get_by_role("alert")).to_contain_text("These values do not follow those before.")
    await visit.says(pane.get_by_role("alert"), falls)
    await pane.get_by_role("button", name="Approve anyway").click()
    await expect(pane.get_by_label("Remark or reason")).to_be_focused()
    assert len(records.sent) == 1
    await pane.get_by_label("Remark or reason").fill("the register was read wrongly in May")
    await pane.get_by_role("button", name="Approve anyway").click()
    await expect(pane.locator(".states")).to_contain_text("Approved")
    told = {"by": "chen", "note": "the register was read wrongly in May", "force": True}
    assert records.sent[-1] == ("019b0000-aaaa/approve", told, [])


async def test_a_record_is_corrected_by_another_that_takes_its_place(visit: Visit, records: FakeRecords) -> None:
    await visit.open("/records?open=019b0000-bbbb")
    await visit.page.get_by_role("link", name="Correct it").click()
    form = visit.page.locator("form")
    await expect(form.get_by_label("Quantity")).to_have_value("1200")
    await visit.says(form, "Takes the place of record 019b0000-bbbb.")
    await form.get_by_label("Quantity").fill("1250")
    await form.get_by_role("button", name="Send for approval").click()
    await visit.page.wait_for_url("**/records?open=019b0000-0002")
    assert records.sent[-1][1]["supersedes"] == "019b0000-bbbb"
    assert records.sent[-1][1]["document"] == "DN-2026-1043"


async def test_rows_that_look_typed_twice_are_taken_when_one_insists(visit: Visit, records: FakeRecords) -> None:
    twice = {
        "file": "t.csv",
        "line": 3,
        "column": 0,
        "message": "says the same as line 2",
        "hint": "leave one of them out; `force` where both are real",
    }
    records.refuse = (422, {"detail": "1 error in the table", "errors": [twice]})
    await visit.open("/records?import=delivery")
    form = visit.page.locator("form")
    await form.get_by_label("Table (CSV or XLSX)").set_input_files(TABLE)
    again = form.get_by_role("button", name="They are others: take them all the same")
    await expect(again).to_be_hidden()
    await form.get_by_role("button", name="Send the table").click()
    await again.click()
    await form.get_by_text("3 records of 3 rows taken; they wait for approval.").wait_for()
    assert records.sent[-1][1]["force"] is True
    await expect(again).to_be_hidden()


async def test_a_table_lists_every_wrong_row_and_has_templates(visit: Visit, records: FakeRecords) -> None:
    await visit.open("/records?import=delivery")
    form = visit.page.locator("form")
    await form.wait_for()
    links = form.locator(".links a")
    await expect(links).to_have_count(2)
    for at, kind in enumerate(("csv", "xlsx")):
        await expect(links.nth(at)).to_have_attribute("href", f"/api/v1/carbon/templates/delivery?format={kind}")
    await form.get_by_role("button", name="Send the table").click()
    await visit.says(form, "Choose the table first.")
    await form.get_by_label("Table (CSV or XLSX)").set_input_files(TABLE)
    wrong = [
        {"file": "deliveries.csv", "line": row, "column": 2, "message": "quantity: expected a number", "hint": "`1.5`"}
        for row in (3, 7)
    ]
    records.refuse = (422, {"detail": "2 errors in the table: nothing was taken", "errors": wrong})
    await form.get_by_role("button", name="Send the table").click()
    rows = form.locator("tbody tr")
    await rows.first.wait_for()
    told = "row 7, column 2\tquantity: expected a number; `1.5`"
    await expect(rows.nth(1)).to_have_text(told, use_inner_text=True)
    await visit.says(form.get_by_role("alert"), "nothing was taken")
    await form.get_by_label("Take the good rows").check()
    await form.get_by_role("button", name="Send the table").click()
    await form.get_by_text("3 records of 3 rows taken; they wait for approval.").wait_for()
    path, document, files = records.sent[-1]
    assert (path, files) == ("imports", ["deliveries.csv"])
    assert document == {"kind": "delivery", "by": "chen", "note": "", "accept_good_rows": True}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "kind", ["reading", "refrigerant_balance", "instrument", "denominator", "meter_event", "factor"]
)
async def test_every_form_fits_a_phone_and_has_words_for_its_fields(visit: Visit, kind: str, language: str) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"/records?add={kind}&lang={language}")
    await visit.page.locator("form").wait_for()
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth === 360")
    labels = await visit.page.locator("form label").all_inner_texts()
    assert not [text for text in labels if "_" in text or "field." in text]
    unnamed = "[...document.querySelectorAll('form :is(input, select, textarea)')].filter(one => !one.labels.length)"
    assert await visit.page.evaluate(f"{unnamed}.length") == 0
    low = "[...document.querySelectorAll('form :is(input:not([type=checkbox]), select, button)')]"
    assert await visit.page.evaluate(f"{low}.filter(one => one.offsetParent && one.offsetHeight < 44).length") == 0
    assert visit.errors == []


async def test_the_phone_finds_records_under_more(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    await visit.open("/park")
    await visit.page.get_by_role("button", name="More").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Records").click()
    await visit.page.wait_for_url("**/records")
