"""The end of a trace: every day, every interval and every reading can be reached, digit for digit."""

import copy
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.page.conftest import Visit
from tests.e2e.page.fake_carbon import ENTRY, TRACE

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ADDRESS = f"/carbon?period=2026-10&scope_of=qinghe&trace={ENTRY}"
_STEP_NS = 900 * 10**9
_REGISTERS = ("park-tx1.energy_import", "park-tx2.energy_import")


def _interval(register: str, day: int, number: int) -> dict[str, Any]:
    """A quarter of an hour; the third of the 12th has no reading at its end, a part of it is known."""
    end_h, end_min = divmod((number + 1) * 15, 60)
    is_partial = day == 12 and number == 2
    value = f"{18_390_063 + day * 96 + number}.884125"
    return {
        "register": register,
        "from": f"2026-10-{day:02}T{number // 4:02}:{number % 4 * 15:02}:00+08:00",
        "to": f"2026-10-{day:02}T{end_h:02}:{end_min:02}:00+08:00",
        "quantity": None if is_partial else "432.061000",
        "known": "200.500000" if is_partial else "432.061000",
        "unit": "kWh",
        "method": "partial" if is_partial else "measured",
        "marks": [],
        "version": 1,
        "hash": f"{day:02}{number:02}" * 16,
        "multipliers": [["0", "1"]],
        "readings": [
            [f"2026-10-{day:02}T{number // 4:02}:{number % 4 * 15:02}:00.000Z", str(number * _STEP_NS), value]
        ],
        "findings": [],
    }


def _day(register: str, day: int) -> dict[str, Any]:
    known, missing = (9_007_199_254_740_991, "900000000000") if day == 12 else (41_477_856_100, "0")
    digest, written = f"{day:02}" * 32, "2026-11-22T15:56:27Z"
    return {
        "meter": register, "register": register, "day": f"2026-10-{day:02}", "version": 1, "known_micro": known,
        "unit": "kWh", "intervals": 96, "measured_ns": "86400000000000", "estimated_ns": "0", "missing_ns": missing,
        "digest": digest, "written": written,
    }  # fmt: skip


def month_trace(day: int) -> dict[str, Any]:
    """October of two registers, with the intervals of one day."""
    found: dict[str, Any] = copy.deepcopy(TRACE)
    for step in found["steps"]:
        if step["step"] == "days":
            step |= {"days": [_day(one, number) for one in _REGISTERS for number in range(1, 32)], "not_shown": []}
        if step["step"] == "intervals":
            step["intervals"] = [_interval(one, day, number) for one in _REGISTERS for number in range(96)]
    return found


async def _serve(page: Page, found: dict[str, Any] | None = None) -> list[str]:
    """Answer the trace's questions; gives the days that were asked for."""
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(day.group(1) if (day := re.search(r"[?&]day=([\d-]+)", route.request.url)) else "")
        shown = found or month_trace(int(asked[-1][-2:] or 12))
        await route.fulfill(body=json.dumps(shown), content_type="application/json")

    await page.route("**/api/v1/carbon/trace/**", answer)
    return asked


async def test_every_day_and_interval_and_the_months_last_reading_can_be_opened(visit: Visit) -> None:
    asked = await _serve(visit.page)
    await visit.open(_ADDRESS)
    days, intervals = (visit.page.locator(".chain > li").nth(place) for place in (3, 4))
    await expect(days.locator("tr")).to_have_count(8)
    await days.get_by_role("button", name="Show all 62").click()
    await expect(days.locator("tr")).to_have_count(62)
    await days.get_by_role("button", name="31 Oct 2026").first.click()
    await expect(visit.page).to_have_url(re.compile("day=2026-10-31"))
    await expect(intervals.get_by_label("Day", exact=True)).to_have_value("2026-10-31")
    await intervals.get_by_role("button", name="Show all 192").first.click()
    table = intervals.locator("table").first
    await expect(table.locator("tr")).to_have_count(192)
    await expect(table.locator("tr").nth(95)).to_contain_text("23:45")
    await intervals.get_by_role("button", name="Show all 192").click()
    await expect(intervals.locator("table").last.locator("tr").last).to_contain_text("18,393,134.884125")
    await intervals.get_by_label("Day", exact=True).select_option("2026-10-02")
    await expect(table.locator("tr").first).to_contain_text("2 Oct 2026 00:00")
    assert asked == ["", "2026-10-31", "2026-10-02"]
    assert visit.errors == []


