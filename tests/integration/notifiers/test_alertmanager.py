"""Alerts posted to a real Alertmanager, and what it posts on: the same form that the gateway writes itself."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from drivers.webhook import alertmanager
from drivers.webhook.config import ChannelOptions
from drivers.webhook.notifier import build
from gateway.config.plan import ChannelPlan
from gateway.core.alarm import AlarmState, Transition
from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from gateway.core.notice import Notice, Notifier
from tests.contract.http_far import HttpServer
from tests.contract.notifier_suite import EVENT, HOSTILE, NOTICE, hostile
from tests.integration.mqtt.park import free_port

PROGRAM = "prometheus-alertmanager"
CONFIG = """
route: {receiver: hook, group_by: [rule, enterprise], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: hook
  webhook_configs: [{url: "URL", send_resolved: true}]
"""
NOW_NS = time.time_ns()
RAISED = replace(NOTICE, time_ns=NOW_NS, events=(replace(EVENT, time_ns=NOW_NS - 2_000_000_000),))
RETURNED = replace(
    RAISED,
    id="returned",
    events=(
        replace(
            EVENT,
            time_ns=NOW_NS - 1_000_000_000,
            transition=Transition.RETURNED,
            state=AlarmState.RETURNED_UNACKNOWLEDGED,
        ),
    ),
)


@pytest.fixture
async def receiver() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


@pytest.fixture
async def channel(receiver: HttpServer, tmp_path: Path) -> AsyncIterator[Notifier]:
    """To an Alertmanager that tells the receiver."""
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.replace("URL", f"http://127.0.0.1:{receiver.port}/"))
    address = f"127.0.0.1:{free_port()}"
    places = [f"--config.file={config}", f"--storage.path={tmp_path}/data", f"--web.listen-address={address}"]
    with (tmp_path / "log").open("wb") as log:
        command = [PROGRAM, *places, "--cluster.listen-address="]
        process = await asyncio.to_thread(subprocess.Popen, command, stdout=log, stderr=log)
    given = {"url": f"http://{address}", "format": "alertmanager-api", "allow_loopback": True}
    channel = build(ChannelPlan("hook", "webhook", ChannelOptions.model_validate(given)), tmp_path, SystemClock())
    try:
        yield channel
    finally:
        await channel.close()
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


async def posted(channel: Notifier, notice: Notice) -> None:
    """Post, as soon as the Alertmanager is up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            await channel.notify(notice)
            return
        except Unavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def told(receiver: HttpServer, status: str) -> dict[str, Any]:
    """The first thing with this status that the Alertmanager tells."""
    async with asyncio.timeout(60):
        while True:
            for asked in receiver.asked:
                body: dict[str, Any] = orjson.loads(asked.body)
                if body["status"] == status:
                    return body
            await asyncio.sleep(0.05)


async def test_an_alert_fires_and_resolves_and_reads_as_our_own(channel: Notifier, receiver: HttpServer) -> None:
    await posted(channel, RAISED)
    theirs = await told(receiver, "firing")
    ours = orjson.loads(alertmanager.webhook(RAISED, "hook", "both"))
    assert theirs.keys() == ours.keys()
    (alert,), (own,) = theirs["alerts"], ours["alerts"]
    assert alert.keys() == own.keys()
    for name in ("labels", "annotations", "fingerprint", "endsAt", "generatorURL", "status"):
        assert alert[name] == own[name]
    assert (theirs["groupKey"], theirs["groupLabels"]) == (ours["groupKey"], ours["groupLabels"])
    await posted(channel, RETURNED)
    (ended,) = (await told(receiver, "resolved"))["alerts"]
    assert ended["fingerprint"] == alert["fingerprint"]
    assert ended["startsAt"] == alert["startsAt"]


async def test_it_takes_hostile_names(channel: Notifier) -> None:
    await posted(channel, RAISED)
    for text in HOSTILE.values():
        assert await channel.notify(replace(hostile(text), time_ns=NOW_NS)) == "200"
