"""duration, count_true and running_hours: what a condition did."""

from collections import deque
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import Organ, number, whole
from rules.expression.window import EXACT_ENTRIES

_SECOND_NS = 1_000_000_000
_HOUR_NS = 3600 * _SECOND_NS


class _Condition(Organ):
    """Keeps what the condition is and how far that is certain."""

    __slots__ = ("_is_true", "_quality")

    def __init__(self) -> None:
        self._is_true: Value | None = None
        self._quality = Quality.GOOD

    def quality(self, now_ns: int) -> Quality:
        """That of the condition."""
        return self._quality if self._is_true is not None else Quality.GOOD

    def due_ns(self, now_ns: int) -> int | None:
        """Never: what moves is seen by who compares it."""
        return None


class Duration(_Condition):
    """Seconds for which the condition has been true without interruption: 0 while it is false, unknown while it is
    unknown, which is an interruption as well."""

    __slots__ = ("_since_ns",)

    def __init__(self) -> None:
        super().__init__()
        self._since_ns = 0

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """What the condition is."""
        if value is True and self._is_true is not True:
            self._since_ns = time_ns
        self._is_true, self._quality = value, quality

    def value(self, now_ns: int) -> float | None:
        """Seconds."""
        if self._is_true is None:
            return None
        return (now_ns - self._since_ns) / _SECOND_NS if self._is_true else 0.0

    def slope(self) -> float:
        """It grows while the condition is true."""
        return 1.0 if self._is_true else 0.0

    def save(self, limit: int) -> Any:
        """The condition, and since when it is true."""
        return [self._is_true, self._since_ns, int(self._quality)]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The condition, and since when it is true."""
        is_true, since_ns, quality = saved
        self._is_true, self._since_ns, self._quality = _truth(is_true), whole(since_ns) + shift_ns, Quality(quality)


class CountTrue(_Condition):
    """How often the condition became true in `(now - window, now]`: from false, also with unknown between.

    Unknown until the condition has been known once. Of many changes those close together leave the window together.
    """

    __slots__ = ("_count", "_last", "_moments", "_width_ns", "_window_ns")

    def __init__(self, window_ns: int) -> None:
        super().__init__()
        self._window_ns = window_ns
        self._width_ns = window_ns // EXACT_ENTRIES
        self._moments: deque[tuple[int, int, int]] = deque()  # first and last time, how many
        self._count = 0
        self._last: bool | None = None  # what it was when it was last known

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """What the condition is."""
        self._is_true, self._quality = value, quality
        if value is True and self._last is False:
            self._note(time_ns)
        if value is not None:
            self._last = value is True

    def _note(self, time_ns: int) -> None:
        self._evict(time_ns)
        self._count += 1
        moments = self._moments
        if len(moments) >= EXACT_ENTRIES and time_ns - moments[-1][0] < self._width_ns:
            first_ns, _, count = moments[-1]
            moments[-1] = (first_ns, time_ns, count + 1)
        else:
            moments.append((time_ns, time_ns, 1))

    def _evict(self, now_ns: int) -> None:
        while self._moments and self._moments[0][1] <= now_ns - self._window_ns:
            self._count -= self._moments.popleft()[2]

    def value(self, now_ns: int) -> int | None:
        """How often."""
        self._evict(now_ns)
        return None if self._last is None else self._count

    def due_ns(self, now_ns: int) -> int | None:
        """When the oldest change leaves the window."""
        self._evict(now_ns)
        return self._moments[0][1] + self._window_ns if self._moments else None

    def save(self, limit: int) -> Any:
        """The changes, neighbours put together where there are too many."""
        moments = list(self._moments)
        size = -(-len(moments) // limit) if moments else 1
        groups = [moments[at : at + size] for at in range(0, len(moments), size)]
        start_ns = moments[0][1] if moments else 0
        rows = [[group[-1][1] - start_ns, sum(count for _, _, count in group)] for group in groups]
        return [self._is_true, self._last, int(self._quality), start_ns, rows]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The changes."""
        is_true, last, quality, start_ns, rows = saved
        self._is_true, self._last, self._quality = _truth(is_true), _truth(last), Quality(quality)
        for since_ns, count in rows[: 2 * EXACT_ENTRIES]:
            time_ns = whole(start_ns) + whole(since_ns) + shift_ns
            self._moments.append((time_ns, time_ns, whole(count)))
            self._count += count


class RunningHours(_Condition):
    """Hours for which the condition was true, added up since the rule was first loaded or started anew; time in which
    it was unknown is not counted. Unknown until the condition has been known once."""

    __slots__ = ("_is_begun", "_run_ns", "_since_ns")

    def __init__(self) -> None:
        super().__init__()
        self._run_ns = 0  # in nanoseconds, without the present run
        self._since_ns = 0
        self._is_begun = False

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """What the condition is."""
        if value is True and self._is_true is not True:
            self._since_ns = time_ns
        elif value is not True and self._is_true is True:
            self._run_ns += time_ns - self._since_ns
        self._is_true, self._quality = value, quality
        self._is_begun = self._is_begun or value is not None

    def value(self, now_ns: int) -> float | None:
        """Hours."""
        if not self._is_begun:
            return None
        return (self._run_ns + (now_ns - self._since_ns if self._is_true else 0)) / _HOUR_NS

    def slope(self) -> float:
        """It grows while the condition is true."""
        return 1 / 3600 if self._is_true else 0.0

    def start_anew(self, now_ns: int) -> None:
        """0 hours at this moment."""
        self._run_ns, self._since_ns = 0, now_ns

    def save(self, limit: int) -> Any:
        """The hours, and since when the condition is true."""
        return [self._is_true, self._since_ns, self._run_ns, self._is_begun, int(self._quality)]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The hours, and since when the condition is true."""
        is_true, since_ns, hours, is_begun, quality = saved
        self._is_true, self._since_ns, self._quality = _truth(is_true), whole(since_ns) + shift_ns, Quality(quality)
        self._run_ns, self._is_begun = int(number(hours)), bool(is_begun)


def _truth(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value
