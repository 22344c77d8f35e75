"""Time as a parameter: the wall clock for stamps, the monotonic clock for timers, sleep for waiting."""

import asyncio
import time
from datetime import UTC, date, datetime, tzinfo
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


def day_of(time_ns: int, zone: tzinfo) -> date:
    """The local day of an instant (UTC nanoseconds)."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, zone).date()


def utc_text(time_ns: int) -> str:
    """An instant (UTC nanoseconds) to the second: `2026-11-01T00:05:00Z`."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
