"""kill -9 while the ledger is written: it is a gapless beginning with everything acknowledged in it, and verifies."""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from gateway.store import records
from gateway.store.ledger import open_readonly
from gateway.store.ledger_verify import verify

ROUNDS = 12
VICTIM = Path(__file__).with_name("ledger_victim.py")


def acknowledged(told: Path) -> int:
    """The last number that was acknowledged; 0: none."""
    lines = told.read_text().splitlines() if told.exists() else []
    return int(lines[-1]) if lines else 0


def run_and_kill(directory: Path, told: Path, first: int, after_s: float) -> None:
    """Start the victim, wait for its first acknowledgement and kill it some time later."""
    victim = subprocess.Popen([sys.executable, str(VICTIM), str(directory), str(told), str(first)])
    try:
        deadline = time.monotonic() + 60
        while acknowledged(told) < first:
            assert victim.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it acknowledged nothing"
            time.sleep(0.005)
        time.sleep(after_s)
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.slow
def test_no_acknowledged_record_is_lost_by_twelve_kills_and_every_checkpoint_still_fits(tmp_path: Path) -> None:
    directory, told = tmp_path / "data", tmp_path / "told"
    random = Random(4)
    first, notes = 1, []
    for _ in range(ROUNDS):
        run_and_kill(directory, told, first, random.uniform(0.0, 0.15))
        verdict = verify(directory, outside=notes)
        assert verdict.faults == []
        assert verdict.outside == len(notes)
        with closing(open_readonly(directory)) as db:
            numbers = [record.body["number"] for record in records.find(db, limit=10**6)]
            notes = [row[0] for row in db.execute("SELECT note FROM checkpoint")]
        assert numbers == list(range(1, len(numbers) + 1)), "each once and in order"
        assert len(numbers) >= acknowledged(told)
        first = len(numbers) + 1
    assert first > ROUNDS
    assert len(notes) > 3
