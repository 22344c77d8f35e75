"""Every route declares its permission, says what it says, and shows nobody what is not theirs."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.api.access import GRANTED, Permission, Principal, Role
from gateway.api.exports import MAX_EXPORTS
from gateway.api.live import LiveStream, Shared
from gateway.api.routes_devices import MAX_TRACES
from gateway.api.routes_points import _listed
from gateway.api.views import Views
from gateway.core.errors import Unavailable
from gateway.store import audit

PAGES = (
    "/assets/", "/login", "/park", "/devices", "/gateway", "/api/v1/session/oidc",
    "/alarms", "/enterprises", "/carbon", "/records", "/setup", "/reading", "/users", "/audit",
)  # fmt: skip
ACTIONS = ("acknowledge", "reset", "shelve", "unshelve", "out-of-service", "in-service", "comment")
APPROVALS = Permission.APPROVALS
CARBON = ("months", "summary", "hours", "entries", "trace/{entry_id}", "periods", "instruments", "factors")
ENERGY = ("meters", "intervals", "usage", "days", "statement", "balance", "flows", "tariffs")
EVERY_ROUTE = {
    "/healthz": Permission.PUBLIC,
    "/readyz": Permission.PUBLIC,
    "/metrics": Permission.METRICS,
    "/api/v1/openapi.json": Permission.READ,
    "/api/v1/session": Permission.PUBLIC,
    "POST /api/v1/session": Permission.PUBLIC,
    "DELETE /api/v1/session": Permission.SELF,
    "/api/v1/session/token": Permission.PUBLIC,
    "/api/v1/session/password": Permission.SELF,
    "/api/v1/session/mine": Permission.SELF,
    "DELETE /api/v1/session/mine": Permission.SELF,
    "/api/v1/setup": Permission.PUBLIC,
    "/api/v1/session/oidc": Permission.PUBLIC,
    "/api/v1/session/oidc/callback": Permission.PUBLIC,
    "/api/v1/audit": Permission.AUDIT,
    "/api/v1/audit/{number}": Permission.AUDIT,
    "/api/v1/audit/verify": Permission.AUDIT,
    "/api/v1/audit/export": Permission.AUDIT,
    "/api/v1/audit/archive": Permission.BACKUP,
    "/api/v1/users": Permission.USERS,
    "POST /api/v1/users": Permission.USERS,
    "/api/v1/users/{name}": Permission.USERS,
    "PATCH /api/v1/users/{name}": Permission.USERS,
    "DELETE /api/v1/users/{name}": Permission.USERS,
    "/api/v1/users/{name}/link": Permission.USERS,
    "/api/v1/users/{name}/sessions": Permission.USERS,
    "DELETE /api/v1/users/{name}/sessions": Permission.USERS,
    "/api/v1/keys": Permission.USERS,
    "POST /api/v1/keys": Permission.USERS,
    "/api/v1/keys/{key_id}": Permission.USERS,
    "/api/v1/status": Permission.PUBLIC,  # value-free before log-in
    "/api/v1/park": Permission.READ,
    "/api/v1/devices": Permission.READ,
    "/api/v1/devices/{device_id}": Permission.READ,
    "/api/v1/devices/{device_id}/read": Permission.LINE,
    "/api/v1/devices/{device_id}/trace": Permission.LINE,
    "/api/v1/connectivity": Permission.READ,
    "/api/v1/connectivity/enterprises/{enterprise_id}": Permission.READ,
    "/api/v1/connectivity/devices/{device_id}": Permission.READ,
    "/api/v1/alarms": Permission.READ,
    "/api/v1/alarms/metrics": Permission.READ,
    "/api/v1/alarms/journal": Permission.READ,
    "/api/v1/alarms/{alarm_id}": Permission.READ,
    **dict.fromkeys((f"/api/v1/alarms/{{alarm_id}}/{action}" for action in ACTIONS), Permission.ALARMS),
    "/api/v1/backup": Permission.GATEWAY,
    "POST /api/v1/backup": Permission.BACKUP,
    "/api/v1/logs": Permission.GATEWAY,
    "/api/v1/machine": Permission.GATEWAY,
    "/api/v1/sources": Permission.GATEWAY,
    "/api/v1/quarantine": Permission.GATEWAY,
    "/api/v1/quarantine/file": Permission.EXPORT,
    "/api/v1/configuration": Permission.GATEWAY,
    "/api/v1/configuration/preview": Permission.CONFIGURATION,
    "/api/v1/profiles": Permission.CONFIGURATION,
    "/api/v1/commissioning/devices/{device_id}": Permission.CONFIGURATION,
    "/api/v1/commissioning/test": Permission.CONFIGURATION,
    "/api/v1/commissioning/save": Permission.CONFIGURATION,
    "/api/v1/configuration/reload": Permission.CONFIGURATION,
    "/api/v1/rules": Permission.READ,
    "/api/v1/rules/reload": Permission.RULES,
    "/api/v1/notifications": Permission.READ,
    "/api/v1/notifications/{channel}/test": Permission.RULES,
    "/api/v1/points": Permission.READ,
    "/api/v1/points/{tag}/history": Permission.READ,
    "/api/v1/live": Permission.READ,
    "/api/v1/history": Permission.READ,
    "/api/v1/export": Permission.EXPORT,
    "/api/v1/exports": Permission.EXPORT,
    "/api/v1/carbon/ledger/records": Permission.READ,
    "/api/v1/carbon/ledger/records/{record_id}": Permission.READ,
    "/api/v1/carbon/ledger/checkpoint": Permission.READ,
    "POST /api/v1/carbon/ledger/checkpoint": Permission.LEDGER,
    "/api/v1/carbon/ledger/verify": Permission.READ,
    "/api/v1/carbon/ledger/proof/inclusion": Permission.READ,
    "/api/v1/carbon/ledger/proof/consistency": Permission.READ,
    "/api/v1/carbon/ledger/key": Permission.READ,
    "/api/v1/carbon/evidence/{sha256}": Permission.READ,
    "/api/v1/carbon/evidence": Permission.RECORDS,
    "/api/v1/carbon/records": Permission.READ,
    "POST /api/v1/carbon/records": Permission.RECORDS,
    "/api/v1/carbon/records/{record_id}": Permission.READ,
    **dict.fromkeys((f"/api/v1/carbon/records/{{record_id}}/{act}" for act in ("approve", "reject")), APPROVALS),
    "/api/v1/carbon/records/{record_id}/withdraw": Permission.RECORDS,
    "/api/v1/carbon/imports": Permission.RECORDS,
    "/api/v1/carbon/rehearsals": Permission.RECORDS,
    "/api/v1/carbon/sources": Permission.READ,
    "/api/v1/carbon/templates": Permission.READ,
    "/api/v1/carbon/templates/{kind}": Permission.READ,
    **dict.fromkeys((f"/api/v1/carbon/{what}" for what in CARBON), Permission.READ),
    "/api/v1/carbon/periods/close": Permission.ACCOUNTS,
    "/api/v1/carbon/periods/restate": Permission.ACCOUNTS,
    "/api/v1/carbon/periods/proposals/{proposal_id}/approve": Permission.APPROVALS,
    "/api/v1/carbon/periods/proposals/{proposal_id}/reject": Permission.ACCOUNTS,
    "/api/v1/carbon/sample.zip": Permission.EXPORT,
    "/api/v1/carbon/report": Permission.EXPORT,
    "/api/v1/carbon/label": Permission.EXPORT,
    "/api/v1/energy/statement.pdf": Permission.EXPORT,
    **dict.fromkeys((f"/api/v1/energy/{what}" for what in ENERGY), Permission.READ),
}
"""By path; where one path has several methods, those other than GET with their method before it."""


def permissions_of(dependant: Dependant) -> set[Permission]:
    own = {dependant.call.permission} if hasattr(dependant.call, "permission") else set()
    return own.union(*(permissions_of(inner) for inner in dependant.dependencies))


def api_routes(app: Any) -> list[APIRoute]:
    found: list[APIRoute] = []
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        waiting += getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
    return found


def named_routes(app: Any) -> dict[str, APIRoute]:
    """Every route under its name in the table."""
    routes = api_routes(app)
    known = Counter(route.path for route in routes)
    found = {}
    for route in routes:
        assert len(route.methods) == 1, route.path
        method = next(iter(route.methods))
        found[route.path if method == "GET" or known[route.path] == 1 else f"{method} {route.path}"] = route
    return found


async def test_every_route_declares_exactly_one_permission(park: Any) -> None:
    declared = {name: permissions_of(route.dependant) for name, route in named_routes(park.app).items()}
    pages = {path for path in declared if path not in EVERY_ROUTE}
    assert {path: declared[path] for path in EVERY_ROUTE} == {path: {p} for path, p in EVERY_ROUTE.items()}
    assert all(declared[path] == {Permission.PUBLIC} for path in pages)
    assert all(path.startswith(PAGES) or path == "/" for path in pages)


async def test_what_a_role_does_not_hold_is_refused(park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    park.become(None)
    monkeypatch.setattr("gateway.identity.principal.GRANTED", dict.fromkeys(GRANTED, frozenset[Permission]()))
    for path in ("/healthz", "/api/v1/status", "/api/v1/points", "/park"):
        answer = await park.http.get(path)
        assert answer.status_code == 403, path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_enterprise_sees_its_own_and_nothing_else_by_any_parameter(park: Any) -> None:
    for device in ("grid", "dongyue-main", "huali-main"):
        park.feed(device, 100.0, 5.0)
    park.become("huali")
    devices = (await park.http.get("/api/v1/devices")).json()
    assert {item["id"] for item in devices["items"]} == {"huali-main", "oven"}
    points = (await park.http.get("/api/v1/points")).json()
    assert {item["device"] for item in points["items"]} == {"huali-main"}
    assert (await park.http.get("/api/v1/points?device=dongyue-main")).json()["total"] == 0
    assert (await park.http.get("/api/v1/points?enterprise=dongyue")).json()["total"] == 0
    assert (await park.http.get("/api/v1/devices?enterprise=dongyue")).json()["total"] == 0
    foreign = [
        "/api/v1/devices/dongyue-main",
        "/api/v1/devices/dongyue-main/trace",
        "/api/v1/points/dongyue-main.power_active/history",
        "/api/v1/live?points=dongyue-main.power_active",
        "/api/v1/live?devices=dongyue-main",
        "/api/v1/export?points=huali-main.power_active,dongyue-main.power_active",
    ]
    for path in foreign:
        assert (await park.http.get(path)).status_code == 404, path
    assert (await park.http.post("/api/v1/devices/dongyue-main/read", json={})).status_code == 404
    shown = (await park.http.get("/api/v1/park")).json()
    assert [enterprise["id"] for enterprise in shown["enterprises"]] == ["huali"]
    assert shown["grid_kw"] is None


async def test_what_is_not_theirs_looks_like_what_does_not_exist(park: Any) -> None:
    park.become("huali")
    hidden = (await park.http.get("/api/v1/devices/grid")).json()["detail"].replace("grid", "?")
    absent = (await park.http.get("/api/v1/devices/none")).json()["detail"].replace("none", "?")
    assert hidden == absent


async def test_the_park_adds_up(park: Any) -> None:
    for device, power in (("grid", 1000.0), ("dongyue-main", 600.0), ("huali-main", 350.0)):
        park.feed(device, power, 1.0)
    shown = (await park.http.get("/api/v1/park")).json()
    uses = sum(enterprise["power_kw"] or 0 for enterprise in shown["enterprises"])
    assert shown["grid_kw"] == uses + shown["residual_kw"] == 1000.0
    assert shown["devices"] == {"known": 4, "connected": 3, "answering": 3, "silent": 0}


async def test_a_silent_meter_makes_its_enterprise_partial_and_never_zero(park: Any) -> None:
    park.feed("grid", 1000.0, 1.0)
    park.feed("huali-main", 300.0, 1.0, age_s=60)
    huali = (await park.http.get("/api/v1/park")).json()["enterprises"][2]
    assert (huali["power_kw"], huali["partial"], huali["silent"]) == (None, True, 1)


async def test_a_point_carries_value_quality_and_age(park: Any) -> None:
    park.feed("grid", 12.5, None)
    good, bad = (await park.http.get("/api/v1/points?device=grid")).json()["items"]
    assert (good["value"], good["level"], good["unit"], good["stale_after_s"]) == (12.5, "good", "kW", 5.0)
    assert (bad["value"], bad["level"], bad["reason"]) == (None, "bad", "timeout")
    never = (await park.http.get("/api/v1/points?device=huali-main")).json()["items"][0]
    assert (never["value"], never["level"], never["time_ms"]) == (None, "none", None)


async def test_points_come_in_pages(park: Any) -> None:
    first = (await park.http.get("/api/v1/points?limit=4")).json()
    rest = (await park.http.get("/api/v1/points?limit=100&offset=4")).json()
    tags = [item["tag"] for item in first["items"] + rest["items"]]
    assert len(first["items"]) == 4
    assert len(set(tags)) == first["total"] == len(tags)
    assert len([tag for tag in tags if not tag.startswith("gateway.")]) == 6


async def test_history_gives_what_was_read(park: Any) -> None:
    park.feed("grid", 12.5, 1.0)
    await park.gateway._committer.commit()
    forwarder = park.gateway._deliveries.forwarders["history"]
    await forwarder.finish(5)
    course = (await park.http.get("/api/v1/points/grid.power_active/history?step=60s")).json()
    assert course["columns"] == ["time_ms", "min", "mean", "max", "last", "count"]
    assert [row[1:] for row in course["rows"]] == [[12.5, 12.5, 12.5, 12.5, 1]]
    raw = (await park.http.get("/api/v1/points/grid.power_active/history?step=raw")).json()
    assert [row[1:] for row in raw["rows"]] == [[12.5, "good"]]
    csv = await park.http.get("/api/v1/export?points=grid.power_active")
    assert csv.headers["content-disposition"].endswith('.csv"')
    assert csv.text.splitlines()[0].startswith("time,tag,value")
    assert "grid.power_active,12.5" in csv.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/points?limit=0",
        "/api/v1/points?offset=-1",
        "/api/v1/devices?state=happy",
        "/api/v1/points/grid.power_active/history?from=yesterday",
        "/api/v1/points/grid.power_active/history?step=1x",
        "/api/v1/points/grid.power_active/history?step=9999999999d",
        "/api/v1/export?points=",
        "/api/v1/export?points=grid.power_active&format=exe",
        "/api/v1/devices/grid/trace?seconds=1e9",
    ],
)
async def test_bad_parameters_are_refused_with_a_problem_that_says_why(park: Any, path: str) -> None:
    answer = await park.http.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_reading_a_device_that_cannot_be_reached_says_so(park: Any) -> None:
    answer = await park.http.post("/api/v1/devices/grid/read", json={"points": ["power_active"]})
    body = answer.json()
    assert answer.status_code == 503 or body["exchanges"][0]["error"]
    unknown = await park.http.post("/api/v1/devices/grid/read", json={"points": ["nothing"]})
    assert unknown.status_code == 422
    assert "no point `nothing`" in unknown.json()["detail"]
    unconnected = await park.http.post("/api/v1/devices/oven/read", json={})
    assert "no connection" in unconnected.json()["detail"]


async def test_who_reads_a_device_is_put_down(park: Any) -> None:
    await park.http.post("/api/v1/devices/grid/read", json={})
    asked, refused = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 10))
    assert (asked.action, asked.target, asked.role) == ("device read", "grid", "operator")
    assert (refused.result, refused.request_id) == ("refused", asked.request_id)


async def test_metrics_are_prometheus_text_with_the_account_of_every_sink(park: Any) -> None:
    park.feed("grid", 1.0, 1.0)
    await park.gateway._committer.commit()
    text = (await park.http.get("/metrics")).text
    assert 'park_gateway_sink_samples_total{account="accepted",cause="",sink="history"} 2.0' in text
    assert 'park_gateway_sink_balanced{sink="history"} 1.0' in text
    assert 'park_gateway_devices{state="answering"} 1.0' in text
    assert 'park_gateway_source_restarts_total{source="line-1"} 0.0' in text


async def test_the_stream_tells_everything_once_and_then_only_what_changed(park: Any) -> None:
    park.feed("grid", 1.0, 1.0)
    views = Views(park.gateway)
    device = park.gateway.snapshot.devices["grid"]
    tags = ["grid.power_active", "grid.energy_import"]
    stream = LiveStream(views, park.gateway.clock, None, tags, [device], park=False)

    def data(message: bytes) -> Any:
        return json.loads(message.split(b"data: ")[1])

    assert set(data(stream.message("snapshot", Shared()))["values"]) == set(tags)
    assert data(stream.message("delta", Shared()))["values"] == {}
    park.feed("grid", 2.0, 1.0)
    assert data(stream.message("delta", Shared()))["values"]["grid.power_active"][0] == 2.0


async def test_a_gateway_that_drops_or_cannot_store_samples_is_not_ready_and_the_park_says_so(park: Any) -> None:
    async def told() -> tuple[int, list[str], str, str]:
        answer = await park.http.get("/readyz")
        shown = (await park.http.get("/api/v1/park")).json()["storage"]
        status = (await park.http.get("/api/v1/status")).json()["outbox"]["storage"]
        return answer.status_code, answer.json()["reasons"], shown, status

    findings = park.gateway._outbox._findings
    assert await told() == (200, [], "ok", "ok")
    findings.say("outbox_damaged_x", "outbox.db was damaged, long ago")
    assert await told() == (200, [], "ok", "ok")
    findings.say("outbox_disk_full", "the disk is full")
    assert await told() == (503, ["the disk is full"], "full", "full")
    findings.say("outbox_commit", "nothing can be stored")
    assert await told() == (503, ["nothing can be stored", "the disk is full"], "failing", "failing")
    park.become("huali")
    assert (await park.http.get("/api/v1/park")).json()["storage"] == "failing"
    park.become(None)
    findings.clear("outbox_commit")
    findings.clear("outbox_disk_full")
    assert await told() == (200, [], "ok", "ok")


async def test_the_openapi_document_describes_every_route_and_the_page_is_not_in_it(park: Any) -> None:
    document = (await park.http.get("/api/v1/openapi.json")).json()
    redirects = {"/api/v1/session/oidc", "/api/v1/session/oidc/callback"}  # of a browser, on its way to log in
    described = {name.split(" ")[-1] for name in EVERY_ROUTE} - {"/api/v1/openapi.json"} - redirects
    assert set(document["paths"]) == described


async def test_the_page_is_served_and_not_sent_again_when_it_did_not_change(park: Any) -> None:
    first = await park.http.get("/park")
    assert first.status_code == 200
    assert first.headers["content-security-policy"].startswith("default-src 'self'")
    again = await park.http.get("/park", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    for path in ("/assets/../app.py", "/assets/%2e%2e/__init__.py", "/etc/passwd", "/assets/nothing.js"):
        assert (await park.http.get(path)).status_code == 404


async def test_an_enterprise_is_told_nothing_of_connections_that_others_share(park: Any) -> None:
    park.become("huali")
    shown = (await park.http.get("/api/v1/status")).json()
    assert (shown["sources"], shown["sinks"], shown["findings"]) == ([], [], [])
    park.become(None)
    assert (await park.http.get("/api/v1/status")).json()["sources"]


async def test_a_stream_costs_by_what_exists_however_often_it_is_named() -> None:
    assert _listed("a,b,,a," * 10_000) == ["a", "b"]


async def test_an_integer_of_more_than_64_bits_does_not_end_the_stream(park: Any, monkeypatch: Any) -> None:
    views = Views(park.gateway)
    monkeypatch.setattr(views, "live_value", lambda tag: (2**70, "good", "", 1))
    stream = LiveStream(views, park.gateway.clock, None, ["grid.power_active"], [], park=False)
    data = json.loads(stream.message("snapshot", Shared()).split(b"data: ")[1])
    assert data["values"]["grid.power_active"][0] == 2**70


async def test_an_export_that_cannot_be_put_down_is_not_made(park: Any, monkeypatch: Any) -> None:
    async def full(*_: str) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(park.gateway.audit.state, "put_down", full)
    assert (await park.http.get("/api/v1/export?points=grid.power_active")).status_code == 503
    assert not park.gateway.exports.exists()


async def test_only_so_many_exports_are_made_at_a_time_and_nothing_is_left_of_them(park: Any) -> None:
    path = "/api/v1/export?points=grid.power_active"
    for _ in range(MAX_EXPORTS + 1):
        assert (await park.http.get(path)).status_code == 200
    assert list(park.gateway.exports.iterdir()) == []
    desk, somebody = park.app.state.context.exports, Principal("test", Role.OPERATOR, "127.0.0.1")
    several = [replace(somebody, user_id=str(number)) for number in range(MAX_EXPORTS)]
    under_way = [await desk.begin(one, "a file", one.user_id) for one in several]
    refused = await park.http.get(path)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    told = (await park.http.get("/api/v1/exports")).json()
    assert [(one["id"], one["state"]) for one in told["items"]] == [(str(n), "making") for n in range(MAX_EXPORTS)]
    for one in under_way:
        await desk.end(one)
    assert (await park.http.get(path)).status_code == 200


async def test_only_so_many_traces_are_open_at_a_time(park: Any) -> None:
    watchers = [park.gateway.taps.watch("grid", 5) for _ in range(MAX_TRACES)]
    waiting = [asyncio.ensure_future(anext(watcher)) for watcher in watchers]
    await asyncio.sleep(0)
    assert (await park.http.get("/api/v1/devices/grid/trace")).status_code == 503
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
