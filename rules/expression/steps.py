"""rate and delta: how much a gauge changed, or a counter counted.

A counter that falls was reset or rolled over: what it counted in that step is not known, so neither the step nor its
time is counted.
"""

from collections import deque
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import LARGEST, Doubt, Organ, number, whole
from rules.expression.window import EXACT_ENTRIES

_SECOND_NS = 1_000_000_000


class Step(Organ):
    """Per second, from the last known sample before the newest to the newest. Unknown where the newest is unknown, and
    for the step of a reset."""

    __slots__ = ("_is_counter", "_newest", "_qualities", "_rate")

    def __init__(self, is_counter: bool) -> None:
        self._is_counter = is_counter
        self._newest: tuple[int, Any] | None = None  # known
        self._rate: float | None = None
        self._qualities = (Quality.GOOD, Quality.GOOD)  # of the newest known sample and of the one before

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample."""
        self._rate = None
        if value is None:
            return
        if self._newest is not None and time_ns > self._newest[0]:
            step: Any = value - self._newest[1]
            if not (self._is_counter and step < 0):
                rate = step * _SECOND_NS / (time_ns - self._newest[0])
                self._rate = rate if -LARGEST <= rate <= LARGEST else None
        self._newest = (time_ns, value)
        self._qualities = (quality, self._qualities[0])

    def value(self, now_ns: int) -> float | None:
        """Per second."""
        return self._rate

    def quality(self, now_ns: int) -> Quality:
        """The worse of both samples."""
        return max(self._qualities)

    def due_ns(self, now_ns: int) -> int | None:
        """Never."""
        return None

    def save(self, limit: int) -> Any:
        """The newest sample and the rate."""
        return [None if self._newest is None else list(self._newest), self._rate, [int(q) for q in self._qualities]]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The newest sample and the rate."""
        newest, rate, (quality, before) = saved
        self._newest = None if newest is None else (whole(newest[0]) + shift_ns, number(newest[1]))
        self._rate = None if rate is None else float(number(rate))
        self._qualities = (Quality(quality), Quality(before))


class Delta(Organ):
    """The newest minus the oldest sample of `(now - window, now]`, of a counter without its resets. Needs two samples.

    Of many samples those within a 360th of the window of each other are left out, never the newest.
    """

    __slots__ = ("_doubt", "_is_counter", "_lifted", "_lost_ns", "_newest", "_samples", "_width_ns", "_window_ns")

    def __init__(self, window_ns: int, is_counter: bool) -> None:
        self._window_ns = window_ns
        self._width_ns = window_ns // EXACT_ENTRIES
        self._is_counter = is_counter
        self._samples: deque[tuple[int, Any, int]] = deque()  # time, value without resets, time lost in resets
        self._lifted: Any = 0  # what resets took away
        self._lost_ns = 0
        self._newest: Any = 0  # as it came
        self._doubt = Doubt()

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; an unknown one is left out."""
        if value is None:
            return
        if quality:
            self._doubt.note(time_ns, quality)
        self._evict(time_ns)
        samples = self._samples
        if not samples:
            self._lifted, self._lost_ns = 0, 0
        elif self._is_counter and value < self._newest:
            self._lifted += self._newest - value
            self._lost_ns += time_ns - samples[-1][0]
        self._newest = value
        if len(samples) >= EXACT_ENTRIES and time_ns - samples[-2][0] < self._width_ns:
            samples.pop()
        samples.append((time_ns, value + self._lifted, self._lost_ns))

    def _evict(self, now_ns: int) -> None:
        samples, start_ns = self._samples, now_ns - self._window_ns
        while samples and samples[0][0] <= start_ns:
            samples.popleft()

    def _ends(self, now_ns: int) -> tuple[Any, int] | None:
        """Amount and time from the first to the last sample of the window."""
        self._evict(now_ns)
        if len(self._samples) < 2:
            return None
        first, last = self._samples[0], self._samples[-1]
        time_ns = last[0] - first[0] - (last[2] - first[2])
        amount = last[1] - first[1]
        return (amount, time_ns) if time_ns > 0 and -LARGEST <= amount <= LARGEST else None

    def value(self, now_ns: int) -> Any:
        """The amount."""
        ends = self._ends(now_ns)
        return None if ends is None else ends[0]

    def quality(self, now_ns: int) -> Quality:
        """That of the newest sample in the window that was not good."""
        return self._doubt.since(now_ns - self._window_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """When the oldest sample leaves."""
        self._evict(now_ns)
        return self._samples[0][0] + self._window_ns if self._samples else None

    def save(self, limit: int) -> Any:
        """Samples, some left out where there are too many; never the newest."""
        samples = list(self._samples)
        size = -(-len(samples) // max(1, limit - 1)) if samples else 1
        kept = samples[:-1:size] + samples[-1:]
        start_ns = samples[0][0] if samples else 0
        rows = [[time_ns - start_ns, value, lost_ns] for time_ns, value, lost_ns in kept]
        return [self._doubt.save(), start_ns, rows, self._newest, self._lifted, self._lost_ns]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Samples."""
        doubt, start_ns, rows, newest, lifted, lost_ns = saved
        self._doubt.restore(doubt, shift_ns)
        first_ns = whole(start_ns) + shift_ns
        self._samples.extend(
            (first_ns + whole(at), number(value), whole(lost)) for at, value, lost in rows[: 2 * EXACT_ENTRIES]
        )
        self._newest, self._lifted, self._lost_ns = number(newest), number(lifted), whole(lost_ns)


class Rate(Delta):
    """The same per second of the time between those samples, resets left out."""

    __slots__ = ()

    def value(self, now_ns: int) -> float | None:
        """Per second."""
        ends = self._ends(now_ns)
        if ends is None:
            return None
        rate = ends[0] * _SECOND_NS / ends[1]
        return rate if -LARGEST <= rate <= LARGEST else None
