"""A device that goes to another enterprise: each sees what was theirs, by every route; those of the park see all."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from gateway.api.access import Principal, Role, Via
from gateway.api.live import LiveStream, Shared
from gateway.api.views import Views
from gateway.backup.contents import Wish
from gateway.backup.restore import Backup, restore
from gateway.core.clock import SystemClock
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from gateway.web import Asset
from rules.connectivity.reason import Reason
from rules.connectivity.silence import Outage
from rules.connectivity.spans import place_of
from rules.connectivity.tally import Tally
from tests.unit.gateway.api import test_tenants
from tests.unit.gateway.api.conftest import PARK, Park, _asked
from tests.unit.gateway.api.test_energy_routes import ZONE, EnergyPark
from tests.unit.gateway.api.test_tenants import Tenant, parameters, request, tenant

__all__ = ["tenant"]
METER = "dongyue-main"
TAG = f"{METER}.power_active"
BEFORE = ("777.2", "977.2")  # as messages round them, too
"""What the meter showed while it was Dongyue's; the second one raised an alarm."""
THEIRS = {
    "tag": TAG,
    "points": TAG,
    "device_id": METER,
    "device": METER,
    "alarm": f"overload:{METER}",
    "alarm_id": f"overload:{METER}",
    "meter": f"{METER}.energy_import",
    "enterprise": "huali",
}


def write(folder: Path, owner: str, since: str) -> None:
    path, what = folder / "park.yaml", f"id: {METER}, enterprise: "
    head, _, rest = path.read_text(encoding="utf-8").partition(what)
    tail = rest[rest.index(", role: main") :]
    more = f", enterprise_since: {since}" if since else ""
    path.write_text(f"{head}{what}{owner}{more}{tail}", encoding="utf-8")


async def move(park: Park, owner: str, since: str = "") -> None:
    """Let the meter be this one's from now on, or from a time that is written."""
    await asyncio.to_thread(write, park.gateway.plan.store.directory.parent, owner, since)
    await park.gateway.reloader.reload()


async def stored(park: Park) -> None:
    """Let the history have everything."""
    park.gateway.alarms.advance()
    await park.gateway.alarms.flush()
    await park.gateway._committer.commit()
    await park.gateway._deliveries.forwarders["history"].finish(5)


async def told(park: Park, enterprise: str | None, path: str) -> Any:
    park.become(enterprise, Role.OPERATOR if enterprise is None else Role.ENTERPRISE)
    answer = await park.http.get(path)
    return answer.json() if answer.status_code == 200 and "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
async def park(park_with_rules: Park) -> Park:
    """The meter has shown something, and raised an alarm."""
    for value in (777.25, 977.25):
        park_with_rules.feed(METER, value, 5.0)
        await asyncio.sleep(0.002)
    await stored(park_with_rules)
    return park_with_rules


@contextmanager
def asking_for_the_meter() -> Iterator[None]:
    with patch.dict(test_tenants.OWN, THEIRS):
        yield


async def everything(
    tenant: Tenant, *changes: dict[str, str], under: tuple[str, ...] = ("/",)
) -> list[tuple[str, str, str]]:
    """Path, question and answer of every route, asked for the meter in every way, and with each of these changes."""
    found = []
    with asking_for_the_meter():
        for method, route in tenant.routes():
            if not route.path.startswith(under):
                continue
            names = set(parameters(route.dependant))
            ways: list[dict[str, str]] = [{}, *({name: THEIRS[name]} for name in names & THEIRS.keys())]
            asked = [{**way, **more} for way in ways for more in ({}, *changes) if more.keys() <= names]
            for way in asked:
                answer = await tenant.ask(method, *request(route, way), b"{}")
                if answer.status == 200:
                    found.append((route.path, json.dumps(way), answer.text))
    return found


def telling(answers: list[tuple[str, str, str]], markers: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(path, way, one) for path, way, text in answers for one in markers if one in text]


