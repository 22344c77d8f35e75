"""Sliding windows `(now - window, now]` whose sums need no subtraction: nothing of a sample stays when it has left.

Two stacks: the older part of the window has its sums from each sample to the end of that part, the newer part one sum.
A sample costs the same however long the window is. Beyond 360 samples those that come within a 360th of the window of
each other are put together and leave together, so a window holds at most about 720 entries.
"""

from abc import abstractmethod
from collections import deque
from typing import Any, Generic, TypeVar

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import Doubt, Organ, whole

EXACT_ENTRIES = 360  # samples that a window holds one by one
Sum = TypeVar("Sum")


class Sliding(Organ, Generic[Sum]):
    """A window over sums of a kind that the subclass says. Entries: first and last time, sum."""

    __slots__ = ("_doubt", "_entries", "_newer", "_older", "_width_ns", "_window_ns")

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._width_ns = window_ns // EXACT_ENTRIES
        self._entries: deque[tuple[int, int, Sum]] = deque()
        self._older: list[Sum] = []  # of the first entries: the sum from each to the end of the older part, last first
        self._newer: Sum | None = None  # of all other entries
        self._doubt = Doubt()

    @abstractmethod
    def _lift(self, value: Any) -> Sum:
        """The sum of one sample."""

    @abstractmethod
    def _join(self, older: Sum, newer: Sum) -> Sum:
        """The sum of both."""

    @abstractmethod
    def _pack(self, total: Sum) -> list[Any]:
        """A sum for saving."""

    @abstractmethod
    def _unpack(self, saved: list[Any]) -> Sum:
        """A saved sum. Raises TypeError, ValueError."""

    def add(self, time_ns: int, value: Value | None, quality: Quality) -> None:
        """A sample; an unknown one is left out."""
        if value is None:
            return
        if quality:
            self._doubt.note(time_ns, quality)
        entries = self._entries
        if entries and entries[0][1] <= time_ns - self._window_ns:
            self._evict(time_ns)
        lifted = self._lift(value)
        self._newer = lifted if self._newer is None else self._join(self._newer, lifted)
        if len(entries) >= EXACT_ENTRIES and len(entries) > len(self._older):
            first_ns, _, total = entries[-1]
            if time_ns - first_ns < self._width_ns:
                entries[-1] = (first_ns, time_ns, self._join(total, lifted))
                return
        entries.append((time_ns, time_ns, lifted))

    def total(self, now_ns: int) -> Sum | None:
        """The sum over the window, `None` where it is empty."""
        if self._entries and self._entries[0][1] <= now_ns - self._window_ns:
            self._evict(now_ns)
        if not self._older:
            return self._newer
        return self._older[-1] if self._newer is None else self._join(self._older[-1], self._newer)

    def _evict(self, now_ns: int) -> None:
        entries, start_ns = self._entries, now_ns - self._window_ns
        while entries and entries[0][1] <= start_ns:
            if not self._older:
                self._turn()
            entries.popleft()
            self._older.pop()

    def _turn(self) -> None:
        """All entries become the older part."""
        total: Sum | None = None
        for _, _, one in reversed(self._entries):
            total = one if total is None else self._join(one, total)
            self._older.append(total)
        self._newer = None

    def quality(self, now_ns: int) -> Quality:
        """That of the newest sample in the window that was not good."""
        return self._doubt.since(now_ns - self._window_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """When the oldest sample leaves."""
        self._evict(now_ns)
        return self._entries[0][1] + self._window_ns if self._entries else None

    def save(self, limit: int) -> Any:
        """Entries, neighbours put together where there are too many; times as differences."""
        groups: list[tuple[int, Sum]] = []
        size = -(-len(self._entries) // limit) if self._entries else 1
        for index, (_, last_ns, total) in enumerate(self._entries):
            if index % size:
                groups[-1] = (last_ns, self._join(groups[-1][1], total))
            else:
                groups.append((last_ns, total))
        start_ns = groups[0][0] if groups else 0
        return [self._doubt.save(), start_ns, [[last_ns - start_ns, *self._pack(total)] for last_ns, total in groups]]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Entries."""
        doubt, start_ns, entries = saved
        self._doubt.restore(doubt, shift_ns)
        before_ns = whole(start_ns) + shift_ns
        for since_ns, *packed in entries[: 2 * EXACT_ENTRIES]:
            time_ns, total = max(before_ns, start_ns + whole(since_ns) + shift_ns), self._unpack(packed)
            self._entries.append((time_ns, time_ns, total))
            self._newer = total if self._newer is None else self._join(self._newer, total)
            before_ns = time_ns
