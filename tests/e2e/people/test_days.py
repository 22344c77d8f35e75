"""A day of each of the three people on the running demo, in a real browser and in both languages."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.command.conftest import Folder
from tests.e2e.people.conftest import Person, signed_in

pytestmark = pytest.mark.timeout(240)
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def assert_undisturbed(person: Person, demo: Folder) -> None:
    """Nothing failed in the browser, and nobody else was asked."""
    assert person.complaints == []
    assert person.hosts == {f"127.0.0.1:{demo.port}"}


@LANGUAGES
def test_the_operator_acknowledges_an_alarm(demo: Folder, context: BrowserContext, language: str) -> None:
    operator = signed_in(demo, context, "operator", language)
    page = operator.page
    page.wait_for_url("**/park**")
    page.locator(".hero", has_text=re.compile(r"\d,\d")).wait_for()
    expect(page.locator("#line")).to_contain_text(operator.say(en="Meter is silent", zh="电表无应答"))
    operator.picture("park")

    alarm = f"no-answer-{language}:huali-drying"
    operator.go(f"/alarms/{alarm}?lang={language}")
    page.get_by_text(operator.say(en="Check the meter's supply.", zh="检查电表电源。")).wait_for()
    page.get_by_label(operator.say(en="Comment", zh="备注")).fill("electrician informed")
    page.get_by_role("button", name=operator.say(en="Acknowledge", zh="确认"), exact=True).last.click()
    page.get_by_text("electrician informed").first.wait_for()
    assert demo.get(f"/api/v1/alarms/{alarm}")["state"] == "acknowledged"
    expect(page.get_by_text("Li Na").first).to_be_visible()  # who did it stands in what happened
    operator.picture("alarm")
    (entry,) = demo.get(f"/api/v1/audit?action=alarm+acknowledge&target={alarm}&result=done")["items"]
    assert entry["who"] in ("operator", "Li Na")
    assert_undisturbed(operator, demo)


@LANGUAGES
def test_the_enterprise_finds_why_a_meter_is_silent_and_sees_nothing_of_others(
    demo: Folder, context: BrowserContext, language: str
) -> None:
    tenant = signed_in(demo, context, "enterprise", language)
    page = tenant.page
    page.wait_for_url("**/enterprises/huali**")
    row = page.locator("tr", has_text=tenant.say(en="Drying", zh="烘干")).first
    expect(row).to_contain_text(tenant.say(en="No answer", zh="无应答"))
    page.locator(".emit").wait_for()
    tenant.picture("equipment")

    row.get_by_role("link").first.click()
    page.wait_for_url("**/devices/huali-drying**")
    page.get_by_text(tenant.say(en="What the device says", zh="设备的说明")).wait_for()
    expect(page.locator("main")).to_contain_text(tenant.say(en="no answer within", zh="秒内无应答"))
    tenant.picture("silent")

    others = page.locator("main, nav").filter(has_text=tenant.say(en="Dongyue", zh="东岳"))
    assert others.count() == 0
    assert page.get_by_role("button", name=tenant.say(en="Acknowledge", zh="确认"), exact=True).count() == 0
    assert_undisturbed(tenant, demo)
    tenant.go(f"/devices/dongyue-main?lang={language}")
    unknown = tenant.say(en="no device `dongyue-main`", zh="没有设备 `dongyue-main`")
    page.get_by_text(unknown).first.wait_for()  # the same as for one that does not exist
    assert tenant.say(en="Dongyue", zh="东岳") not in tenant.text("body")


@LANGUAGES
def test_the_auditor_traces_a_total_to_its_readings_and_verifies_the_ledger(
    demo: Folder, context: BrowserContext, language: str
) -> None:
    auditor = signed_in(demo, context, "auditor", language)
    page = auditor.page
    page.wait_for_url("**/carbon**")
    page.locator(".bases").wait_for()
    expect(page.locator(".headline")).to_contain_text(auditor.say(en="Closed", zh="已结账"))
    auditor.picture("carbon")

    page.locator(".bases button.link").first.click()
    chain = page.locator(".chain")
    chain.locator("li").nth(6).wait_for()
    chain.scroll_into_view_if_needed()
    expect(chain).to_contain_text("energy_import")  # down to the register
    decided = auditor.say(en="Readings that decided these intervals", zh="决定这些时段的读数")
    expect(chain).to_contain_text(decided)  # and what it showed
    expect(chain.locator("a[href^='https://']").first).to_be_attached()  # and the factor's source page
    auditor.picture("trace")

    verify = page.locator(".verify")
    verify.get_by_role("button", name=auditor.say(en="Verify", zh="校验")).click()
    expect(verify).to_contain_text(auditor.say(en="verified", zh="校验通过"), timeout=60_000)
    verify.scroll_into_view_if_needed()
    auditor.picture("verified")

    auditor.go(f"/audit?lang={language}")
    page.locator("main tbody tr").first.wait_for()
    auditor.picture("audit-log")
    assert_undisturbed(auditor, demo)
