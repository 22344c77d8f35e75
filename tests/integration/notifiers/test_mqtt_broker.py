"""Publishing to a real Mosquitto: retained messages, TLS, what the broker's access list says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt.config import ChannelOptions
from drivers.mqtt.notifier import build
from gateway.config.plan import ChannelPlan
from gateway.core.errors import Rejected, Unavailable
from gateway.core.notice import Notifier
from tests.contract.notifier_suite import NOTICE, SECRET, FixedClock, failure
from tests.contract.test_mqtt_notifier import Reader
from tests.integration.mqtt.park import Mosquitto, free_port
from tests.integration.notifiers.certificate import certificate


def channel(port: int, **options: Any) -> Notifier:
    given = {"host": "127.0.0.1", "port": port, **options}
    return build(ChannelPlan("duty", "mqtt", ChannelOptions.model_validate(given)), Path("/nonexistent"), FixedClock())


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with running(tmp_path) as broker:
        yield broker


async def test_a_retained_notice_waits_for_who_comes_later(broker: Mosquitto) -> None:
    sender = channel(broker.port, topic="park/{site}/{alarm}", retain=True)
    assert await sender.notify(NOTICE) == "1 acknowledged"
    reader = await asyncio.to_thread(Reader, broker.port)
    await asyncio.to_thread(reader.so_far)
    reader.close()
    assert "park/north/overload:tx1" in [topic for topic, _ in reader.messages]


async def test_a_broker_of_3_1_1_takes_notices_and_its_refusals_are_understood(tmp_path: Path) -> None:
    async with running(tmp_path) as broker:
        assert await channel(broker.port, protocol="3.1.1").notify(NOTICE) == "1 acknowledged"
    async with running(tmp_path, "allow_anonymous false") as broker:
        error = await failure(channel(broker.port, protocol="3.1.1", username="gateway", password=SECRET))
        assert isinstance(error, Rejected)
    assert isinstance(await failure(channel(broker.port, protocol="3.1.1")), Unavailable)


@asynccontextmanager
async def running(directory: Path, *lines: str) -> AsyncIterator[Mosquitto]:
    broker = await asyncio.to_thread(Mosquitto(directory, *lines).start)
    try:
        yield broker
    finally:
        await asyncio.to_thread(broker.stop)


async def test_a_broker_that_lets_nobody_publish_there_is_named(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write allowed/#\n")
    acl.chmod(0o700)
    async with running(tmp_path, f"acl_file {acl}") as broker:
        error = await failure(channel(broker.port, topic="elsewhere"))
        assert isinstance(error, Rejected), "MQTT 5 tells it in the acknowledgement"
        assert await channel(broker.port, topic="allowed/x").notify(NOTICE)


async def test_tls_with_a_certificate_of_the_gateways_own(tmp_path: Path) -> None:
    cert, port = certificate(tmp_path), free_port()
    key = cert.with_suffix(".key")
    lines = [f"listener {port} 127.0.0.1", f"certfile {cert}", f"keyfile {key}", f"cafile {cert}"]
    own = {"ca": str(cert), "cert": str(cert), "key": str(key)}
    async with running(tmp_path, *lines, "require_certificate true"):
        assert await channel(port, tls=own, username="gateway", password=SECRET).notify(NOTICE) == "1 acknowledged"
        assert isinstance(await failure(channel(port, tls={})), Unavailable), "it trusts no unknown authority"
        assert isinstance(await failure(channel(port, tls={"ca": "/nonexistent"})), Unavailable)


async def test_connections_that_were_given_up_leave_nothing_behind(broker: Mosquitto) -> None:
    sender = channel(broker.port, timeout="100 ms")
    broker.freeze()
    before = len(asyncio.all_tasks())
    for _ in range(3):
        assert isinstance(await failure(sender), Unavailable)
    await sender.close()
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) != before:
            await asyncio.sleep(0.005)
    await asyncio.to_thread(broker.kill)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_a_broker_that_takes_no_large_messages_gets_a_shorter_one(tmp_path: Path, protocol: str) -> None:
    notice = replace(NOTICE, events=NOTICE.events[:1] * 100)
    async with running(tmp_path, "max_packet_size 20480") as broker:
        assert await channel(broker.port, protocol=protocol).notify(notice) == "1 acknowledged"
        error = await failure(channel(broker.port, protocol=protocol, max_payload="64 KiB"), notice)
        assert isinstance(error, Unavailable)
