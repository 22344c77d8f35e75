"""What is on the pictures: whose page, which address, and when it is ready."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

DESK = (1440, 900)
PHONE = (390, 844)
_NEW_METER = (
    "/setup?step=3&device=dongyue-stenter-3&enterprise=dongyue&role=sub"
    "&profile=demo-panel-meter&connection=line-2&unit=11"
)


def nothing(_: Page) -> None:
    """The page as it opens."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture. `ready` is there when the page may be taken; `person` is an account of the demo, "" nobody."""

    name: str
    person: str
    path: str
    ready: str
    act: Callable[[Page], None] = nothing
    size: tuple[int, int] = DESK


def _see(selector: str) -> Callable[[Page], None]:
    """Scroll until `selector` begins at the top."""
    return lambda page: page.locator(selector).first.evaluate("element => element.scrollIntoView()")


def _trace(page: Page) -> None:
    """Open the way from the first figure down to its readings."""
    page.locator(".bases button.link").first.click()
    page.locator(".chain li").nth(6).wait_for()
    _see(".chain")(page)


def _open_entry(page: Page) -> None:
    """Show what an entry of the audit log holds."""
    page.locator("main tbody tr button").nth(1).click()


FIRST_START = Scene("first-start", "", "/login", "form")

SCENES = (
    Scene("park", "operator", "/park", "main svg"),
    Scene("alarm", "operator", "/alarms/device-silent:huali-drying", "textarea"),
    Scene("equipment", "enterprise", "/enterprises/huali", ".emit"),
    Scene("silent", "enterprise", "/devices/huali-drying", ".says, main h2"),
    Scene("reading", "enterprise", "/reading", "main form", size=PHONE),
    Scene("carbon", "auditor", "/carbon", ".bases"),
    Scene("trace", "auditor", "/carbon", ".bases", _trace),
    Scene("audit-log", "auditor", "/audit", "main tbody tr", _open_entry),
    Scene("users", "administrator", "/users", "main tbody tr"),
    Scene("gateway", "administrator", "/gateway", "main tbody tr"),
    Scene("live-test", "engineer", _NEW_METER, ".result"),
)