@pytest.mark.timeout(300)
async def test_the_new_tenant_sees_nothing_of_before_by_any_route(tenant: Tenant) -> None:
    await stored(tenant.park)
    await move(tenant.park, "huali")
    answers = await everything(tenant, {"step": "raw"}, {"step": "1h"}, {"format": "csv"})
    assert not telling(answers, BEFORE)
    assert {
        "/api/v1/points/{tag}/history",
        "/api/v1/history",
        "/api/v1/export",
        "/api/v1/devices/{device_id}",
        "/api/v1/connectivity/devices/{device_id}",
        "/api/v1/alarms/journal",
        "/api/v1/energy/intervals",
    } <= {path for path, _, _ in answers}


ACCOUNTS = ("/api/v1/energy", "/api/v1/carbon/summary", "/api/v1/carbon/trace", "/api/v1/live", "/api/v1/park")
REGISTER = f"{METER}.energy_import"


@pytest.mark.timeout(300)
async def test_energy_and_emissions_begin_with_the_move(tenant: Tenant) -> None:
    """7.25 kWh a quarter before, 1.5 since: 696 and 144 a day."""
    park = EnergyPark(tenant.park.gateway, tenant.park.app, tenant.park.http)
    moved_ns = park.midnight_ns(2)
    await park.put(REGISTER, park.midnight_ns(5), 3 * 96, "7.25")
    await park.put(REGISTER, moved_ns, 2 * 96, "1.5")
    await move(park, "huali", _iso(moved_ns))
    first, last = (f"{datetime.fromtimestamp(one / 1e9, ZONE):%Y-%m-%d}" for one in (moved_ns, park.midnight_ns(1)))
    days = {"period": f"{first[:7]}"}
    answers = await everything(
        tenant, {"step": "1d", "from": "2026-01-01T00:00+08:00"}, {"step": "1mo"}, days, under=ACCOUNTS
    )
    assert not telling(answers, ('"7.25"', '"696"', '"2088"', ",7.25,", ",696,"))
    assert {"/api/v1/energy/usage", "/api/v1/energy/statement", "/api/v1/energy/days", "/api/v1/carbon/summary"} <= {
        path for path, _, _ in answers
    }
    park.become("huali", Role.ENTERPRISE)
    asked = {"meter": REGISTER, "from": _iso(park.midnight_ns(5)), "step": "1d"}
    intervals = (await park.get("/intervals", params=asked))["items"]
    assert [one["quantity"] for one in intervals] == ["144", "144"]
    park.become(None)
    assert [one["quantity"] for one in (await park.get("/intervals", params=asked))["items"]] == ["696"] * 3 + [
        "144"
    ] * 2
    for owner, own in (("huali", {first: "144", last: "144"}), ("dongyue", {first: "0"})):
        park.become(owner, Role.ENTERPRISE)
        items = (await park.get(f"/days?entity={owner}&period={first[:7]}"))["items"]
        shown = {one["day"]: one["quantity"] for one in items}
        assert all(float(shown[day] or 0) == float(quantity) for day, quantity in own.items() if day in shown)


async def test_the_stored_course_begins_with_the_move(park: Park) -> None:
    await move(park, "huali")
    park.feed(METER, 55.5, 6.0)
    await stored(park)
    path = f"/api/v1/points/{TAG}/history"
    assert [row[1] for row in (await told(park, "huali", f"{path}?step=raw"))["rows"]] == [55.5]
    (day,) = (await told(park, "huali", f"{path}?step=1d"))["rows"]
    assert day[1:] == [55.5, 55.5, 55.5, 55.5, 1]
    (row,) = (await told(park, "huali", f"/api/v1/history?points={TAG}&step=1d"))["rows"]
    assert row["value"] == 55.5
    text = await told(park, "huali", f"/api/v1/export?points={TAG},huali-main.power_active")
    assert [line.split(",")[2] for line in text.splitlines()[1:]] == ["55.5"]
    for whole in (await told(park, None, f"{path}?step=raw"), await told(park, None, f"{path}?step=1d")):
        assert sum(row[-1] if len(row) > 3 else 1 for row in whole["rows"]) == 3
    assert len((await told(park, None, f"/api/v1/export?points={TAG}")).splitlines()) == 4


