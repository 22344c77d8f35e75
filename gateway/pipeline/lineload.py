"""What each connection did lately: values a second, the share that failed in the last hour, how busy its line is.

Fed by the tallies of connectivity, which come for all devices together once a minute.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.ports import Counts
from rules.connectivity.tally import Tally

BUSY = "busy_us"  # counted by sources whose line carries one request at a time: microseconds with one under way
MINUTES = 60
_SAME_TICK_S = 30.0


@dataclass(slots=True)
class _Sums:
    received: int = 0
    good: int = 0
    expected: int = 0


@dataclass(slots=True)
class _Minute:
    at: float  # monotonic, when it was told
    length_s: float
    sums: dict[str, _Sums] = field(default_factory=dict)  # by connection
    busy: dict[str, float] = field(default_factory=dict)  # share of the time


@dataclass(frozen=True, slots=True)
class LineLoad:
    """One connection; `None`: not known yet, or not known of such a line."""

    values_s: float | None  # of the last minute
    failed_share: float | None  # of what should have come in the last hour
    bus_load: float | None  # share of the last minute


class LineLoads:
    """Used on the loop. `counts` gives what a connection's source has counted."""

    def __init__(self, devices: Mapping[str, Device], counts: Callable[[], Mapping[str, Counts]], clock: Clock) -> None:
        self._devices = devices
        self._counts = counts
        self._clock = clock
        self._minutes: deque[_Minute] = deque(maxlen=MINUTES)
        self._busy_us: dict[str, int] = {}
        self._told_at = clock.monotonic()

    def heard(self, device: str, tally: Tally) -> None:
        """The samples of one device since it was told last."""
        connection = self._devices[device].connection if device in self._devices else None
        if connection is None:
            return
        sums = self._minute().sums.setdefault(connection, _Sums())
        sums.received += tally.received
        sums.good += tally.good
        sums.expected += tally.expected

    def of(self, connection: str) -> LineLoad:
        """How this connection does."""
        if not self._minutes:
            return LineLoad(None, None, None)
        newest = self._minutes[-1]
        hour = [one.sums[connection] for one in self._minutes if connection in one.sums]
        expected = sum(one.expected for one in hour)
        last = newest.sums.get(connection, _Sums())
        return LineLoad(
            last.received / newest.length_s,
            1 - sum(one.good for one in hour) / expected if expected else None,
            newest.busy.get(connection),
        )

    def _minute(self) -> _Minute:
        now = self._clock.monotonic()
        if self._minutes and now - self._minutes[-1].at < _SAME_TICK_S:
            return self._minutes[-1]
        minute = _Minute(now, max(1.0, now - self._told_at))
        for name, counts in self._counts().items():
            if BUSY in counts:
                gone_us = counts[BUSY] - self._busy_us.get(name, 0)
                minute.busy[name] = min(1.0, max(0, gone_us) / 1e6 / minute.length_s)
                self._busy_us[name] = counts[BUSY]
        self._told_at = now
        self._minutes.append(minute)
        return minute
