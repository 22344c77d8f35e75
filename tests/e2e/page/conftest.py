"""A browser and a fake gateway for the page's tests. Every page is watched: what it logs, asks and violates."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from gateway.web import Asset
from tests.e2e.page.fake_alarms import FakeAlarms
from tests.e2e.page.fake_audit import FakeAudit
from tests.e2e.page.fake_closing import FakeClosing
from tests.e2e.page.fake_gateway import FILES, World, serving
from tests.e2e.page.fake_inside import FakeInside
from tests.e2e.page.fake_park import FakePark
from tests.e2e.page.fake_records import FakeRecords
from tests.e2e.page.fake_session import FakeSession
from tests.e2e.page.fake_setup import FakeSetup

CHROMIUM = Path("/usr/bin/chromium")


@dataclass(slots=True)
class Visit:
    """A page of the fake gateway and what it did."""

    page: Page
    park: FakePark
    url: str
    errors: list[str] = field(default_factory=list)  # console errors, exceptions, violations of the content policy
    hosts: set[str] = field(default_factory=set)

    async def open(self, path: str) -> None:
        """Go to `path` and wait until the page is live."""
        await self.page.goto(self.url + path)
        await self.page.locator("#live time").wait_for()
        await self.page.locator("main h1, main .side").first.wait_for(state="attached")

    async def text(self, selector: str) -> str:
        """The text of the first element of `selector`, with ordinary spaces."""
        return (await self.page.locator(selector).first.inner_text()).replace("\u00a0", " ")


def _watch(visit: Visit) -> None:
    visit.page.on(
        "console", lambda message: visit.errors.append(message.text) if message.type in ("error", "warning") else None
    )
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("request", lambda request: visit.hosts.add(request.url.split("/")[2]))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def files() -> Mapping[str, Asset]:
    return FILES


@pytest.fixture
def park() -> FakePark:
    return FakePark()


@pytest.fixture
def alarms(world: World) -> FakeAlarms:
    """Ten alarms; a test that asks for them has a gateway whose stream speaks of them."""
    world.tells_alarms = True
    return world.alarms


@pytest.fixture
def session(world: World) -> FakeSession:
    """Who is signed in: the administrator, until a test says another role or nobody."""
    return world.session


@pytest.fixture
def inside(world: World) -> FakeInside:
    """Log, machine, quarantine, configuration and backups of the fake gateway."""
    return world.inside


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[World, str]]:
    world = World()
    with serving(world) as url:
        yield world, url


@pytest.fixture
def world(server: tuple[World, str], park: FakePark) -> Iterator[World]:
    """What the server shows in this test: nothing of the test before."""
    world, _ = server
    world.park, world.alarms, world.tells_alarms = park, FakeAlarms(), False
    world.records, world.session, world.setup = FakeRecords(), FakeSession(), FakeSetup()
    world.inside = FakeInside()
    world.audit = FakeAudit()
    world.closing = FakeClosing()
    yield world
    park.is_closing = True  # its streams end by themselves


@pytest.fixture
def address(world: World, server: tuple[World, str]) -> str:
    return server[1]


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce"
    )
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(context: BrowserContext, park: FakePark, address: str) -> Visit:
    page = await context.new_page()
    page.set_default_timeout(8000)
    visit = Visit(page, park, address)
    _watch(visit)
    return visit
