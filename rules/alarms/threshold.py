"""Levels of the form `point OP constant` as closed intervals: which level a value is in, and how far it may move.

Intervals are closed and their ends neighbouring floats, so that one comparison in C (`low <= value <= high`) decides.
"""

from dataclasses import dataclass
from math import inf, nextafter

from gateway.core.point import Value
from rules.alarms.condition import NOTHING
from rules.alarms.spec import Level
from rules.expression.program import Threshold

Interval = tuple[float, float]


def interval_of(threshold: Threshold) -> Interval:
    """The values for which it is true."""
    limit = threshold.limit
    if threshold.operator == ">":
        return nextafter(limit, inf), inf
    if threshold.operator == ">=":
        return limit, inf
    return -inf, nextafter(limit, -inf) if threshold.operator == "<" else limit


def number_of(value: Value | None) -> float | int | None:
    """The value where it is a number (true counts as 1); text has no threshold."""
    return None if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class ThresholdLevels:
    """All levels of one alarm, on one point."""

    enter: tuple[Interval, ...]
    hold: tuple[tuple[Interval, ...], ...]  # once in; two intervals only where hysteresis looks the other way
    upward: tuple[bool, ...]  # a higher value is worse
    limits: tuple[float, ...]

    def level(self, value: float, active: int) -> int:
        """The highest level that holds, while `active` is the one that is in (`NOTHING`: none)."""
        for index in range(len(self.enter) - 1, NOTHING, -1):
            for low, high in self.hold[index] if index <= active else self.enter[index : index + 1]:
                if low <= value <= high:
                    return index
        return NOTHING

    def band(self, value: float, active: int) -> Interval:
        """How far the value may move while nothing changes, as a closed interval around it."""
        least, most = -inf, inf
        for index, entered in enumerate(self.enter):
            for low, high in self.hold[index] if index <= active else (entered,):
                if value < low:
                    most = min(most, nextafter(low, -inf))
                elif value > high:
                    least = max(least, nextafter(high, inf))
                else:
                    least, most = max(least, low), min(most, high)
        return least, most


def threshold_levels(levels: tuple[Level, ...]) -> tuple[str, ThresholdLevels] | None:
    """The tag and its levels where all of them are thresholds on one point; `None` otherwise."""
    enter: list[Interval] = []
    hold: list[tuple[Interval, ...]] = []
    tags = set[str]()
    for level in levels:
        threshold = level.when.threshold
        keep = level.keep.threshold if level.keep is not None else None
        if threshold is None or (level.keep is not None and keep is None):
            return None
        tags.add(threshold.tag)
        enter.append(interval_of(threshold))
        if keep is not None:
            tags.add(keep.tag)
        hold.append(_union(enter[-1], interval_of(keep)) if keep is not None else (enter[-1],))
    if len(tags) != 1:
        return None
    limits = tuple(level.when.threshold.limit for level in levels if level.when.threshold is not None)
    return tags.pop(), ThresholdLevels(tuple(enter), tuple(hold), tuple(high == inf for _, high in enter), limits)


def _union(first: Interval, second: Interval) -> tuple[Interval, ...]:
    """Half-lines that look the same way are one."""
    if first[1] == second[1] == inf:
        return ((min(first[0], second[0]), inf),)
    if first[0] == second[0] == -inf:
        return ((-inf, max(first[1], second[1])),)
    return first, second
