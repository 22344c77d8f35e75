"""Two times: the real one, which is on the wire and drives faults, and the park's own, which may run faster."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the servers ask for the time. UTC seconds."""

    def wall(self) -> float:
        """The real time: what devices stamp, and when communication fails."""
        ...

    def park(self) -> float:
        """The time in the park: what the values follow."""
        ...


class FastClock:
    """A park whose time starts at the real one (or at `start`) and runs `speed` times as fast."""

    def __init__(self, speed: float = 1.0, start: float | None = None, now: Callable[[], float] = time.time) -> None:
        self._speed = speed
        self._now = now
        self._origin = now()
        self._start = self._origin if start is None else start

    def wall(self) -> float:
        """See `Clock`."""
        return self._now()

    def park(self) -> float:
        """See `Clock`."""
        return self._start + (self._now() - self._origin) * self._speed
