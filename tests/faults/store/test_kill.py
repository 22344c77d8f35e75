"""kill -9, twenty times at any moment: whatever was acknowledged is there afterwards, once and in order."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Stream
from gateway.core.clock import SystemClock
from gateway.store.outbox import Outbox

ROUNDS = 20
VICTIM = Path(__file__).with_name("kill_victim.py")


def acknowledged(ledger: Path) -> int:
    """The last number that the ledger holds; 0: none."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return int(lines[-1]) if lines else 0


def run_and_kill(directory: Path, ledger: Path, first: int, after_s: float) -> None:
    """Start the victim, wait for its first acknowledgement and kill it some time later."""
    victim = subprocess.Popen([sys.executable, str(VICTIM), str(directory), str(ledger), str(first)])
    try:
        deadline = time.monotonic() + 60
        while acknowledged(ledger) < first:
            assert victim.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it acknowledged nothing"
            time.sleep(0.005)
        time.sleep(after_s)
    finally:
        victim.kill()
        victim.wait()


async def stored(directory: Path, sink: str) -> dict[Stream, list[int]]:
    """What this sink has not got yet."""
    outbox = await Outbox.open(
        StoreLimits(directory, 2**28, 7 * 86400.0, 0, 1.0, "power_loss"), SystemClock(), ballast_bytes=2**20
    )
    await outbox.register(["done", "late"])
    assert outbox.findings == []
    found = {}
    for stream in Stream:
        chunks = await outbox.read(sink, stream, outbox.cursor(sink, stream), 2**40)
        found[stream] = [int(batch.values[0] or 0) for chunk in chunks for batch in chunk.batches]
    for name in ("done", "late"):
        account = outbox.account(name)
        assert account.is_balanced
        assert account.dropped == {}
    await outbox.close()
    return found


@pytest.mark.slow
async def test_no_acknowledged_sample_is_lost_or_doubled_by_twenty_kills(tmp_path: Path) -> None:
    directory, ledger = tmp_path / "data", tmp_path / "ledger"
    random = Random(3)
    first = 1
    for _ in range(ROUNDS):
        run_and_kill(directory, ledger, first, random.uniform(0.0, 0.15))
        found = await stored(directory, "late")
        highest = max(max(numbers, default=0) for numbers in found.values())
        assert highest >= acknowledged(ledger)
        for stream, numbers in found.items():
            is_counter = stream is Stream.COUNTERS
            assert numbers == [n for n in range(1, highest + 1) if (n % 3 == 0) == is_counter]
        first = highest + 1
    assert first > ROUNDS
