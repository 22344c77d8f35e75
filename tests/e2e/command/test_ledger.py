"""An independent ledger: what a broker was told at QoS 1 reaches InfluxDB, however often the gateway is killed."""

import signal
import time
from random import Random
from typing import Any

import pytest

from tests.e2e.command.conftest import until
from tests.integration.mqtt.park import Mosquitto, Publisher
from tests.servers import InfluxServer

PARK = """
site: {{id: ledger}}
enterprises: [{{id: acme}}]
connections:
  broker: {{driver: mqtt, host: 127.0.0.1, port: {broker}, topics: ["park/{{enterprise}}/{{device}}/telemetry"]}}
devices:
  - {{id: book, enterprise: acme, kind: book, connection: broker, points: {{number: {{type: int, kind: counter}}}}}}
sinks:
  influx: {{driver: influxdb, api: v1, url: "{influx}", database: park}}
store: {{directory: data}}
api: {{port: {port}}}
"""
KILLS = 6
A_SECOND = 100


@pytest.mark.timeout(180)
def test_every_number_that_the_broker_took_arrives_although_the_gateway_is_killed(
    folder: Any, influxd: InfluxServer
) -> None:
    random = Random(5)
    with Mosquitto(folder.path) as broker, Publisher(broker.port) as publisher:
        text = PARK.format(broker=broker.port, influx=influxd.url, port=folder.port)
        folder.write_own(text)
        first_ms, number = time.time_ns() // 1_000_000, 0
        for round_ in range(KILLS + 1):
            gateway = folder.start_gateway()
            until(lambda: folder.get("/api/v1/status")["sources"][0]["counts"].get("connects", 0), 60, "it connects")
            end = time.monotonic() + random.uniform(0.5, 2.0)
            while time.monotonic() < end:
                line = {"ts": first_ms + number, "number": number}
                publisher.send(line, "park/acme/book/telemetry").wait_for_publish(10)
                number += 1
                time.sleep(1 / A_SECOND)
            if round_ < KILLS:
                gateway.send_signal(signal.SIGKILL)
                gateway.wait(5)

        def stored() -> set[int]:
            return {int(str(row[1])) for row in influxd.query('SELECT "number" FROM "book"')}

        until(lambda: len(stored()) == number, 60, f"all {number} numbers are in InfluxDB")
        assert stored() == set(range(number))
