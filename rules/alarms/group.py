"""First-out: which alarm of a group came first (ISA-18.1; OPC 10000-9, FirstInGroup)."""

from collections.abc import Callable

from gateway.core.alarm import STANDING, AlarmState


class Group:
    """Knows alarms by id. The first that is raised while all others are normal is marked until all are normal."""

    __slots__ = ("_members", "_standing", "first")

    def __init__(self) -> None:
        self._members: dict[str, Callable[[], None]] = {}
        self._standing: set[str] = set()
        self.first: str | None = None

    def join(self, alarm: str, touch: Callable[[], None]) -> None:
        """One more alarm. `touch` is called when it is not the first any more, whatever ended that."""
        self._members[alarm] = touch

    def rise(self, alarm: str) -> None:
        """This one is raised."""
        if self.first is None and not self._standing - {alarm}:
            self.first = alarm
        self._standing.add(alarm)

    def settle(self, alarm: str, state: AlarmState) -> None:
        """This one's state. Shelved, suppressed and out of service count as normal."""
        if state in STANDING:
            self._standing.add(alarm)
        else:
            self._standing.discard(alarm)
        if self.first is not None and not self._standing:
            first, self.first = self.first, None
            self._members[first]()

    def recall(self, alarm: str, state: AlarmState, *, is_first: bool) -> None:
        """What this one was before a restart. The first may be suppressed by now, while others stand."""
        if state in STANDING:
            self._standing.add(alarm)
        if is_first:
            self.first = alarm
