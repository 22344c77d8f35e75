"""Forwarding: in order, from the cursor, with what was refused put away first, and patient with a sink that is gone."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.point import Point, ValueType
from gateway.core.ports import Counts, Refused, Written
from gateway.pipeline.forward import Forwarder, ForwardState
from gateway.store.deadletter import DeadLetters
from gateway.store.outbox import Outbox

TELEMETRY, COUNTERS = Stream.TELEMETRY, Stream.COUNTERS
BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("number", type=ValueType.INT), Point("u")))
SAMPLES = 2  # per batch


class PatientClock(SystemClock):
    """Back-off takes no time; the wait for a flush never ends."""

    async def sleep(self, seconds: float) -> None:
        await (asyncio.sleep(0) if seconds <= 60.0 else asyncio.Event().wait())


class FakeSink:
    """Keeps what it takes; fails, refuses and lags as told."""

    def __init__(self, name: str = "a") -> None:
        self.name = name
        self.counts: Counts = Counts()
        self.taken: list[tuple[Stream, int]] = []
        self.errors: list[Exception] = []  # raised by the next writes
        self.refuses: dict[int, Refused] = {}  # by number
        self.skips: dict[int, Counter[str]] = {}
        self.lags = False  # durable only after `flush`
        self.hangs = False
        self.flushes = 0
        self.last: dict[str, int] = {}

    async def write(self, chunk: Chunk) -> Written:
        if self.hangs:
            await asyncio.Event().wait()
        if self.errors:
            raise self.errors.pop(0)
        numbers = [int(batch.values[0] or 0) for batch in chunk.batches]
        self.taken += [(chunk.stream, number) for number in numbers]
        self.last[chunk.stream] = chunk.seq
        refused = [self.refuses[number] for number in numbers if number in self.refuses]
        skipped = sum((self.skips.get(number, Counter()) for number in numbers), Counter[str]())
        return Written(0 if self.lags else chunk.seq, refused, skipped)

    async def flush(self) -> dict[str, int]:
        self.flushes += 1
        return dict(self.last)

    async def close(self) -> None:
        pass

    def numbers(self, stream: Stream = TELEMETRY) -> list[int]:
        return [number for taken_stream, number in self.taken if taken_stream is stream]


class Gathering(FakeSink):
    """Also keeps how many batches each chunk had that it was offered."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    async def write(self, chunk: Chunk) -> Written:
        self.sizes.append(len(chunk.batches))
        return await super().write(chunk)


class Park:
    """An outbox with forwarders on it."""

    def __init__(self, outbox: Outbox, letters: DeadLetters, clock: Any) -> None:
        self.outbox = outbox
        self.letters = letters
        self.clock = clock
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, sink: FakeSink, **options: Any) -> Forwarder:
        forwarder = Forwarder(sink, self.outbox, self.letters, self.clock, Random(1), **options)
        self.tasks.append(asyncio.create_task(forwarder.run()))
        await asyncio.sleep(0)
        return forwarder

    async def put(self, *numbers: int, stream: Stream = TELEMETRY) -> None:
        """One chunk for each number."""
        for number in numbers:
            self.outbox.append(stream, Batch(BLOCK, (number, 1.5), number))
            await self.outbox.commit()

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.tasks.clear()


