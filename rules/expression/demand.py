"""demand and demand_forecast: the average power of the current quarter hour, so far and as it is expected to become."""

from math import exp
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.localtime import LocalTime
from rules.expression.organ import LARGEST, Organ, number, whole

_RECENT_PARTS = 15  # the recent level looks back over a fifteenth of the period: one minute of a quarter hour


class Demand(Organ):
    """The time-weighted average since the local clock's last full period (00, 15, 30, 45 minutes past the hour).

    A sample holds until the next one; time without a known value is left out. `demand` is that average; the forecast is

        (average so far * time gone + recent level * time left) / period

    where the recent level is the moving average of the held value with a time constant of a fifteenth of the period.
    Time before the first evaluation is not covered: until then it is not known where a period begins.
    """

    __slots__ = (
        "_area", "_covered_ns", "_held", "_is_forecast", "_local", "_offset_ns", "_period", "_quality", "_recent",
        "_tau_ns", "_time_ns", "_window_ns",
    )  # fmt: skip

    def __init__(self, window_ns: int, is_forecast: bool, zone: str) -> None:
        self._window_ns = window_ns
        self._tau_ns = window_ns / _RECENT_PARTS
        self._is_forecast = is_forecast
        self._local = LocalTime(zone)
        self._offset_ns: int | None = None
        self._period = -1
        self._area = 0.0  # value times nanoseconds, in this period
        self._covered_ns = 0
        self._held: Any = None
        self._recent: float | None = None
        self._time_ns = 0
        self._quality = Quality.GOOD

    def tell_wall(self, offset_ns: int) -> None:
        """UTC minus steady time. A step into another period begins that one anew."""
        self._offset_ns = offset_ns

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; it holds until the next."""
        self._advance(time_ns)
        self._held, self._quality = value, quality
        if self._recent is None and value is not None:
            self._recent = float(value)

    def value(self, now_ns: int) -> float | None:
        """The average so far, or the forecast; unknown before anything of this period is covered."""
        self._advance(now_ns)
        if self._offset_ns is None or (self._covered_ns == 0 and self._held is None):
            return None
        average = self._area / self._covered_ns if self._covered_ns else float(self._held)
        if self._is_forecast and self._recent is not None:
            gone_ns = self._local_ns(now_ns) % self._window_ns
            average = (average * gone_ns + self._recent * (self._window_ns - gone_ns)) / self._window_ns
        return average if -LARGEST <= average <= LARGEST else None

    def _advance(self, now_ns: int) -> None:
        """Count what the held value did until now."""
        if self._offset_ns is None:
            self._time_ns = now_ns
            return
        local_ns = self._local_ns(now_ns)
        period = local_ns // self._window_ns
        if period != self._period:
            self._period, self._area, self._covered_ns = period, 0.0, 0
            self._time_ns = max(self._time_ns, now_ns - local_ns % self._window_ns)
        passed_ns = now_ns - self._time_ns
        if passed_ns > 0 and self._held is not None:
            self._area += self._held * passed_ns
            self._covered_ns += passed_ns
            weight = 1.0 - exp(-passed_ns / self._tau_ns)
            self._recent = self._held if self._recent is None else self._recent + weight * (self._held - self._recent)
        self._time_ns = now_ns

    def _local_ns(self, now_ns: int) -> int:
        wall_ns = now_ns + (self._offset_ns or 0)
        return wall_ns + self._local.part("offset", wall_ns)

    def quality(self, now_ns: int) -> Quality:
        """That of the held value."""
        return self._quality if self._held is not None else Quality.GOOD

    def due_ns(self, now_ns: int) -> int | None:
        """When the period ends."""
        if self._offset_ns is None:
            return None
        return now_ns + self._window_ns - self._local_ns(now_ns) % self._window_ns

    def save(self, limit: int) -> Any:
        """The period and what is known of it."""
        return [
            self._period, self._area, self._covered_ns, self._held, self._recent, self._time_ns, int(self._quality)
        ]  # fmt: skip

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The period, if it is still the same when time is told."""
        period, area, covered_ns, held, recent, time_ns, quality = saved
        self._period, self._area, self._covered_ns = whole(period), float(number(area)), whole(covered_ns)
        self._held = None if held is None else number(held)
        self._recent = None if recent is None else float(number(recent))
        self._time_ns, self._quality = whole(time_ns) + shift_ns, Quality(quality)
