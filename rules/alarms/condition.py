"""The condition machine: what the data says, with its delays.

            true                 on-delay over              false for off-delay, and keep-firing over
inactive ──────────▶ pending ──────────────────▶ active ──────────────────────────────────────────────▶ inactive
    ▲                   │ false or unknown          │ level up: true for on-delay; level down: false for off-delay
    └───────────────────┘                           └ unknown: shown as unknown, the level stays

A result holds from the moment it is fed until the next one, so what the machine says at an instant depends on results
and times alone, never on how often or how late it is asked.
"""

from typing import Any

from gateway.core.alarm import Condition
from rules.alarms.spec import Alarm, NoData

NOTHING = -1  # no level holds
_NEVER_FED = -2


class ConditionMachine:
    """One alarm's condition. It knows levels by index into `spec.levels`, `NOTHING` below all of them.

    `condition`, `level` (the level that is active, also while the condition is unknown; `NOTHING` where none is) and
    `next_due_ns` (steady; when `feed` must be called again with the same result for time to take effect; `None`:
    never) are read after each call.
    """

    __slots__ = (
        "_count",
        "_fed",
        "_keep_ns",
        "_no_data",
        "_off_ns",
        "_on_ns",
        "_result",
        "_turned",
        "_untrue_ns",
        "_worst",
        "condition",
        "level",
        "next_due_ns",
    )

    condition: Condition
    level: int
    next_due_ns: int | None

    def __init__(self, spec: Alarm) -> None:
        self._on_ns = spec.on_delay_ns
        self._off_ns = spec.off_delay_ns
        self._keep_ns = spec.keep_firing_ns
        self._no_data = spec.no_data
        self._count = len(spec.levels)
        self.condition = Condition.INACTIVE
        self.level = NOTHING
        self.next_due_ns = None
        self._fed: int | None = _NEVER_FED  # as given
        self._result: int | None = None  # after the no-data policy; None: unknown
        self._worst = NOTHING  # seen since the on-delay runs
        self._turned = [0] * self._count  # since when each level is true, false or unknown, as `_result` says
        self._untrue_ns = 0  # the first false or unknown result after the last true one

    def feed(self, level: int | None, now_ns: int) -> bool:
        """The highest level that holds from `now_ns` on (hysteresis already applied by the caller, who asks `level`);
        `None`: not to be decided (the spec's no-data policy is applied here; `alarm` counts as the highest level).
        True where `condition` or `level` is another than before.

        After an on-delay the worst level seen during it is raised, for an instant (1 ns) at least. A timer that was
        due before `now_ns` has its effect first; see `advance`."""
        due_ns = self.next_due_ns
        if level == self._fed and (due_ns is None or now_ns < due_ns):
            return False
        condition, active = self.condition, self.level
        while self.next_due_ns is not None and self.next_due_ns < now_ns:
            self._expire(self.next_due_ns)
        if level != self._fed:
            self._fed = level
            self._take(self._decided(level), now_ns)
        if self.next_due_ns is not None and self.next_due_ns <= now_ns:
            self._expire(now_ns)
        return self.condition is not condition or self.level != active

    def advance(self, now_ns: int) -> bool:
        """Take the next change that was due before `now_ns`; False: there was none. Called until it says False before
        a `feed` that may be late, it shows every change that the feed would pass over (raised and over again)."""
        if self.next_due_ns is None or self.next_due_ns >= now_ns:
            return False
        self._expire(self.next_due_ns)  # what is due is always a change
        return True

    def _decided(self, level: int | None) -> int | None:
        if level is not None:
            return level
        if self._no_data is NoData.KEEP_LAST:
            return self._result  # unknown before the first one that was decided
        if self._no_data is NoData.ALARM:
            return self._count - 1
        return NOTHING if self._no_data is NoData.OK else None

    def _take(self, result: int | None, now_ns: int) -> None:
        """Another result holds from now on."""
        before = self._result
        if result is None or before is None:
            self._turned = [now_ns] * self._count
        else:
            for index in range(min(before, result) + 1, max(before, result) + 1):
                self._turned[index] = now_ns
        is_true, was_true = result is not None and result > NOTHING, before is not None and before > NOTHING
        if was_true and not is_true:
            self._untrue_ns = now_ns
        if not is_true:
            self._worst = NOTHING
        elif self.level == NOTHING and result is not None:
            self._worst = max(self._worst, result)
        self._result = result
        self._settle()

    def _expire(self, now_ns: int) -> None:
        """Give the active level what time has made of it."""
        result = self._result
        if result is None:
            return
        if self.level == NOTHING:
            self.level = max(self._worst, result)
            for index in range(result + 1, self.level + 1):  # over already: eased no sooner than after its off-delay
                self._turned[index] = now_ns + (self._off_ns == 0)
        elif result > self.level:
            while self.level < result and now_ns - self._turned[self.level + 1] >= self._on_ns:
                self.level += 1
        else:
            self._fall(result, now_ns)
        self._settle()

    def _fall(self, result: int, now_ns: int) -> None:
        """Down to the highest level that is true or within its off-delay; to none only after keep-firing too."""
        held = self.level
        while held > result and now_ns - self._turned[held] >= self._off_ns:
            held -= 1
        if held > NOTHING or now_ns - self._untrue_ns >= self._keep_ns:
            self.level = held

    def _settle(self) -> None:
        """Set `condition` and `next_due_ns` for what is now."""
        result, level = self._result, self.level
        if result is None:
            self.condition, self.next_due_ns = Condition.UNKNOWN, None
        elif level == NOTHING:
            self.condition = Condition.PENDING if result > NOTHING else Condition.INACTIVE
            self.next_due_ns = self._turned[0] + self._on_ns if result > NOTHING else None
        else:
            self.condition = Condition.ACTIVE
            self.next_due_ns = self._due_while_active(result)

    def _due_while_active(self, result: int) -> int | None:
        level = self.level
        if result == level:
            return None
        if result > level:
            return self._turned[level + 1] + self._on_ns
        over_ns = self._turned[level] + self._off_ns
        if result == NOTHING and self._turned[0] <= self._turned[level]:  # no lower level outlives it
            return max(over_ns, self._untrue_ns + self._keep_ns)
        return over_ns

    def save(self) -> Any:
        """Its state, JSON-able, small; times as steady nanoseconds. `None`: as new."""
        if self._fed == _NEVER_FED:
            return None
        return [self._fed, self._result, self.level, self._worst, self._untrue_ns, *self._turned]

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Take back what `save` gave, its times moved by `shift_ns`. What does not fit is ignored."""
        if not isinstance(saved, list) or len(saved) != 5 + self._count:
            return
        fed, result, level, worst, *times = saved
        levels = range(NOTHING, self._count)
        if not all(type(each) is int for each in (level, worst, *times)) or level not in levels or worst not in levels:
            return
        if not all(each is None or (type(each) is int and each in levels) for each in (fed, result)):
            return
        self._fed, self._result, self.level, self._worst = fed, result, level, worst
        self._untrue_ns, *self._turned = (each + shift_ns for each in times)
        self._settle()
