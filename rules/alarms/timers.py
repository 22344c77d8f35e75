"""One heap of what is due: whoever waits for a moment is in it once, and may change its mind at no cost."""

from heapq import heapify, heappop, heappush
from typing import Protocol

NEVER_NS = 2**63
_SLACK = 64  # given-up entries that may lie in the heap beside as many as there are live ones


class Waiting(Protocol):
    """Who waits: `due_ns` is kept by `Timers` alone; of those due at one moment the lowest `rank` comes first."""

    due_ns: int | None
    rank: int

    def expire(self, now_ns: int) -> None:
        """It is `due_ns` (steady), or a little later where nobody looked in time."""
        ...


class Timers:
    """Entries whose owner has another `due_ns` by now are passed over when their turn comes."""

    __slots__ = ("_count", "_heap", "_live", "first_ns")

    def __init__(self) -> None:
        self.first_ns = NEVER_NS  # nothing is due before; at times something that was given up
        self._heap: list[tuple[int, int, int, Waiting]] = []
        self._count = 0
        self._live = 0

    def set(self, unit: Waiting, due_ns: int | None) -> None:
        """Let it wait until `due_ns` and no longer for anything else; `None`: for nothing."""
        before = unit.due_ns
        if due_ns == before:
            return
        self._live += (before is None) - (due_ns is None)
        unit.due_ns = due_ns
        if due_ns is None:
            return
        self._count += 1
        heappush(self._heap, (due_ns, unit.rank, self._count, unit))
        self.first_ns = min(self.first_ns, due_ns)
        if len(self._heap) > 2 * self._live + _SLACK:
            self._tidy()

    def take(self, now_ns: int) -> tuple[int, Waiting] | None:
        """The next one that is due, no longer waiting, and when it was due; `None`: nothing is due."""
        heap = self._heap
        while heap and heap[0][0] <= now_ns:
            due_ns, _, _, unit = heappop(heap)
            if unit.due_ns == due_ns:
                unit.due_ns = None
                self._live -= 1
                self.first_ns = heap[0][0] if heap else NEVER_NS
                return due_ns, unit
        self.first_ns = heap[0][0] if heap else NEVER_NS
        return None

    def next_ns(self) -> int | None:
        """When the next one is due; `None`: nothing waits."""
        heap = self._heap
        while heap and heap[0][3].due_ns != heap[0][0]:
            heappop(heap)
        self.first_ns = heap[0][0] if heap else NEVER_NS
        return heap[0][0] if heap else None

    def _tidy(self) -> None:
        """Drop what was given up, so that an alarm that chatters for a day does not fill the memory."""
        latest = {id(entry[3]): entry for entry in self._heap if entry[3].due_ns == entry[0]}
        self._heap = list(latest.values())
        heapify(self._heap)
        self.first_ns = self._heap[0][0] if self._heap else NEVER_NS
