"""A demo with its accounts and its people, as `make demo` starts it, for everybody's day; pictures are kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.command.conftest import COMMAND, Folder, until
from tests.e2e.command.test_live_page import CHROMIUM

PICTURES = Path(__file__).parents[3] / "build" / "pictures"
RULE = """
  no-answer-{language}:
    name: {{en: Meter is silent, zh: 电表无应答}}
    for_each: {{devices: [huali-drying]}}
    when: stale(power_active) or absent(power_active)
    no_data: alarm
    on_delay: 1 s
    priority: high
    guidance: {{en: Check the meter's supply., zh: 检查电表电源。}}
"""
RULES = "alarms:" + "".join(RULE.format(language=language) for language in ("en", "zh"))
SKIP = {"en": "Go on without a password", "zh": "暂不设置"}


@dataclass
class Person:
    """Somebody with a browser, signed in by the link that an administrator made for them."""

    name: str
    language: str
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)  # of the browser's console
    hosts: set[str] = field(default_factory=set)

    def go(self, path: str) -> None:
        """Open a page of the gateway."""
        self.page.goto(f"{self.base}{path}")

    def say(self, **words: str) -> str:
        """The words in this person's language."""
        return words[self.language]

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{self.name}-{name}.{self.language}.png")

    def text(self, selector: str = "main") -> str:
        """What is written there, plain spaces."""
        return self.page.locator(selector).first.inner_text().replace("\u00a0", " ")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """The whole demo, with last month's accounts and two alarms that come at once."""
    folder = Folder(tmp_path_factory.mktemp("people"))
    (folder.path / "rules.d").mkdir()
    (folder.path / "rules.d" / "quick.yaml").write_text(RULES, encoding="utf-8")
    process = folder.start(
        COMMAND,
        "demo",
        f"--directory={folder.path}",
        f"--port={folder.port}",
        f"--modbus-base={folder.modbus_base}",
        f"--mqtt-port={folder.mqtt_port}",
    )
    try:
        log = folder.path / "log.txt"
        until(
            lambda: "/login#token=" in log.read_text() or process.poll() is not None, 180, "the demo prints its links"
        )
        assert process.poll() is None, log.read_text()
        folder.wait_for_devices(55)
        yield folder
    finally:
        folder.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def signed_in(demo: Folder, context: BrowserContext, name: str, language: str) -> Person:
    """Somebody of the demo, signed in by a fresh link, on the page where their role lands."""
    told = demo.run("user", "link", name, "-c", str(demo.config))
    assert told.returncode == 0, told.stderr
    token = told.stdout.split("#token=", 1)[1].split()[0]
    person = Person(name, language, context.new_page(), f"http://127.0.0.1:{demo.port}")
    page = person.page
    page.on("console", lambda message: person.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on("request", lambda request: person.hosts.add(request.url.split("/")[2]))
    person.go(f"/login?lang={language}#token={token}")
    page.get_by_role("button", name=SKIP[language]).click()
    page.wait_for_url(lambda url: "/login" not in url)
    return person
