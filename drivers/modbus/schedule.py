"""The common tick: polls aligned to the wall clock, everything that is due read in one turn of the loop."""

import asyncio
from collections.abc import Callable, Hashable

from gateway.core.clock import Clock

_NS = 1_000_000_000
_EARLY_NS = 2_000_000  # a loop timer may fire up to 2 ms early (uvloop counts in whole milliseconds)
_IN_ONE_TURN = 300  # endpoints: sending to one takes 5 to 10 us, and no turn of the loop may take 5 ms

Due = Callable[[int], None]
"""Called at a beat with the number of beats that were missed since the last one."""


class Beat:
    """One interval and phase with everybody who is read then. Pure: it is told the time."""

    __slots__ = ("_early_ns", "interval_ns", "members", "next_ns", "phase_ns")

    def __init__(self, interval_ns: int, phase_ns: int) -> None:
        self.interval_ns = interval_ns
        self.phase_ns = phase_ns % interval_ns
        self.members: dict[Hashable, Due] = {}
        self.next_ns = 0  # 0: not set yet
        self._early_ns = min(_EARLY_NS, interval_ns // 4)

    def after(self, time_ns: int) -> int:
        """The first beat strictly after a time."""
        return ((time_ns - self.phase_ns) // self.interval_ns + 1) * self.interval_ns + self.phase_ns

    def take(self, now_ns: int) -> bool:
        """True when the beat is due, which sets the next one. A clock that was set back waits no longer than a beat."""
        if now_ns < self.next_ns - self.interval_ns - self._early_ns:
            self.next_ns = self.after(now_ns)
        if now_ns < self.next_ns - self._early_ns:
            return False
        self.next_ns = self.after(max(now_ns, self.next_ns))
        return True


class Ticker:
    """Shared by all Modbus connections: one timer for every interval. Sets no timer while nobody is a member."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: dict[tuple[int, int], Beat] = {}
        self._last_s: dict[Beat, float] = {}  # monotonic time of the last beat: a stepped clock misses nothing
        self._timer: asyncio.TimerHandle | None = None

    def join(self, member: Hashable, interval_s: float, phase_s: float, due: Due) -> None:
        """Have `due` called at every beat until `leave`."""
        key = (round(interval_s * _NS), round(phase_s * _NS))
        beat = self._beats.get(key) or self._beats.setdefault(key, Beat(*key))
        if not beat.members:
            beat.next_ns = beat.after(self._clock.time_ns())
            self._last_s.pop(beat, None)
        beat.members[member] = due
        self._set_timer()

    def leave(self, member: Hashable) -> None:
        """End every membership of this member."""
        for beat in self._beats.values():
            beat.members.pop(member, None)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [beat.next_ns for beat in self._beats.values() if beat.members]
        if waiting:
            delay_s = max(0.0, (min(waiting) - self._clock.time_ns()) / _NS)
            # An hour at most, so that a clock that is set forward is noticed.
            self._timer = asyncio.get_running_loop().call_later(min(delay_s, 3600.0), self._tick)

    def _tick(self) -> None:
        self._timer = None
        now_ns, now_s = self._clock.time_ns(), self._clock.monotonic()
        due = [beat for beat in self._beats.values() if beat.members and beat.take(now_ns)]
        self._set_timer()
        for beat in due:
            self._call(list(beat.members.values()), self._missed(beat, now_s))

    def _call(self, members: list[Due], missed: int) -> None:
        """Everybody in this turn of the loop, so far as that keeps it short."""
        for call in members[:_IN_ONE_TURN]:
            call(missed)
        if len(members) > _IN_ONE_TURN:
            asyncio.get_running_loop().call_soon(self._call, members[_IN_ONE_TURN:], missed)

    def _missed(self, beat: Beat, now_s: float) -> int:
        """Beats that passed while the loop was busy, by the monotonic clock."""
        last_s = self._last_s.get(beat)
        self._last_s[beat] = now_s
        return 0 if last_s is None else max(0, round((now_s - last_s) * _NS / beat.interval_ns) - 1)
