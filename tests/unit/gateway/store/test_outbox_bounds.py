"""The outbox within its bounds of size and age: what goes first, and that all of it is counted."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
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


async def test_the_cap_in_bytes_takes_the_oldest_telemetry_and_spares_the_counters(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    noise = Random(1)
    async with opened(limited(outbox_max_bytes=400_000), clock) as outbox:
        for number in range(40):
            text = noise.randbytes(10_000).hex()
            await store(outbox, make_batch(number, text))
            await store(outbox, make_batch(number), stream=COUNTERS)
            assert_balanced(outbox, "a")
            assert outbox.state.used_bytes <= 400_000
        kept = numbers(await outbox.read("a", TELEMETRY, 0, LARGE))
        assert kept == list(range(40 - len(kept), 40))
        assert 15 < len(kept) < 35
        assert numbers(await outbox.read("a", COUNTERS, 0, LARGE)) == list(range(40))
        assert outbox.account("a").dropped == {"cap_bytes": 3 * (40 - len(kept))}
        assert any("largest size" in finding for finding in outbox.findings)


async def test_counters_go_too_when_there_is_no_telemetry_left_to_drop(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    noise = Random(1)
    async with opened(limited(outbox_max_bytes=300_000), clock) as outbox:
        for number in range(40):
            await store(outbox, make_batch(number, noise.randbytes(10_000).hex()), stream=COUNTERS)
        kept = numbers(await outbox.read("a", COUNTERS, 0, LARGE))
        assert kept == list(range(40 - len(kept), 40))
        assert outbox.account("a").dropped == {"cap_bytes": 3 * (40 - len(kept))}
        assert_balanced(outbox, "a")


async def test_what_is_dropped_counts_only_for_the_sinks_that_still_needed_it(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    noise = Random(1)
    async with opened(limited(outbox_max_bytes=300_000), clock, ("fast", "slow")) as outbox:
        for number in range(40):
            await store(outbox, make_batch(number, noise.randbytes(10_000).hex()))
            chunks = await outbox.read("fast", TELEMETRY, outbox.cursor("fast", TELEMETRY), LARGE)
            await outbox.advance("fast", TELEMETRY, chunks[-1].seq)
        assert outbox.account("fast") == replace(outbox.account("fast"), accepted=120, delivered=120, dropped={})
        assert outbox.account("slow").dropped["cap_bytes"] > 0
        assert_balanced(outbox, "fast", "slow")


async def test_a_chunk_that_is_dropped_while_a_sink_works_on_it_is_counted_once(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    noise = Random(1)
    async with opened(limited(outbox_max_bytes=300_000), clock) as outbox:
        await store(outbox, make_batch(0, noise.randbytes(10_000).hex()))
        (in_hand,) = await outbox.read("a", TELEMETRY, 0, LARGE)
        await store(outbox, *(make_batch(number, noise.randbytes(10_000).hex()) for number in range(1, 40)))
        await outbox.advance("a", TELEMETRY, in_hand.seq, quarantined=1)
        assert outbox.account("a").delivered == 0
        assert_balanced(outbox, "a")


async def test_the_file_gives_space_back_when_the_backlog_is_gone(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    noise = Random(1)
    async with opened(limits, clock) as outbox:
        for number in range(48):
            await store(outbox, make_batch(number, noise.randbytes(400_000).hex()))
        grown = (limits.directory / "outbox.db").stat().st_size
        while chunks := await outbox.read("a", TELEMETRY, outbox.cursor("a", TELEMETRY), 1):
            await outbox.advance("a", TELEMETRY, chunks[-1].seq)
    assert (limits.directory / "outbox.db").stat().st_size < grown // 2


async def test_rows_older_than_the_cap_in_age_go(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limited(outbox_max_age_s=3600.0), clock) as outbox:
        await store(outbox, make_batch(1), make_batch(2))
        clock.pass_time(3000)
        await store(outbox, make_batch(3))
        clock.pass_time(1000)
        await store(outbox, make_batch(4))
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [3, 4]
        assert outbox.account("a").dropped == {"cap_age": 6}
        assert_balanced(outbox, "a")


@pytest.mark.parametrize("step_days", [-1, -20_000, 1000])
async def test_a_step_of_the_wall_clock_makes_nothing_old(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch, step_days: int
) -> None:
    async with opened(limited(outbox_max_age_s=3600.0), clock) as outbox:
        await store(outbox, make_batch(1))
        clock.wall_ns += step_days * 86400 * 10**9
        await store(outbox, make_batch(2), make_batch(3))
        clock.pass_time(10)
        await store(outbox, make_batch(4))
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2, 3, 4]


async def test_a_clock_that_was_set_back_before_the_start_makes_new_samples_neither_old_nor_first(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    limits = limited(outbox_max_age_s=3600.0)
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(1))
    clock.wall_ns -= 86400 * 10**9
    async with opened(limits, clock) as outbox:
        await store(outbox, make_batch(2))
        clock.pass_time(3000)
        await store(outbox, make_batch(3))
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2, 3]


async def test_old_time_stamps_are_no_reason_to_drop(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limited(outbox_max_age_s=3600.0), clock) as outbox:
        await store(outbox, replace(make_batch(1), time_ns=0), make_batch(2))
        assert numbers(await outbox.read("a", TELEMETRY, 0, LARGE)) == [1, 2]


async def test_waiting_counts_from_the_commit_whatever_time_the_sample_has_and_whatever_the_clock_does(
    limits: StoreLimits, clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limits, clock, ("a", "slow")) as outbox:
        assert outbox.waited_s("a") is None
        await store(outbox, replace(make_batch(1), time_ns=0))
        assert outbox.waited_s("a") == 0.0
        clock.pass_time(40)
        await store(outbox, make_batch(2))
        clock.wall_ns += 365 * 86400 * 10**9
        clock.pass_time(5)
        assert outbox.waited_s("a") == 45.0
        first = (await outbox.read("a", TELEMETRY, 0, 1))[0]
        await outbox.advance("a", TELEMETRY, first.seq)
        assert (outbox.waited_s("a"), outbox.waited_s("slow")) == (5.0, 45.0)
    clock.wall_ns -= 730 * 86400 * 10**9
    async with opened(limits, clock, ("a", "slow")) as outbox:
        clock.pass_time(10)
        assert outbox.waited_s("a") == 10.0 + (outbox.waited_s("slow") or 0.0) - 50.0
