"""CPU of the Modbus path alone: sources to an intake that keeps nothing, against the fast server in another process.

    python tests/bench/bench_modbus_path.py --endpoints 100 --interval-ms 20 --seconds 5

Prints one JSON line. `us_per_request` is the CPU time of this process (user + system) per answered read of 60 float32.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from drivers.modbus.config import Connection, DeviceAddress, PointAddress
from drivers.modbus.source import build
from gateway.config.plan import ConnectionPlan, DevicePlan, GroupPlan
from gateway.core.batch import Batch
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.ports import Fault, Frame, Source

SERVER = Path(__file__).with_name("modbus_server.py")
POINTS = 60


class NullIntake:
    """Counts batches and the time of each since the beat."""

    def __init__(self) -> None:
        self.batches = 0

    def accept(self, batch: Batch) -> int | None:
        self.batches += 1
        return self.batches

    def hasten(self, delay_s: float) -> None:
        pass

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        if fault is not None:
            sys.stderr.write(f"{fault}\n")

    def frame(self, frame: Frame) -> None:
        pass

    def is_traced(self, device: str) -> bool:
        return False


def plans(ports: list[int], interval_s: float) -> list[ConnectionPlan]:
    """One device of 60 float32 behind each port."""
    points = tuple(Point(f"p{i}", digits=7) for i in range(POINTS))
    places = tuple(PointAddress(address=2 * i, type="float32") for i in range(POINTS))
    group = GroupPlan("fast", interval_s, 0.0, points, places)
    made = []
    for i, port in enumerate(ports):
        device = Device(f"d{i}", "site", "enterprise", "meter")
        made.append(
            ConnectionPlan(
                f"c{i}",
                "modbus",
                Connection(host="127.0.0.1", port=port),
                (DevicePlan(device, DeviceAddress(unit=1), (group,)),),
            )
        )
    return made


@contextlib.contextmanager
def server(count: int, core: int | None) -> Iterator[list[int]]:
    """The fast server in a process of its own; gives its ports."""
    process = subprocess.Popen([sys.executable, str(SERVER), "--count", str(count)], stdout=subprocess.PIPE)
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["ports"]
    finally:
        process.terminate()
        process.wait(10)


def cpu_s() -> float:
    """User and system time of this process."""
    times = os.times()
    return times.user + times.system


async def measure(sources: list[Source], seconds: float) -> dict[str, float]:
    """Run the sources and measure between a warm-up and the end."""
    intake = NullIntake()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(source.run(intake)) for source in sources]
        await asyncio.sleep(1.0)
        gc.collect()
        gc.freeze()
        await asyncio.sleep(0.2)  # the collection itself missed a beat or two
        missed_before = sum(source.counts["missed_polls"] for source in sources)
        batches, cpu, wall = intake.batches, cpu_s(), time.perf_counter()
        await asyncio.sleep(seconds)
        batches, cpu, wall = intake.batches - batches, cpu_s() - cpu, time.perf_counter() - wall
        for task in tasks:
            task.cancel()
    missed = sum(source.counts["missed_polls"] for source in sources) - missed_before
    return {
        "requests_s": round(batches / wall, 1),
        "us_per_request": round(cpu / batches * 1e6, 2),
        "us_per_value": round(cpu / batches / POINTS * 1e6, 4),
        "cpu_pct": round(100 * cpu / wall, 1),
        "missed_pct": round(100 * missed / max(1, missed + batches), 2),
    }


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=int, default=100)
    parser.add_argument("--interval-ms", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--pin", action="store_true", help="gateway on core 0, devices on core 1")
    options = parser.parse_args()
    if options.pin:
        os.sched_setaffinity(0, {0})
    with server(options.endpoints, 1 if options.pin else None) as ports:
        sources = build(plans(ports, options.interval_ms / 1000), SystemClock())
        figures = uvloop.run(measure(sources, options.seconds))
    head = {"workload": "modbus_path", "endpoints": options.endpoints, "interval_ms": options.interval_ms}
    sys.stdout.write(json.dumps({**head, **figures}) + "\n")


if __name__ == "__main__":
    main()
