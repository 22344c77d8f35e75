"""sigma: how unusual the newest value is for its window."""

from math import sqrt
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import LARGEST, number, whole
from rules.expression.window import Sliding

_Moments = tuple[int, float, float]  # count, mean, sum of the squared deviations from it


class Sigma(Sliding[_Moments]):
    """How many standard deviations (of the population) the newest sample is from the window's mean; never negative.

    0 where all samples are equal; unknown with fewer than two. Moments are joined pairwise (Chan, Golub, LeVeque 1979).
    """

    __slots__ = ("_newest",)

    def __init__(self, window_ns: int) -> None:
        super().__init__(window_ns)
        self._newest = 0.0

    def _lift(self, value: Any) -> _Moments:
        return (1, float(value), 0.0)

    def _join(self, older: _Moments, newer: _Moments) -> _Moments:
        count = older[0] + newer[0]
        apart = newer[1] - older[1]
        mean = older[1] + apart * newer[0] / count
        return (count, mean, older[2] + newer[2] + apart * apart * (older[0] * newer[0] / count))

    def _pack(self, total: _Moments) -> list[Any]:
        return list(total)

    def _unpack(self, saved: list[Any]) -> _Moments:
        count, mean, squares = saved
        return (whole(count), float(number(mean)), float(number(squares)))

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; an unknown one is left out."""
        super().add(time_ns, value, quality)
        if value is not None:
            self._newest = float(value)

    def value(self, now_ns: int) -> float | None:
        """Standard deviations."""
        found = self.total(now_ns)
        if found is None or found[0] < 2 or not found[2] <= LARGEST:
            return None
        deviation = sqrt(found[2] / found[0])
        if deviation == 0:
            return 0.0
        result = abs(self._newest - found[1]) / deviation
        return result if result <= LARGEST else None

    def save(self, limit: int) -> Any:
        """Entries and the newest value."""
        return [self._newest, super().save(limit)]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Entries and the newest value."""
        newest, entries = saved
        super().restore(entries, shift_ns)
        self._newest = float(number(newest))
