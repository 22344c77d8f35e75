"""When the outbox commits: at the interval, when a chunk is full, or sooner when somebody waits for it."""

from collections import deque
from collections.abc import Callable

from gateway.core.clock import Clock
from gateway.pipeline.wake import Wake
from gateway.store.outbox import Outbox


class Committer:
    """Commits the outbox and tells who waits. Sleeps without a timer while nothing is pending."""

    def __init__(self, outbox: Outbox, clock: Clock, *, interval_s: float = 1.0) -> None:
        self._listeners: list[Callable[[int], None]] = []
        self._outbox = outbox
        self._clock = clock
        self._interval_s = interval_s
        self._wake = Wake(clock)
        self._due: float | None = None  # monotonic
        self._told = outbox.durable
        self.commits = 0  # that moved something, since the start
        self._durations_s: deque[float] = deque(maxlen=1000)  # of the newest commits
        outbox.listen(self._on_pending)

    def add_listener(self, listener: Callable[[int], None]) -> None:
        """Have `listener` called on the loop with the durable position after every commit that moved it."""
        self._listeners.append(listener)

    def hasten(self, delay_s: float) -> None:
        """Commit at the latest in `delay_s` seconds; 0: now."""
        due = self._clock.monotonic() + delay_s
        if self._due is None or due < self._due:
            self._due = due
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled. What is pending then is stored by `commit`, which the engine calls once more at the stop."""
        while True:
            await self._until_due()
            await self.commit()

    async def commit(self) -> int:
        """Commit now and tell; returns the durable position. What the disk refused is tried later again."""
        self._due = None
        started = self._clock.monotonic()
        try:
            durable = await self._outbox.commit()
        finally:
            if self._outbox.has_pending:
                self.hasten(self._interval_s)
        if durable > self._told:
            self._told = durable
            self.commits += 1
            self._durations_s.append(self._clock.monotonic() - started)
            for listener in self._listeners:
                listener(durable)
        return durable

    @property
    def p99_s(self) -> float | None:
        """The time that 99 of 100 of the newest commits took at most; `None` before the first."""
        ordered = sorted(self._durations_s)
        return ordered[len(ordered) * 99 // 100] if ordered else None

    def _on_pending(self, is_urgent: bool) -> None:
        self.hasten(0.0 if is_urgent else self._interval_s)

    async def _until_due(self) -> None:
        while True:
            left_s = None if self._due is None else self._due - self._clock.monotonic()
            if left_s is not None and left_s <= 0:
                return
            await self._wake.wait(left_s)
