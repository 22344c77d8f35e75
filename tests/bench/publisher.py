"""The MQTT devices of a benchmark: JSON of a time and six values, so many messages a second, until stdin ends.

    publisher.py --port 1883 --qos 1 --rate 2000 --devices 100

Answers each line `FROM_NS TO_NS` on stdin with one JSON line: how many messages it published with a time in between.
"""

import argparse
import json
import sys
import threading
import time
from array import array

import orjson
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

POINTS = ("power_active", "power_reactive", "voltage", "current", "frequency", "energy_import")
BURST_S = 0.005  # messages of so long a time leave together


class Devices:
    """Publishes at an even rate; keeps the time of every message."""

    def __init__(self, port: int, qos: int, rate: float, devices: int) -> None:
        self._times = array("q")
        self._qos = qos
        self._rate = rate
        self._topics = [f"park/tenant-{i % 12}/meter-{i}/telemetry" for i in range(devices)]
        self._client = Client(CallbackAPIVersion.VERSION2, "bench-devices")
        self._client.max_inflight_messages_set(20_000)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._is_over = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        started, number = time.monotonic(), 0
        while not self._is_over:
            due = (time.monotonic() - started) * self._rate
            while number < due:
                self._publish(number)
                number += 1
            time.sleep(BURST_S)

    def _publish(self, number: int) -> None:
        stamp_ms = time.time_ns() // 10**6
        values = {name: round(100.0 + i + number % 977 * 0.013, 3) for i, name in enumerate(POINTS)}
        body = orjson.dumps({"ts": stamp_ms, **values})
        self._client.publish(self._topics[number % len(self._topics)], body, self._qos)
        self._times.append(stamp_ms * 10**6)

    def published(self, from_ns: int, to_ns: int) -> int:
        """Messages with a time from `from_ns` to before `to_ns`."""
        return sum(from_ns <= stamp < to_ns for stamp in self._times)

    def stop(self) -> None:
        """End the thread and the connection."""
        self._is_over = True
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()


def main() -> None:
    """Publish, and answer questions, until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--qos", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--devices", type=int, default=100)
    options = parser.parse_args()
    devices = Devices(options.port, options.qos, options.rate, options.devices)
    for question in sys.stdin:
        from_ns, to_ns = map(int, question.split())
        count = devices.published(from_ns, to_ns)
        sys.stdout.write(json.dumps({"messages": count}) + "\n")
        sys.stdout.flush()
    devices.stop()


if __name__ == "__main__":
    main()
