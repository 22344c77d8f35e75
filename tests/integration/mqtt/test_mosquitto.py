"""The MQTT source against Debian's Mosquitto."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt.source import MqttSource
from gateway.core.errors import Rejected, Unavailable
from gateway.core.quality import Quality
from tests.contract.source_suite import until
from tests.integration.mqtt.park import Ledger, Mosquitto, Publisher, device_plan, plan
from tests.steady import LoopClock

PROTOCOLS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


def source_on(broker: Mosquitto, *devices: Any, timeout_s: float = 3.0, **options: Any) -> MqttSource:
    return MqttSource(plan(*devices, port=broker.port, **options), LoopClock(), timeout_s=timeout_s)


@contextlib.asynccontextmanager
async def running(source: MqttSource, intake: Ledger) -> AsyncIterator["asyncio.Task[None]"]:
    """The source at work, subscribed."""
    connects = source.counts["connects"]
    task = asyncio.create_task(source.run(intake))
    try:
        await until(lambda: source.counts["connects"] > connects or task.done())
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unavailable):
            await task


def numbers(*which: int) -> list[object]:
    return [{"power": float(number)} for number in which]


@PROTOCOLS
async def test_messages_are_redelivered_until_they_were_durable(
    broker: Mosquitto, devices: Publisher, protocol: str
) -> None:
    source, first, second = source_on(broker, protocol=protocol), Ledger(), Ledger()
    async with running(source, first):
        devices.send_all(numbers(1, 2, 3))
        await until(lambda: first.values() == [1, 2, 3])
        first.batches = first.batches[:3]
        source.on_durable(2)
        await until(lambda: source.counts["acknowledged"] == 2)
        await asyncio.sleep(0.05)  # the two acknowledgements are on their way
    async with running(source, second):
        await until(lambda: second.values()[-1:] == [3.0])
    assert second.values() == [3.0]
    assert source.counts["redelivered"] == 1


async def test_what_is_published_while_the_gateway_is_away_waits_for_it(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker), Ledger()
    async with running(source, intake):
        pass
    devices.send_all(numbers(*range(50)))
    async with running(source, intake):
        await until(lambda: len(intake.values()) == 50)
    assert intake.values() == [float(number) for number in range(50)]
    assert source.counts["sessions_lost"] == 0


async def test_no_more_than_the_receive_maximum_comes_before_the_first_acknowledgement(
    broker: Mosquitto, devices: Publisher
) -> None:
    """Mosquitto 2.0.11 keeps to it until then; afterwards it sends on beyond it, which must do no harm."""
    source, intake = source_on(broker, receive_maximum=5), Ledger()
    async with running(source, intake):
        devices.send_all(numbers(*range(40)))
        await until(lambda: len(intake.values()) == 5)
        await asyncio.sleep(0.2)
        assert len(intake.values()) == 5
        assert intake.hastened[-1] == 0.0
        async with asyncio.timeout(30):
            while source.counts["acknowledged"] < 40:
                intake.commit(source)
                await asyncio.sleep(0.005)
    assert intake.values() == [float(number) for number in range(40)]


async def test_a_commit_is_asked_for_soon_and_at_half_the_window_at_once(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker, receive_maximum=8), Ledger()
    async with running(source, intake):
        devices.send_all(numbers(1))
        await until(lambda: intake.hastened == [0.05])
        devices.send_all(numbers(2, 3, 4))
        await until(lambda: intake.hastened == [0.05, 0.0])
        source.on_durable(1)
        await until(lambda: intake.hastened == [0.05, 0.0, 0.05])


async def test_rubbish_in_the_middle_blocks_nothing(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker, receive_maximum=4, max_payload="1 KiB"), Ledger()
    async with running(source, intake):
        for number in range(4):
            devices.send(b"{broken")
            devices.send({"power": 1.0}, "park/acme/unknown/telemetry")
            devices.send(b"x" * 2000)
            devices.send({"power": float(number)})
        for count in range(1, 5):
            await until(lambda count=count: len(intake.values()) >= count)
            intake.commit(source)
        await until(lambda: source.counts["acknowledged"] == 16)
    assert intake.values() == [0.0, 1.0, 2.0, 3.0]
    assert [source.counts[name] for name in ("malformed", "unknown_topics", "oversized")] == [4, 4, 4]
    assert {reject.topic for reject in source.rejects} == {"park/acme/m1/telemetry", "park/acme/unknown/telemetry"}
    assert source.rejects[0].payload == b"{broken"
    assert all(len(reject.payload) <= 200 and reject.reason for reject in source.rejects)


async def test_rejects_are_bounded(broker: Mosquitto, devices: Publisher) -> None:
    source = source_on(broker)
    async with running(source, Ledger()):
        devices.send_all([b"no"] * 50)
        await until(lambda: source.counts["malformed"] == 50)
        await until(lambda: source.counts["acknowledged"] == 50)
    assert len(source.rejects) == 20


async def test_a_full_queue_sheds_by_disconnecting_and_loses_nothing(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker), Ledger()
    async with running(source, intake) as task:
        intake.is_full = True
        devices.send_all(numbers(1, 2, 3))
        await until(task.done)
        with pytest.raises(Unavailable, match="queue before the outbox is full"):
            task.result()
    assert (source.counts["shed"], source.counts["acknowledged"]) == (1, 0)
    intake.is_full = False
    async with running(source, intake):
        await until(lambda: len(intake.values()) == 3)
    assert intake.values() == [1.0, 2.0, 3.0]


async def test_a_full_queue_costs_qos_0_messages_only_themselves(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker, qos=0), Ledger()
    async with running(source, intake) as task:
        intake.is_full = True
        devices.send_all(numbers(1), qos=0)
        await until(lambda: source.counts["lost_qos0"] == 1)
        intake.is_full = False
        devices.send_all(numbers(2), qos=0)
        await until(lambda: intake.values() == [2.0])
        assert not task.done()
    assert source.counts["messages_qos0"] == 2
    assert source.counts["acknowledged"] == 0


async def test_a_flood_of_retained_messages_is_taken_in_and_flagged(broker: Mosquitto, devices: Publisher) -> None:
    known = [device_plan(f"d{i}") for i in range(100)]
    for number in range(100):
        devices.send({"power": float(number)}, f"park/acme/d{number}/telemetry", retain=True)
    devices.send_all([{"power": 0.0}], topic="park/acme/d0/telemetry", retain=True)
    source, intake = source_on(broker, *known, receive_maximum=10), Ledger()
    async with running(source, intake):
        async with asyncio.timeout(30):
            while len(intake.values()) < 100:
                intake.commit(source)
                await asyncio.sleep(0.005)
    flagged = [batch.quality for batch in intake.batches if batch.values[0] is not None]
    assert flagged == [(Quality.UNCERTAIN_RETAINED,)] * 100


async def test_retained_messages_can_be_dropped(broker: Mosquitto, devices: Publisher) -> None:
    devices.send_all(numbers(1), retain=True)
    source, intake = source_on(broker, retained="drop"), Ledger()
    async with running(source, intake):
        await until(lambda: source.counts["retained_dropped"] == 1)
        devices.send_all(numbers(2))
        await until(lambda: intake.values() == [2.0])
        intake.commit(source)
        await until(lambda: source.counts["acknowledged"] == 2)


@PROTOCOLS
async def test_a_second_client_with_the_same_id_is_suspected(broker: Mosquitto, protocol: str) -> None:
    """Mosquitto 2.0.11 closes the older connection without the reason that MQTT 5 has for it."""
    one = source_on(broker, client_id="twin", protocol=protocol)
    other = source_on(broker, client_id="twin", protocol=protocol)
    async with running(one, Ledger()) as task, running(other, Ledger()):
        await until(task.done)
        with pytest.raises(Unavailable, match="look for a second client id `twin`"):
            task.result()


async def test_a_device_is_silent_when_what_it_was_expected_to_say_did_not_come(
    broker: Mosquitto, devices: Publisher
) -> None:
    park = device_plan("m1", expect="0.1 s"), device_plan("m2", expect="0.2 s"), device_plan("m3", expect="1 h")
    source, intake = source_on(broker, *park), Ledger()
    async with running(source, intake):
        await until(lambda: source.counts["connects"])
        assert intake.faults == {"m1": None, "m2": None, "m3": None}
        await until(lambda: intake.faults["m2"] is not None)
        assert intake.faults["m1"].quality == Quality.BAD_TIMEOUT
        assert "park/acme/m1/telemetry" in intake.faults["m1"].hint
        devices.send_all(numbers(1))
        await until(lambda: intake.faults["m1"] is None)
        assert intake.faults["m2"] is not None
        assert intake.faults["m3"] is None  # it may take its time


async def test_two_gateways_with_one_client_id_are_a_finding_while_they_fight(
    broker: Mosquitto, devices: Publisher
) -> None:
    one, other = source_on(broker, client_id="twin"), source_on(broker, client_id="twin")
    assert one.findings == []
    for _ in range(3):
        async with running(one, Ledger()) as first:
            await until(lambda: first.done() or one.counts["connects"] > one.counts["connections_lost_young"])
            async with running(other, Ledger()):
                await until(first.done)
    assert one.counts["connections_lost_young"] == 3
    assert "ended it 3 times" in one.findings[0]
    assert "client id `twin`" in one.findings[0]


async def test_a_wrong_clock_is_counted_and_its_values_stay(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker), Ledger()
    async with running(source, intake):
        devices.send_all([{"power": 1.0, "ts": 5}])
        await until(lambda: intake.values() == [1.0])
    assert source.counts["implausible_times"] == 1
    assert intake.batches[0].quality == (Quality.UNCERTAIN_TIME,)


async def test_a_large_payload_arrives_whole(broker: Mosquitto, devices: Publisher) -> None:
    source, intake = source_on(broker), Ledger()
    async with running(source, intake):
        devices.send_all([{"power": 1.0, "filler": "x" * 200_000}, {"power": 2.0}])
        await until(lambda: intake.values() == [1.0, 2.0])


async def test_a_probe_of_a_silent_device_says_so(broker: Mosquitto) -> None:
    (exchange,) = await source_on(broker, timeout_s=0.3).probe("m1")
    assert exchange.error == "no message with these points within 0.3 s"
    assert exchange.readings == ()


async def test_a_probe_takes_nothing_away_from_the_run(broker: Mosquitto, devices: Publisher) -> None:
    points = {"power": {}, "energy": {"type": "int"}, "door": {"topic": "door/{device}", "type": "bool"}}
    source, intake = source_on(broker, device_plan("m1", points)), Ledger()
    async with running(source, intake):
        probing = asyncio.create_task(source.probe("m1", ["power", "door"]))
        while not probing.done():
            devices.send_all([{"power": 1.5, "energy": 3}])
            devices.send_all([b"on"], topic="door/m1")
            await asyncio.sleep(0.02)
    found = {reading.point: reading.value for exchange in probing.result() for reading in exchange.readings}
    assert found == {"power": 1.5, "door": True}
    assert {exchange.request for exchange in probing.result()} == {b"park/acme/m1/telemetry", b"door/m1"}
    assert len(intake.values()) >= 2


async def test_a_probe_of_an_unknown_device_is_rejected(broker: Mosquitto) -> None:
    with pytest.raises(Rejected, match="no such point"):
        await source_on(broker).probe("nobody")
    with pytest.raises(Rejected, match="colour"):
        await source_on(broker).probe("m1", ["colour"])


async def test_wrong_credentials_are_named(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    with Mosquitto(tmp_path, "allow_anonymous false", f"password_file {passwords}") as broker:
        for protocol in ("5", "3.1.1"):
            source = source_on(broker, protocol=protocol, username="gateway", password="wrong")
            with pytest.raises(Unavailable, match="check `username`, `password`") as caught:
                await source.run(Ledger())
            assert "wrong" not in str(caught.value)
