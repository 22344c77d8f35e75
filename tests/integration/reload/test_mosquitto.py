"""Reloads while devices publish with QoS 1: nothing is lost or doubled, and the connection is the one of the start."""

import asyncio
from pathlib import Path

from tests.integration.modbus.peer import Peer
from tests.integration.mqtt.park import Mosquitto, Publisher
from tests.integration.reload.plant import Plant, running

PARK = """
site: {{id: qinghe}}
enterprises: [{{id: acme}}]
connections:
  broker:
    {{driver: mqtt, host: 127.0.0.1, port: {mqtt}, client_id: unchanged,
     topics: ["park/{{enterprise}}/{{device}}/telemetry"]}}
  line: {{driver: modbus, host: 127.0.0.1, port: {modbus}, timeout: 1 s}}
devices:
  - {{id: m1, enterprise: acme, kind: meter, connection: broker, points: {{power: {{}}}}}}
  - id: m2
    enterprise: acme
    kind: meter
    connection: line
    unit: 1
    groups: {{fast: 100 ms}}
    points: {{power: {{table: input, address: 0, type: float32}}}}
store: {{directory: data, commit_interval: 50 ms}}
"""
MESSAGES = 400


async def test_messages_are_neither_lost_nor_doubled_while_other_parts_are_reloaded(tmp_path: Path) -> None:
    peer = Peer()
    await peer.up()
    plant = Plant(tmp_path, peer, peer)
    with Mosquitto(tmp_path) as broker, Publisher(broker.port) as devices:
        await asyncio.to_thread(plant.add, PARK.format(mqtt=broker.port, modbus=peer.port))
        async with running(plant):
            await plant.until(lambda: plant.gateway.sources["broker"].counts["connects"])
            sending = asyncio.create_task(asyncio.to_thread(publish, devices))
            for unit in (2, 3, 4):
                plant.edit(f"unit: {unit - 1}\n", f"unit: {unit}\n")
                await plant.reload()
                await plant.until_read("m2", more=1)
            await sending
            await plant.until(lambda: values(plant)[-1:] == [float(MESSAGES - 1)])
            assert values(plant) == [float(number) for number in range(MESSAGES)]
            assert plant.gateway.sources["broker"].counts["connects"] == 1
            assert peer.connections == 4
    log = await asyncio.to_thread((tmp_path / "mosquitto.log").read_text)
    assert log.count(" as unchanged ") == 1
    await peer.down()


async def test_a_changed_broker_connection_takes_up_what_came_meanwhile(tmp_path: Path) -> None:
    peer = Peer()
    await peer.up()
    plant = Plant(tmp_path, peer, peer)
    with Mosquitto(tmp_path) as broker, Publisher(broker.port) as devices:
        await asyncio.to_thread(plant.add, PARK.format(mqtt=broker.port, modbus=peer.port))
        async with running(plant):
            await plant.until(lambda: plant.gateway.sources["broker"].counts["connects"])
            sending = asyncio.create_task(asyncio.to_thread(publish, devices))
            plant.edit("client_id: unchanged", "keepalive: 20 s, client_id: unchanged")
            await plant.reload()
            await sending
            await plant.until(lambda: set(values(plant)) == {float(number) for number in range(MESSAGES)})
            assert peer.connections == 1
    await peer.down()


def publish(devices: Publisher) -> None:
    """So many numbers, in order."""
    for start in range(0, MESSAGES, 20):
        devices.send_all([{"power": float(number)} for number in range(start, start + 20)])


def values(plant: Plant) -> list[object]:
    """What came of the device that publishes, in order."""
    found = [batch for batch in plant.batches if batch.block.device.id == "m1" and batch.quality is None]
    return [batch.values[0] for batch in found]