async def test_the_former_tenant_sees_nothing_any_more(park: Park) -> None:
    await move(park, "huali")
    park.feed(METER, 955.5, 6.0)
    await stored(park)
    for path in (
        f"/api/v1/points/{TAG}/history",
        f"/api/v1/export?points={TAG}",
        f"/api/v1/devices/{METER}",
        f"/api/v1/connectivity/devices/{METER}",
        f"/api/v1/alarms/overload:{METER}",
    ):
        assert "no " in str(await told(park, "dongyue", path))
        assert (await park.http.get(path)).status_code == 404
    journal = (await told(park, "dongyue", "/api/v1/alarms/journal"))["items"]
    raised = {one["message"]["en"] for one in journal if one["transition"] == "raised"}
    assert raised == {"Power 977.2 kW, limit 800 kW"}
    assert all("955" not in json.dumps(one) for one in journal)
    assert (await told(park, "dongyue", "/api/v1/alarms"))["items"] == []


async def test_an_alarm_that_stands_is_told_without_what_was_before(park: Park) -> None:
    whole = await told(park, None, f"/api/v1/alarms/overload:{METER}")
    await move(park, "huali")
    park.feed(METER, 990.5, 6.0)
    await stored(park)
    since_ms = park.gateway.owners.present.since_ns(METER) // 1_000_000
    found = await told(park, "huali", f"/api/v1/alarms/overload:{METER}")
    assert found["state"] == whole["state"] == "unacknowledged"
    assert (found["since_ms"], found["message"]["en"], found["value"]) == (since_ms, "", None)
    assert whole["since_ms"] < since_ms
    assert found["events"] == []
    metrics = await told(park, "huali", "/api/v1/alarms/metrics")
    assert (metrics["total"], metrics["top"], metrics["standing_24h"]) == (0, [], 0)
    assert (await told(park, None, "/api/v1/alarms/metrics"))["total"] == 1


async def test_an_alarm_that_was_over_before_the_move_is_not_theirs(park: Park) -> None:
    park.feed(METER, 100.0, 6.0)
    await stored(park)
    assert (await told(park, None, f"/api/v1/alarms/overload:{METER}"))["state"] == "returned_unacknowledged"
    await move(park, "huali")
    assert (await told(park, "huali", "/api/v1/alarms"))["items"] == []
    assert (await told(park, None, "/api/v1/alarms"))["total"] == 1


async def test_the_latest_value_is_not_that_of_the_one_before(park: Park) -> None:
    """Also where the snapshot still has it: after a move that is written for a day to come."""
    await move(park, "huali", "2199-01-01")
    park.feed(METER, 55.5, 6.0)
    device = await told(park, "huali", f"/api/v1/devices/{METER}")
    assert [(one["value"], one["time_ms"]) for one in device["items"]] == [(None, None)] * len(device["items"])
    assert (device["power_kw"], device["last_answer_ms"]) == (None, None)
    assert (await told(park, "huali", "/api/v1/park"))["enterprises"][0]["power_kw"] is None
    assert (await told(park, None, f"/api/v1/devices/{METER}"))["power_kw"] == 55.5


async def test_an_open_page_of_the_former_tenant_is_told_nothing_from_the_turn_of_the_move_on(park: Park) -> None:
    gateway, views = park.gateway, Views(park.gateway)
    streams = {
        name: LiveStream(
            views, gateway.clock, Principal("test", Role.ENTERPRISE, "", name, via=Via.SOCKET), [TAG], [], park=False
        )
        for name in ("dongyue", "huali")
    }
    streams["dongyue"].message("snapshot", Shared())
    seen: list[dict[str, Any]] = []

    def look() -> None:
        park.feed(METER, 55.5, 6.0)
        seen.append(json.loads(streams["dongyue"].message("delta", Shared()).decode().split("data: ")[1]))

    adopt = gateway.reloader._rewiring._adopt
    with patch.object(
        gateway.reloader._rewiring, "_adopt", lambda *given: (adopt(*given), asyncio.get_running_loop().call_soon(look))
    ):
        await move(park, "huali")
    assert [one["values"] for one in seen] == [{}]
    value = json.loads(streams["huali"].message("snapshot", Shared()).decode().split("data: ")[1])["values"][TAG]
    assert value[0] == 55.5


