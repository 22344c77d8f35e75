"""How many messages a channel may send: tokens that come back a period after they were taken."""

from collections import deque
from collections.abc import Iterable


class Bucket:
    """At most `count` messages in any `period_ns`: what providers limit is a window that slides, so a token comes back
    a whole period after it was taken, and a full bucket is never followed by another one within it. Times are steady.
    """

    def __init__(self, count: int, period_ns: int, taken: Iterable[int] = ()) -> None:
        self.count = count
        self._period_ns = period_ns
        self._taken = deque(sorted(taken)[-count:])

    def taken(self, now_ns: int) -> list[int]:
        """When the tokens were taken that are not back yet."""
        while self._taken and self._taken[0] + self._period_ns <= now_ns:
            self._taken.popleft()
        return list(self._taken)

    def free(self, now_ns: int) -> int:
        """How many messages may be sent now."""
        return self.count - len(self.taken(now_ns))

    def next_ns(self, now_ns: int) -> int:
        """When a message may be sent: now, or when the oldest token is back."""
        return now_ns if self.free(now_ns) > 0 else self._taken[0] + self._period_ns

    def take(self, now_ns: int) -> None:
        """A message is sent."""
        self._taken.append(now_ns)
