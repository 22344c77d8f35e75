"""Signing in and out: password, one-time link, first start, the end of a session; what each role finds."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from gateway.identity.roles import Role
from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_session import CODE, COMMON, PASSWORD, TOKEN, FakeSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW = "the second kettle is on at ten"
TABS = {
    Role.VIEWER: ["Park", "Devices", "Alarms", "Enterprises", "Carbon", "Gateway"],
    Role.ADMINISTRATOR: ["Park", "Devices", "Alarms", "Enterprises", "Carbon", "Gateway"],
    Role.ENTERPRISE: ["My enterprise", "Devices", "Alarms", "Carbon"],
    Role.AUDITOR: ["Park", "Devices", "Carbon", "Audit log"],
}
LANDS = {Role.ENTERPRISE: "/enterprises/huali", Role.AUDITOR: "/carbon"}


async def _sign_in(visit: Visit, password: str = PASSWORD) -> None:
    await visit.page.get_by_label("Name").fill("chen")
    await visit.page.get_by_label("Password").fill(password)
    await visit.page.get_by_role("button", name="Sign in", exact=True).click()


async def test_nobody_sees_anything_of_the_park_before_signing_in_and_comes_back_to_where_he_was(
    visit: Visit, session: FakeSession
) -> None:
    session.state = "anonymous"
    await visit.page.goto(f"{visit.url}/devices?open=dongyue")
    await visit.page.get_by_role("heading", name="Sign in").wait_for()
    await expect(visit.page).to_have_url(f"{visit.url}/login?next=%2Fdevices%3Fopen%3Ddongyue")
    await expect(visit.page).to_have_title("Sign in")
    text = await visit.page.inner_text("body")
    assert not re.search(r"Qinghe|Dongyue|\d", text)
    assert visit.park.asked == []
    await _sign_in(visit)
    await visit.page.wait_for_url("**/devices?open=dongyue")
    await visit.page.locator("#account", has_text="Chen Jing").wait_for()
    assert visit.errors == []


@pytest.mark.parametrize(
    "foreign", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "/login", "park", "/.//evil.example"]
)
async def test_no_address_leads_elsewhere_after_signing_in(visit: Visit, session: FakeSession, foreign: str) -> None:
    session.state = "anonymous"
    await visit.page.goto(f"{visit.url}/login?next={foreign}")
    await _sign_in(visit)
    await visit.page.wait_for_url(f"{visit.url}/park")


async def test_a_wrong_password_is_told_in_place_and_a_wait_counts_down_in_words(
    visit: Visit, session: FakeSession
) -> None:
    session.state = "anonymous"
    began = datetime(2026, 11, 19, 6, 32, 7, tzinfo=UTC)
    await visit.page.clock.install(time=began)
    await visit.page.goto(f"{visit.url}/login")
    await _sign_in(visit, "wrong")
    error = visit.page.get_by_role("alert")
    await expect(error).to_have_text("Name or password is wrong.")
    password = visit.page.get_by_label("Password")
    await expect(password).to_be_focused()
    await expect(password).to_have_value("")
    await expect(password).to_have_attribute("aria-invalid", "true")
    session.wait_s = 4
    await visit.page.clock.pause_at(began + timedelta(hours=1))  # no second of the four passes by itself
    await _sign_in(visit, "wrong")
    button = visit.page.get_by_role("button", name="Sign in", exact=True)
    await expect(visit.page.locator(".err")).to_have_text("Too many tries. Try again in 4\u00a0s.")
    await expect(button).to_be_disabled()
    session.wait_s = 0
    await visit.page.clock.run_for(4500)
    await expect(button).to_be_enabled()
    await visit.page.get_by_role("button", name="Show").click()
    await expect(password).to_have_attribute("type", "text")


async def test_a_link_signs_in_once_leaves_no_trace_and_offers_a_password(visit: Visit, session: FakeSession) -> None:
    session.state, session.has_password = "anonymous", False
    await visit.page.goto(f"{visit.url}/login?next=/carbon#token={TOKEN}")
    await visit.page.get_by_role("heading", name="Set a password").wait_for()
    await expect(visit.page).to_have_url(f"{visit.url}/login?next=/carbon")
    await visit.says("form", "At least 12 characters")
    await visit.page.get_by_label("New password").fill("short")
    await visit.page.get_by_role("button", name="Set the password").click()
    await expect(visit.page.get_by_role("alert")).to_have_text("The password needs at least 12 characters.")
    for label, text in (("New password", NEW), ("The same again", NEW)):
        await visit.page.get_by_label(label).fill(text)
    await visit.page.get_by_role("button", name="Set the password").click()
    await visit.page.wait_for_url(f"{visit.url}/carbon")
    assert session.orders == [("PUT", "session/password", {"new": NEW})]


async def test_the_password_after_a_link_can_be_skipped_and_a_used_link_says_so(
    visit: Visit, session: FakeSession
) -> None:
    session.state, session.has_password = "anonymous", False
    await visit.page.goto(f"{visit.url}/login#token={TOKEN}")
    await visit.page.get_by_role("button", name="Go on without a password").click()
    await visit.page.wait_for_url("**/park")
    session.state = "anonymous"
    await visit.page.goto(f"{visit.url}/login#token=used")
    await expect(visit.page.get_by_role("alert").first).to_contain_text("This link was used already")


async def test_the_first_start_asks_for_the_code_and_makes_the_administrator(
    visit: Visit, session: FakeSession
) -> None:
    session.state = "setup"
    await visit.page.goto(f"{visit.url}/")
    await visit.page.get_by_role("heading", name="Set up this gateway").wait_for()
    await visit.page.get_by_label("Setup code").fill("wrong")
    await visit.page.get_by_label("Name").fill("chen")
    for label in ("New password", "The same again"):
        await visit.page.get_by_label(label).fill(NEW)
    make = visit.page.get_by_role("button", name="Make the administrator")
    await make.click()
    await expect(visit.page.get_by_role("alert")).to_contain_text("The setup code is wrong.")
    await visit.page.get_by_label("Setup code").fill(CODE)
    await make.click()
    await visit.page.wait_for_url("**/park")
    assert session.orders[-1] == ("POST", "setup", {"code": CODE, "name": "chen", "password": NEW})


async def test_the_first_start_says_in_chinese_what_is_wrong_with_name_and_password(
    visit: Visit, session: FakeSession
) -> None:
    session.state = "setup"
    await visit.page.goto(f"{visit.url}/")
    await visit.page.get_by_role("button", name="中文").first.click()
    await visit.page.get_by_label("设置码").fill(CODE)
    await visit.page.get_by_label("用户名").fill("陈杰")
    for label in ("新密码", "再次输入"):
        await visit.page.get_by_label(label).fill(COMMON)
    make = visit.page.get_by_role("button", name="建立管理员")
    await make.click()
    await expect(visit.page.get_by_role("alert")).to_contain_text("例如 li.wei")
    await expect(visit.page.get_by_label("用户名")).to_have_attribute("aria-invalid", "true")
    await visit.page.get_by_label("用户名").fill("Chen.Jie")
    await make.click()
    await expect(visit.page.get_by_role("alert")).to_contain_text("太容易被猜到")
    await expect(visit.page.get_by_label("新密码")).to_have_attribute("aria-invalid", "true")


async def test_typed_words_stay_when_the_language_of_the_sign_in_changes(visit: Visit, session: FakeSession) -> None:
    session.state = "anonymous"
    await visit.page.goto(f"{visit.url}/login")
    await visit.page.get_by_label("Name").fill("chen")
    await visit.page.get_by_role("button", name="中文").click()
    await visit.page.get_by_role("heading", name="登录").wait_for()
    await expect(visit.page.get_by_label("用户名")).to_have_value("chen")
    assert await visit.page.get_by_role("link").count() == 0  # no provider: no other way in


async def test_where_the_park_has_accounts_of_its_own_they_sign_in(visit: Visit, session: FakeSession) -> None:
    session.state, session.oidc = "anonymous", True
    await visit.page.goto(f"{visit.url}/login?next=/carbon")
    link = visit.page.get_by_role("link", name="Sign in with the park account")
    await expect(link).to_have_attribute("href", "/api/v1/session/oidc?next=%2Fcarbon")


async def test_a_session_that_ends_leads_to_the_sign_in_with_the_reason_and_back(
    visit: Visit, session: FakeSession
) -> None:
    left_for: list[str] = []
    visit.page.on("request", lambda one: left_for.append(one.url) if one.is_navigation_request() else None)
    await visit.open("/records")
    await visit.page.locator(".records td").first.wait_for()
    session.state = "anonymous"
    await visit.page.get_by_role("link", name="Devices", exact=True).first.click()
    await visit.page.wait_for_url("**/login?next=%2Fdevices&why=ended")
    await visit.page.get_by_text("The session has ended.").wait_for()
    assert len([url for url in left_for if "/login" in url]) == 1  # though each question was refused
    await _sign_in(visit)
    await visit.page.wait_for_url("**/devices")


async def test_a_stream_that_ends_with_the_session_leads_to_the_sign_in(visit: Visit, session: FakeSession) -> None:
    await visit.open("/park")
    session.state = "anonymous"
    visit.park.refuse_stream = True
    await visit.page.wait_for_url("**/login?next=%2Fpark&why=ended")


async def test_the_account_sees_where_it_is_signed_in_and_signs_out_everywhere_else(visit: Visit) -> None:
    await visit.open("/park")
    await visit.page.locator("#account").click()
    await visit.page.get_by_role("button", name="Where you are signed in").click()
    dialog = visit.page.locator("dialog")
    await dialog.get_by_text("10.20.0.9").wait_for()
    await visit.says(dialog, "this one")
    await dialog.get_by_role("button", name="Sign out everywhere else").click()
    await dialog.get_by_text("Only here.").wait_for()


async def test_the_account_changes_its_password_and_signs_out(visit: Visit, session: FakeSession) -> None:
    await visit.open("/park")
    await visit.page.locator("#account").click()
    await visit.page.get_by_role("dialog").get_by_text("chen, Administrator").wait_for()
    await visit.page.get_by_role("button", name="Change password").click()
    for label, text in (("Password now", PASSWORD), ("New password", NEW), ("The same again", NEW)):
        await visit.page.get_by_label(label).fill(text)
    await visit.page.get_by_role("button", name="Change it").click()
    await visit.page.locator(".toast", has_text="The password is changed; every other session").wait_for()
    assert session.orders == [("PUT", "session/password", {"new": NEW, "old": PASSWORD})]
    await visit.page.locator("#account").click()
    await visit.page.get_by_role("button", name="Sign out").click()
    await visit.page.get_by_text("You are signed out.").wait_for()
    assert (session.state, session.wrong, visit.errors) == ("anonymous", [], [])


@pytest.mark.parametrize("role", TABS)
async def test_each_role_finds_its_tabs_and_lands_on_its_own_page(
    visit: Visit, session: FakeSession, role: Role
) -> None:
    session.role = role
    await visit.open("/")
    await expect(visit.page).to_have_url(visit.url + LANDS.get(role, "/park"))
    await expect(visit.page.locator("#tabs a > span")).to_have_text(TABS[role])
    await expect(visit.page.locator("#line")).to_be_visible(visible=role is not Role.AUDITOR)
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.page.locator("#more").click()
    await visit.page.get_by_role("button", name="Sign out").wait_for()
    more = await visit.page.get_by_role("dialog").get_by_role("button").all_inner_texts()
    assert {"中文", "Light or dark", "Sign out", *TABS[role][4:]} <= set(more)
    assert ("Users" in more) is (role is Role.ADMINISTRATOR)


@pytest.mark.parametrize("path", ["/park", "/enterprises"])
async def test_an_enterprise_has_no_page_of_the_park(visit: Visit, session: FakeSession, path: str) -> None:
    session.role = Role.ENTERPRISE
    await visit.open(path)
    await expect(visit.page).to_have_url(f"{visit.url}/enterprises/huali")


@pytest.mark.usefixtures("alarms")
@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
async def test_who_changes_nothing_finds_nothing_that_would(visit: Visit, session: FakeSession, role: Role) -> None:
    session.role = role
    verbs = re.compile(r"\b(Acknowledge|Shelve|Approve|Withdraw|Test|Reload|Enter a meter|Import|Comment)\b")
    last = {
        "/alarms/demand:qinghe": ".pane canvas",
        "/records?open=019b0000-aaaa": ".plausible",
        "/records?add=reading": ".records td",
        "/gateway": "body:has(code) h2",
        "/park": ".user.total",
    }
    for path, done in last.items():
        await visit.open(path)
        await visit.page.locator(done).first.wait_for()
        await visit.settled()
        for kind in ("button", "link", "textbox"):
            found = visit.page.locator("main, #line").get_by_role(kind, name=verbs)
            assert await found.count() == 0, (path, await found.all_inner_texts())
        assert await visit.page.locator("main th", has_text="Test it").count() == 0, path
        files = await visit.page.locator("main a[href*='format=']:visible").count()
        assert files == 0 or role is Role.AUDITOR, path
    assert session.wrong == []


async def test_a_page_that_is_not_for_the_role_says_who_can_change_that(visit: Visit, session: FakeSession) -> None:
    session.role = Role.OPERATOR
    await visit.open("/users")
    await visit.says("main", "An administrator can change that.")
    assert session.orders == []


async def test_an_administrator_invites_somebody_by_a_link_that_is_shown_once(
    visit: Visit, session: FakeSession
) -> None:
    await visit.open("/users")
    await visit.page.get_by_role("button", name="Add an account").click()
    form = visit.page.get_by_role("dialog")
    await form.get_by_label("Name", exact=False).first.fill("wang.fang")
    await form.get_by_label("Role").select_option("auditor")
    await form.get_by_text("Reads everything with the audit log").wait_for()
    await form.get_by_label("Last day").fill("2027-01-31")
    await form.get_by_role("button", name="Add an account").click()
    secret = visit.page.get_by_role("textbox", name="Link for wang.fang")
    await expect(secret).to_have_value(f"{visit.url}/login#token={TOKEN}")
    assert session.orders[0][2] == {
        "name": "wang.fang", "display": "", "role": "auditor", "enterprise": None, "valid_until": "2027-01-31",
        "wall": False,
    }  # fmt: skip
    await visit.page.get_by_role("button", name="Close").click()
    await expect(secret).to_have_count(0)
    await visit.page.locator("tr", has_text="wang.fang").get_by_text("31 Jan 2027").wait_for()
    assert TOKEN not in await visit.page.content()


async def test_an_account_is_disabled_its_sessions_end_and_it_is_removed_only_after_a_second_word(
    visit: Visit, session: FakeSession
) -> None:
    await visit.open("/users")
    row = visit.page.locator("tr:has(b:text-is('lin'))")
    await row.get_by_role("button", name="Change").click()
    dialog = visit.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="End all its sessions").click()
    await dialog.get_by_text("Nobody is signed in with this account.").wait_for()
    await dialog.get_by_label("Disabled").check()
    await dialog.get_by_role("button", name="Save").click()
    await row.get_by_text("Disabled").wait_for()
    assert session.orders[-1][2]["disabled"] is True
    await row.get_by_role("button", name="Change").click()
    await dialog.get_by_role("button", name="Remove the account").click()
    sure = dialog.get_by_role("button", name="Really remove lin")
    await sure.wait_for()
    assert "lin" in session.users
    await sure.click()
    await expect(row).to_have_count(0)
    assert "lin" not in session.users


async def test_a_key_is_shown_once_and_says_when_it_was_used(visit: Visit, session: FakeSession) -> None:
    await visit.open("/users")
    await visit.says("tr:has-text('Grafana')", "14:31:07")
    await visit.page.get_by_role("button", name="Make a key").click()
    form = visit.page.get_by_role("dialog")
    await form.get_by_label("What for").fill("Accounts system")
    await form.get_by_label("export files").check()
    await form.get_by_role("button", name="Make a key").click()
    secret = visit.page.get_by_role("textbox", name="Key for Accounts system")
    await expect(secret).to_have_value("pg_k15_secret-shown-once")
    await visit.page.get_by_role("button", name="Close").click()
    row = visit.page.locator("tr", has_text="Accounts system")
    await row.get_by_role("button", name="Remove").click()
    await row.get_by_role("button", name="Really remove").click()
    await expect(row).to_have_count(0)
    assert [one["name"] for one in session.keys] == ["Grafana"]


async def test_a_wall_screen_shows_the_park_without_controls_and_sends_nothing(
    visit: Visit, session: FakeSession
) -> None:
    session.role, session.wall = Role.VIEWER, True
    await visit.open("/park")
    await visit.page.wait_for_url("**/park?view=wall")
    await visit.page.locator(".user.total").wait_for()
    await visit.settled()
    assert await visit.page.locator("button:visible, select:visible, input:visible").count() == 0
    await expect(visit.page.locator(".picture text.strong:visible")).to_have_count(2)  # the powers beside the flow
    drift = "() => getComputedStyle(document.body).getPropertyValue('--drift-x')"
    assert re.fullmatch(r"[02468]px", await visit.page.evaluate(drift))
    send = "async () => (await import('/assets/js/api.js')).send('x').catch((error) => error.message)"
    assert await visit.page.evaluate(send) == "read_only"
