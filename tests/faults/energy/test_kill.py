"""kill -9 anywhere: what ledger.db holds in the end is what all readings give at once, no interval lost or doubled."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.energy.reading import Reading
from tests.faults.energy.plant import Clock, Plant, facts, recounted, script, script_books, stored_in

VICTIM = Path(__file__).with_name("victim.py")
ROOT = VICTIM.parents[3]
KILLS = 6


class Killed(BaseException):
    """The process is gone."""


class Countdown:
    """Kills at the n-th step between the files: before it is done, or after it was."""

    def __init__(self, steps: int, *, is_before: bool) -> None:
        self.left = steps
        self._is_before = is_before

    def around(self, owner: Any, name: str) -> None:
        """Count this method's calls."""
        real = getattr(owner, name)

        def step(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self._is_before:
                raise Killed
            result = real(*args, **kwargs)
            if self.left == 0:
                raise Killed
            return result

        setattr(owner, name, step)


def is_counted(directory: Path, readings: list[tuple[str, int, float]]) -> None:
    """The ledger says what a recount of all readings says."""
    books = script_books()
    for device in "ab":
        tag = f"{device}.energy_import"
        mine = [Reading(time_ns, Decimal(repr(value))) for one, time_ns, value in readings if one == device]
        assert facts(stored_in(directory, tag)) == facts(recounted(books, tag, mine))


async def lives(directory: Path, readings: list[tuple[str, int, float]], kills: list[tuple[int, bool]]) -> None:
    """Bring the readings in; the process dies at each of these steps and starts again."""
    clock, done = Clock(), 0
    for steps, is_before in [*kills, (0, False)]:
        plant = await Plant.open(directory, script_books(), clock)
        countdown = Countdown(steps, is_before=is_before)
        countdown.around(plant.ledger, "_guarded")
        countdown.around(plant.outbox._file, "advance")
        try:
            await plant.deliver()
            while done < len(readings):
                part = readings[done : done + 40]
                for device, time_ns, value in part:
                    plant.count(device, time_ns, value)
                await plant.outbox.commit()
                done += len(part)
                await plant.forwarder._deliver()
            await plant.settle()
        except Killed:
            await plant.abandon()
            continue
        await plant.close()
        assert plant.outbox.account("energy").is_balanced


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 120), st.booleans()), max_size=4), st.integers(0, 9))
def test_whatever_step_it_dies_at_nothing_is_lost_or_doubled(kills: list[tuple[int, bool]], seed: int) -> None:
    readings = list(script(300, seed))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(lives(Path(folder), readings, kills))
        is_counted(Path(folder), readings)


def progress_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.slow
def test_real_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    directory, progress, random = tmp_path / "data", tmp_path / "progress", Random(5)
    for life in range(KILLS + 1):
        lines = progress_of(progress)
        done = lines[-1] if lines else "0"
        if done == "end":
            break
        command = [sys.executable, str(VICTIM), str(directory), str(progress), "5", done]
        victim = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            if life == KILLS:
                assert victim.wait(60) == 0
                continue
            deadline = time.monotonic() + 60
            while len(progress_of(progress)) == len(lines):
                assert victim.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.005)
            time.sleep(random.uniform(0.0, 0.6))
        finally:
            victim.kill()
            victim.wait()
    assert progress_of(progress)[-1] == "end"
    is_counted(directory, list(script(2000, 5)))