async def test_connectivity_and_outages_begin_with_the_move(park: Park) -> None:
    book, now_ns = park.gateway.connectivity.book, park.gateway.clock.time_ns()
    zone, hour_ns = park.gateway.connectivity.zone, 3600 * 10**9
    for hours_ago in (50, 3, 0):
        book.add(place_of(now_ns - hours_ago * hour_ns, zone), METER, Tally(777, Counter({Reason.TYPE: 7})))
    book.add_outage(Outage(METER, now_ns - 9 * hour_ns, now_ns - 8 * hour_ns, Reason.UNKNOWN, "was theirs", 0))
    book.add_outage(Outage(METER, now_ns - 2 * hour_ns, None, Reason.UNKNOWN, "", hour_ns))
    await move(park, "huali")
    query = f"from={_iso(now_ns - 90 * hour_ns)}"
    for path in (f"devices/{METER}", "enterprises/huali"):
        whole = await told(park, None, f"/api/v1/connectivity/{path}?{query}")
        found = await told(park, "huali", f"/api/v1/connectivity/{path}?{query}")
        assert (whole["good"] >= 3 * 777, found["good"], found["expected"]) == (True, 0, 0)
    whole = await told(park, None, f"/api/v1/connectivity/devices/{METER}")
    device = await told(park, "huali", f"/api/v1/connectivity/devices/{METER}")
    assert sum(one["good"] for one in whole["days"]) >= 3 * 777
    assert sum(one["good"] for one in (*device["hours"], *device["days"])) == 0
    since_ms = park.gateway.owners.present.since_ns(METER) // 1_000_000
    assert [one["from_ms"] for one in device["outages"]] == [since_ms]
    assert len(whole["outages"]) == 2
    rows = await told(park, "huali", f"/api/v1/connectivity?{query}&format=csv")
    assert f"{METER},2," not in rows
    assert [line.split(",")[8] for line in rows.splitlines() if METER in line] == ["0"]


async def test_the_days_and_hours_behind_the_move_are_theirs(park: Park) -> None:
    book, now_ns = park.gateway.connectivity.book, park.gateway.clock.time_ns()
    zone, hour_ns = park.gateway.connectivity.zone, 3600 * 10**9
    day_ns = place_of(now_ns - 48 * hour_ns, zone).day_ns
    for hour, good in ((4, 100), (5, 20), (6, 3), (30, 4000)):
        book.add(place_of(day_ns + hour * hour_ns + 1, zone), METER, Tally(good))
    since = datetime.fromtimestamp((day_ns + 4.5 * hour_ns) / 1e9, UTC)
    await move(park, "huali", since.strftime("%Y-%m-%dT%H:%M:%SZ"))
    device = await told(park, "huali", f"/api/v1/connectivity/devices/{METER}?from={_iso(day_ns)}")
    assert [one["good"] for one in device["days"] if one["good"]][:2] == [23, 4000]
    whole = await told(park, None, f"/api/v1/connectivity/devices/{METER}?from={_iso(day_ns)}")
    assert whole["good"] - device["good"] == 100


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_back_and_forth_each_sees_the_stretches_that_were_theirs(park: Park) -> None:
    await move(park, "huali")
    park.feed(METER, 55.5, 6.0)
    await move(park, "dongyue")
    park.feed(METER, 66.5, 7.0)
    await stored(park)
    raw = await told(park, "dongyue", f"/api/v1/points/{TAG}/history?step=raw")
    assert [row[1] for row in raw["rows"]] == [777.25, 977.25, 66.5]
    (day,) = (await told(park, "dongyue", f"/api/v1/points/{TAG}/history?step=1d"))["rows"]
    assert day[1:] == [66.5, (777.25 + 977.25 + 66.5) / 3, 977.25, 66.5, 3]
    text = await told(park, "dongyue", f"/api/v1/export?points={TAG}")
    assert [line.split(",")[2] for line in text.splitlines()[1:]] == ["777.25", "977.25", "66.5"]


