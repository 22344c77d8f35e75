"""Watches VictoriaMetrics' own count of rows that it threw away: it answers 204 to them all the same."""

import re

from drivers.influxdb.client import fetch_metrics
from drivers.influxdb.config import SinkOptions
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable

WATCH_INTERVAL_S = 60.0
_REJECTED = re.compile(rb"^vm_rows_(?:invalid|ignored)_total(?:\{[^}]*\})? ([0-9.e+]+)", re.MULTILINE)


def rejected_rows(page: bytes) -> int:
    """Sum of `vm_rows_invalid_total` and `vm_rows_ignored_total` over all labels."""
    try:
        return int(sum(float(match[1]) for match in _REJECTED.finditer(page)))
    except (ValueError, OverflowError):  # no numbers: not the page of a VictoriaMetrics
        return 0


class RejectWatch:
    """Asks for the count now and then, and tells what was added since the last time."""

    def __init__(self, options: SinkOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._next_s = float("-inf")
        self._seen: int | None = None

    async def added(self) -> int:
        """Rows thrown away since the last call that asked; 0 where it is not time yet or the server does not say.

        Rows of other clients of the same server are counted too: it is a sign, not an account.
        """
        if self._clock.monotonic() < self._next_s:
            return 0
        self._next_s = self._clock.monotonic() + WATCH_INTERVAL_S
        try:
            now = rejected_rows(await fetch_metrics(self._options))
        except Unavailable:
            return 0
        before, self._seen = self._seen, now
        return max(now - before, 0) if before is not None else 0
