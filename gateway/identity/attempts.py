"""Lock-out by delay: after five failures the next try has to wait, each time twice as long, and never for ever.

Counted by name and address together, so that nobody locks out somebody else from another place; by address, so that
one place cannot try many names; and altogether, so that many places cannot keep the processor busy. Who signed in from
this address before is let past the last two. A try counts as failed when it begins, so that a hundred at a time are
not one. IEC 62443-4-2 CR 1.11; a permanent lock would hand everybody the means to lock the operator out.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

from gateway.core.clock import Clock

FREE = 5  # failures by name and address without a wait
FREE_BY_ADDRESS = 20
FIRST_WAIT_S = 4.0
LONGEST_WAIT_S = 900.0
FORGOTTEN_S = 2 * LONGEST_WAIT_S  # after this long without a failure
ALTOGETHER = 60  # tries at once, then
ALTOGETHER_PER_S = 1.0
MOST_KEPT = 10_000  # the oldest goes first: by address it is still counted
MOST_KNOWN = 1_000

Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float


class Attempts:
    """What failed lately. Times are of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[Key, _Failures] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()
        self._left = float(ALTOGETHER)
        self._filled_s = clock.monotonic()

    def begin(self, name: str, address: str) -> float:
        """Seconds to wait before a try; 0: go on, and it counts as failed until `succeed` says otherwise."""
        now_s = self._clock.monotonic()
        pair, place = _keys(name, address)
        wait_s = self._wait_s(pair, FREE, now_s)
        if pair not in self._known:
            wait_s = max(wait_s, self._wait_s(place, FREE_BY_ADDRESS, now_s)) or self._altogether_s(now_s)
        if wait_s > 0:
            return wait_s
        self._count(pair, now_s)
        self._count(place, now_s)
        return 0.0

    def succeed(self, name: str, address: str) -> None:
        """The try was no failure."""
        pair, place = _keys(name, address)
        self._failures.pop(pair, None)
        if place in self._failures:
            self._failures[place].count -= 1
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _wait_s(self, key: Key, free: int, now_s: float) -> float:
        found = self._failures.get(key)
        if found is None or found.count < free:
            return 0.0
        if now_s - found.last_s >= FORGOTTEN_S:
            del self._failures[key]
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(found.count - free, 20))
        return max(0.0, found.last_s + wait_s - now_s)

    def _count(self, key: Key, now_s: float) -> None:
        found = self._failures.get(key)
        if found is None:
            self._failures[key] = _Failures(1, now_s)
        elif now_s - found.last_s >= FORGOTTEN_S:
            found.count, found.last_s = 1, now_s
        else:
            found.count, found.last_s = found.count + 1, now_s
        self._failures.move_to_end(key)
        if len(self._failures) > MOST_KEPT:
            self._failures.popitem(last=False)

    def _altogether_s(self, now_s: float) -> float:
        """Take one of the tries that everybody shares; seconds until there is one, where there is none."""
        self._left = min(ALTOGETHER, self._left + (now_s - self._filled_s) * ALTOGETHER_PER_S)
        self._filled_s = now_s
        if self._left < 1:
            return (1 - self._left) / ALTOGETHER_PER_S
        self._left -= 1
        return 0.0


def _keys(name: str, address: str) -> tuple[Key, Key]:
    """Name and place together, the place alone. Of IPv6 the network counts: everybody in one has 2**64 addresses."""
    place = address
    with suppress(ValueError):  # `socket`, `unknown`
        found = ip_address(address.partition("%")[0])
        if isinstance(found, IPv6Address):
            place = str(found.ipv4_mapped or IPv6Network((found, 64), strict=False).network_address)
    return (name, place), ("", place)
