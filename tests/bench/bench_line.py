"""Cost of line protocol: encoding, compressing, and how long the loop waits meanwhile. One JSON line each.

python tests/bench/bench_line.py
"""

import asyncio
import json
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable

from drivers.influxdb.body import Limits, make_body, pack
from drivers.influxdb.line import Encoder
from drivers.influxdb.sink import rest
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point, Value, ValueType

DEVICES = 100
POINTS = 60
ROUNDS = 40
TIME_NS = 1_795_000_000_123_456_789
LIMITS = Limits(5000, 1 << 20)


def batches(points: tuple[Point, ...], make: Callable[[], tuple[Value | None, ...]]) -> tuple[Batch, ...]:
    blocks = (Block(Device(f"meter-{i}", "park", f"tenant-{i % 12}", "meter"), points) for i in range(DEVICES))
    return tuple(Batch(block, make(), TIME_NS + i) for i, block in enumerate(blocks))


def points(**more: object) -> tuple[Point, ...]:
    return tuple(Point(f"point_{i:02}", **more) for i in range(POINTS))  # type: ignore[arg-type]


def workloads(chance: random.Random) -> dict[str, tuple[Batch, ...]]:
    def float32() -> tuple[float, ...]:
        return struct.unpack(f"{POINTS}f", struct.pack(f"{POINTS}f", *(chance.uniform(0, 500) for _ in range(POINTS))))

    def sparse() -> tuple[float | None, ...]:
        return tuple(value if chance.random() < 0.3 else None for value in float32())

    mixed = tuple(
        Point(f"point_{i:02}", type=(ValueType.INT if i % 6 == 0 else ValueType.FLOAT), digits=7 if i % 2 else None)
        for i in range(POINTS)
    )
    return {
        "float32": batches(points(digits=7), float32),
        "double": batches(points(), lambda: tuple(chance.uniform(0, 500) for _ in range(POINTS))),
        "scaled_decimal": batches(points(), lambda: tuple(round(chance.uniform(0, 500), 1) for _ in range(POINTS))),
        "int": batches(points(type=ValueType.INT), lambda: tuple(chance.randrange(10**9) for _ in range(POINTS))),
        "mixed": batches(mixed, lambda: tuple(7 if i % 6 == 0 else v for i, v in enumerate(float32()))),
        "float32_deadband_30_percent": batches(points(digits=7), sparse),
    }


def best_ns(work: Callable[[], object]) -> int:
    """The shortest of some rounds: the least disturbed."""

    def once() -> int:
        start = time.perf_counter_ns()
        work()
        return time.perf_counter_ns() - start

    return min(once() for _ in range(ROUNDS))


def report(name: str, **figures: float) -> None:
    print(json.dumps({"workload": name, **{key: round(figure, 1) for key, figure in figures.items()}}))  # noqa: T201


def encode_cost(name: str, rows: tuple[Batch, ...]) -> None:
    encoder, skipped = Encoder(), Counter[str]()
    lines = [line for line, count in (encoder.encode(row, skipped) for row in rows) if count]
    samples = sum(value is not None for row in rows for value in row.values)
    encode_ns = best_ns(lambda: [encoder.encode(row, skipped) for row in rows])
    gzip_ns = best_ns(lambda: pack(lines, gzip=True)) - best_ns(lambda: pack(lines, gzip=False))
    report(
        f"line_{name}",
        encode_ns_per_value=encode_ns / samples,
        gzip_ns_per_value=gzip_ns / samples,
        bytes_per_value=len(pack(lines, gzip=False)) / samples,
        gzip_bytes_per_value=len(pack(lines, gzip=True)) / samples,
    )


async def loop_wait(rows: tuple[Batch, ...], *, in_slices: bool) -> None:
    """A backlog is encoded in a thread while the loop wants to wake every millisecond: how late is it?"""
    pause = rest if in_slices else lambda: None
    encoder, late_ms = Encoder(), list[float]()

    def encode() -> None:
        make_body(encoder, rows, 0, LIMITS, gzip=True, pause=pause)

    await asyncio.to_thread(encode)
    for _ in range(20):
        encoding = asyncio.create_task(asyncio.to_thread(encode))
        while not encoding.done():
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            late_ms.append((time.perf_counter() - start - 0.001) * 1000)
        await encoding
    late_ms.sort()
    report(
        f"loop_wait_{'slices' if in_slices else 'one_piece'}",
        late_p50_ms=late_ms[len(late_ms) // 2],
        late_p99_ms=late_ms[len(late_ms) * 99 // 100],
        late_max_ms=late_ms[-1],
    )


def main() -> None:
    rows = workloads(random.Random(1))
    for name, work in rows.items():
        encode_cost(name, work)
    sys.setswitchinterval(0.0005)  # as the gateway does
    for in_slices in (False, True):
        asyncio.run(loop_wait(rows["float32"] * 10, in_slices=in_slices))


if __name__ == "__main__":
    main()
