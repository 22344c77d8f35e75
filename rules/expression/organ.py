"""Organs: functions that remember. One object per function and evaluation. (The common contract.)"""

from abc import ABC, abstractmethod
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality

LARGEST = 1.7976931348623157e308  # of a float: what is beyond it, and NaN, is unknown


class Organ(ABC):
    """Takes samples in the order of their steady times and says something about them at any later moment."""

    __slots__ = ()

    @abstractmethod
    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample, or what the argument gave at this time; `None`: unknown."""

    @abstractmethod
    def value(self, now_ns: int) -> Value | None:
        """What it says now."""

    @abstractmethod
    def quality(self, now_ns: int) -> Quality:
        """The worst quality of what decided that, where it is not unknown."""

    @abstractmethod
    def due_ns(self, now_ns: int) -> int | None:
        """When that may change without a sample, apart from moving steadily; `None`: never."""

    def slope(self) -> float:
        """How much a number that moves grows in one second."""
        return 0.0

    def start_anew(self, now_ns: int) -> None:  # noqa: B027 - most add nothing up
        """What it added up so far no longer counts."""

    @abstractmethod
    def save(self, limit: int) -> Any:
        """What it remembers, of lists, numbers, texts and `None`, with at most about `limit` entries."""

    @abstractmethod
    def restore(self, saved: Any, shift_ns: int) -> None:
        """Take that back. Raises TypeError, ValueError or IndexError where it does not fit."""


class Doubt:
    """The newest sample that was not good. A window that still holds it is as uncertain as that sample."""

    __slots__ = ("_quality", "_time_ns")

    def __init__(self) -> None:
        self._quality = Quality.GOOD
        self._time_ns = 0

    def note(self, time_ns: int, quality: Quality) -> None:
        """A known sample of this quality, not good."""
        self._time_ns, self._quality = time_ns, quality

    def since(self, start_ns: int) -> Quality:
        """The quality of what came after `start_ns`."""
        return self._quality if self._time_ns > start_ns else Quality.GOOD

    def save(self) -> list[int]:
        """Time and quality."""
        return [self._time_ns, int(self._quality)]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Time and quality."""
        time_ns, quality = saved
        self._time_ns, self._quality = whole(time_ns) + shift_ns, Quality(quality)


def whole(value: Any) -> int:
    """A whole number that was saved. Raises TypeError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def number(value: Any) -> int | float:
    """A finite number that was saved. Raises TypeError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not -LARGEST <= value <= LARGEST:
        raise TypeError("not a number")
    return value
