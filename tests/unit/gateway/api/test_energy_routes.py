"""`/api/v1/energy` and the accounts of the live stream, over a real ledger."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.api.access import Principal, Role
from gateway.api.app import create_app
from gateway.api.live import LiveStream, Shared, Ticker
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.core.errors import Unavailable
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.store.intervals import store
from gateway.web import Asset, assets
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from tests.unit.gateway.api.conftest import PARK, Park

ZONE = ZoneInfo("Asia/Shanghai")
STEP_NS = 900 * 10**9
TARIFFS = """
tariffs:
  - {id: zj, valid_from: 2020-01-01, price: 0.5, source: a notice}
schedules:
  working: {times: "08:00-18:00"}
"""


class EnergyPark(Park):
    """With quantities."""

    async def put(self, tag: str, start_ns: int, count: int, per_quarter: str) -> list[IntervalQuantity]:
        """So many quarters from an instant on."""
        spec = self.gateway.books.meters[tag].spec
        step = Decimal(per_quarter)
        readings = [Reading(start_ns + n * STEP_NS, Decimal(100) + step * n) for n in range(count + 1)]
        span = Span(start_ns, start_ns + count * STEP_NS)
        found = recount(spec, Grid(ZONE, 900), readings, span).intervals
        ledger, now_ns = self.gateway.ledger, self.gateway.clock.time_ns()

        def write(db: Any) -> None:
            with ledger.write(db):
                store(db, tag, found, now_ns, zone=ZONE, meter=spec.digest)

        await ledger.do(write)
        return found

    def midnight_ns(self, days_ago: int = 0) -> int:
        """Local."""
        today = datetime.fromtimestamp(self.gateway.clock.time_ns() // 10**9, ZONE).date() - timedelta(days=days_ago)
        return int(datetime(today.year, today.month, today.day, tzinfo=ZONE).timestamp()) * 10**9

    async def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """A JSON answer."""
        answer = await self.http.get(f"/api/v1/energy{path}", **more)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def configured(tmp_path: Path) -> tuple[ParkPlan, Books]:
    path = tmp_path / "park.yaml"
    path.write_text(PARK + TARIFFS, encoding="utf-8")
    plan = load(path, known_drivers()).plan
    return plan, load_books(plan)


@pytest.fixture
def files() -> Mapping[str, Asset]:
    return assets()


@pytest.fixture
async def energy(configured: tuple[ParkPlan, Books], files: Mapping[str, Asset]) -> AsyncIterator[EnergyPark]:
    gateway = await Gateway.open(configured[0], books=configured[1])
    app = create_app(gateway, Ticker(gateway.clock), files)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            park = EnergyPark(gateway, app, http)
            park.become(None)
            yield park
    finally:
        await gateway.close()


HULI = "huali-main.energy_import"


def yesterday(park: EnergyPark) -> str:
    return f"{datetime.fromtimestamp(park.midnight_ns(1) // 10**9, ZONE):%Y-%m-%d}"


async def test_meters_are_those_that_one_may_see(energy: EnergyPark) -> None:
    assert {one["tag"] for one in (await energy.get("/meters"))["items"]} >= {HULI, "dongyue-main.energy_import"}
    energy.become("huali")
    assert {one["enterprise"] for one in (await energy.get("/meters"))["items"]} == {"huali"}


async def test_times_without_a_zone_are_the_sites_and_the_description_says_so(energy: EnergyPark) -> None:
    day = yesterday(energy)
    await energy.put(HULI, energy.midnight_ns(2), 3 * 96, "1")
    today = datetime.fromtimestamp(energy.midnight_ns() // 10**9, ZONE)
    asked = {"meter": HULI, "step": "1d"}
    local = await energy.get("/intervals", params=asked | {"from": day, "to": f"{today:%Y-%m-%d}"})
    zoned = {"from": f"{day}T00:00+08:00", "to": f"{today:%Y-%m-%d}T00:00+08:00"}
    assert local["items"] == (await energy.get("/intervals", params=asked | zoned))["items"]
    assert [(one["from"], one["quantity"]) for one in local["items"]] == [(f"{day}T00:00:00+08:00", "96")]
    early = await energy.get("/intervals", params=asked | zoned | {"as_of": f"{day}T00:00"})
    assert early["items"] == [], "nothing was known at the beginning of that local day"
    (route,) = (await energy.http.get("/api/v1/openapi.json")).json()["paths"]["/api/v1/energy/intervals"].values()
    said = {one["name"]: one.get("description", "") for one in route["parameters"]}
    assert all("the site's local time" in said[name] for name in ("from", "to", "as_of"))


async def test_intervals_come_in_pages_as_json_and_as_csv(energy: EnergyPark) -> None:
    await energy.put(HULI, energy.midnight_ns(1), 96, "1.5")
    day = yesterday(energy)
    query = f"?meter={HULI}&from={day}T00:00%2B08:00&to={day}T23:45%2B08:00"
    first = await energy.get(f"/intervals{query}&limit=10")
    assert [one["quantity"] for one in first["items"]] == ["1.5"] * 10
    second = await energy.get(
        "/intervals", params={"meter": HULI, "from": first["next_from"], "to": f"{day}T23:45+08:00"}
    )
    assert len(second["items"]) == 85
    assert second["next_from"] is None
    hours = await energy.get(f"/intervals{query}&step=1h")
    assert [one["quantity"] for one in hours["items"][:2]] == ["6", "6"]
    answer = await energy.http.get(f"/api/v1/energy/intervals{query}", headers={"accept": "text/csv"})
    lines = answer.text.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("meter,from,to,quantity,known,unit,method")
    assert lines[1].startswith(f"{HULI},{day}T00:00:00+08:00")


@pytest.mark.parametrize("query", ["from=now", "from=2020-01-01&to=2026-01-01", "step=7min", "limit=0", "as_of=x"])
async def test_what_makes_no_sense_is_told(energy: EnergyPark, query: str) -> None:
    problem = await energy.get(f"/intervals?meter={HULI}&{query}", status=422)
    assert problem["detail"]


async def test_a_tenant_sees_nothing_of_another(energy: EnergyPark) -> None:
    energy.become("dongyue")
    for path in (f"/intervals?meter={HULI}", "/usage?entity=huali", "/usage?entity=qinghe", "/days?entity=huali",
                 "/statement?enterprise=huali&period=2026-10", "/flows?entity=huali"):  # fmt: skip
        assert (await energy.get(path, status=404))["status"] == 404
    assert (await energy.get("/usage"))["entity"]["id"] == "dongyue"
    assert {one["meter"] for one in (await energy.get("/balance"))["items"]} <= {"dongyue-main.energy_import"}


async def test_usage_has_texts_and_never_floats(energy: EnergyPark) -> None:
    await energy.put(HULI, energy.midnight_ns(1), 96, "1.5")
    found = await energy.get(f"/usage?entity=huali&period={yesterday(energy)}..{yesterday(energy)}")
    assert found["energy"][0]["quantity"] == "144"
    assert found["cost"] == {"amount": "72", "currency": "CNY", "is_lower_bound": False}
    assert found["electricity"]["off_hours"]["quantity"] == "84"  # 8 to 18 o'clock is working time

    def floats(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(floats, value.values()))
        return any(map(floats, value)) if isinstance(value, list) else isinstance(value, float)

    assert not floats(found)


async def test_days_flows_statement_tariffs_and_balance_answer(energy: EnergyPark) -> None:
    await energy.put(HULI, energy.midnight_ns(1), 96, "1.5")
    day = yesterday(energy)
    days = (await energy.get(f"/days?entity=huali&period={day}..{day}"))["items"]
    assert [(one["day"], one["quantity"], one["measured_percent"]) for one in days] == [(day, "144", "100")]
    assert (await energy.get(f"/flows?entity=huali&period={day}..{day}"))["grid_import"] == "144"
    statement = await energy.get(f"/statement?enterprise=huali&period={day[:7]}")
    assert statement["total"] == "72.00"
    assert statement["is_lower_bound"] is True
    csv = await energy.http.get(
        f"/api/v1/energy/statement?enterprise=huali&period={day[:7]}", headers={"accept": "text/csv"}
    )
    assert ",total," in csv.text
    assert (await energy.get("/tariffs"))["items"][0]["times"][0]["prices"] == {"flat": "0.5"}
    assert "items" in await energy.get(f"/balance?period={day}..{day}")
    assert (await energy.get("/statement?enterprise=huali&period=2026", status=422))["hint"]


async def test_days_and_statements_are_files_where_the_address_asks_for_it(energy: EnergyPark) -> None:
    await energy.put("dongyue-main.energy_import", energy.midnight_ns(1), 96, "2.5")
    days = f"{yesterday(energy)}..{yesterday(energy)}"
    answer = await energy.http.get("/api/v1/energy/days", params={"entity": "dongyue", "period": days, "format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="days.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("day,quantity,unit,is_lower_bound,measured_percent")
    assert lines[1].startswith(f"{yesterday(energy)},240,kWh,")
    month = yesterday(energy)[:7]
    query = {"enterprise": "dongyue", "period": month, "format": "csv"}
    statement = await energy.http.get("/api/v1/energy/statement", params=query)
    assert statement.headers["content-disposition"] == 'attachment; filename="statement.csv"'


async def test_the_live_stream_tells_what_was_committed_once(energy: EnergyPark) -> None:
    await energy.put(HULI, energy.midnight_ns(), 1, "1.5")
    context = energy.app.state.context
    await context.accounts.ready()
    principal = Principal("test", Role.OPERATOR, "127.0.0.1", "huali")
    stream = LiveStream(context.views, energy.gateway.clock, principal, [], [], park=False, accounts=context.accounts)

    def told() -> Any:
        return json.loads(stream.message("delta", Shared()).split(b"data: ")[1]).get("accounts")

    (figures,) = told()
    assert (figures["id"], figures["today"]["energy"][0]["quantity"]) == ("huali", "1.5")
    assert told() is None
    again = await energy.put(HULI, energy.midnight_ns(), 2, "1.5")
    for listener in energy.gateway.energy._listeners:
        listener({HULI: again})
    (figures,) = told()
    assert figures["today"]["energy"][0]["quantity"] == "3"


async def test_late_data_of_an_old_day_is_read_again_for_the_live_stream(energy: EnergyPark) -> None:
    await energy.put(HULI, energy.midnight_ns(5), 96, "1")
    context = energy.app.state.context
    await context.accounts.ready()
    found = (await energy.put(HULI, energy.midnight_ns(5), 96, "1"))[0]
    for listener in energy.gateway.energy._listeners:
        listener({HULI: [replace(found, hash="f" * 64)]})
    assert context.accounts.live.stale == {HULI}
    await context.accounts.ready()
    assert not context.accounts.live.stale


async def test_the_stream_begins_without_accounts_and_has_them_when_they_are_read(energy: EnergyPark) -> None:
    views = energy.app.state.context.accounts
    principal = Principal("test", Role.OPERATOR, "127.0.0.1")
    stream = LiveStream(
        energy.app.state.context.views, energy.gateway.clock, principal, [], [], park=False, accounts=views
    )
    assert b'"accounts"' not in stream.message("snapshot", Shared())
    assert views._reading is not None
    await views._reading
    assert b'"accounts"' in stream.message("delta", Shared())


async def test_a_ledger_that_cannot_be_read_is_left_alone_for_a_while(
    energy: EnergyPark, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise Unavailable("busy")

    views = energy.app.state.context.accounts
    monkeypatch.setattr(energy.gateway.jobs, "run", refuse)
    views.refresh()
    await views._reading
    first = views._reading
    views.refresh()
    assert views._reading is first
    assert not views.live.is_loaded


async def test_many_entities_are_told_over_several_seconds(energy: EnergyPark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.accountviews.AT_ONCE", 1)
    views = energy.app.state.context.accounts
    await views.ready()
    principal = Principal("test", Role.OPERATOR, "127.0.0.1")
    told: dict[str, Any] = {}
    assert len(views.changed(principal, told)) == 1
    views._second -= 1  # another second
    assert [one["id"] for one in views.changed(principal, told)] == [list(views.live.payers)[1]]
