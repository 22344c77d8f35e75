"""A schedule at work: whether it applies now, and when that changes. Shared by the alarms that have it."""

from rules.alarms.run import AlarmRun
from rules.alarms.shared import Shared
from rules.schedule.schedule import Schedule

_LOOK_AGAIN_NS = 86_400 * 1_000_000_000  # where a schedule does not change for longer than it can say


class Hours:
    """Waits in `Timers` for the next change, by the wall clock as it then is."""

    __slots__ = ("_runs", "_schedule", "_shared", "due_ns", "is_active", "rank")

    def __init__(self, shared: Shared, schedule: Schedule) -> None:
        self.due_ns: int | None = None
        self.rank = 0
        self.is_active = True
        self._shared = shared
        self._schedule = schedule
        self._runs: list[AlarmRun] = []

    def add(self, run: AlarmRun) -> None:
        """Let this alarm go by it."""
        run.hours = self
        self._runs.append(run)

    def begin(self, now_ns: int) -> None:
        """Before its alarms are asked for the first time."""
        wall_ns = now_ns + self._shared.wall_offset_ns
        self.is_active = self._schedule.is_active(wall_ns)
        change_ns = self._schedule.next_change_ns(wall_ns)
        wait_ns = _LOOK_AGAIN_NS if change_ns is None else max(1, change_ns - wall_ns)
        self._shared.timers.set(self, now_ns + wait_ns)

    def expire(self, now_ns: int) -> None:
        """It may have changed."""
        before = self.is_active
        self.begin(now_ns)
        if self.is_active != before:
            for run in self._runs:
                run.update(now_ns)
