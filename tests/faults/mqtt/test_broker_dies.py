"""The broker is killed, frozen and restarted mid-stream: what was published is stored, and nothing twice for long."""

import asyncio
import contextlib
import signal
from pathlib import Path

import pytest

from drivers.mqtt.source import MqttSource
from gateway.core.errors import Unavailable
from gateway.core.quality import Quality
from tests.contract.source_suite import bad_points, until
from tests.integration.mqtt.park import Ledger, Mosquitto, Publisher, device_plan, plan
from tests.steady import LoopClock


async def supervise(source: MqttSource, intake: Ledger) -> None:
    """Run it again and again, as the engine does."""
    while True:
        with contextlib.suppress(Unavailable):
            await source.run(intake)
        await asyncio.sleep(0.05)


async def commit_now_and_then(source: MqttSource, intake: Ledger) -> None:
    """A group commit every 20 ms."""
    while True:
        await asyncio.sleep(0.02)
        intake.commit(source)


@contextlib.asynccontextmanager
async def background(*work: "asyncio.Task[None]"):  # type: ignore[no-untyped-def]
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_every_published_number_arrives_though_the_broker_is_killed_mid_stream(
    tmp_path: Path, protocol: str
) -> None:
    wanted = {float(number) for number in range(300)}
    broker = Mosquitto(tmp_path).start()
    source = MqttSource(plan(port=broker.port, protocol=protocol, receive_maximum=50), LoopClock(), timeout_s=2.0)
    intake = Ledger()
    running = asyncio.create_task(supervise(source, intake))
    committing = asyncio.create_task(commit_now_and_then(source, intake))
    try:
        async with background(running, committing):
            await until(lambda: source.counts["connects"])
            with Publisher(broker.port) as devices:
                for number in range(300):
                    devices.send({"power": float(number)})
                    if number in {99, 199}:  # frozen first: it may forget what it confirmed in its last moment
                        await until(lambda number=number: len(set(intake.values())) == number + 1)
                        broker.freeze()
                    if number in {120, 220}:
                        broker.kill()
                        broker.start()
                await until(lambda: devices.confirmed == 300, patience_s=30)
                await until(lambda: set(intake.values()) == wanted, patience_s=30)
    finally:
        broker.stop()
    assert source.counts["connects"] >= 3


async def test_only_what_was_durable_is_ever_acknowledged(tmp_path: Path) -> None:
    """A ledger of our own: after each crash of the gateway only committed numbers count, and none is missing."""
    stored: set[float] = set()
    with Mosquitto(tmp_path) as broker, Publisher(broker.port) as devices:
        source = MqttSource(plan(port=broker.port, receive_maximum=20), LoopClock())
        for life in range(5):
            intake = Ledger()
            connects = source.counts["connects"]
            task = asyncio.create_task(source.run(intake))
            await until(lambda connects=connects: source.counts["connects"] > connects)
            devices.send_all([{"power": float(life * 20 + i)} for i in range(20)])
            await until(lambda intake=intake: len(intake.values()) >= 8)
            source.on_durable(5)
            stored |= set(intake.values()[:5])
            await until(lambda source=source, life=life: source.counts["acknowledged"] == 5 * (life + 1))
            task.cancel()  # whatever was accepted after position 5 dies with the gateway
            await asyncio.gather(task, return_exceptions=True)
        last = Ledger()
        task = asyncio.create_task(source.run(last))
        committing = asyncio.create_task(commit_now_and_then(source, last))
        async with background(task, committing):
            await until(lambda: stored | set(last.values()) == {float(number) for number in range(100)})


async def test_a_dead_broker_makes_every_point_bad_once_and_gives_the_reason(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    park = plan(device_plan(expect="0.5 s"), port=broker.port)
    source, intake = MqttSource(park, LoopClock(), timeout_s=1.0), Ledger()
    with Publisher(broker.port) as devices:
        running = asyncio.create_task(supervise(source, intake))
        async with background(running):
            await until(lambda: source.counts["connects"])
            devices.send_all([{"power": 1.0}])
            await until(lambda: intake.values() == [1.0])
            broker.kill()
            await until(lambda: intake.faults["m1"] is not None)
            await asyncio.sleep(0.3)  # several attempts in vain
            assert bad_points(intake.batches, Quality.BAD_DISCONNECTED) == {"power": 1}
            assert intake.faults["m1"].quality == Quality.BAD_DISCONNECTED
            assert f"127.0.0.1:{broker.port}" in intake.faults["m1"].message
            broker.start()
            try:
                await until(lambda: source.counts["connects"] == 2)
                await until(lambda: intake.faults["m1"] is None)  # connected: it may speak yet
                await until(lambda: intake.faults["m1"] is not None)
                assert intake.faults["m1"].quality == Quality.BAD_TIMEOUT
            finally:
                broker.stop()


async def test_a_frozen_broker_is_noticed_by_its_missing_signs_of_life(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        source = MqttSource(plan(port=broker.port, keepalive="1 s"), LoopClock(), timeout_s=1.0)
        task = asyncio.create_task(source.run(Ledger()))
        await until(lambda: source.counts["connects"])
        broker.freeze()
        assert broker.process is not None
        try:
            with pytest.raises(Unavailable, match="no sign of life within 1 s"):
                async with asyncio.timeout(10):
                    await task
        finally:
            broker.process.send_signal(signal.SIGCONT)


async def test_a_broker_that_forgot_the_session_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broker = Mosquitto(tmp_path, "autosave_interval 3600").start()
    source, intake = MqttSource(plan(port=broker.port), LoopClock(), timeout_s=1.0), Ledger()
    running = asyncio.create_task(supervise(source, intake))
    async with background(running):
        await until(lambda: source.counts["connects"])
        broker.kill()
        for file in tmp_path.glob("mosquitto.db*"):
            file.unlink()
        broker.start()
        try:
            await until(lambda: source.counts["connects"] == 2)
        finally:
            broker.stop()
    assert source.counts["sessions_lost"] == 1
    assert "mqtt_session_lost" in caplog.text
