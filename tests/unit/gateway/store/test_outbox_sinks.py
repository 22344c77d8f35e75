"""The outbox and its sinks: a cursor and an account of each, and rows that go when nobody needs them."""

import asyncio
from dataclasses import replace
from typing import Any

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block
from gateway.store.outbox_tables import Account
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
