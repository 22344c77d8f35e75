"""prev and ewma: the value before the newest, and a moving average without a window."""

from math import exp
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import LARGEST, Organ, number, whole


class Prev(Organ):
    """The last known value before the newest sample; unknown where that is unknown itself."""

    __slots__ = ("_before", "_is_known", "_newest", "_qualities")

    def __init__(self) -> None:
        self._newest: Value | None = None  # known
        self._before: Value | None = None
        self._is_known = False  # the newest sample
        self._qualities = (Quality.GOOD, Quality.GOOD)  # of the newest known sample and of the one before

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample."""
        self._is_known = value is not None
        if value is not None:
            self._newest, self._before = value, self._newest
            self._qualities = (quality, self._qualities[0])

    def value(self, now_ns: int) -> Value | None:
        """The value before."""
        return self._before if self._is_known else None

    def quality(self, now_ns: int) -> Quality:
        """Of the sample before."""
        return self._qualities[1]

    def due_ns(self, now_ns: int) -> int | None:
        """Never."""
        return None

    def save(self, limit: int) -> Any:
        """Both values; a long text is not kept."""
        kept = [None if isinstance(value, str) and len(value) > 64 else value for value in (self._newest, self._before)]
        return [*kept, self._is_known, [int(quality) for quality in self._qualities]]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Both values."""
        newest, before, is_known, (quality, quality_before) = saved
        for value in (newest, before):
            if value is not None and not isinstance(value, str | bool):
                number(value)
        self._newest, self._before, self._is_known = newest, before, bool(is_known)
        self._qualities = (Quality(quality), Quality(quality_before))


class Ewma(Organ):
    """An exponentially weighted moving average: `e += (1 - exp(-dt / tau)) * (x - e)` at each known sample, beginning
    with the first. Unknown where the newest sample is unknown."""

    __slots__ = ("_average", "_is_known", "_quality", "_tau_ns", "_time_ns")

    def __init__(self, tau_ns: int) -> None:
        self._tau_ns = tau_ns
        self._average: float | None = None
        self._time_ns = 0
        self._is_known = False
        self._quality = Quality.GOOD

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample."""
        self._is_known = value is not None
        if value is None:
            return
        if self._average is None:
            average: Any = value
        else:
            weight = -exp((self._time_ns - time_ns) / self._tau_ns) + 1.0
            average = self._average + weight * (value - self._average)  # type: ignore[operator]
        self._average = float(average) if -LARGEST <= average <= LARGEST else None
        self._time_ns, self._quality = time_ns, quality

    def value(self, now_ns: int) -> float | None:
        """The average."""
        return self._average if self._is_known else None

    def quality(self, now_ns: int) -> Quality:
        """Of the newest sample."""
        return self._quality

    def due_ns(self, now_ns: int) -> int | None:
        """Never."""
        return None

    def save(self, limit: int) -> Any:
        """The average and its time."""
        return [self._average, self._time_ns, self._is_known, int(self._quality)]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The average and its time."""
        average, time_ns, is_known, quality = saved
        self._average = None if average is None else float(number(average))
        self._time_ns, self._is_known, self._quality = whole(time_ns) + shift_ns, bool(is_known), Quality(quality)
