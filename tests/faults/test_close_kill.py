"""A kill between the records of a close: all of it is there afterwards, or nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.store import records
from gateway.store.checkpoints import newest
from tests.unit.gateway.accounts.account_park import AccountPark, filled

PROGRAM = """
import os, signal, sys
from pathlib import Path
import gateway.accounts.carbon.close as closing
import gateway.accounts.carbon.runs as runs
from gateway.store.records import Kind
from tests.unit.gateway.accounts.account_park import AccountPark

target, count = sys.argv[2], int(sys.argv[3])
seen = 0

def killing(append):
    def wrapped(db, now_ns, kind, body, **more):
        global seen
        seen += kind.value == target
        if seen > count:
            os.kill(os.getpid(), signal.SIGKILL)
        return append(db, now_ns, kind, body, **more)
    return wrapped

closing.append, runs.append = killing(closing.append), killing(runs.append)
AccountPark.at(Path(sys.argv[1])).close()
"""


@pytest.mark.parametrize(("kind", "count"), [("run", 0), ("entry", 0), ("entry", 3), ("close", 0)])
def test_a_kill_in_the_middle_of_a_close_leaves_nothing_of_it(tmp_path: Path, kind: str, count: int) -> None:
    park = filled(tmp_path)
    before = records.size(park.db)
    park.db.close()
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), kind, str(count)]
    done = subprocess.run(command, check=False, timeout=60, cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    after = AccountPark.at(tmp_path)
    assert records.size(after.db) == before
    assert newest(after.db) is None
    assert after.summary()["status"] == "open"
    after.close()
    assert after.summary()["status"] == "closed"
