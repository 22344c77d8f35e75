"""Brokers that refuse, stay silent, lie or send rubbish: named, bounded in time, never fatal."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.mqtt.frames import pubacks
from drivers.mqtt.source import MqttSource
from gateway.core.errors import Unavailable
from tests.contract.source_suite import until
from tests.faults.mqtt.scripted import GRANTED, ScriptedBroker, message
from tests.integration.mqtt.park import Ledger, device_plan, free_port, plan
from tests.steady import LoopClock, SteadyLoop

TWO = {"power": {}, "door": {"topic": "secret/{device}"}}


def source_on(port: int, points: dict[str, dict[str, str]] | None = None, timeout_s: float = 1.0) -> MqttSource:
    return MqttSource(plan(device_plan("m1", points), port=port), LoopClock(), timeout_s=timeout_s)


async def outcome(broker: ScriptedBroker, source: MqttSource | None = None) -> str:
    """How the run ends, which it must within its time-outs."""
    async with broker:
        with pytest.raises(Unavailable) as caught:
            async with asyncio.timeout(5):
                await (source or source_on(broker.port)).run(Ledger())
    assert caught.value.hint
    return str(caught.value)


async def test_nobody_listens() -> None:
    with pytest.raises(Unavailable, match="is the broker running"):
        await source_on(free_port()).run(Ledger())


async def test_an_unknown_host_is_named() -> None:
    connection = plan()
    odd = connection.options.model_copy(update={"host": "no-such-host.invalid"})
    source = MqttSource(type(connection)("broker", "mqtt", odd, connection.devices), LoopClock(), timeout_s=3.0)
    with pytest.raises(Unavailable, match=r"no-such-host\.invalid"):
        await source.run(Ledger())


async def test_silence_after_connect() -> None:
    assert "no answer to the connect request within 1 s" in await outcome(ScriptedBroker(connack=None))


async def test_silence_after_subscribe() -> None:
    assert "no answer to a subscription within 1 s" in await outcome(ScriptedBroker(codes=None))


async def test_the_connection_ends_at_once() -> None:
    assert "closed the connection" in await outcome(ScriptedBroker(connack=None, ends=True))


@pytest.mark.parametrize(
    ("code", "word"), [(135, "Not authorized"), (133, "Client identifier not valid"), (136, "unavailable")]
)
async def test_a_refused_connection_gives_its_reason(code: int, word: str) -> None:
    assert word in await outcome(ScriptedBroker(connack=b"\x20\x03\x00" + bytes([code]) + b"\x00"))


async def test_a_session_that_another_client_took_over_is_named() -> None:
    text = await outcome(ScriptedBroker(after=b"\xe0\x02\x8e\x00"))
    assert "another client took over client id `park-gateway-park-broker`" in text


async def test_a_broker_that_shuts_down_is_named() -> None:
    assert "Server shutting down" in await outcome(ScriptedBroker(after=b"\xe0\x02\x8b\x00"))


async def test_all_subscriptions_refused_is_of_no_use() -> None:
    assert "access list" in await outcome(ScriptedBroker(codes=lambda count: b"\x87" * count))


async def test_one_subscription_refused_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedBroker(codes=lambda _: GRANTED + b"\x87", after=message(b'{"power":1.5}')) as broker:
        source, intake = source_on(broker.port, TWO), Ledger()
        task = asyncio.create_task(source.run(intake))
        await until(lambda: intake.values() == [1.5])
        await stop(task)
    assert source.counts["subscriptions_refused"] == 1
    assert "topic=secret/m1" in caplog.text


async def test_messages_that_come_before_the_subscription_is_confirmed_count() -> None:
    early = b"".join(message(b'{"power":%d}' % number, mid=number) for number in (1, 2))
    async with ScriptedBroker(before=early, after=message(b'{"power":3}', mid=3)) as broker:
        source, intake = source_on(broker.port), Ledger()
        task = asyncio.create_task(source.run(intake))
        await until(lambda: intake.values() == [1.0, 2.0, 3.0])
        source.on_durable(3)
        await until(lambda: pubacks([1, 2, 3]) in broker.received)
        await stop(task)


async def test_nothing_is_acknowledged_on_another_connection_than_its_own() -> None:
    source, intake = None, Ledger()
    async with ScriptedBroker(after=message(b'{"power":1}', mid=7), ends=True) as broker:
        source = source_on(broker.port)
        with pytest.raises(Unavailable):
            await source.run(intake)
    assert intake.values() == [1.0]
    async with ScriptedBroker(after=message(b'{"power":2}', mid=9)) as broker:
        again = plan(device_plan("m1"), port=broker.port)
        source._options = again.options  # type: ignore[assignment]  # the same source, the broker at another port
        task = asyncio.create_task(source.run(intake))
        await until(lambda: 2.0 in intake.values())
        intake.commit(source)
        await until(lambda: pubacks([9]) in broker.received)
        await stop(task)
    assert pubacks([7]) not in broker.received


async def test_a_topic_that_is_not_utf8_is_a_reject() -> None:
    bad = b"\x32\x08\x00\x02\xff\xfe\x00\x05\x00{"
    async with ScriptedBroker(after=bad) as broker:
        source = source_on(broker.port)
        task = asyncio.create_task(source.run(Ledger()))
        await until(lambda: source.counts["unknown_topics"] == 1)
        await until(lambda: pubacks([5]) in broker.received)
        await stop(task)


async def test_a_message_in_drips_arrives_whole() -> None:
    async with ScriptedBroker() as broker:
        source, intake = source_on(broker.port), Ledger()
        task = asyncio.create_task(source.run(intake))
        await until(lambda: source.counts["connects"])
        for byte in message(b'{"power":1.5}') + message(b'{"power":2.5}', mid=2):
            broker.send(bytes([byte]))
            await asyncio.sleep(0.001)
        await until(lambda: intake.values() == [1.5, 2.5])
        await stop(task)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.booleans())
def test_rubbish_ends_the_connection_or_is_waited_out(rubbish: bytes, is_connected: bool) -> None:
    async def scene() -> None:
        script = (
            ScriptedBroker(after=rubbish, ends=True) if is_connected else ScriptedBroker(connack=rubbish, ends=True)
        )
        async with script as broker:
            with pytest.raises(Unavailable):
                async with asyncio.timeout(5):
                    await source_on(broker.port, timeout_s=0.3).run(Ledger())

    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        runner.run(scene())


async def test_a_slow_connection_can_be_cancelled() -> None:
    async with ScriptedBroker(connack=None) as broker:
        task = asyncio.create_task(source_on(broker.port, timeout_s=30.0).run(Ledger()))
        await until(lambda: broker._writers)
        async with asyncio.timeout(2):
            await stop(task)


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_message_with_nothing_new_is_acknowledged_though_no_commit_follows() -> None:
    class Deadbanded(Ledger):
        def accept(self, batch: object) -> int | None:
            return 5

    broker = ScriptedBroker(after=message(b'{"power": 1}', mid=7))
    async with broker:
        source = source_on(broker.port)
        source.on_durable(5)  # an earlier connection's
        task = asyncio.create_task(source.run(Deadbanded()))
        await until(lambda: pubacks([7]) in broker.received)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
