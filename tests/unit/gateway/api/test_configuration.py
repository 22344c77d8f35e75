"""The configuration in force and its reload, as the API gives them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.api.access import Principal, Role, Via
from gateway.api.live import LiveStream, Shared
from gateway.api.views import Views
from tests.unit.gateway.api.conftest import Park

URL = "/api/v1/configuration"


@pytest.fixture
def park(park_with_rules: Park) -> Park:
    park_with_rules.become(None, Role.ENGINEER)
    return park_with_rules


async def edit(folder: Path, old: str, new: str, file: str = "park.yaml") -> None:
    def write() -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    await asyncio.to_thread(write)


async def ask(park: Park, action: str, status: int = 200, body: Any = None) -> Any:
    answer = await park.http.post(f"{URL}/{action}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_files_in_force_are_shown_line_by_line_without_secrets(park: Park, tmp_path: Path) -> None:
    await edit(
        tmp_path,
        "devices:\n",
        "sinks: {far: {driver: influxdb, url: 'http://h', org: o, bucket: b, token: hush}}\ndevices:\n",
    )
    await ask(park, "reload")
    found = (await park.http.get(URL)).json()
    assert [one["name"] for one in found["files"]] == ["park.yaml", "rules.d/park.yaml"]
    text = found["files"][0]["text"]
    assert "hush" not in text
    assert len(text.splitlines()) == len((await asyncio.to_thread((tmp_path / "park.yaml").read_text)).splitlines())
    assert not found["is_changed_on_disk"]
    (finding,) = [one for one in found["findings"] if "plain text" in one["message"]]
    assert (finding["file"], text.splitlines()[finding["line"] - 1].startswith("sinks:")) == ("park.yaml", True)
    assert str(tmp_path) not in json.dumps(found)


async def test_a_preview_changes_nothing_and_the_files_that_differ_show(park: Park, tmp_path: Path) -> None:
    await edit(tmp_path, "unit: 3", "unit: 7")
    found = await ask(park, "preview")
    assert [(one["part"], one["id"]) for one in found["changes"]] == [("devices", "huali-main")]
    assert next((one["kind"], one["name"]) for one in found["effects"]) == ("source_restarts", "line-1")
    shown = (await park.http.get(URL)).json()
    assert (shown["is_changed_on_disk"], shown["version"] == found["version"]) == (True, False)
    assert next(one for one in park.gateway.plan.devices if one.id == "huali-main").address.endswith("unit 3")


async def test_a_reload_of_another_version_is_a_conflict(park: Park, tmp_path: Path) -> None:
    await edit(tmp_path, "unit: 3", "unit: 7")
    version = (await ask(park, "preview"))["version"]
    await edit(tmp_path, "unit: 7", "unit: 8")
    await ask(park, "reload", 409, {"version": version})
    await edit(tmp_path, "unit: 8", "unit: 7")
    done = await ask(park, "reload", 200, {"version": version})
    assert done["version"] == version
    assert (await park.http.get("/api/v1/devices/huali-main")).json()["address"].endswith("unit 7")


async def test_every_mistake_comes_with_its_place(park: Park, tmp_path: Path) -> None:
    await edit(tmp_path, "unit: 3", "unit: 900")
    await edit(tmp_path, "unit: 2", "unit: 901")
    for action in ("preview", "reload"):
        problem = await ask(park, action, 400)
        assert [error["file"] for error in problem["errors"]] == ["park.yaml"] * 2
        assert all(error["line"] and error["column"] for error in problem["errors"])


async def test_what_needs_a_restart_stands_among_the_findings(park: Park, tmp_path: Path) -> None:
    await edit(tmp_path, "store: {directory: data}", "store: {directory: data, commit_interval: 2 s}")
    assert (await ask(park, "reload"))["restart_needed"] == ["store.commit_interval_s"]
    assert any("store.commit_interval_s" in one for one in (await park.http.get("/api/v1/status")).json()["findings"])


async def test_a_reload_of_rules_alone_takes_nothing_else_in(park: Park, tmp_path: Path) -> None:
    await edit(tmp_path, "unit: 3", "unit: 7")
    answer = await park.http.post("/api/v1/rules/reload")
    assert answer.status_code == 409
    assert "devices changed too" in answer.json()["detail"]


async def test_an_open_page_is_told_and_no_longer_shown_what_is_gone_or_somebody_elses(
    park: Park, tmp_path: Path
) -> None:
    gateway, views = park.gateway, Views(park.gateway)
    principal = Principal("test", Role.ENTERPRISE, "127.0.0.1", "huali", via=Via.SOCKET)
    tags, devices = ["huali-main.power_active", "grid.power_active"], [gateway.snapshot.devices["huali-main"]]
    stream = LiveStream(views, gateway.clock, principal, tags[:1], devices, park=False)
    stream.message("snapshot", Shared())
    assert stream.news() == b""
    await edit(tmp_path, "id: huali-main, enterprise: huali", "id: huali-main, enterprise: dongyue")
    await ask(park, "reload")
    event, data = stream.news().decode().strip().split("\n")
    assert event == "event: reload"
    assert json.loads(data.removeprefix("data: "))["version"] == gateway.reloader.present.configuration.seen.version
    park.feed("huali-main", 5.0, 1.0)
    told = json.loads(stream.message("delta", Shared()).decode().split("data: ")[1])
    assert (told["values"], told["devices"]) == ({}, {})


async def test_an_enterprise_has_nothing_to_do_with_it(park: Park) -> None:
    park.become("huali", Role.ENTERPRISE)
    assert (await park.http.get(URL)).status_code == 403
    await ask(park, "reload", 403)


async def test_the_names_of_enterprises_follow(park: Park, tmp_path: Path) -> None:
    park.feed("dongyue-main", 900.0, 1.0)
    await edit(tmp_path, "en: Dongyue Dyeing", "en: Dongyue Colours")
    await ask(park, "reload")
    alarm = (await park.http.get("/api/v1/alarms/overload:dongyue-main")).json()
    assert alarm["enterprise_name"]["en"] == "Dongyue Colours"
