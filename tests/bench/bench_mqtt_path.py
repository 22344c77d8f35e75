"""What a message costs from the broker's socket to a batch: the MQTT source with an intake that stores nothing.

    python tests/bench/bench_mqtt_path.py [--messages 20000] [--rate 2000] [--profile FILE]

A Mosquitto and the devices (JSON of a time and six values) run in other processes on the other core. One JSON line per
workload: `messages_cpu_s` (messages per CPU second), `us_per_message` (user + system of this process), `messages_s`.
Figures differ between machines and hours: compare the lines of one run.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from drivers.mqtt.source import MqttSource
from gateway.core.batch import Batch
from gateway.core.clock import SystemClock
from gateway.core.ports import Fault, Frame
from tests.integration.mqtt.park import Mosquitto, Publisher, device_plan, plan

POINTS = ("power_active", "power_reactive", "voltage", "current", "frequency", "energy_import")
DEVICES = 20
OTHER_CORE = "--publish"


class NullIntake:
    """Counts batches and says `durable` when it was asked to hurry."""

    def __init__(self) -> None:
        self.position = 0
        self.source: MqttSource | None = None
        self._timer: asyncio.TimerHandle | None = None

    def accept(self, batch: Batch) -> int | None:
        self.position += 1
        return self.position

    def hasten(self, delay_s: float) -> None:
        if delay_s == 0.0 and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._commit)

    def _commit(self) -> None:
        self._timer = None
        assert self.source is not None
        self.source.on_durable(self.position)

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None: ...

    def frame(self, frame: Frame) -> None: ...

    def is_traced(self, device: str) -> bool:
        return False


def publish(port: int, qos: int, count: int, rate: float) -> None:
    """Be the devices: `count` messages, `rate` a second (0: as fast as the broker takes them)."""
    with Publisher(port) as publisher:
        started = time.monotonic()
        for number in range(count):
            if rate and (wait := started + number / rate - time.monotonic()) > 0.002:
                time.sleep(wait)
            values = {name: round(100.0 + i + number % 977 * 0.013, 3) for i, name in enumerate(POINTS)}
            info = publisher.send(
                {"ts": time.time_ns() // 10**6, **values}, f"park/acme/m{number % DEVICES}/telemetry", qos=qos
            )
            if number % 500 == 499 and qos:
                info.wait_for_publish(30)
        info.wait_for_publish(30)


async def receive(port: int, protocol: str, qos: int, count: int, rate: float) -> dict[str, Any]:
    """Take `count` messages in; what that cost this process."""
    devices = [device_plan(f"m{i}", {name: {} for name in POINTS}) for i in range(DEVICES)]
    intake = NullIntake()
    source = MqttSource(plan(*devices, port=port, protocol=protocol, qos=qos), SystemClock())
    intake.source = source
    task = asyncio.create_task(source.run(intake))
    while not source.counts["connects"]:
        await asyncio.sleep(0.01)
    arguments = [sys.executable, __file__, OTHER_CORE, str(port), str(qos), str(count), str(rate)]
    other = await asyncio.create_subprocess_exec(*arguments)
    while source.counts["messages"] == 0:
        assert other.returncode is None, "the devices gave up"
        await asyncio.sleep(0.01)
    gc.collect()
    before, cpu, started = source.counts["messages"], time.process_time(), time.monotonic()
    deadline = started + 120
    while source.counts["messages"] < count and time.monotonic() < deadline:
        if other.returncode is not None and qos == 0 and await quiet(source):
            break  # a broker may shed what was sent at QoS 0
        await asyncio.sleep(0.05)
    used, elapsed = time.process_time() - cpu, time.monotonic() - started
    taken = source.counts["messages"] - before
    await other.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    us = used / taken * 1e6
    workload = f"mqtt{protocol}_qos{qos}_{f'{rate:g}_s' if rate else 'burst'}"
    figures = {
        "workload": workload,
        "messages": taken,
        "messages_s": round(taken / elapsed),
        "us_per_message": round(us, 1),
    }
    return {**figures, "messages_cpu_s": round(1e6 / us), "acknowledged": source.counts["acknowledged"]}


async def quiet(source: MqttSource) -> bool:
    """True where nothing came for half a second."""
    before = source.counts["messages"]
    await asyncio.sleep(0.5)
    return source.counts["messages"] == before


def run(task: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(task)


def main() -> None:
    if sys.argv[1:2] == [OTHER_CORE]:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        publish(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=2_000.0, help="messages a second of the paced workloads")
    parser.add_argument("--profile", help="write a cProfile of everything to this file")
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    profile = cProfile.Profile() if options.profile else None
    with tempfile.TemporaryDirectory() as directory, Mosquitto(Path(directory), "autosave_interval 3600") as broker:
        assert broker.process is not None
        os.sched_setaffinity(broker.process.pid, {max(cores)})
        os.sched_setaffinity(0, {min(cores)})
        for protocol in ("5", "3.1.1"):
            for qos in (0, 1):
                for rate in (options.rate, 0.0):
                    if profile:
                        profile.enable()
                    print(json.dumps(run(receive(broker.port, protocol, qos, options.messages, rate))), flush=True)  # noqa: T201
                    if profile:
                        profile.disable()
    if profile:
        profile.dump_stats(options.profile)


if __name__ == "__main__":
    main()
