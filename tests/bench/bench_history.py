"""What the local history costs: 100 batches of 60 values a second in 60 s blocks, then a day's trend.

    python tests/bench/bench_history.py [--blocks 30] [--memory-limit 32] [--day-rate 600]

One JSON line. `us_per_value` is user + system time of the whole process (loop and DuckDB thread) over the values
written, `loop_us_per_value` the part that is spent taking chunks in; `longest_turn_ms` is the longest time for which a
timer of 1 ms came late while blocks were written and trends asked (a busy machine shows here too), `hour_trend_ms` a
point's last hour at that rate, `day_trend_ms` a point's day of `day_rows` samples in 300 buckets, `pss_mib` the memory
of the process when a block has just been written, at its highest over the run, and before duckdb was imported.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.device import Device
from gateway.core.point import Point

DEVICES, WIDTH, SECOND = 100, 60, 1_000_000_000
MIDNIGHT = 1_795_305_600 * SECOND


def pss_mib() -> float:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def blocks_of(count: int) -> list[Block]:
    points = tuple(Point(f"p{number}") for number in range(WIDTH))
    device = Device("d", "park", "works", "meter")
    return [Block(device, points, 1.0, tuple(range(n * WIDTH, (n + 1) * WIDTH))) for n in range(count)]


class Load:
    """Chunks of one second each; values like meters': two decimals around a level of their own."""

    def __init__(self, devices: int) -> None:
        random = Random(1)
        self._blocks = blocks_of(devices)
        self._values = [
            tuple(round(random.gauss(100 + n % 100, 1), 2) for _ in range(WIDTH)) for n in range(max(500, devices))
        ]
        self._random = random
        self.seq = 0

    def chunk(self, begin_ns: int, seconds: int = 1) -> Chunk:
        self.seq += 1
        pick, values, times = self._random.randrange(len(self._values)), self._values, range(seconds)
        batches = tuple(
            Batch(block, values[(pick + n * 7 + s) % len(values)], begin_ns + s * SECOND + n * 1_000_003)
            for s in times
            for n, block in enumerate(self._blocks)
        )
        count = len(batches) * WIDTH
        return Chunk(self.seq, Stream.TELEMETRY, batches, count, begin_ns, batches[-1].time_ns)


class Clock:
    """Runs with the samples, not with the wall."""

    def __init__(self) -> None:
        self.now_ns = MIDNIGHT

    def time_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.now_ns / SECOND

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Watch:
    """How late a timer of 1 ms comes."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.is_on = False  # off while the load is made

    async def run(self) -> None:
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.001)
            if self.is_on:
                self.late_ms.append((time.perf_counter() - begin - 0.001) * 1e3)

    def quantile(self, share: float) -> float:
        return sorted(self.late_ms)[int(share * (len(self.late_ms) - 1))]


def days_size(directory: Path) -> int:
    return sum(path.stat().st_size for path in (directory / "history").glob("20*.duckdb"))


async def measure_blocks(directory: Path, count: int, limit_mib: int) -> dict[str, float]:
    from tests.integration.history.park import make_sink

    clock, load, watch = Clock(), Load(DEVICES), Watch()
    sink = make_sink(directory, clock, memory_limit=limit_mib * 2**20)  # type: ignore[arg-type]
    ticker = asyncio.create_task(watch.run())
    await sink.reader.trend(7, 0, SECOND, SECOND)  # connects; at the start of the gateway nobody waits
    cpu = loop = values = peak = after = 0.0
    for _ in range(count):
        chunks = [load.chunk(clock.now_ns + second * SECOND) for second in range(60)]
        clock.now_ns += 60 * SECOND
        await asyncio.sleep(0.002)
        watch.is_on = True
        begin = time.process_time()
        for chunk in chunks:
            await sink.write(chunk)
            await asyncio.sleep(0)
        loop += time.process_time() - begin
        await sink.flush()
        cpu += time.process_time() - begin
        values += sum(chunk.count for chunk in chunks)
        after = pss_mib()
        await sink.reader.trend(7, clock.now_ns - 3600 * SECOND, clock.now_ns, 12 * SECOND)
        watch.is_on = False
        peak = max(peak, pss_mib(), after)
    begin_wall = time.perf_counter()
    await sink.reader.trend(4711, clock.now_ns - 3600 * SECOND, clock.now_ns, 12 * SECOND)
    trend_ms = (time.perf_counter() - begin_wall) * 1e3
    await sink.close()
    ticker.cancel()
    return {
        "us_per_value": round(cpu / values * 1e6, 4),
        "loop_us_per_value": round(loop / values * 1e6, 4),
        "bytes_per_value": round(days_size(directory) / values, 3),
        "hour_trend_ms": round(trend_ms, 1),
        "longest_turn_ms": round(max(watch.late_ms), 2),
        "turn_p99_ms": round(watch.quantile(0.99), 2),
        "pss_mib": round(after, 1),
        "pss_peak_mib": round(peak, 1),
    }


async def measure_day(directory: Path, rate: int, limit_mib: int) -> dict[str, float]:
    from tests.integration.history.park import make_sink

    clock, load = Clock(), Load(rate // WIDTH)
    sink = make_sink(directory, clock, memory_limit=limit_mib * 2**20)  # type: ignore[arg-type]
    rows = 0
    for _ in range(1440):
        chunk = load.chunk(clock.now_ns, 60)
        clock.now_ns += 60 * SECOND
        rows += chunk.count
        await sink.write(chunk)
    await sink.flush()
    begin = time.perf_counter()
    trend = await sink.reader.trend(17, MIDNIGHT, MIDNIGHT + 86_400 * SECOND, 288 * SECOND, timeout_s=60)
    elapsed_ms = (time.perf_counter() - begin) * 1e3
    assert sum(trend.count) == 86_400
    await sink.close()
    return {
        "day_rows": rows,
        "day_trend_ms": round(elapsed_ms, 1),
        "day_bytes_per_value": round(days_size(directory) / rows, 3),
        "day_pss_mib": round(pss_mib(), 1),
    }


def parts(options: argparse.Namespace) -> Iterator[dict[str, float]]:
    yield {"pss_before_mib": round(pss_mib(), 1)}
    for measure, size in ((measure_blocks, options.blocks), (measure_day, options.day_rate)):
        with tempfile.TemporaryDirectory() as folder:
            yield uvloop.run(measure(Path(folder), size, options.memory_limit))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--blocks", type=int, default=30, help="blocks of 360,000 values")
    parser.add_argument("--memory-limit", type=int, default=32, help="DuckDB's, in MiB")
    parser.add_argument("--day-rate", type=int, default=600, help="values a second of the day that is asked for")
    options = parser.parse_args()
    sys.setswitchinterval(0.0005)  # as the gateway does
    result: dict[str, object] = {"workload": "history", "values_s": DEVICES * WIDTH}
    for part in parts(options):
        result.update(part)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
