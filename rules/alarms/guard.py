"""The guard of one block: the band around each watched value in which no threshold alarm on it can change.

A batch whose values all lie in their bands costs two `all(map(...))` in C and nothing else (the way of
`gateway.pipeline.normalise`); only a value outside wakes the alarms on it, and they move the band.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from operator import ge, itemgetter, le
from typing import Any, Protocol

from gateway.core.point import Value
from rules.alarms.threshold import Interval, number_of

Pick = Callable[[Sequence[Any]], tuple[Any, ...]]


def picker(positions: Sequence[int]) -> Pick:
    """A function that gives these positions of a sequence as a tuple, in C."""
    if len(positions) == 1:
        only = positions[0]
        return lambda values: (values[only],)
    return itemgetter(*positions) if positions else lambda values: ()


class Watcher(Protocol):
    """A threshold alarm, as the guard of its point sees it."""

    def band(self, value: float) -> Interval:
        """How far the value may move while nothing changes; `value` was told to it before."""
        ...


class Guard:
    """Bands of the watched positions of one block. Positions without a number are parked: they wake the alarms when a
    value comes, and cost nothing while none does."""

    __slots__ = ("_highs", "_index", "_lows", "_nones", "_parked", "_pick", "_pick_parked", "_watchers")

    def __init__(self, watchers: dict[int, tuple[Watcher, ...]]) -> None:
        """Watchers by position. Everything is parked at first."""
        self._watchers = watchers
        self._lows: list[float] = []
        self._highs: list[float] = []
        self._index: dict[int, int] = {}
        self._parked = set(watchers)
        self._compile({})

    def holds(self, values: Sequence[Value | None]) -> bool:
        """True where no alarm on these values can change."""
        try:
            picked = self._pick(values)
            is_inside = all(map(le, self._lows, picked)) and all(map(ge, self._highs, picked))
        except TypeError:  # one is missing, or text
            return False
        return is_inside and (self._pick_parked is None or self._pick_parked(values) == self._nones)

    def left(self, values: Sequence[Value | None]) -> list[int]:
        """The positions that are outside their band."""
        outside = [position for position in self._parked if values[position] is not None]
        for position, k in self._index.items():
            value = number_of(values[position])
            if value is None or not self._lows[k] <= value <= self._highs[k]:
                outside.append(position)
        return outside

    def watchers(self, position: int) -> tuple[Watcher, ...]:
        """The alarms on this position."""
        return self._watchers[position]

    def move(self, positions: Iterable[int], values: Sequence[Value | None]) -> None:
        """Put the bands of these positions around their values, as the alarms on them now say."""
        is_same_set, bands = True, dict[int, Interval]()
        for position in positions:
            value = number_of(values[position])
            if value is None:
                is_same_set = is_same_set and position in self._parked
                self._parked.add(position)
                continue
            band = bands[position] = self._band(position, value)
            k = self._index.get(position)
            if k is None:
                is_same_set = False
                self._parked.discard(position)
            else:
                self._lows[k], self._highs[k] = band
        if not is_same_set:
            self._compile(bands)

    def _band(self, position: int, value: float) -> Interval:
        low, high = -inf, inf
        for watcher in self._watchers[position]:
            least, most = watcher.band(value)
            low, high = max(low, least), min(high, most)
        return low, high

    def _compile(self, bands: dict[int, Interval]) -> None:
        """Anew for the positions that have a number; `bands` are those that changed."""
        before = {position: (self._lows[k], self._highs[k]) for position, k in self._index.items()}
        active = [position for position in self._watchers if position not in self._parked]
        bounds = [bands.get(position) or before[position] for position in active]
        self._index = {position: k for k, position in enumerate(active)}
        self._lows, self._highs = [low for low, _ in bounds], [high for _, high in bounds]
        self._pick = picker(active)
        parked = sorted(self._parked)
        self._pick_parked = picker(parked) if parked else None
        self._nones = (None,) * len(parked)
