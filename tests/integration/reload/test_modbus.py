"""Another configuration while real lines are read: what is the same goes on as if nothing had happened."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.config import ConfigErrors
from gateway.core.errors import Rejected, Unavailable
from gateway.pipeline.reload import Conflict
from tests.integration.reload.plant import Plant

GAP_S = 1.0  # polled ten times a second; the rest is for a machine that does other things


def kinds(answer: Any) -> list[tuple[str, str]]:
    return [(effect["kind"], effect["name"]) for effect in answer["effects"]]


def entries(answer: Any) -> list[tuple[str, str, str]]:
    return [(change["kind"], change["part"], change["id"]) for change in answer["changes"]]


def longest_gap_s(times: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in itertools.pairwise(times))


async def test_only_the_changed_line_is_begun_anew_and_the_other_misses_no_poll(plant: Plant) -> None:
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    answer = await plant.reload()
    await plant.until_read("m1", "m2")
    assert kinds(answer) == [("source_restarts", "line-2")]
    (change,) = answer["changes"]
    assert (change["part"], change["id"]) == ("devices", "m2")
    assert {"path": "address.unit", "old": 1, "new": 7} in change["fields"]
    assert (plant.one.connections, plant.two.connections) == (1, 2)
    assert plant.two.asked[-1].unit == 7
    assert not [batch for batch in plant.batches if batch.block.device.id == "m1" and batch.quality is not None]
    assert longest_gap_s(plant.times("m1")) < GAP_S


async def test_without_a_difference_nothing_is_touched(plant: Plant) -> None:
    sources, rulebook = dict(plant.gateway.sources), plant.gateway.alarms.rulebook
    plant.add("# a remark\n")
    version = plant.gateway.reloader.present.configuration.seen.version
    assert (await plant.gateway.reloader.document())["is_changed_on_disk"]
    answer = await plant.reload()
    assert (answer["changes"], answer["effects"], answer["is_changed"]) == ([], [], False)
    assert answer["version"] != version
    assert not (await plant.gateway.reloader.document())["is_changed_on_disk"]
    assert plant.gateway.sources == sources
    assert plant.gateway.alarms.rulebook is rulebook
    assert (plant.one.connections, plant.two.connections) == (1, 1)


async def test_a_mistake_anywhere_changes_nothing_and_all_of_them_are_told(plant: Plant) -> None:
    plan = plant.gateway.plan
    plant.edit("unit: 1, role", "unit: 900, role")
    plant.edit("power_active > 800 kW", "powr > 800 kW", "rules.d/rules.yaml")
    with pytest.raises(ConfigErrors) as wrong:
        await plant.reload()
    assert [problem.line for problem in wrong.value.problems]
    assert all(problem.file and problem.line and problem.column for problem in wrong.value.problems)
    await plant.until_read("m1", "m2")
    assert plant.gateway.plan is plan
    assert (plant.one.connections, plant.two.connections) == (1, 1)


async def test_a_new_line_and_device_are_known_everywhere(plant: Plant) -> None:
    plant.edit(
        "  - {id: oven",
        "  - {id: m3, enterprise: huali, profile: meter, connection: line-3, unit: 3}\n  - {id: oven",
    )
    plant.edit("profiles:", f"  line-3: {{driver: modbus, host: 127.0.0.1, port: {plant.two.port}}}\nprofiles:")
    answer = await plant.reload()
    assert ("source_starts", "line-3") in kinds(answer)
    await plant.until_read("m1", "m3")
    gateway = plant.gateway
    assert gateway.snapshot.sample("m3.power_active").value == 100.0  # type: ignore[union-attr]
    assert [alarm.id for alarm in gateway.alarms.rulebook.alarms] == ["overload:m1", "overload:m2", "overload:m3"]
    assert "m3.energy_import" in gateway.books.meters
    assert list(gateway.tags_by_device["m3"]) == ["m3.power_active", "m3.energy_import", "m3.load_share"]
    assert gateway.snapshot.sample("m3.load_share").value == 10.0  # type: ignore[union-attr]
    assert gateway.snapshot.sample("gateway.devices_silent_line-3") is None  # measured every ten seconds
    await gateway.connectivity.tick()
    assert gateway.connectivity.outage("m3") is None
    assert plant.one.connections == 1


async def test_a_device_that_is_gone_is_gone_everywhere_and_the_others_stay(plant: Plant) -> None:
    plant.edit("  - {id: m2, enterprise: dongyue, profile: meter, connection: line-2, unit: 1}\n", "")
    plant.edit(f"  line-2: {{driver: modbus, host: 127.0.0.1, port: {plant.two.port}, timeout: 1 s}}\n", "")
    answer = await plant.reload()
    assert ("source_stops", "line-2") in kinds(answer)
    gateway = plant.gateway
    assert not [tag for tag in gateway.snapshot.tags() if tag.startswith("m2.") or tag.endswith("line-2")]
    assert "m2" not in gateway.snapshot.devices
    assert "m2" not in gateway.tags_by_device
    assert [alarm.id for alarm in gateway.alarms.rulebook.alarms] == ["overload:m1"]
    assert list(gateway.sources) == ["line-1"]
    await gateway.connectivity.tick()
    asked = len(plant.two.asked)
    await plant.until_read("m1")
    assert len(plant.two.asked) == asked
    assert plant.one.connections == 1


async def test_what_is_only_shown_reaches_the_page_without_a_new_connection(plant: Plant) -> None:
    plant.edit("{id: m1, enterprise", "{id: m1, name: {en: Main meter, zh: 总表}, enterprise")
    plant.edit("power_active: {unit: kW,", "power_active: {unit: kW, name: {en: Power}, ")
    answer = await plant.reload()
    assert kinds(answer) == [("accounts", "")]
    device, point, _, _ = plant.gateway.snapshot.point("m1.power_active")
    assert (device.names.zh, point.names.en) == ("总表", "Power")
    await plant.until_read("m1", "m2")
    assert (plant.one.connections, plant.two.connections) == (1, 1)


async def test_an_alarm_stands_through_a_reload_of_its_own_line(plant: Plant) -> None:
    plant.two.put(0, ">f", 900.0)
    await plant.until(lambda: [view.spec.id for view in plant.gateway.alarms.views()] == ["overload:m2"])
    raised_ns = plant.gateway.alarms.view("overload:m2").raised_ns
    plant.edit(f"port: {plant.two.port}, timeout: 1 s", f"port: {plant.two.port}, timeout: 2 s")
    await plant.reload()
    await plant.until_read("m2")
    view = plant.gateway.alarms.view("overload:m2")
    assert (view.raised_ns, view.occurrence) == (raised_ns, 1)
    assert plant.gateway.snapshot.state("m2", plant.gateway.clock.time_ns())[0].value == "answering"


async def test_a_sink_comes_and_goes_and_what_it_had_not_got_is_told(plant: Plant) -> None:
    plant.add("sinks:\n  far: {driver: influxdb, url: 'http://127.0.0.1:9', org: a, bucket: b, token: hush-hush}\n")
    answer = await plant.reload()
    assert kinds(answer) == [("sink_opens", "far")]
    assert "hush" not in str(answer)
    await plant.until(lambda: plant.gateway._outbox.account("far").buffered > 10)
    plant.edit("token: hush-hush", "token: other")
    answer = await plant.reload()
    assert kinds(answer) == [("sink_reopens", "far")]
    assert "other" not in str(answer["changes"])
    (change,) = answer["changes"]
    assert [(one["old"], one["new"]) for one in change["fields"]] == [("***", "***")]
    assert plant.gateway._outbox.account("far").buffered > 10
    plant.edit("sinks:\n  far: {driver: influxdb, url: 'http://127.0.0.1:9', org: a, bucket: b, token: other}\n", "")
    looked = await plant.preview()
    (effect,) = looked["effects"]
    assert (effect["kind"], effect["count"] > 10) == ("sink_closes", True)
    answer = await plant.reload()
    assert answer["given_up"]["far"] > 10
    assert any("`far` was removed" in finding for finding in plant.gateway.findings())
    assert [sink["name"] for sink in plant.gateway.sink_states()] == ["history", "energy"]
    assert (plant.one.connections, plant.two.connections) == (1, 1)


async def test_what_only_a_restart_takes_in_is_said_until_then(plant: Plant) -> None:
    plant.edit("commit_interval: 50 ms", "commit_interval: 70 ms")
    looked = await plant.preview()
    assert kinds(looked) == [("restart_needed", "store.commit_interval_s")]
    answer = await plant.reload()
    assert answer["restart_needed"] == ["store.commit_interval_s"]
    assert any("store.commit_interval_s" in finding for finding in plant.gateway.findings())
    assert plant.gateway.plan.store.commit_interval_s == 0.05
    plant.edit("commit_interval: 70 ms", "commit_interval: 50 ms")
    assert (await plant.reload())["restart_needed"] == []
    assert not any("commit_interval" in finding for finding in plant.gateway.findings())


async def test_the_zone_of_the_site_is_refused_and_nothing_else_is_taken_in(plant: Plant) -> None:
    plant.edit("Asia/Shanghai", "Europe/Berlin")
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    assert kinds(await plant.preview()) == [("refused", "site.timezone")]
    with pytest.raises(Rejected, match=r"site\.timezone"):
        await plant.reload()
    await plant.until_read("m2")
    assert plant.two.connections == 1


async def test_another_version_than_the_one_looked_at_is_refused(plant: Plant) -> None:
    plant.edit("timeout: 1 s", "timeout: 2 s")
    looked = await plant.preview()
    plant.edit("timeout: 2 s", "timeout: 3 s")
    with pytest.raises(Conflict):
        await plant.gateway.reloader.reload(looked["version"])
    assert plant.one.connections == 1
    again = await plant.preview()
    await plant.gateway.reloader.reload(again["version"])


async def test_a_step_that_fails_leads_back(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, watch = plant.gateway.plan, plant.gateway.watch
    change, calls = watch.change, []

    def fail(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise ZeroDivisionError("bug")
        change(*given)

    monkeypatch.setattr(watch, "change", fail)
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    with pytest.raises(Unavailable, match="the one before is in force"):
        await plant.reload()
    await plant.until_read("m1", "m2")
    assert plant.gateway.plan == plan
    assert plant.two.asked[-1].unit == 1
    assert plant.one.connections == 1
    await plant.reload()
    await plant.until_read("m2")
    assert plant.two.asked[-1].unit == 7


async def test_what_cannot_be_undone_is_told_with_what_does_not_run(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(plant.gateway.watch, "change", fail)
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    with pytest.raises(Unavailable, match="could not be undone"):
        await plant.reload()
    assert any("could not be undone" in finding for finding in plant.gateway.findings())
    await plant.until_read("m1")
    assert plant.one.connections == 1


async def test_energy_goes_on_through_reloads_with_the_same_and_with_other_books(plant: Plant) -> None:
    gateway = plant.gateway
    await gateway._deliveries.forwarders["energy"].finish(2.0)
    plant.edit("energy: {interval: 1 min}", "energy: {interval: 1 min, loss_limit: 4 %}")
    answer = await plant.reload()
    assert kinds(answer) == [("accounts", "")]
    plant.two.put(2, ">f", 5010.0)
    await plant.until_read("m2")
    await plant.until(lambda: gateway._outbox.account("energy").accepted > 0)
    account = gateway._outbox.account("energy")
    assert account.is_balanced
    assert not [finding for finding in gateway.findings() if "energy" in finding]


async def test_one_reload_at_a_time_and_the_second_sees_the_first(plant: Plant) -> None:
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    first, second = await asyncio.gather(plant.reload(), plant.reload())
    assert entries(first) == [("changed", "devices", "m2")]
    assert entries(second) == []
    await plant.until_read("m2")
    assert plant.two.connections == 2


async def test_channels_of_notifications_come_change_and_go(plant: Plant) -> None:
    notifier = plant.gateway.watch.notifier
    channel = "  duty: {driver: webhook, url: 'https://192.0.2.1/hook'}\n"
    plant.add(f"notify:\n  channels:\n  {channel}  routes: {{all: {{channels: [duty]}}}}\n", "rules.d/notify.yaml")
    assert ("channel_opens", "duty") in kinds(await plant.reload())
    assert notifier.channels == ["duty"]
    await plant.until(lambda: notifier.states()[0]["state"] == "ok")
    plant.edit("/hook", "/other", "rules.d/notify.yaml")
    answer = await plant.reload()
    assert kinds(answer) == [("channel_reopens", "duty")]
    assert "/other" not in str(answer["changes"])  # who knows a robot's address may write as it
    (plant.folder / "rules.d" / "notify.yaml").unlink()
    assert ("channel_closes", "duty") in kinds(await plant.reload())
    assert notifier.channels == []
    assert (plant.one.connections, plant.two.connections) == (1, 1)


async def test_an_outage_goes_on_through_a_reload_of_its_line(plant: Plant) -> None:
    keeper = plant.gateway.connectivity
    await plant.two.down()
    async with asyncio.timeout(30):
        while keeper.outage("m2") is None:
            await keeper.tick()
            await asyncio.sleep(0.1)
    begun = keeper.outage("m2")
    assert begun is not None
    plant.edit(f"port: {plant.two.port}, timeout: 1 s", f"port: {plant.two.port}, timeout: 2 s")
    await plant.reload()
    going_on = keeper.outage("m2")
    assert going_on is not None
    assert (going_on.from_ns, going_on.to_ns) == (begun.from_ns, None)
    await plant.two.up()
    await plant.until_read("m2")
    assert keeper.outage("m2") is None
