"""axe-core over every page: no serious or critical finding, light and dark, wide and on a phone."""

from pathlib import Path

import axe_playwright_python
import pytest

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_session import FakeSession
from tests.e2e.page.test_page import PAGES

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RUN = """async ([within, rules]) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const found = await axe.run(within, { resultTypes: ["violations"], ...only });
  const grave = found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const of = ({ target, any }) => `${target} ${any.map((why) => why.message)}`;
  return grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 5).map(of).join(" | ")}`);
}"""
CONTRAST = ["color-contrast"]  # all that another theme can change
Look = tuple[str, int, list[str]]  # theme, width, rules: none for all of them
LOOKS: list[Look] = [
    ("light", 1440, []), ("dark", 1440, CONTRAST), ("dark", 390, CONTRAST), ("light", 390, []),
]  # fmt: skip
CHINESE_LOOKS: list[Look] = [("light", 1440, []), ("light", 390, [])]  # the colours are the same in both


async def _findings(visit: Visit, within: str = "html", looks: list[Look] = LOOKS) -> dict[str, list[str]]:
    """What axe finds in an element, by theme and width."""
    await visit.page.evaluate(AXE)  # in the page's world: the content policy forbids a script element
    found = {}
    for theme, width, rules in looks:
        await visit.page.set_viewport_size({"width": width, "height": 900})
        await visit.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        if grave := await visit.page.evaluate(RUN, [within, rules]):
            found[f"{theme} {width}"] = grave
    return found


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("alarms")
async def test_a_page_has_no_serious_finding(visit: Visit, path: str) -> None:
    await visit.open(path)
    await visit.page.locator(PAGES[path]).first.wait_for()
    assert await _findings(visit) == {}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("alarms")
async def test_a_page_in_chinese_has_no_serious_finding(visit: Visit, path: str) -> None:
    await visit.open(f"{path}{'&' if '?' in path else '?'}lang=zh")
    await visit.page.locator(PAGES[path]).first.wait_for()
    assert await visit.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert await _findings(visit, looks=CHINESE_LOOKS) == {}


@pytest.mark.parametrize(
    ("role", "path", "last"),
    [
        (Role.ENTERPRISE, "/enterprises/huali", "body:has(.emit):has(.machines) .brief a"),
        (Role.AUDITOR, "/carbon", ".bases td"),
        (Role.VIEWER, "/alarms/demand:qinghe", ".pane canvas"),
    ],
)
@pytest.mark.usefixtures("alarms")
async def test_the_pages_of_other_roles_have_no_serious_finding(
    visit: Visit, session: FakeSession, role: Role, path: str, last: str
) -> None:
    session.role = role
    await visit.open(path)
    await visit.page.locator(last).first.wait_for()
    assert await _findings(visit) == {}


@pytest.mark.parametrize(
    ("state", "path"), [("anonymous", "/login"), ("setup", "/login"), ("anonymous", "/login#token=used")]
)
async def test_the_sign_in_has_no_serious_finding(visit: Visit, session: FakeSession, state: str, path: str) -> None:
    session.state, session.oidc = state, True
    await visit.page.goto(visit.url + path)
    await visit.page.locator("form input").first.wait_for()
    await visit.page.locator("form .btn.go").click()  # an empty form: its error stands there, too
    assert await _findings(visit) == {}


@pytest.mark.parametrize("button", ["Add an account", "Change", "Make a key", "Chen Jing"])
async def test_a_dialog_has_no_serious_finding(visit: Visit, button: str) -> None:
    await visit.open("/users")
    await visit.page.get_by_role("button", name=button).first.click()
    await visit.page.get_by_role("dialog").wait_for()
    await visit.settled()
    assert await _findings(visit, "dialog") == {}  # what is behind it is looked at as a page


async def test_a_button_without_a_name_would_be_found(visit: Visit) -> None:
    await visit.open("/users")
    await visit.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert "button-name" in str(await _findings(visit, looks=LOOKS[:1]))