async def until(condition: Callable[[], bool]) -> None:
    """Wait, not for ever, for what happens in threads."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def park(tmp_path: Path, clock: Any) -> AsyncIterator[Park]:
    limits = StoreLimits(tmp_path / "data", 2**28, 7 * 86400.0, 0, 1.0, "process_crash")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a", "b"])
    letters = DeadLetters(tmp_path / "deadletter", clock)
    park = Park(outbox, letters, clock)
    yield park
    await park.stop()
    letters.close()
    await outbox.close()


async def test_everything_arrives_in_order_and_is_accounted_as_delivered(park: Park) -> None:
    sink = FakeSink()
    await park.put(1, 2, 3)
    await park.put(10, 11, stream=COUNTERS)
    forwarder = await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.numbers() == [1, 2, 3]
    assert sink.numbers(COUNTERS) == [10, 11]
    assert park.outbox.account("a").delivered == 5 * SAMPLES
    await until(lambda: forwarder.status.state is ForwardState.IDLE)
    assert forwarder.oldest_ns is None
    assert forwarder.status.last_success_ns is not None


async def test_a_new_commit_wakes_it(park: Park) -> None:
    sink = FakeSink()
    forwarder = await park.start(sink)
    await until(lambda: forwarder.status.state is ForwardState.IDLE)
    await park.put(1)
    forwarder.wake()
    await until(lambda: sink.numbers() == [1])


async def test_a_restart_sends_only_what_was_not_confirmed(park: Park) -> None:
    await park.put(1, 2)
    await park.start(FakeSink())
    await until(lambda: park.outbox.account("a").buffered == 0)
    await park.stop()
    await park.put(3)
    sink = FakeSink()
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.numbers() == [3]


async def test_what_was_refused_is_put_away_with_its_reason_and_the_rest_goes_on(park: Park) -> None:
    sink = FakeSink()
    sink.refuses[2] = Refused("line 2", "type conflict", 422, 1)
    await park.put(1, 2, 3)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    account = park.outbox.account("a")
    assert (account.delivered, account.quarantined) == (3 * SAMPLES - 1, 1)
    (letter,) = await park.letters.newest(10)
    assert (letter.line, letter.reason, letter.status, letter.sink) == ("line 2", "type conflict", 422, "a")


async def test_what_has_no_form_at_the_sink_is_dropped_with_its_cause(park: Park) -> None:
    sink = FakeSink()
    sink.skips[1] = Counter(text=1)
    await park.put(1)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert park.outbox.account("a").dropped == {"text": 1}
    assert park.outbox.account("a").is_balanced


async def test_a_dead_letter_that_cannot_be_kept_is_dropped_and_counted_and_holds_nothing_up(park: Park) -> None:
    park.letters.directory.write_text("in the way")
    sink = FakeSink()
    sink.refuses[1] = Refused("line 1", "type conflict", 422, 2)
    await park.put(1, 2)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    account = park.outbox.account("a")
    assert (account.quarantined, dict(account.dropped)) == (0, {"dead_letter": 2})
    assert account.is_balanced


async def test_a_sink_that_is_gone_keeps_its_samples_and_gets_them_in_order_when_it_returns(
    park: Park, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="gateway.pipeline.forward")
    sink = FakeSink()
    sink.errors = [Unavailable("connection refused", "is the server up?") for _ in range(5)]
    await park.put(1, 2, 3)
    forwarder = await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.numbers() == [1, 2, 3]
    assert len(park.clock.slept) == 5
    records = [record for record in caplog.records if record.name == "gateway.pipeline.forward"]
    assert [(record.levelno, record.getMessage()) for record in records] == [
        (logging.WARNING, "sink_unavailable sink=a reason=connection refused hint=is the server up?"),
        (logging.INFO, "sink_available sink=a"),
    ]
    assert forwarder.status.error is None


async def test_the_wait_grows_at_random_up_to_a_minute(park: Park) -> None:
    sink = FakeSink()
    sink.errors = [Unavailable("down") for _ in range(60)]
    await park.put(1)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    waits = park.clock.slept
    assert all(0.1 <= wait <= min(60.0, 2.0**i) for i, wait in enumerate(waits))
    assert max(waits) > 40
    assert len(set(waits)) > 50


@pytest.mark.parametrize(("asked_s", "least_s", "most_s"), [(7.0, 7.0, 7.0), (86400.0, 600.0, 600.0)])
async def test_a_server_that_asks_for_time_gets_it_within_reason(
    park: Park, asked_s: float, least_s: float, most_s: float
) -> None:
    sink = FakeSink()
    sink.errors = [Unavailable("busy", retry_after_s=asked_s)]
    await park.put(1)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert least_s <= park.clock.slept[0] <= most_s


async def test_a_sink_that_never_answers_counts_as_gone(park: Park) -> None:
    sink = FakeSink()
    sink.hangs = True
    await park.put(1)
    forwarder = await park.start(sink, write_timeout_s=0.02)
    await until(lambda: forwarder.status.state is ForwardState.WAITING)
    assert forwarder.status.error == "sink `a` gave no answer within 0.02 s"
    assert forwarder.oldest_ns == 1
    sink.hangs = False
    await until(lambda: sink.numbers() == [1])


async def test_a_sink_that_hangs_does_not_hold_another_one(park: Park) -> None:
    stuck, quick = FakeSink("a"), FakeSink("b")
    stuck.hangs = True
    await park.put(1, 2, 3)
    await park.start(stuck)
    await park.start(quick)
    await until(lambda: park.outbox.account("b").buffered == 0)
    assert quick.numbers() == [1, 2, 3]
    assert park.outbox.account("a").buffered == 3 * SAMPLES


async def test_a_sink_that_collects_is_confirmed_only_when_it_says_so(park: Park) -> None:
    sink = FakeSink()
    sink.lags = True
    await park.put(1, 2)
    forwarder = Forwarder(sink, park.outbox, park.letters, SystemClock(), Random(1), flush_after_s=0.02)
    park.tasks.append(asyncio.create_task(forwarder.run()))
    await until(lambda: sink.numbers() == [1, 2])
    assert park.outbox.account("a").buffered == 2 * SAMPLES
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.flushes == 1
    assert sink.numbers() == [1, 2]


async def test_after_a_failure_a_collecting_sink_gets_everything_from_its_cursor_again_and_is_booked_once(
    park: Park,
) -> None:
    sink = FakeSink()
    sink.lags = True
    sink.refuses[1] = Refused("line 1", "bad", 400, 1)
    await park.put(1, 2)
    park.clock = PatientClock()
    forwarder = await park.start(sink, flush_after_s=3600.0)
    await until(lambda: sink.numbers() == [1, 2])
    sink.errors = [Unavailable("gone")]
    await park.put(3)
    forwarder.wake()
    await until(lambda: sink.numbers() == [1, 2, 1, 2, 3])
    await park.stop()
    await forwarder.finish(5.0)
    account = park.outbox.account("a")
    assert (account.delivered, account.quarantined, account.buffered) == (3 * SAMPLES - 1, 1, 0)
    assert len(await park.letters.newest(10)) == 1


async def test_finish_delivers_what_the_last_commit_brought(park: Park) -> None:
    sink = FakeSink()
    sink.lags = True
    forwarder = await park.start(sink)
    await park.stop()
    await park.put(1)
    await forwarder.finish(5.0)
    assert sink.numbers() == [1]
    assert park.outbox.account("a").buffered == 0


async def test_finish_gives_up_in_time(park: Park) -> None:
    sink = FakeSink()
    sink.hangs = True
    forwarder = await park.start(sink)
    await park.stop()
    await park.put(1)
    async with asyncio.timeout(2):
        await forwarder.finish(0.05)
    assert park.outbox.account("a").buffered == SAMPLES


async def test_an_unexpected_error_is_for_the_supervisor(park: Park) -> None:
    sink = FakeSink()
    sink.errors = [ZeroDivisionError()]
    await park.put(1)
    await park.start(sink)
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30):
            await park.tasks.pop()
    assert park.outbox.account("a").buffered == SAMPLES


async def test_a_durable_seq_from_beyond_what_was_given_is_not_believed(park: Park) -> None:
    class Boaster(FakeSink):
        async def write(self, chunk: Chunk) -> Written:
            await super().write(chunk)
            return Written(chunk.seq + 1000)

    sink = Boaster()
    await park.put(1)
    await park.start(sink)
    await until(lambda: park.outbox.account("a").buffered == 0)
    await park.stop()
    await park.put(2)
    await park.start(sink)
    await until(lambda: sink.numbers() == [1, 2])


async def test_a_sink_that_gathers_gets_small_chunks_as_one(park: Park) -> None:
    sink = Gathering()
    await park.put(1, 2, 3)
    await park.start(sink, gather_s=0.01)
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.sizes == [3]
    assert sink.numbers() == [1, 2, 3]
    assert park.outbox.account("a").delivered == 3 * SAMPLES


async def test_what_failed_as_one_chunk_comes_again_as_the_same_chunk_whatever_followed_it(park: Park) -> None:
    sink = Gathering()
    sink.errors.append(Unavailable("gone"))
    await park.put(1, 2)
    forwarder = await park.start(sink, gather_s=0.01)
    await until(lambda: not sink.errors)
    await park.put(3, 4)
    forwarder.wake()
    await until(lambda: park.outbox.account("a").buffered == 0)
    assert sink.sizes[:2] == [2, 2]
    assert sink.numbers() == [1, 2, 3, 4]
