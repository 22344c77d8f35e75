"""The outbox against a model: any order of appends, commits, kills, deliveries, bounds, sinks and clock steps."""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.device import Device
from gateway.core.point import Point, ValueType
from gateway.store.outbox import Outbox
from gateway.store.outbox_ledger import Ledger

T = TypeVar("T")
BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("number", type=ValueType.INT), Point("note")))
SINKS = ("a", "b", "c")
STREAMS = st.sampled_from(list(Stream))
SAMPLES = 2  # per batch
MAX_AGE_S = 86400.0


class Clock:
    """Moved by the machine."""

    def __init__(self) -> None:
        self.wall_ns = 1_790_000_000_000_000_000
        self.seconds = 0.0

    def time_ns(self) -> int:
        return self.wall_ns

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Expected:
    """What the model knows of one sink."""

    waiting: dict[Stream, list[int]] = field(default_factory=lambda: defaultdict(list))  # not delivered, maybe dropped
    accepted: int = 0
    delivered: int = 0
    quarantined: int = 0
    skipped: int = 0


class OutboxMachine(RuleBasedStateMachine):
    """Batches carry a number; the model follows the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp(prefix="outbox-machine-"))
        self.clock = Clock()
        self.random = Random(1)
        self.run_number = 0
        self.number = 0
        self.pending: list[tuple[Stream, int]] = []
        self.held: dict[Stream, list[int]] = {stream: [] for stream in Stream}  # what the file may still hold
        self.sinks: dict[str, Expected] = {}
        self.last_seq = 0

    def do(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    async def open(self) -> Outbox:
        limits = StoreLimits(self.directory / str(self.run_number), 120_000, MAX_AGE_S, 0, 1.0, "process_crash")
        outbox = await Outbox.open(limits, self.clock, ballast_bytes=4096, tail_max_bytes=self.tail_bytes)
        await outbox.register(list(self.sinks))
        return outbox

    @initialize(sinks=st.sets(st.sampled_from(SINKS), min_size=1), tail_bytes=st.sampled_from([0, 20_000, 2**20]))
    def start(self, sinks: set[str], tail_bytes: int) -> None:
        self.tail_bytes = tail_bytes
        self.sinks = {sink: Expected() for sink in sorted(sinks)}
        self.outbox = self.do(self.open())

    # -- what may happen ----------------------------------------------------------------------------------------------

    @rule(stream=STREAMS, count=st.integers(1, 4), size=st.sampled_from([0, 20_000, 20_000]))
    def append(self, stream: Stream, count: int, size: int) -> None:
        for _ in range(count):
            self.number += 1
            batch = Batch(BLOCK, (self.number, self.random.randbytes(size).hex()), self.clock.wall_ns)
            self.outbox.append(stream, batch)
            self.pending.append((stream, self.number))

    @rule(stream=STREAMS, count=st.integers(2, 5))
    def append_and_commit_one_by_one(self, stream: Stream, count: int) -> None:
        for _ in range(count):
            self.append(stream, 1, 8_000)
            self.commit()

    @rule()
    def commit(self) -> None:
        assert self.do(self.outbox.commit()) == self.outbox.position
        for stream, number in self.pending:
            self.held[stream].append(number)
            for expected in self.sinks.values():
                expected.waiting[stream].append(number)
                expected.accepted += SAMPLES
        self.pending = []

    @precondition(lambda self: self.sinks)
    @rule(data=st.data(), stream=STREAMS, max_bytes=st.sampled_from([1, 40_000, 2**30]), refused=st.integers(0, 3))
    def deliver(self, data: st.DataObject, stream: Stream, max_bytes: int, refused: int) -> None:
        sink = data.draw(st.sampled_from(sorted(self.sinks)))
        chunks = self.do(self.outbox.read(sink, stream, self.outbox.cursor(sink, stream), max_bytes))
        if not chunks:
            return
        assert [chunk.seq for chunk in chunks] == sorted({chunk.seq for chunk in chunks})
        taken = chunks[: data.draw(st.integers(1, len(chunks)))]
        numbers = numbers_of(taken)
        quarantined = min(refused, SAMPLES * len(numbers))
        skipped = min(1, SAMPLES * len(numbers) - quarantined)
        dropped = {"text": skipped} if skipped else {}
        self.do(self.outbox.advance(sink, stream, taken[-1].seq, quarantined=quarantined, dropped=dropped))
        expected = self.sinks[sink]
        assert is_within(numbers, expected.waiting[stream])
        expected.waiting[stream] = [number for number in expected.waiting[stream] if number > numbers[-1]]
        expected.delivered += SAMPLES * len(numbers) - quarantined - skipped
        expected.quarantined += quarantined
        expected.skipped += skipped

    @rule()
    def kill_and_restart(self) -> None:
        """What a killed process leaves behind is its files as they are at this moment."""
        old = self.directory / str(self.run_number)
        self.run_number += 1
        shutil.copytree(old, self.directory / str(self.run_number))
        self.pending = []
        self.do(self.outbox.close())
        shutil.rmtree(old)
        self.outbox = self.do(self.open())

    @rule()
    def stop_and_restart(self) -> None:
        self.commit()
        self.do(self.outbox.close())
        self.outbox = self.do(self.open())

    @rule(sinks=st.sets(st.sampled_from(SINKS), min_size=1))
    def change_sinks(self, sinks: set[str]) -> None:
        self.do(self.outbox.register(sorted(sinks)))
        for sink in set(self.sinks) - sinks:
            del self.sinks[sink]
        for sink in sinks - set(self.sinks):
            waiting = {stream: self.read_all(sink, stream) for stream in Stream}
            assert all(is_within(numbers, self.held[stream]) for stream, numbers in waiting.items())
            self.sinks[sink] = Expected(defaultdict(list, waiting), SAMPLES * sum(map(len, waiting.values())))

    @rule(seconds=st.sampled_from([1.0, 3600.0, 0.6 * MAX_AGE_S]))
    def pass_time(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.clock.wall_ns += round(seconds * 1e9)

    @rule(days=st.sampled_from([-3650, -1, 1]))
    def step_the_wall_clock(self, days: int) -> None:
        self.clock.wall_ns += days * 86400 * 10**9

    # -- what must hold -----------------------------------------------------------------------------------------------

    def read_all(self, sink: str, stream: Stream) -> list[int]:
        return numbers_of(self.do(self.outbox.read(sink, stream, self.outbox.cursor(sink, stream), 2**40)))

    @invariant()
    def the_account_adds_up_and_the_order_is_kept(self) -> None:
        for sink, expected in self.sinks.items():
            account = self.outbox.account(sink)
            assert account.is_balanced, account
            assert account.accepted == expected.accepted
            assert (account.delivered, account.quarantined) == (expected.delivered, expected.quarantined)
            assert account.dropped.get("text", 0) == expected.skipped
            assert "corrupt" not in account.dropped
            left = 0
            for stream in Stream:
                numbers = self.read_all(sink, stream)
                waiting = expected.waiting[stream]
                assert numbers == waiting[len(waiting) - len(numbers) :]  # only the oldest may have been dropped
                left += len(numbers)
            assert account.buffered == SAMPLES * left

    @invariant()
    def what_is_kept_in_memory_is_what_the_file_says(self) -> None:
        file = self.outbox._file

        def both() -> tuple[Ledger | None, Ledger]:
            return file._ledger, file._guard.run(lambda db: Ledger.read(db, file._run))

        kept, said = self.do(self.outbox._thread.run(both))
        assert kept == said

    @invariant()
    def nothing_went_wrong(self) -> None:
        bounds = ("largest size", "greatest age")
        assert [text for text in self.outbox.findings if not any(bound in text for bound in bounds)] == []

    def teardown(self) -> None:
        self.do(self.outbox.close())
        self.runner.close()
        shutil.rmtree(self.directory)


def numbers_of(chunks: list[Chunk]) -> list[int]:
    return [int(batch.values[0] or 0) for chunk in chunks for batch in chunk.batches]


def is_within(part: list[int], whole: list[int]) -> bool:
    """True where `part` is an unbroken run of `whole`."""
    if not part:
        return True
    return part[0] in whole and whole[whole.index(part[0]) :][: len(part)] == part


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
