"""Every route declares its permission, is described, and shows nobody what is not theirs."""

from typing import Any

import pytest

from gateway.api.access import GRANTED, Permission
from tests.unit.gateway.api.every_route import EVERY_ROUTE, named_routes, permissions_of

PAGES = (
    "/assets/", "/login", "/park", "/devices", "/gateway", "/api/v1/session/oidc",
    "/alarms", "/enterprises", "/carbon", "/records", "/setup", "/reading", "/users", "/audit",
)  # fmt: skip


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


async def test_the_openapi_document_describes_every_route_and_the_page_is_not_in_it(park: Any) -> None:
    document = (await park.http.get("/api/v1/openapi.json")).json()
    redirects = {"/api/v1/session/oidc", "/api/v1/session/oidc/callback"}  # of a browser, on its way to log in
    described = {name.split(" ")[-1] for name in EVERY_ROUTE} - {"/api/v1/openapi.json"} - redirects
    assert set(document["paths"]) == described


async def test_an_enterprise_is_told_nothing_of_connections_that_others_share(park: Any) -> None:
    park.become("huali")
    shown = (await park.http.get("/api/v1/status")).json()
    assert (shown["sources"], shown["sinks"], shown["findings"]) == ([], [], [])
    park.become(None)
    assert (await park.http.get("/api/v1/status")).json()["sources"]
