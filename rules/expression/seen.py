"""When a point was last seen with a value: age, stale, absent, and whether its newest sample is bad."""

from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import Organ, whole

_SECOND_NS = 1_000_000_000


class Seen(Organ):
    """Remembers the time of the newest known sample. What it says of that is always of good quality."""

    __slots__ = ("_seen_ns",)

    def __init__(self) -> None:
        self._seen_ns: int | None = None

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; a bad one is none."""
        if value is not None:
            self._seen_ns = time_ns

    def quality(self, now_ns: int) -> Quality:
        """Good."""
        return Quality.GOOD

    def due_ns(self, now_ns: int) -> int | None:
        """Never."""
        return None

    def save(self, limit: int) -> Any:
        """The time."""
        return self._seen_ns

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The time."""
        self._seen_ns = None if saved is None else whole(saved) + shift_ns


class Age(Seen):
    """Seconds since the newest known sample; unknown before the first."""

    __slots__ = ()

    def value(self, now_ns: int) -> float | None:
        """Seconds."""
        return None if self._seen_ns is None else (now_ns - self._seen_ns) / _SECOND_NS

    def slope(self) -> float:
        """It grows with time."""
        return 0.0 if self._seen_ns is None else 1.0


class Stale(Seen):
    """True where there was a known sample and the newest is older than the limit. Never unknown."""

    __slots__ = ("_limit_ns",)

    def __init__(self, limit_ns: int) -> None:
        super().__init__()
        self._limit_ns = limit_ns

    def value(self, now_ns: int) -> bool:
        """Older than the limit."""
        return self._seen_ns is not None and now_ns - self._seen_ns > self._limit_ns

    def due_ns(self, now_ns: int) -> int | None:
        """The first nanosecond beyond the limit."""
        if self._seen_ns is None or self.value(now_ns):
            return None
        return self._seen_ns + self._limit_ns + 1


class Absent(Seen):
    """True where there was no known sample in the window `(now - window, now]`, or ever. Never unknown."""

    __slots__ = ("_window_ns",)

    def __init__(self, window_ns: int | None) -> None:
        super().__init__()
        self._window_ns = window_ns

    def value(self, now_ns: int) -> bool:
        """Nothing there."""
        if self._seen_ns is None:
            return True
        return self._window_ns is not None and self._seen_ns <= now_ns - self._window_ns

    def due_ns(self, now_ns: int) -> int | None:
        """When the newest sample leaves the window."""
        if self._seen_ns is None or self._window_ns is None or self.value(now_ns):
            return None
        return self._seen_ns + self._window_ns


class QualityBad(Organ):
    """True where the newest sample is bad; unknown before the first."""

    __slots__ = ("_is_bad",)

    def __init__(self) -> None:
        self._is_bad: bool | None = None

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample."""
        self._is_bad = value is None or quality.is_bad

    def value(self, now_ns: int) -> bool | None:
        """Of the newest sample."""
        return self._is_bad

    def quality(self, now_ns: int) -> Quality:
        """Good: that a sample is bad is certain."""
        return Quality.GOOD

    def due_ns(self, now_ns: int) -> int | None:
        """Never."""
        return None

    def save(self, limit: int) -> Any:
        """What it says."""
        return self._is_bad

    def restore(self, saved: Any, shift_ns: int) -> None:
        """What it said."""
        if saved is not None and not isinstance(saved, bool):
            raise TypeError("neither true nor false")
        self._is_bad = saved
