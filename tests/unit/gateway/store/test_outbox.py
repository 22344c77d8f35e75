"""The outbox: order, commits, and files that are not as they should be."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block
from gateway.core.errors import ConfigError, Unavailable
from gateway.store.outbox import Outbox
from tests.unit.gateway.store.outboxes import (
    COUNTERS,
    LARGE,
    TELEMETRY,
    MakeBatch,
    assert_balanced,
    numbers,
    opened,
    store,
)


async def test_what_was_committed_is_read_in_order(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock) as outbox:
        positions = [outbox.append(TELEMETRY, make_batch(number)) for number in range(5)]
        assert positions == [1, 2, 3, 4, 5]
        assert outbox.durable == 0
        assert await outbox.read("a", TELEMETRY, 0, LARGE) == []
        assert await outbox.commit() == 5
        (chunk,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        assert numbers([chunk]) == [0, 1, 2, 3, 4]
        assert (chunk.count, chunk.stream) == (15, TELEMETRY)
        assert chunk.t_last_ns - chunk.t_first_ns == 4


async def test_a_commit_without_anything_pending_costs_nothing(limits: StoreLimits, clock: Any) -> None:
    async with opened(limits, clock) as outbox:
        assert await outbox.commit() == 0
        assert outbox.state.rows == 0


async def test_the_streams_do_not_mix(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock) as outbox:
        outbox.append(TELEMETRY, make_batch(1))
        outbox.append(COUNTERS, make_batch(2))
        outbox.append(TELEMETRY, make_batch(3))
        await outbox.commit()
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 3]
        assert numbers(await outbox.read("a", COUNTERS, 0, LARGE)) == [2]


async def test_a_sink_that_keeps_up_gets_the_very_objects_and_one_that_starts_later_equal_ones(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch, block: Block
) -> None:
    batch = make_batch(7)
    async with opened(limits, clock) as outbox:
        await store(outbox, batch)
        (chunk,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        assert chunk.batches[0] is batch
    async with opened(limits, clock) as outbox:
        (again,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        assert again.seq == chunk.seq
        assert again.batches[0].values == batch.values
        assert again.batches[0].block.device.id == "tx1"
        assert again.batches[0].block.ids == (1, 2, 3)


async def test_after_a_restart_old_chunks_decode_to_the_block_that_is_in_use(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch, block: Block
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
    async with opened(limits, clock) as outbox:
        outbox.prepare([block])
        (chunk,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        assert chunk.batches[0].block is block


async def test_reading_stops_at_the_size_asked_for_but_always_gets_on(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    for tail_bytes in (2**20, 0):
        async with opened(limits, clock, tail_max_bytes=tail_bytes) as outbox:
            await store(outbox, *(make_batch(number, "x" * 1000) for number in range(10)))
            start = outbox.cursor("a", TELEMETRY)
            assert numbers(await outbox.read("a", TELEMETRY, start, 1)) == [0]
            assert numbers(await outbox.read("a", TELEMETRY, start, 3000)) == [0, 1, 2]
            last = (await outbox.read("a", TELEMETRY, start, LARGE))[-1].seq
            await outbox.advance("a", TELEMETRY, last)


async def test_a_full_chunk_is_closed_and_asks_for_a_commit(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    told: list[bool] = []
    async with opened(limits, clock) as outbox:
        outbox.listen(told.append)
        for number in range(25):
            outbox.append(TELEMETRY, make_batch(number, "x" * 100_000))
        assert told == [False, True, True]
        await outbox.commit()
        chunks = await outbox.read("a", TELEMETRY, 0, LARGE)
        assert len(chunks) == 3
        assert numbers(chunks) == list(range(25))


async def test_the_outbox_is_full_while_too_much_waits_for_a_commit(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, pending_max_bytes=10_000) as outbox:
        outbox.append(TELEMETRY, make_batch(1, "x" * 9000))
        assert not outbox.is_full
        outbox.append(TELEMETRY, make_batch(2, "x" * 9000))
        assert outbox.is_full
        await outbox.commit()
        assert not outbox.is_full


async def test_two_commits_at_once_store_everything_once(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        outbox.append(TELEMETRY, make_batch(1))
        first = asyncio.ensure_future(outbox.commit())
        await asyncio.sleep(0)
        outbox.append(TELEMETRY, make_batch(2))
        assert await outbox.commit() == 2
        assert await first >= 1
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2]


async def test_a_commit_whose_waiter_was_cancelled_is_known_all_the_same(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        outbox.append(TELEMETRY, make_batch(1))
        waiter = asyncio.ensure_future(outbox.commit())
        await asyncio.sleep(0)
        waiter.cancel()
        outbox.append(TELEMETRY, make_batch(2))
        assert await outbox.commit() == 2
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2]


async def test_a_newer_file_is_refused(limits: StoreLimits, clock: Any) -> None:
    async with opened(limits, clock):
        pass
    path = limits.directory / "outbox.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="newer park-gateway"):
        await Outbox.open(limits, clock)
    assert path.read_bytes() == before


async def test_a_file_in_use_is_refused(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
        with pytest.raises(ConfigError, match="in use by another process"):
            await Outbox.open(
                limits, clock, connector=lambda path: sqlite3.connect(path, isolation_level=None, timeout=0.01)
            )


async def test_a_row_that_cannot_be_decoded_is_kept_aside_counted_and_passed_over(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, ("a", "b")) as outbox:
        await store(outbox, *(make_batch(number) for number in range(3)))
    db = sqlite3.connect(limits.directory / "outbox.db")
    db.execute("UPDATE chunk SET t_last = t_last + 1 WHERE seq = 2")
    db.commit()
    db.close()
    async with opened(limits, clock, ("a", "b")) as outbox:
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [0, 2]
        assert outbox.account("a").dropped == {"corrupt": 3}
        assert outbox.account("b").buffered == 6
        assert_balanced(outbox, "a", "b")
        assert any("row 2 of the outbox could not be decoded" in finding for finding in outbox.findings)
    assert len(list((limits.directory / "quarantine").glob("chunk-2-*.bin"))) == 1


async def test_rows_that_vanished_are_noticed_at_the_start(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1), make_batch(2))
    db = sqlite3.connect(limits.directory / "outbox.db")
    db.execute("DELETE FROM chunk WHERE seq = 1")
    db.commit()
    db.close()
    async with opened(limits, clock) as outbox:
        assert outbox.account("a").dropped == {"corrupt": 3}
        assert_balanced(outbox, "a")
        assert any("3 samples were missing" in finding for finding in outbox.findings)


async def test_a_disk_that_cannot_be_used_stops_neither_the_start_nor_the_taking_in(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    limits.directory.write_text("a file where the folder should be")
    outbox = await Outbox.open(limits, clock, ballast_bytes=4096, pending_max_bytes=10_000)
    await outbox.register(["a"])
    outbox.append(TELEMETRY, make_batch(1))
    assert await outbox.commit() == 0
    with pytest.raises(Unavailable, match=r"outbox\.db cannot be used"):
        await outbox.read("a", TELEMETRY, 0, LARGE)
    assert any("nothing can be stored" in finding for finding in outbox.findings)
    outbox.append(TELEMETRY, make_batch(2, "x" * 10_000))
    assert outbox.is_full
    limits.directory.unlink()
    assert await outbox.commit() == 2
    assert not outbox.is_full
    assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2]
    assert outbox.account("a").accepted == 6
    await outbox.close()


async def test_layouts_of_an_older_configuration_go_with_the_last_row(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch, block: Block
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
        await outbox.advance("a", TELEMETRY, (await outbox.read("a", TELEMETRY, 0, LARGE))[-1].seq)
    changed = Block(block.device, block.points[:1])
    async with opened(limits, clock) as outbox:
        await store(outbox, Batch(changed, (1.0,), 1))
    assert _layouts(limits.directory / "outbox.db") == 1


def _layouts(path: Path) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute("SELECT count(*) FROM layout").fetchone()[0])
    finally:
        db.close()


async def test_a_new_file_has_another_identity_and_the_same_file_keeps_its_own(limits: StoreLimits, clock: Any) -> None:
    async with opened(limits, clock) as outbox:
        first = outbox.identity
    async with opened(limits, clock) as outbox:
        assert outbox.identity == first != ""
    await asyncio.to_thread((limits.directory / "outbox.db").unlink)
    async with opened(limits, clock) as outbox:
        assert outbox.identity not in (first, "")
