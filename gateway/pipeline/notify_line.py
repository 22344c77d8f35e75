"""The frozen messages of one channel, in the order in which they are tried: one that fails on and on lets others pass.

ahead    in the order in which they were made. The oldest is tried first; one that has failed `PATIENCE` times lets
         the next be tried at once. While all of them fail (the provider is away) they keep their order.
behind   failed where a later one was delivered: the fault is theirs. Tried when nothing else waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.store import notice_queue as queue

PATIENCE = 5  # failures of a message before others are tried
MOST_AHEAD = 8  # frozen at a time: while the provider is away the rest is to be grouped, not frozen one by one
LOST_AFTER = 20  # failures after which it is no longer expected to arrive: news of its alarms goes out without it


@dataclass(slots=True, eq=False)
class Flight:
    """A frozen message on its way."""

    message: queue.Message
    expires_ns: int  # steady
    is_paid: bool  # the token of its next attempt is taken, and the attempt counted
    failures: int = 0
    next_ns: int = 0  # steady: one that is behind is not tried before
    error: str = ""  # the last


class Line:
    """Who is tried next. Times are steady."""

    def __init__(self) -> None:
        self.ahead: list[Flight] = []
        self.behind: list[Flight] = []
        self.next_ns = 0  # the oldest is not tried before
        self._at = 0  # in this round, the ones before it have failed

    def __iter__(self) -> Iterator[Flight]:
        return iter((*self.ahead, *self.behind))

    def __len__(self) -> int:
        return len(self.ahead) + len(self.behind)

    @property
    def current(self) -> Flight | None:
        """Whose turn it is; `None`: another message may be made, if something is due."""
        return self.ahead[self._at] if self._at < len(self.ahead) else None

    @property
    def is_beginning(self) -> bool:
        """True where nothing has failed in this round."""
        return self._at == 0

    @property
    def is_full(self) -> bool:
        """True where no more are to be frozen."""
        return len(self.ahead) >= MOST_AHEAD

    @property
    def underway(self) -> frozenset[str]:
        """Alarms that a message tells of which may still arrive: what is newer of them must not overtake it."""
        return frozenset(
            event.alarm for one in self if one.failures < LOST_AFTER for event in one.message.notice.events
        )

    def add(self, flight: Flight) -> None:
        """A new message: behind all that are not stuck."""
        self.ahead.append(flight)

    def begin(self) -> None:
        """A new round, from the oldest."""
        self._at = 0

    def fail(self, flight: Flight, next_ns: int, *, is_alone: bool) -> None:
        """It failed, and is not to be tried again before `next_ns`. `is_alone`: the fault may be the message's own;
        else the provider wants nothing for a while, whatever it is."""
        flight.failures += 1
        if flight in self.behind:
            flight.next_ns = next_ns
            self.behind.remove(flight)
            self.behind.append(flight)
            if is_alone:
                return
        self.next_ns = next_ns
        self._at = self._at + 1 if is_alone and flight.failures >= PATIENCE else 0

    def end(self, flight: Flight, *, is_answered: bool) -> None:
        """Nothing more is done about it. `is_answered`: the provider took or refused it, so those that failed before it
        in this round step aside."""
        if flight in self.behind:
            self.behind.remove(flight)
            return
        self.ahead.remove(flight)
        if is_answered:
            self.behind += self.ahead[: self._at]
            del self.ahead[: self._at]
            self._at = 0
            self.next_ns = 0
