"""What the outbox says while it drops samples for want of room, and when it stops saying so."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.store import outbox_guard, outbox_trim
from gateway.store.outbox import Outbox, Storage
from tests.unit.gateway.store.outboxes import TELEMETRY, MakeBatch, opened, store


async def fill(outbox: Outbox, make_batch: MakeBatch, count: int) -> None:
    noise = Random(1)
    for number in range(count):
        await store(outbox, make_batch(number, noise.randbytes(10_000).hex()))


async def test_drops_for_a_cap_are_told_until_a_minute_after_the_last(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch
) -> None:
    async with opened(limited(outbox_max_bytes=400_000), clock) as outbox:
        await fill(outbox, make_batch, 40)
        assert outbox.storage is Storage.FULL
        assert outbox.troubles == [finding for finding in outbox.findings if "largest size" in finding]
        last = (await outbox.read("a", TELEMETRY, outbox.cursor("a", TELEMETRY), 2**40))[-1].seq
        await outbox.advance("a", TELEMETRY, last)
        clock.pass_time(59)
        await store(outbox, make_batch(41))
        assert outbox.storage is Storage.FULL
        clock.pass_time(1)
        await store(outbox, make_batch(42))
        assert (outbox.storage, outbox.troubles, outbox.findings) == (Storage.OK, [], [])


async def test_a_disk_kept_just_above_its_reserve_by_dropping_is_told_without_a_break(
    limited: Callable[..., StoreLimits], clock: Any, make_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = 2**20
    free = {"bytes": 10 * reserve}
    for module in (outbox_trim, outbox_guard):
        monkeypatch.setattr(module, "free_bytes", lambda _: free["bytes"])
    async with opened(limited(min_free_bytes=reserve), clock) as outbox:
        await fill(outbox, make_batch, 500)  # more than is spared whatever the disk
        assert outbox.storage is Storage.OK
        free["bytes"] = reserve - 4096
        await store(outbox, make_batch(501))
        free["bytes"] = reserve + 4096  # what the drop has freed
        await store(outbox, make_batch(502))
        assert outbox.storage is Storage.FULL
        free["bytes"] = 2 * reserve
        await store(outbox, make_batch(503))
        assert outbox.storage is Storage.OK
