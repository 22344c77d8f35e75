"""kill -9 at any moment: no sample lost, none stored twice."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from drivers.history.query import open_reader
from tests.integration.history.park import DAY, NOON

WRITER = Path(__file__).with_name("writer.py")
KILLS = 12
FOREVER = 10**9


def start(directory: Path, last: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(WRITER), str(directory), str(last)])


async def test_a_kill_at_any_moment_neither_loses_nor_doubles_a_sample(tmp_path: Path) -> None:
    random = Random(20261122)
    cursor = tmp_path / "cursor"
    for _ in range(KILLS):
        before = cursor.read_text() if cursor.exists() else "0"
        process = start(tmp_path, FOREVER)
        deadline = time.monotonic() + 60
        while (cursor.read_text() if cursor.exists() else "0") in ("0", before) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.2))  # the moment of the kill is what is random here
        process.kill()
        process.wait(10)
        assert int(cursor.read_text()) > int(before), "the writer never got a block to disk"
    last = int(cursor.read_text()) + 25
    assert start(tmp_path, last).wait(60) == 0

    reader = await open_reader(tmp_path / "history")
    try:
        for begin in (NOON, NOON - 2 * DAY):
            found = await reader.raw(1, begin, begin + DAY, 100_000)
            numbers = [value for _, value, _ in found.rows]
            assert numbers == [float(number) for number in range(1, len(numbers) + 1)]
            assert len(numbers) >= last
    finally:
        await reader.close()