async def test_an_address_with_a_day_opens_it_and_closing_the_trace_forgets_it(visit: Visit) -> None:
    asked = await _serve(visit.page)
    await visit.open(f"{_ADDRESS}&day=2026-10-30")
    await expect(visit.page.get_by_label("Day", exact=True)).to_have_value("2026-10-30")
    await visit.page.get_by_role("button", name="Close trace").click()
    await expect(visit.page).not_to_have_url(re.compile("trace=|day="))
    assert asked == ["2026-10-30"]


async def test_what_is_known_of_a_gap_is_a_bound_and_no_digit_of_the_ledger_is_lost(visit: Visit) -> None:
    await _serve(visit.page)
    await visit.open(_ADDRESS)
    days, intervals = (visit.page.locator(".chain > li").nth(place) for place in (3, 4))
    await days.get_by_role("button", name="Show all 62").click()
    await visit.says(days.locator("tr").nth(11), "≥ 9,007,199,254.740991 kWh")
    await visit.says(days.locator("tr").nth(0), "41,477.8561 kWh")
    await expect(days.locator("tr").nth(0)).not_to_contain_text("≥")
    await visit.says(intervals.locator("table tr").first, "≥ 200.5 kWh", "partly missing")


async def test_the_trace_its_intervals_and_its_proof_are_files_to_take_along(visit: Visit) -> None:
    await _serve(visit.page)
    await visit.open(_ADDRESS)
    chain = visit.page.locator(".chain")
    await expect(chain).not_to_contain_text("[object")
    whole = chain.get_by_role("link", name="Trace with every interval")
    await expect(whole).to_have_attribute("href", re.compile(f"/carbon/trace/{ENTRY}\\?.*every_interval=true"))
    proof = chain.get_by_role("link", name="Inclusion proof")
    await expect(proof).to_have_attribute("href", "/api/v1/carbon/ledger/proof/inclusion?seq=163&size=168")
    tables = chain.get_by_role("link", name=re.compile("Intervals of park-tx.* as CSV"))
    await expect(tables).to_have_count(2)
    span = "meter=park-tx1.energy_import&from=2026-10-01&to=2026-11-01&format=csv&as_of=2026-11-22T15%3A56%3A27Z"
    await expect(tables.first).to_have_attribute("href", f"/api/v1/energy/intervals?{span}")


async def test_a_trace_names_who_prepared_and_who_approved(visit: Visit) -> None:
    found = month_trace(12)
    named = {"seq": 7, "time": "2026-11-03T01:12:44Z", "about": "", "content": {}, "files": [], "principal": {}}
    people = [("delivery", "Li Wei"), ("approval", "Chen Jing")]
    records = [{**named, "id": f"{kind}-1", "kind": kind, "by": name} for kind, name in people]
    step = {"step": "records", "value": "100", "unit": "kg", "records": records}
    found["steps"] = [one for one in found["steps"] if one["step"] not in ("days", "intervals")]
    found["steps"].insert(3, step)
    await _serve(visit.page, found)
    await visit.open(_ADDRESS)
    said = visit.page.locator(".chain > li").nth(3)
    await visit.says(said, "Delivery note", "Prepared by Li Wei", "Approved by Chen Jing", "3 Nov 2026 09:12:44")


async def test_what_meters_counted_was_prepared_by_nobody(visit: Visit) -> None:
    await _serve(visit.page)
    await visit.open(_ADDRESS)
    await visit.says(visit.page.locator(".chain > li").nth(2), "Counted by meters; nobody filled it in")
