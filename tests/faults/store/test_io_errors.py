"""A disk that fails: nothing is acknowledged that may not be there, and all of it arrives when the disk is back."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from gateway.store.migrate import connect
from gateway.store.outbox import Outbox

TELEMETRY = Stream.TELEMETRY


class Disk:
    """Fails statements on request: before they are done, or after, as an fsync does whose data had been written."""

    def __init__(self) -> None:
        self.fails_before: set[str] = set()
        self.fails_after: set[str] = set()
        self.fails_to_open = False
        self.opened = 0

    def connect(self, path: Path) -> sqlite3.Connection:
        self.opened += 1
        if self.fails_to_open:
            raise io_error()
        disk = self

        class FailingConnection(sqlite3.Connection):
            def execute(self, sql: str, parameters: object = ()) -> sqlite3.Cursor:  # type: ignore[override]
                word = sql.split(maxsplit=1)[0]
                if word in disk.fails_before:
                    raise io_error()
                result = super().execute(sql, parameters)  # type: ignore[arg-type]
                if word in disk.fails_after:
                    disk.fails_after.clear()
                    raise io_error()
                return result

        return sqlite3.connect(path, isolation_level=None, factory=FailingConnection)


def io_error() -> sqlite3.OperationalError:
    """As SQLite raises it."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    return error


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def batch(block: Block) -> Callable[[int], Batch]:
    return lambda number: Batch(block, (number, "text"), number)


async def numbers(outbox: Outbox) -> list[object]:
    chunks = await outbox.read("a", TELEMETRY, outbox.cursor("a", TELEMETRY), 2**40)
    return [one.values[0] for chunk in chunks for one in chunk.batches]


async def test_while_the_disk_fails_nothing_is_acknowledged_and_afterwards_all_is_there_in_order(
    limits: StoreLimits, disk: Disk, batch: Callable[[int], Batch]
) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096, connector=disk.connect)
    await outbox.register(["a"])
    outbox.append(TELEMETRY, batch(1))
    assert await outbox.commit() == 1
    disk.fails_before = {"BEGIN"}
    for number in (2, 3, 4):
        outbox.append(TELEMETRY, batch(number))
        assert await outbox.commit() == 1
    assert any("cannot be used" in finding for finding in outbox.findings)
    disk.fails_before = set()
    assert await outbox.commit() == 4
    assert await numbers(outbox) == [1, 2, 3, 4]
    assert outbox.account("a").accepted == 8
    assert outbox.account("a").is_balanced
    assert outbox.findings == []
    await outbox.close()


async def test_a_commit_whose_answer_was_an_error_is_not_stored_twice(
    limits: StoreLimits, disk: Disk, batch: Callable[[int], Batch]
) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096, connector=disk.connect)
    await outbox.register(["a"])
    outbox.append(TELEMETRY, batch(1))
    await outbox.commit()
    disk.fails_after = {"COMMIT"}
    outbox.append(TELEMETRY, batch(2))
    outbox.append(Stream.COUNTERS, batch(3))
    assert await outbox.commit() == 3
    outbox.append(TELEMETRY, batch(4))
    assert await outbox.commit() == 4
    assert await numbers(outbox) == [1, 2, 4]
    assert outbox.account("a").accepted == 8
    await outbox.close()
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096, connector=connect)
    await outbox.register(["a"])
    assert await numbers(outbox) == [1, 2, 4]
    assert outbox.account("a").buffered == 8
    await outbox.close()


async def test_after_an_error_the_file_is_opened_again(
    limits: StoreLimits, disk: Disk, batch: Callable[[int], Batch]
) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096, connector=disk.connect)
    await outbox.register(["a"])
    opened = disk.opened
    disk.fails_after = {"COMMIT"}
    outbox.append(TELEMETRY, batch(1))
    await outbox.commit()
    assert disk.opened == opened + 1
    await outbox.close()


async def test_a_disk_that_is_unplugged_costs_the_delivery_a_wait_and_no_sample(
    limits: StoreLimits, disk: Disk, batch: Callable[[int], Batch]
) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096, tail_max_bytes=0, connector=disk.connect)
    await outbox.register(["a"])
    outbox.append(TELEMETRY, batch(1))
    await outbox.commit()
    disk.fails_to_open = True
    disk.fails_before = {"SELECT", "BEGIN"}
    with pytest.raises(Unavailable, match="cannot be used"):
        await outbox.read("a", TELEMETRY, 0, 2**20)
    with pytest.raises(Unavailable, match="cannot be used"):
        await outbox.advance("a", TELEMETRY, 1)
    assert outbox.cursor("a", TELEMETRY) == 0
    disk.fails_to_open = False
    disk.fails_before = set()
    assert await numbers(outbox) == [1]
    await outbox.advance("a", TELEMETRY, 1)
    assert outbox.account("a").delivered == 2
    await outbox.close()


async def test_the_loop_is_not_held_by_a_slow_disk(limits: StoreLimits, batch: Callable[[int], Batch]) -> None:
    import threading

    release = threading.Event()

    class SlowConnection(sqlite3.Connection):
        def execute(self, sql: str, parameters: object = ()) -> sqlite3.Cursor:  # type: ignore[override]
            if sql == "COMMIT":
                release.wait(30)
            return super().execute(sql, parameters)  # type: ignore[arg-type]

    release.set()
    outbox = await Outbox.open(
        limits,
        SystemClock(),
        ballast_bytes=4096,
        connector=lambda path: sqlite3.connect(path, isolation_level=None, factory=SlowConnection),
    )
    await outbox.register(["a"])
    release.clear()
    outbox.append(TELEMETRY, batch(1))
    commit = asyncio.ensure_future(outbox.commit())
    for number in range(2, 50):
        await asyncio.sleep(0)
        outbox.append(TELEMETRY, batch(number))
    assert not commit.done()
    release.set()
    assert await commit == 1
    assert await outbox.commit() == 49
    await outbox.close()
