"""A power cut leaves any prefix of what was written to the log since the last fsync: no commit may be half there."""

import shutil
from pathlib import Path

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.store.outbox import Outbox

FRAME_BYTES = 4096 + 24  # of the write-ahead log
HEADER_BYTES = 32


async def reopen(directory: Path) -> tuple[list[int], bool]:
    """The numbers that are still there, and whether every account adds up."""
    limits = StoreLimits(directory, 2**28, 7 * 86400.0, 0, 1.0, "power_loss")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a"])
    assert outbox.findings == []
    chunks = await outbox.read("a", Stream.TELEMETRY, outbox.cursor("a", Stream.TELEMETRY), 2**40)
    account = outbox.account("a")
    numbers = [int(batch.values[0] or 0) for chunk in chunks for batch in chunk.batches]
    assert account.buffered == 2 * len(numbers)
    await outbox.close()
    return numbers, account.is_balanced


async def test_every_prefix_of_the_log_holds_exactly_the_commits_that_end_in_it(
    tmp_path: Path, limits: StoreLimits, block: Block
) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a"])
    log = limits.directory / "outbox.db-wal"
    ends: list[int] = []  # size of the log when commit i was acknowledged
    for number in range(6):
        outbox.append(Stream.TELEMETRY, Batch(block, (number, "text" * number), number))
        await outbox.commit()
        ends.append(log.stat().st_size)
    content = log.read_bytes()
    database = (limits.directory / "outbox.db").read_bytes()
    cuts = {end + shift for end in ends for shift in (-FRAME_BYTES, -1, 0, 1, 24, FRAME_BYTES)}
    cuts |= set(range(HEADER_BYTES, len(content), FRAME_BYTES // 2))
    for cut in sorted(cut for cut in cuts if ends[0] <= cut <= len(content)):
        directory = tmp_path / f"cut{cut}"
        directory.mkdir()
        (directory / "outbox.db").write_bytes(database)
        (directory / "outbox.db-wal").write_bytes(content[:cut])
        complete = [number for number, end in enumerate(ends) if end <= cut]
        assert await reopen(directory) == (complete, True), cut
        shutil.rmtree(directory)
    await outbox.close()
