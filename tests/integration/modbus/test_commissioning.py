"""A deaf machine becomes a connected one over the API: tried against a real peer, written with its comments, kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api.access import Principal, Role, Via, principal_of
from gateway.api.app import create_app
from gateway.api.live import Ticker
from gateway.api.reachable import PLACES
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from tests.integration.modbus.peer import Peer, free_port

PARK = """\
# Qinghe
site: {{id: qinghe, timezone: Asia/Shanghai}}
enterprises: [{{id: huali}}]
connections:
  line-1: {{driver: modbus, host: 127.0.0.1, port: {port}, timeout: 200 ms}}  # cellar
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {{fast: 1 s}}
    defaults: {{table: input, type: float32}}
    points:
      power_active: {{unit: kW, address: 0, scale: 0.001, range: [0, 100]}}
      energy: {{unit: kWh, kind: counter, address: 2, scale: 0.001}}
devices:
  - {{id: main, enterprise: huali, profile: meter, connection: line-1, unit: 1}}
  - {{id: oven, enterprise: huali, kind: machine, connection: none}}  # deaf
store: {{directory: data}}
"""


def planned(path: Path) -> ParkPlan:
    return load(path, known_drivers()).plan


@dataclass
class Desk:
    """A gateway whose files may be changed, and the peer at its line."""

    http: httpx.AsyncClient
    gateway: Gateway
    peer: Peer
    path: Path

    async def text(self, name: str = "park.yaml") -> str:
        """A file of the configuration as it is now."""
        return await asyncio.to_thread((self.path.parent / name).read_text, encoding="utf-8")

    async def plan(self) -> ParkPlan:
        """The configuration as it is now."""
        return await asyncio.to_thread(planned, self.path)

    async def post(self, what: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/api/v1/commissioning/{what}", json=body)


@pytest.fixture
def peer() -> Peer:
    return Peer(port=free_port())


@pytest.fixture
def path(tmp_path: Path, peer: Peer) -> Path:
    path = tmp_path / "park.yaml"
    path.write_text(PARK.format(port=peer.port), encoding="utf-8")
    return path


@pytest.fixture
async def desk(path: Path, peer: Peer) -> AsyncIterator[Desk]:
    await peer.up()
    peer.put(0, ">ff", 12345.0, 987654.0)
    read = partial(load_configuration, path)
    gateway = await Gateway.open_configuration(await asyncio.to_thread(read), read=read)
    gateway.config_path = path
    app = create_app(gateway, Ticker(gateway.clock), {})

    async def engineer() -> Principal:
        return Principal("chen", Role.ENGINEER, "127.0.0.1", via=Via.SOCKET)

    app.dependency_overrides[principal_of] = engineer
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as http:
            yield Desk(http, gateway, peer, path)
    finally:
        await gateway.close()
        await peer.down()


OVEN = {"id": "oven", "profile": "meter", "connection": "line-1", "unit": 7}


async def test_a_deaf_machine_is_tried_on_the_line_that_is_open_written_and_answers_after_a_reload(desk: Desk) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(desk.gateway.run(stop))
        while not desk.peer.asked:
            await asyncio.sleep(0.01)
        found = (await desk.post("test", device=OVEN)).json()
        assert desk.peer.connections == 1
        _explains(found)
        assert (await desk.http.get("/api/v1/devices/oven")).json()["items"] == []  # nothing of it went in
        await _write(desk)
        answer = await desk.http.post("/api/v1/configuration/reload", json={})
        assert answer.status_code == 200, answer.text
        while (await desk.http.get("/api/v1/devices/oven")).json()["items"][0]["value"] != 12.345:
            await asyncio.sleep(0.02)
        stop.set()


def _explains(found: dict[str, Any]) -> None:
    """Registers, raw and scaled values side by side; the frames with what they mean."""
    assert found["ok"]
    rows = [(row["raw"], row["raw_value"], row["value"], row["level"]) for row in found["points"]]
    assert rows == [("0x4640 0xE400", 12345.0, 12.345, "good"), ("0x4971 0x2060", 987654.0, 987.654, "good")]
    sent, received = found["frames"]
    assert (sent["sent"], sent["note"]) == (True, "read input 0 to 3 of unit 7 (function 4)")
    assert (received["sent"], received["hex"][-11:]) == (False, "49 71 20 60")
    assert sent["time_ms"] <= received["time_ms"]


async def _write(desk: Desk) -> None:
    """Preview, write, and what has become of the file."""
    shown = (await desk.post("save", device=OVEN)).json()
    new = "+  - {id: oven, enterprise: huali, kind: machine, connection: line-1, profile: meter, unit: 7}  # deaf"
    assert new in shown["files"][0]["lines"]
    assert (await desk.text()).endswith("# deaf\nstore: {directory: data}\n")
    written = (await desk.post("save", device=OVEN, preview=False, version=shown["version"])).json()
    assert written["saved"]
    old = PARK.format(port=desk.peer.port)
    assert await desk.text() == old.replace("connection: none}", "connection: line-1, profile: meter, unit: 7}")
    assert await desk.text(written["copies"][0]) == old
    assert (await desk.plan()).devices[1].connection == "line-1"
    again = await desk.post("save", device=OVEN, preview=False, version=shown["version"])
    assert again.status_code == 409


async def test_a_unit_that_is_silent_is_asked_once_and_explained(desk: Desk) -> None:
    desk.peer.dead.add(7)
    found = (await desk.post("test", device=OVEN)).json()
    assert (found["ok"], found["error"]) == (False, "no answer within 0.2 s")
    assert [one["code"] for one in found["advice"]] == ["unit_silent"]
    assert len(desk.peer.asked) == 1


async def test_an_exception_says_what_it_means_and_swapped_words_are_found(desk: Desk) -> None:
    desk.peer.refuse = lambda asked: 2
    found = (await desk.post("test", device=OVEN)).json()
    assert (found["advice"][0]["code"], found["frames"][1]["note"]) == (
        "no_register",
        "exception 2, illegal data address",
    )
    desk.peer.refuse = lambda asked: 0
    desk.peer.put(0, ">HHHH", 0xE400, 0x4640, 0x2060, 0x4971)
    found = (await desk.post("test", device=OVEN)).json()
    assert [(one["code"], one["suggestion"]) for one in found["advice"]] == [("order", "CDAB"), ("range", "")]
    ordered = {**OVEN, "points": {"power_active": {"order": "CDAB"}, "energy": {"order": "CDAB"}}}
    found = (await desk.post("test", device=ordered)).json()
    assert (found["points"][0]["value"], found["advice"]) == (12.345, [])


async def test_a_new_connection_is_tried_and_written_with_its_device(desk: Desk) -> None:
    device = {"id": "lift", "enterprise": "huali", "profile": "meter", "connection": "line-2", "unit": 9}
    connection = {"name": "line-2", "driver": "modbus", "host": "localhost", "port": desk.peer.port}
    found = (await desk.post("test", device=device, connection=connection)).json()
    assert found["ok"], found
    shown = (await desk.post("save", device=device, connection=connection)).json()
    written = await desk.post("save", device=device, connection=connection, preview=False, version=shown["version"])
    assert written.status_code == 200
    text = await desk.text()
    assert f"# cellar\n  line-2: {{driver: modbus, host: localhost, port: {desk.peer.port}}}\n" in text
    assert "\n  - {id: lift, enterprise: huali, profile: meter, connection: line-2, unit: 9}\n" in text


FORBIDDEN: list[tuple[dict[str, Any], str]] = [
    ({"host": "169.254.169.254", "port": 80}, "connection.host"),
    ({"host": "::ffff:169.254.169.254"}, "connection.host"),
    ({"host": "127.0.0.1", "port": 8080}, "connection.port"),
    ({"host": "localhost", "port": 8080}, "connection.port"),
    ({"transport": "rtu", "device": "/etc/passwd"}, "connection.device"),
    ({"transport": "rtu", "device": "/dev/tty/../mem"}, "connection.device"),
    ({"host": "${HOME}"}, "connection.host"),
    ({"transport": "tls", "host": "10.0.0.1", "ca_file": "/etc/shadow"}, "connection.ca_file"),
    ({"driver": "mqtt", "host": "10.0.0.1", "username": "a", "password": "file:/etc/shadow"}, "connection.password"),
    ({"host": "10.0.0.1", "port": 0}, "connection.port"),
]


async def test_what_is_no_device_is_never_reached_and_never_written(desk: Desk) -> None:
    device = {**OVEN, "connection": "line-2"}
    for connection, field in FORBIDDEN:
        whole = {"name": "line-2", "driver": "modbus", **connection}
        answer = await desk.post("test", device=device, connection=whole)
        assert answer.status_code == 422, connection
        assert answer.json()["errors"][0]["field"] == field, connection
    saved = await desk.post("save", device=device, connection={"name": "line-2", "host": "169.254.169.254"})
    written = await desk.post(
        "save",
        device={**device, "profile": "meter"},
        connection={"name": "line-2", "host": "169.254.169.254"},
        preview=False,
        version=saved.json().get("version", ""),
    )
    assert written.status_code == 422
    assert await desk.text() == PARK.format(port=desk.peer.port)


async def test_places_are_tried_at_a_measured_pace(desk: Desk) -> None:
    device = {**OVEN, "connection": "line-2"}
    for number in range(PLACES + 1):
        connection = {"name": "line-2", "driver": "modbus", "host": f"169.254.0.{number}"}
        answer = await desk.post("test", device=device, connection=connection)
    assert answer.status_code == 503
    assert "addresses were tried within a minute" in answer.json()["detail"]


async def test_whatever_is_wrong_with_the_whole_configuration_stops_the_writing(desk: Desk) -> None:
    def write() -> None:
        (desk.path.parent / "rules.d").mkdir()
        (desk.path.parent / "rules.d" / "x.yaml").write_text("alarms:\n  hot: {for_each: {role: nobody}}\n")

    await asyncio.to_thread(write)
    answer = await desk.post("save", device=OVEN)
    assert answer.status_code == 422
    assert all(one["field"] == "" for one in answer.json()["errors"])
    assert "x.yaml:2" in answer.json()["errors"][0]["message"]
    bad = await desk.post("test", device={**OVEN, "unit": "x", "enterprise": "nobody"})
    assert sorted(one["field"] for one in bad.json()["errors"]) == ["device.enterprise", "device.unit"]


async def test_profiles_are_found_by_any_word(desk: Desk) -> None:
    found = (await desk.http.get("/api/v1/profiles?search=sdm630 power_active&limit=1")).json()
    assert [one["profile"] for one in found["items"]] == ["eastron-sdm630"]
    own = (await desk.http.get("/api/v1/profiles?search=meter&limit=200")).json()["items"]
    assert [one["origin"] for one in own if one["profile"] == "meter"] == ["configuration"]
    entry = (await desk.http.get("/api/v1/commissioning/devices/oven")).json()
    assert (entry["device"]["connection"], entry["line"]) == ("none", 17)
