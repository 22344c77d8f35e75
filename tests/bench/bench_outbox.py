"""Cost of the outbox per value: append, commit, read from memory, read with decoding. Prints one JSON line.

`python tests/bench/bench_outbox.py [--commits 50]`: each commit holds 100 batches of 60 floats, as 100 devices give in
one second. Times are the best of three rounds, of CPU of the whole process where threads are at work.
"""

import argparse
import asyncio
import json
import random
import struct
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.store.outbox import Outbox

DEVICES, POINTS = 100, 60
SINK = "bench"


def make_batches(commits: int) -> list[list[Batch]]:
    """Per commit one batch of every device; float32 values as a meter gives them."""
    points = tuple(Point(f"p{i}", digits=7) for i in range(POINTS))
    blocks = [Block(Device(f"meter{i}", "park", "acme", "meter"), points, 1.0) for i in range(DEVICES)]
    noise = random.Random(1)
    start = time.time_ns()
    return [
        [
            Batch(block, tuple(round(noise.gauss(230.0, 4.0), 2) for _ in range(POINTS)), start + second * 10**9)
            for block in blocks
        ]
        for second in range(commits)
    ]


async def read_all(outbox: Outbox) -> int:
    """Read and confirm everything; returns the samples."""
    count = 0
    while chunks := await outbox.read(SINK, Stream.TELEMETRY, outbox.cursor(SINK, Stream.TELEMETRY), 2**20):
        count += sum(chunk.count for chunk in chunks)
        await outbox.advance(SINK, Stream.TELEMETRY, chunks[-1].seq)
    return count


async def append_all(outbox: Outbox, work: list[list[Batch]]) -> dict[str, float]:
    """A commit for each part of the work; nanoseconds per value."""
    layout = struct.Struct(f"{POINTS}d")
    append_s = commit_cpu_s = commit_wall_s = 0.0
    for batches in work:
        for batch in batches:
            fresh = replace(batch, values=layout.unpack(layout.pack(*batch.values)))  # in cache, as after decoding
            start = time.perf_counter()
            outbox.append(Stream.TELEMETRY, fresh)
            append_s += time.perf_counter() - start
        cpu, wall = time.process_time(), time.perf_counter()
        await outbox.commit()
        commit_cpu_s += time.process_time() - cpu
        commit_wall_s += time.perf_counter() - wall
    values = len(work) * DEVICES * POINTS
    return {
        "append_ns": append_s / values * 1e9,
        "commit_thread_cpu_ns": commit_cpu_s / values * 1e9,
        "commit_ms": commit_wall_s / len(work) * 1e3,
    }


async def read_from_memory(outbox: Outbox) -> int:
    """Read everything and confirm nothing; returns the samples."""
    count = seq = 0
    while chunks := await outbox.read(SINK, Stream.TELEMETRY, seq, 2**20):
        seq = chunks[-1].seq
        count += sum(chunk.count for chunk in chunks)
    return count


async def measure(directory: Path, work: list[list[Batch]]) -> dict[str, float]:
    """One round; nanoseconds per value."""
    limits = StoreLimits(directory, 2**30, 86400.0 * 7, 0, 1.0, "power_loss")
    values = len(work) * DEVICES * POINTS
    outbox = await Outbox.open(limits, SystemClock(), tail_max_bytes=2**30)
    await outbox.register([SINK])
    outbox.prepare([batch.block for batch in work[0]])
    appended = await append_all(outbox, work)
    stored = outbox.state.used_bytes
    cpu = time.process_time()
    assert await read_from_memory(outbox) == values
    memory_cpu_s = time.process_time() - cpu
    await outbox.close()
    outbox = await Outbox.open(limits, SystemClock())
    await outbox.register([SINK])
    cpu = time.process_time()
    assert await read_all(outbox) == values
    decode_cpu_s = time.process_time() - cpu
    await outbox.close()
    return {
        **appended,
        "read_memory_ns": memory_cpu_s / values * 1e9,
        "read_decode_advance_ns": decode_cpu_s / values * 1e9,
        "bytes_per_value": stored / values,
    }


def main() -> None:
    """Print the best of three rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commits", type=int, default=50)
    work = make_batches(parser.parse_args().commits)
    rounds: list[dict[str, float]] = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as directory:
            rounds.append(asyncio.run(measure(Path(directory), work)))
    best = {name: round(min(one[name] for one in rounds), 2) for name in rounds[0]}
    sys.stdout.write(json.dumps({"workload": "outbox", "commits": len(work), **best}) + "\n")


if __name__ == "__main__":
    main()
