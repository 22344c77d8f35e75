"""A browser and a fake gateway for the page's tests. Every page is watched: what it logs, asks and violates."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

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
FLAGS = (
    "--no-sandbox",
    # Without the drop-down of the address bar, for each window a page of its own that nobody sees: half of what a
    # window costs. The rest is what Playwright switches off, which this list takes the place of.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,"
    "NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning",
)
PATIENCE_S = 30.0  # the most that anything is waited for: a machine with other work takes its time
SETTLED = """async (most_ms) => {
  const until_ms = Date.now() + most_ms;
  while (document.documentElement.classList.contains("filling") && Date.now() < until_ms)
    await new Promise((later) => setTimeout(later, 20));
  await (await import("/assets/js/api.js")).settled(() => true, most_ms);
}"""
SLOW_CLOCK = "const now = performance.now.bind(performance); performance.now = () => now() / 20;"  # of one page
expect.set_options(timeout=PATIENCE_S * 1000)


async def until(claim: Callable[[], bool]) -> None:
    """Wait until `claim` is true: of what the fake gateway was asked or does, which no element of the page tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not claim():
            await asyncio.sleep(0.03)


@dataclass(slots=True)
class Visit:
    """A page of the fake gateway and what it did."""

    page: Page
    park: FakePark
    url: str
    errors: list[str] = field(default_factory=list)  # console errors, exceptions, violations of the content policy
    hosts: set[str] = field(default_factory=set)

    async def open(self, path: str) -> None:
        """Go to `path` and wait until the page is live, is shown and has the answers to all it asked."""
        await self.page.goto(self.url + path)
        await self.page.locator("#live time").wait_for()
        await self.page.locator("main h1, main .side").first.wait_for(state="attached")
        await self.settled()

    async def settled(self) -> None:
        """Wait until the page has the answers to all it asked."""
        await self.page.evaluate(SETTLED, PATIENCE_S * 1000)

    async def says(self, where: str | Locator, *parts: str) -> None:
        """Wait until the first element of `where` says all of `parts`; any white space is one space."""
        found = self.page.locator(where) if isinstance(where, str) else where
        for part in parts:
            await expect(found.first).to_contain_text(part, use_inner_text=True)

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
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
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
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(context: BrowserContext, park: FakePark, address: str) -> Visit:
    page = await context.new_page()
    visit = Visit(page, park, address)
    _watch(visit)
    return visit
