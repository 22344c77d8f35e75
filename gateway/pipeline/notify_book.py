"""What one channel's sender remembers of its queue: groups, how alarms stand, and when to look at a group again."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import count

from gateway.core.notice_queue import Pending, Standing, Told
from rules.notices.judge import Group, GroupId


class Book:
    """The groups of one channel. A group is looked at when its time comes, not for every row."""

    def __init__(self) -> None:
        self.groups: dict[GroupId, Group] = {}
        self.standings: dict[str, Standing] = {}
        self.newest_row = 0
        self.newest_alarm = 0
        self._due: dict[GroupId, int] = {}
        self._heap: list[tuple[int, int, GroupId]] = []
        self._order = count()

    def put(self, row: Pending) -> Group:
        """One more row; its group."""
        group = self._group((row.route, row.step, row.group))
        group.put(row)
        return group

    def tell(self, group: GroupId, told: Told) -> None:
        """A former run has told of this alarm."""
        self._group(group).told[told.alarm] = told

    def sent(self, group: GroupId, sent_ns: int) -> None:
        """When a group of a former run got its last message (steady)."""
        if group in self.groups:
            self.groups[group].sent_ns = sent_ns

    def _group(self, number: GroupId) -> Group:
        group = self.groups.get(number)
        if group is None:
            group = self.groups[number] = Group(number)
        return group

    @property
    def waiting(self) -> int:
        """Rows that wait."""
        return sum(len(group.pending) for group in self.groups.values())

    def stand(self, standings: Iterable[Standing], newest: int) -> None:
        """Alarms as they stand now."""
        for standing in standings:
            self.standings[standing.alarm] = standing
        self.newest_alarm = newest

    def schedule(self, group: GroupId, at_ns: int | None) -> None:
        """Look at this group at this time (steady) at the latest."""
        if at_ns is not None and at_ns < self._due.get(group, at_ns + 1):
            self._due[group] = at_ns
            heapq.heappush(self._heap, (at_ns, next(self._order), group))

    def schedule_all(self, at_ns: int) -> None:
        """Look at every group."""
        for group in self.groups:
            self.schedule(group, at_ns)

    def take_due(self, now_ns: int) -> Iterator[tuple[int, Group]]:
        """Groups whose time has come, the earliest first, with that time; each is to be scheduled again."""
        while self._heap and self._heap[0][0] <= now_ns:
            at_ns, _, number = heapq.heappop(self._heap)
            if self._due.get(number) == at_ns:
                del self._due[number]
                if number in self.groups:
                    yield at_ns, self.groups[number]

    @property
    def next_ns(self) -> int | None:
        """When (steady) a group is to be looked at."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def leave(self, group: Group) -> None:
        """Forget a group of which nothing waits and nothing stands."""
        if not group.pending and not group.told:
            self.groups.pop(group.id, None)
            self._due.pop(group.id, None)
