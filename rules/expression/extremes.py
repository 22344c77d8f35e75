"""min and max over a window: only samples that can still become the extreme are kept."""

from collections import deque
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import Doubt, Organ, number, whole
from rules.expression.window import EXACT_ENTRIES


class Extreme(Organ):
    """The smallest or largest sample of `(now - window, now]`; unknown where there is none.

    A queue whose values fall (for max) from the oldest to the newest: a new sample ends all before it that it exceeds.
    Where the queue is long, samples close to the newest entry give it their time instead of an entry of their own.
    """

    __slots__ = ("_doubt", "_is_max", "_queue", "_width_ns", "_window_ns")

    def __init__(self, window_ns: int, is_max: bool) -> None:
        self._window_ns = window_ns
        self._width_ns = window_ns // EXACT_ENTRIES
        self._is_max = is_max
        self._queue: deque[tuple[int, int, Any]] = deque()  # first and last time, value
        self._doubt = Doubt()

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; an unknown one is left out."""
        if value is None:
            return
        if quality:
            self._doubt.note(time_ns, quality)
        self._evict(time_ns)
        queue = self._queue
        if self._is_max:
            while queue and queue[-1][2] <= value:
                queue.pop()
        else:
            while queue and queue[-1][2] >= value:
                queue.pop()
        if len(queue) >= EXACT_ENTRIES and time_ns - queue[-1][0] < self._width_ns:
            first_ns, _, kept = queue[-1]
            queue[-1] = (first_ns, time_ns, kept)
        else:
            queue.append((time_ns, time_ns, value))

    def _evict(self, now_ns: int) -> None:
        queue, start_ns = self._queue, now_ns - self._window_ns
        while queue and queue[0][1] <= start_ns:
            queue.popleft()

    def value(self, now_ns: int) -> Any:
        """The extreme."""
        self._evict(now_ns)
        return self._queue[0][2] if self._queue else None

    def quality(self, now_ns: int) -> Quality:
        """That of the newest sample in the window that was not good."""
        return self._doubt.since(now_ns - self._window_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """When the extreme leaves."""
        self._evict(now_ns)
        return self._queue[0][1] + self._window_ns if self._queue else None

    def save(self, limit: int) -> Any:
        """The queue; of too many entries each group as its first with the time of its last."""
        queue = list(self._queue)
        size = -(-len(queue) // limit) if queue else 1
        groups = [queue[at : at + size] for at in range(0, len(queue), size)]
        start_ns = queue[0][1] if queue else 0
        return [self._doubt.save(), start_ns, [[group[-1][1] - start_ns, group[0][2]] for group in groups]]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """The queue."""
        doubt, start_ns, entries = saved
        self._doubt.restore(doubt, shift_ns)
        for since_ns, value in entries[: 2 * EXACT_ENTRIES]:
            self.add(whole(start_ns) + whole(since_ns) + shift_ns, number(value), Quality.GOOD)
