"""An operator's minute on the running demo, in a real browser: an alarm comes, is acknowledged, is in the journal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.command.test_demo import start_demo
from tests.e2e.command.test_live_page import CHROMIUM, PICTURES, watch
from tests.signin import sign_in

RULE = """
alarms:
  no-answer:
    name: {en: Meter is silent, zh: 电表无应答}
    for_each: {devices: [huali-drying]}
    when: stale(power_active) or absent(power_active)
    no_data: alarm
    on_delay: 1 s
    priority: high
    guidance: {en: Check the meter's supply., zh: 检查电表电源。}
"""
ALARM = "no-answer:huali-drying"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.timeout(180)
def test_an_operator_sees_and_acknowledges_an_alarm_in_either_language(folder: Any, browser: Browser) -> None:
    (folder.path / "rules.d").mkdir(parents=True, exist_ok=True)
    (folder.path / "rules.d" / "quick.yaml").write_text(RULE, encoding="utf-8")
    start_demo(folder)
    folder.wait_for_devices(55)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    complaints, hosts = watch(page)
    base = f"http://127.0.0.1:{folder.port}"
    sign_in(page, base, folder.path / "data" / "gateway.sock")
    page.goto(f"{base}/park?lang=en")
    page.get_by_text("Meter is silent").first.wait_for(timeout=30_000)

    page.goto(f"{base}/alarms/{ALARM}?lang=en")
    page.get_by_text("Check the meter's supply.").wait_for()
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "alarms.png")
    page.get_by_label("Comment").fill("electrician informed")
    page.get_by_role("button", name="Acknowledge").last.click()
    page.get_by_text("electrician informed").first.wait_for()
    assert folder.get(f"/api/v1/alarms/{ALARM}")["state"] == "acknowledged"

    page.goto(f"{base}/alarms/{ALARM}?lang=zh")
    page.get_by_text("检查电表电源。").wait_for()
    expect(page.get_by_text("已确认").first).to_be_visible()
    page.screenshot(path=PICTURES / "alarms.zh.png")

    page.goto(f"{base}/enterprises/huali?lang=en")
    page.get_by_text("Is my equipment connected?").first.wait_for()
    page.get_by_text("The line is fine").first.wait_for()
    page.screenshot(path=PICTURES / "enterprise.png")
    assert complaints == []
    assert hosts == {f"127.0.0.1:{folder.port}"}
    assert Path(PICTURES / "alarms.png").stat().st_size > 10_000