async def test_a_move_that_is_written_late_holds_from_its_day(park: Park) -> None:
    await move(park, "huali")
    await move(park, "huali", "2026-01-01")
    await stored(park)
    raw = await told(park, "huali", f"/api/v1/points/{TAG}/history?step=raw")
    assert [row[1] for row in raw["rows"]] == [777.25, 977.25]
    assert (await told(park, "dongyue", "/api/v1/alarms/journal"))["items"] == []
    journal = await told(park, "huali", "/api/v1/alarms/journal")
    assert journal["items"] == []  # what was Dongyue's when it happened stands there under that name


async def test_a_date_that_was_left_is_said(park: Park) -> None:
    await move(park, "huali", "2026-01-01")
    await move(park, "park", "2026-01-01")
    found = (await told(park, None, "/api/v1/status"))["findings"]
    assert [one for one in found if "enterprise_since" in one] == park.gateway.owners.findings
    assert len(park.gateway.owners.findings) == 1


async def test_a_move_stands_in_the_audit_log(park: Park) -> None:
    await move(park, "huali")
    await move(park, "huali")
    park.become(None, Role.ADMINISTRATOR)
    (brief,) = (await park.http.get("/api/v1/audit?action=device%20move")).json()["items"]
    whole = (await park.http.get(f"/api/v1/audit/{brief['id']}")).json()
    assert (whole["who"], whole["target"], whole["result"]) == ("gateway", METER, "done")
    assert whole["before"] == {"enterprise": "dongyue", "since": "ever"}
    assert whole["after"]["enterprise"] == "huali"


@asynccontextmanager
async def reopened(folder: Path, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    read = partial(load_configuration, folder / "park.yaml")
    gateway = await Gateway.open_configuration(await asyncio.to_thread(read), read=read)
    async with _asked(gateway, files) as park:
        yield park


async def test_a_restart_keeps_it_and_a_move_while_the_gateway_was_off_is_seen(
    tmp_path: Path, files: Mapping[str, Asset]
) -> None:
    await asyncio.to_thread((tmp_path / "park.yaml").write_text, PARK, encoding="utf-8")
    async with reopened(tmp_path, files) as park:
        park.feed(METER, 777.25, 5.0)
        await stored(park)
        await move(park, "huali")
        since_ns = park.gateway.owners.present.since_ns(METER)
    async with reopened(tmp_path, files) as again:
        assert again.gateway.owners.present.since_ns(METER) == since_ns
        assert (await told(again, "huali", f"/api/v1/points/{TAG}/history?step=raw"))["rows"] == []
        assert len((await told(again, None, f"/api/v1/points/{TAG}/history?step=raw"))["rows"]) == 1
    await asyncio.to_thread(write, tmp_path, "park", "")
    async with reopened(tmp_path, files) as again:
        assert again.gateway.owners.present.since_ns(METER) > since_ns
        assert (await told(again, "park", f"/api/v1/points/{TAG}/history?step=raw"))["rows"] == []


async def test_a_backup_brings_it_back(tmp_path: Path, files: Mapping[str, Asset]) -> None:
    folder, file = tmp_path / "park", tmp_path / "backup"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread((folder / "park.yaml").write_text, PARK, encoding="utf-8")
    async with reopened(folder, files) as park:
        park.gateway.config_path = folder / "park.yaml"
        await move(park, "huali")
        since_ns = park.gateway.owners.present.since_ns(METER)
        made = await park.gateway.backups.make(Wish())
        await asyncio.to_thread(shutil.copy, made.path, file)
        await move(park, "park")
        assert park.gateway.owners.present.since_ns(METER) > since_ns
    await asyncio.to_thread(restore, Backup(file, None), folder / "park.yaml", SystemClock())
    async with reopened(folder, files) as again:
        assert again.gateway.owners.present.since_ns(METER) == since_ns
        assert [one.enterprise for one in again.gateway.plan.devices if one.id == METER] == ["huali"]
