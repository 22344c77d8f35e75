"""How many samples of a point should have come by now: one for every interval that is over."""

_SHORTEST_GRACE_NS = 2_000_000_000
_LONGEST_GRACE_NS = 60_000_000_000


class Slots:
    """Intervals since a start, by the steady clock. One sample is expected in each."""

    __slots__ = ("_counted", "_grace_ns", "_interval_ns", "_origin_ns")

    def __init__(self, interval_ns: int, origin_ns: int) -> None:
        self._interval_ns = interval_ns
        self._origin_ns = origin_ns
        self._grace_ns = min(max(interval_ns, _SHORTEST_GRACE_NS), _LONGEST_GRACE_NS)
        self._counted = 0

    def count(self, now_ns: int) -> tuple[int, int]:
        """Intervals that are over since the last call, and how many of them are so fresh that a sample may come yet.

        Fresh is what ended within one interval (2 s at the least, a minute at the most): an answer may be under way,
        and what publishes by itself is not punctual to the second.
        """
        over = self._over(now_ns)
        new = max(0, over - self._counted)
        self._counted += new
        return new, min(new, over - self._over(now_ns - self._grace_ns))

    def _over(self, now_ns: int) -> int:
        return max(0, (now_ns - self._origin_ns) // self._interval_ns)
