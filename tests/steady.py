"""A loop, and a clock of it, whose time stands still while the machine does not let the process run.

Code and a scripted peer that run on one loop then keep their appointments on a busy machine too: what stands still for
a second misses no time-out of 200 ms. What waits for other processes is only more patient than it says.
"""

import asyncio
import math
import selectors
import time
from asyncio import AbstractEventLoop

SLICE_S = 0.05  # the longest wait in one piece: a stop within it is seen when it ends late
LATE_S = 0.02
TURN_S = 0.02  # a turn of the loop that lasted longer was stopped, or held the loop


class SteadySelector(selectors.DefaultSelector):
    """Counts the seconds that it waited and that the loop ran, without those that the process was stopped."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self._pace = pace
        self._counted_s = time.monotonic()
        self._since_s = self._counted_s

    def now(self) -> float:
        """Seconds."""
        return self._counted_s + min(time.monotonic() - self._since_s, TURN_S)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait in slices. Where one ended late with events, the timers wait until those were seen to."""
        self._count(TURN_S)
        left_s = math.inf if timeout is None else max(0.0, timeout)
        while True:
            slice_s = min(left_s, SLICE_S)
            events = super().select(slice_s / self._pace)
            is_late = time.monotonic() - self._since_s > slice_s / self._pace + LATE_S
            left_s -= self._count(0.0 if events and is_late else slice_s, self._pace)
            if events or left_s <= 0:
                return events

    def _count(self, most_s: float, pace: float = 1.0) -> float:
        now_s = time.monotonic()
        passed_s = min((now_s - self._since_s) * pace, most_s)
        self._since_s = now_s
        self._counted_s += passed_s
        return passed_s


class SteadyLoop(asyncio.SelectorEventLoop):
    """The loop of every asynchronous test. With a pace, it waits that much faster than the clock on the wall."""

    def __init__(self, pace: float = 1.0) -> None:
        self._steady = SteadySelector(pace)
        super().__init__(self._steady)

    def time(self) -> float:
        """Seconds that it could run."""
        return self._steady.now()


class LoopClock:
    """The time of the running loop as a `Clock`; its wall clock starts right and loses what the loop was stopped."""

    def __init__(self) -> None:
        self._loop: AbstractEventLoop = asyncio.get_running_loop()
        self._ahead_ns = time.time_ns() - self._loop_ns()

    def _loop_ns(self) -> int:
        return int(self._loop.time() * 1e9)

    def time_ns(self) -> int:
        """UTC in nanoseconds."""
        return self._loop_ns() + self._ahead_ns

    def monotonic(self) -> float:
        """Seconds."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop."""
        await asyncio.sleep(seconds)
