"""Rate limit: a bucket of tokens for whoever asks. A page never empties it, a loop that ran wild does."""

from collections import OrderedDict

from gateway.core.clock import Clock

BURST = 600  # a page with everything on it loads some 40 files and answers
PER_S = 60.0
ACTS = 500  # what is put down of somebody of one enterprise, at once; then
ACTS_PER_S = 0.2
MOST_KEPT = 5_000


class Buckets:
    """How many requests each asker has left."""

    def __init__(self, clock: Clock, *, burst: float = BURST, per_s: float = PER_S) -> None:
        self._clock = clock
        self._burst = burst
        self._per_s = per_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when (monotonic)

    def take(self, asker: str) -> float:
        """Take one; 0, or seconds until there is one."""
        now_s = self._clock.monotonic()
        left, since_s = self._left.get(asker, (self._burst, now_s))
        left = min(self._burst, left + (now_s - since_s) * self._per_s)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._per_s
        self._left[asker] = (left - 1 if left >= 1 else left, now_s)
        self._left.move_to_end(asker)
        if len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return wait_s
