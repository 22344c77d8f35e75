"""Time as a parameter: the wall clock for stamps, the monotonic clock for timers, sleep for waiting."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What code that needs time is handed. Tests pass a clock that they move by hand."""

    def time_ns(self) -> int:
        """UTC in nanoseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step; for timers and back-off only."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def time_ns(self) -> int:
        """UTC in nanoseconds."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(seconds)
