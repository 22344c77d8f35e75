"""A meter reading from a phone, by one hand: number, what it gives, photo, sent."""

import io

import pytest
from PIL import Image
from playwright.async_api import FilePayload, ViewportSize, expect

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_records import FakeRecords
from tests.e2e.page.fake_session import FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = ViewportSize(width=390, height=844)
METER = "huali-water.volume"


@pytest.fixture
def records(world: World) -> FakeRecords:
    return world.records


def photo(width: int, height: int) -> FilePayload:
    """A picture with a place in it, as a phone writes one."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0)}  # GPS
    Image.new("RGB", (width, height), "#456").save(out, "JPEG", exif=exif)
    return FilePayload(name="IMG_2041.HEIC.jpeg", mimeType="image/jpeg", buffer=out.getvalue())


async def sent_photo(visit: Visit) -> Image.Image:
    """The picture that the form holds now."""
    data = await visit.page.evaluate(
        """async () => {
          const { smallPhoto } = await import("/assets/js/photo.js");
          const { file } = await smallPhoto(document.querySelector(".shot").files[0]);
          return [...new Uint8Array(await file.arrayBuffer())];
        }"""
    )
    return Image.open(io.BytesIO(bytes(data)))


async def test_a_reading_with_a_photo_is_sent_from_a_phone(visit: Visit, records: FakeRecords) -> None:
    page = visit.page
    await page.set_viewport_size(PHONE)
    await visit.open(f"/reading?meter={METER}")
    await visit.says("form", "Last reading 10,412.7 m³, 18 Nov 2026 08:00")
    await page.get_by_label("Reading", exact=True).fill("10600")
    await page.get_by_text("far from what is usual").wait_for()
    await page.get_by_label("Photo of the meter").set_input_files(photo(4000, 3000))
    await page.get_by_role("img", name="The photo that will be sent").wait_for()
    small = await sent_photo(visit)
    assert small.width * small.height <= 2_000_000
    assert round(small.width / small.height, 2) == 1.33
    assert not small.getexif()
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("Sent. It waits for the approval of somebody else.").wait_for()
    ((_, document, files),) = records.sent_to("records")
    assert files == ["IMG_2041.HEIC.jpg"]
    assert {key: document[key] for key in ("kind", "by", "meter", "value")} == {
        "kind": "reading",
        "by": "chen",
        "meter": METER,
        "value": "10600",
    }
    assert document["time"] == "2026-11-19 14:32"
    link = page.get_by_role("link", name="Open the record")
    await expect(link).to_have_attribute("href", "/records?open=019b0000-0002")
    await page.get_by_role("link", name="Next meter").click()
    await expect(page.get_by_label("Reading", exact=True)).to_have_value("")
    assert visit.errors == []


async def test_what_is_refused_stands_at_its_field_and_another_time_can_be_said(
    visit: Visit, records: FakeRecords
) -> None:
    page = visit.page
    await page.set_viewport_size(PHONE)
    await visit.open("/reading?device=huali-water")
    await page.get_by_role("button", name="Another time").click()
    await page.get_by_label("Date and time").fill("2026-11-19T08:00")
    await page.get_by_label("Reading", exact=True).fill("1x")
    told = {"pointer": "/value", "field": "value", "message": "expected a number", "hint": "`12.5`"}
    records.refuse = (422, {"detail": "value", "errors": [told]})
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("expected a number; `12.5`").wait_for()
    await expect(page.get_by_label("Reading", exact=True)).to_be_focused()
    ((_, document, _),) = records.sent_to("records")
    assert document["time"] == "2026-11-19 08:00"
    assert document["meter"] == METER


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_everything_is_as_large_as_a_thumb_and_fits_the_phone(visit: Visit, language: str) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.open(f"/reading?meter={METER}&lang={language}")
    await visit.page.locator("form").wait_for()
    await visit.page.wait_for_function("() => document.documentElement.scrollWidth === 360")
    low = "[...document.querySelectorAll('form :is(input, select, button)')]"
    assert await visit.page.evaluate(f"{low}.filter(one => one.offsetParent && one.offsetHeight < 44).length") == 0
    labels = await visit.page.locator("form label").all_inner_texts()
    assert not [text for text in labels if "." in text]
    assert visit.errors == []


async def test_a_tenant_may_and_a_viewer_may_not(visit: Visit, session: FakeSession) -> None:
    session.role = Role.ENTERPRISE
    await visit.open("/reading")
    await visit.page.get_by_role("button", name="Send").wait_for()
    session.role = Role.VIEWER
    await visit.open("/reading")
    await visit.page.get_by_role("heading", name="Not for this account").wait_for()
