"""The outbox: order, cursors, accounts, and files that are not as they should be."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.errors import ConfigError, Unavailable
from gateway.store.outbox import Outbox
from gateway.store.outbox_tables import Account

TELEMETRY, COUNTERS = Stream.TELEMETRY, Stream.COUNTERS
MakeBatch = Callable[..., Batch]
LARGE = 2**40


@asynccontextmanager
async def opened(
    limits: StoreLimits, clock: Any, sinks: tuple[str, ...] = ("a",), **options: Any
) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(limits, clock, **{"ballast_bytes": 4096, **options})
    await outbox.register(sinks)
    yield outbox
    await outbox.close()


def numbers(chunks: list[Chunk]) -> list[object]:
    return [batch.values[1] for chunk in chunks for batch in chunk.batches]


async def store(outbox: Outbox, *batches: Batch, stream: Stream = TELEMETRY) -> None:
    """One commit per batch, so one chunk each."""
    for batch in batches:
        outbox.append(stream, batch)
        await outbox.commit()


def assert_balanced(outbox: Outbox, *sinks: str) -> None:
    assert all(outbox.account(sink).is_balanced for sink in sinks), [outbox.account(sink) for sink in sinks]


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


async def test_a_restart_does_not_send_again_what_was_delivered(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, ("a", "slow")) as outbox:
        await store(outbox, *(make_batch(number) for number in range(4)))
        chunks = await outbox.read("a", TELEMETRY, 0, LARGE)
        await outbox.advance("a", TELEMETRY, chunks[2].seq)
    async with opened(limits, clock, ("a", "slow")) as outbox:
        assert numbers(await outbox.read("a", TELEMETRY, outbox.cursor("a", TELEMETRY), LARGE)) == [3]
        assert numbers(await outbox.read("slow", TELEMETRY, outbox.cursor("slow", TELEMETRY), LARGE)) == [0, 1, 2, 3]
        assert outbox.account("a") == replace(outbox.account("a"), accepted=12, delivered=9, buffered=3)
        assert outbox.findings == []


async def test_rows_go_when_the_slowest_sink_has_them(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock, ("a", "slow")) as outbox:
        await store(outbox, *(make_batch(number) for number in range(4)))
        last = (await outbox.read("a", TELEMETRY, 0, LARGE))[-1].seq
        await outbox.advance("a", TELEMETRY, last)
        assert outbox.state.rows == 4
        await outbox.advance("slow", TELEMETRY, last - 1)
        assert outbox.state.rows == 1
        await outbox.advance("slow", TELEMETRY, last)
        assert outbox.state.rows == 0


async def test_a_cursor_never_goes_back(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1), make_batch(2))
        first, second = await outbox.read("a", TELEMETRY, 0, LARGE)
        await outbox.advance("a", TELEMETRY, second.seq)
        await outbox.advance("a", TELEMETRY, first.seq, quarantined=3)
        assert outbox.cursor("a", TELEMETRY) == second.seq
        assert outbox.account("a") == Account(6, 6, 0, 0)


async def test_the_account_tells_delivered_refused_skipped_and_buffered_apart(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1), make_batch(2), make_batch(3))
        chunks = await outbox.read("a", TELEMETRY, 0, LARGE)
        await outbox.advance("a", TELEMETRY, chunks[1].seq, quarantined=1, dropped={"text": 2})
        account = outbox.account("a")
        assert (account.accepted, account.delivered, account.buffered, account.quarantined) == (9, 3, 3, 1)
        assert account.dropped == {"text": 2}
        assert account.oldest_ns == chunks[2].t_first_ns
        assert account.is_balanced


async def test_a_report_of_more_than_was_given_is_cut_to_what_was_given(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
        (chunk,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        await outbox.advance("a", TELEMETRY, chunk.seq, quarantined=2, dropped={"text": 50})
        assert outbox.account("a").quarantined == 2
        assert outbox.account("a").dropped == {"text": 1}
        assert_balanced(outbox, "a")


async def test_absent_points_are_not_counted(limits: StoreLimits, clock: Any, block: Block) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, Batch(block, (None, 5, None), 1, present=0b010))
        assert outbox.account("a").accepted == 1


async def test_a_sink_that_is_added_gets_the_backlog_that_another_one_holds(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1), make_batch(2))
        first = (await outbox.read("a", TELEMETRY, 0, LARGE))[0]
        await outbox.advance("a", TELEMETRY, first.seq)
    async with opened(limits, clock, ("a", "new")) as outbox:
        assert outbox.account("new") == replace(outbox.account("new"), accepted=3, buffered=3, delivered=0)
        assert numbers(await outbox.read("new", TELEMETRY, outbox.cursor("new", TELEMETRY), LARGE)) == [2]
        assert_balanced(outbox, "a", "new")


async def test_a_sink_that_is_gone_holds_nothing_back(limits: StoreLimits, clock: Any, make_batch: MakeBatch) -> None:
    async with opened(limits, clock, ("a", "gone")) as outbox:
        await store(outbox, make_batch(1), make_batch(2))
        await outbox.advance("a", TELEMETRY, (await outbox.read("a", TELEMETRY, 0, LARGE))[-1].seq)
        assert outbox.state.rows == 2
    async with opened(limits, clock) as outbox:
        assert outbox.state.rows == 0
        assert outbox.account("gone") == Account()


async def test_without_any_sink_everything_is_kept_for_the_one_that_comes(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, ()) as outbox:
        await store(outbox, make_batch(1))
    async with opened(limits, clock) as outbox:
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1]


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


async def test_an_advance_whose_waiter_was_cancelled_is_known_all_the_same(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
        (chunk,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        waiter = asyncio.ensure_future(outbox.advance("a", TELEMETRY, chunk.seq))
        await asyncio.sleep(0)
        waiter.cancel()
        await outbox.commit()
        await outbox.register(["a"])  # comes after it in the thread
        assert outbox.cursor("a", TELEMETRY) == chunk.seq
        assert outbox.account("a").delivered == 3


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


async def test_a_sink_that_takes_one_stream_holds_nothing_of_the_other(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, ()) as outbox:
        await outbox.register(["a", "meter"], {"meter": (COUNTERS,)})
        await store(outbox, make_batch(1))
        await store(outbox, make_batch(2), stream=COUNTERS)
        assert outbox.account("meter").accepted == 3
        (telemetry,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        await outbox.advance("a", TELEMETRY, telemetry.seq)
        (counters,) = await outbox.read("a", COUNTERS, 0, LARGE)
        await outbox.advance("a", COUNTERS, counters.seq)
        assert outbox.state.rows == 1
        await outbox.advance("meter", COUNTERS, counters.seq)
        assert outbox.state.rows == 0
        assert_balanced(outbox, "a", "meter")


async def test_a_new_file_has_another_identity_and_the_same_file_keeps_its_own(limits: StoreLimits, clock: Any) -> None:
    async with opened(limits, clock) as outbox:
        first = outbox.identity
    async with opened(limits, clock) as outbox:
        assert outbox.identity == first != ""
    await asyncio.to_thread((limits.directory / "outbox.db").unlink)
    async with opened(limits, clock) as outbox:
        assert outbox.identity not in (first, "")
