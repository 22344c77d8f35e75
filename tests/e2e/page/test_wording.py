"""Words and units on Carbon and Records: what people read and type is not the gateway's own code."""

import copy

import pytest
from playwright.async_api import expect

from tests.e2e.page.conftest import Visit, until
from tests.e2e.page.fake_carbon import SUMMARY
from tests.e2e.page.fake_gateway import World
from tests.e2e.page.fake_park import FakePark

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OCTOBER = "/carbon?period=2026-10&scope_of=qinghe"


async def test_each_basis_names_its_factor_of_the_grid_and_the_head_the_boundary(visit: Visit) -> None:
    await visit.open(_OCTOBER)
    row = visit.page.locator(".bases tr", has_text="Factor of the grid")
    values = ["0.4974 kg CO₂/kWh", "0.4974 kg CO₂/kWh", "0.5306 kg CO₂/kWh", "0.8273 kg CO₂/kWh"]
    await expect(row.locator("td")).to_have_text(values)
    await visit.says(".headline", "Operational control, policy version 1")
    await visit.says(".kv", "2026, recalculated from 5 % on")


async def test_standard_coal_has_two_decimals_and_ten_thousand_yuan_a_name(visit: Visit, park: FakePark) -> None:
    bases = copy.deepcopy(SUMMARY["bases"])
    bases[0]["indicator"] = {
        "en": "3.2924 tCO2/tce (10892.023254518 tce)",
        "zh": "3.2924 tCO2/tce（10892.023254518 tce）",
    }
    intensity = {"denominator": "output_value", "product": "", "unit": "1e4CNY", "kg_per_unit": "493.49"}
    park.carbon["summary"] = {"bases": bases, "intensities": [intensity]}
    await visit.open(_OCTOBER)
    await visit.says(".findings", "(10,892.02 tce)")
    await visit.says("main", "493.490 kgCO₂e per 10 000 CNY of output value")
    await visit.open(f"{_OCTOBER}&lang=zh")
    await visit.says("main", "万元")
    assert "1e4" not in await visit.page.inner_text("main")


async def test_money_is_typed_as_people_write_it(visit: Visit, world: World) -> None:
    await visit.open("/records?add=denominator")
    form = visit.page.locator(".record-form")
    unit = form.get_by_label("Unit (")
    await visit.says(form, "10 000 CNY (万元)")
    await unit.fill("10 000 CNY")
    await form.get_by_label("Quantity", exact=True).fill("1250.5")
    await form.locator("input[type=file]").last.set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    )
    await form.get_by_role("button", name="Send for approval").click()
    await until(lambda: bool(world.records.sent_to("records")))
    ((_, document, _),) = world.records.sent_to("records")
    assert document["unit"] == "1e4CNY"
