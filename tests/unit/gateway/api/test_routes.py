"""What the routes of the park, its devices and points answer, and what they say when they cannot."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.api.access import Principal, Role
from gateway.api.exports import MAX_EXPORTS
from gateway.api.live import LiveStream, Shared
from gateway.api.routes_devices import MAX_TRACES
from gateway.api.routes_points import _listed
from gateway.api.views import Views
from gateway.core.errors import Unavailable
from gateway.store import audit

VIEWER = Principal("test", Role.VIEWER, "127.0.0.1")


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
    stream = LiveStream(views, park.gateway.clock, VIEWER, tags, [device], park=False)

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


async def test_the_page_is_served_and_not_sent_again_when_it_did_not_change(park: Any) -> None:
    first = await park.http.get("/park")
    assert first.status_code == 200
    assert first.headers["content-security-policy"].startswith("default-src 'self'")
    again = await park.http.get("/park", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    for path in ("/assets/../app.py", "/assets/%2e%2e/__init__.py", "/etc/passwd", "/assets/nothing.js"):
        assert (await park.http.get(path)).status_code == 404


async def test_a_stream_costs_by_what_exists_however_often_it_is_named() -> None:
    assert _listed("a,b,,a," * 10_000) == ["a", "b"]


async def test_an_integer_of_more_than_64_bits_does_not_end_the_stream(park: Any, monkeypatch: Any) -> None:
    views = Views(park.gateway)
    monkeypatch.setattr(views, "live_value", lambda tag: (2**70, "good", "", 1))
    stream = LiveStream(views, park.gateway.clock, VIEWER, ["grid.power_active"], [], park=False)
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
