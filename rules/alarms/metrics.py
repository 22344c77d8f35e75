"""How well the alarm system serves people: the figures of EEMUA 191 and ISA-18.2 / IEC 62682, kept from events.

Memory is bounded by the number of alarms and enterprises, not of events: what happened is counted in quarters of an
hour (24 h are the running quarter and the 96 before it) and, for the trailing windows of 10 min and 60 s, in seconds.
A day that is replayed from the journal, oldest event first, gives the same figures again.
"""

from array import array
from collections import deque
from dataclasses import dataclass
from heapq import nlargest

from gateway.core.alarm import ANNUNCIATING, AlarmEvent, AlarmState, Priority, Transition

_REMARKS = frozenset({Transition.NOTIFIED, Transition.COMMENTED})  # nothing happened to the alarm
_SECOND_NS = 1_000_000_000
_QUARTER_S = 900
_QUARTERS = 97
DAY_S = 86_400
FLOOD_WINDOW_S = 600
FLOOD_STARTS_ABOVE = 10  # alarms in 10 min (EEMUA 191; ISA-18.2, clause on monitoring and assessment)
FLOOD_ENDS_BELOW = 5
CHATTER_WINDOW_S = 60
CHATTER_RAISES = 3  # of one alarm in 60 s (ISA-18.2, definition of a chattering alarm)
TOP = 10
MOST_CHATTERING = 50  # named in a report
_MOST_FLOODS = 500
_CLOCK_SET_BACK_S = 3600  # time that goes back further than this starts the figures anew


@dataclass(frozen=True, slots=True)
class Flood:
    """More than 10 alarms in 10 min, until there are fewer than 5."""

    now: bool = False
    since_ns: int | None = None  # UTC; of the one that lasts
    share: float = 0.0  # of the last 24 h
    count: int = 0  # in the last 24 h


@dataclass(frozen=True, slots=True)
class Chattering:
    """An alarm that was raised three times or more within 60 s."""

    alarm: str
    max_60s: int


@dataclass(frozen=True, slots=True)
class Frequent:
    """How often an alarm called for a person."""

    alarm: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """The last 24 h. What is counted are annunciations: raised, worsened, annunciated again."""

    total: int
    max_10min: int  # in any 10 min
    flood: Flood
    chattering: tuple[Chattering, ...]  # the worst first
    standing_24h: int  # active for more than 24 h, and neither shelved, suppressed nor out of service
    priorities: dict[Priority, int]
    top: tuple[Frequent, ...]  # ten at most
    top_share: float  # of them in `total`, 0 to 1


class AlarmMetrics:
    """Figures of the park and of each enterprise. Times are UTC nanoseconds."""

    def __init__(self) -> None:
        self._alarms: dict[str, _AlarmFigures] = {}
        self._park = _LoadFigures()
        self._enterprises: dict[str, _LoadFigures] = {}
        self._now_s = 0
        self._tidied = 0  # quarter

    def observe(self, event: AlarmEvent) -> None:
        """Count an event. Events come in order; one that is stamped a little too early counts as of now."""
        if event.transition in _REMARKS:
            return
        now_s = self._at(event.time_ns)
        figures = self._of(event.alarm, event.enterprise)
        is_shown = event.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
        if not is_shown:
            figures.active_since_s = None
        elif figures.active_since_s is None or event.transition is Transition.RAISED:
            figures.active_since_s = now_s
        if event.transition is Transition.RAISED:
            figures.chatter(now_s)
        if event.transition in ANNUNCIATING:
            figures.counts.add(now_s, 1)
            self._park.count(now_s, event.priority)
            if event.enterprise is not None:
                self._enterprises.setdefault(event.enterprise, _LoadFigures()).count(now_s, event.priority)

    def stand(self, alarm: str, enterprise: str | None, since_ns: int) -> None:
        """Say since when an alarm has been active whose raise is older than what is replayed after a start."""
        figures = self._of(alarm, enterprise)
        since_s, known_s = since_ns // _SECOND_NS, figures.active_since_s
        figures.active_since_s = since_s if known_s is None else min(since_s, known_s)

    def belong(self, alarm: str, enterprise: str | None) -> None:
        """Say whose an alarm is from now on; one that is somebody else's by that begins anew."""
        figures = self._alarms.get(alarm)
        if figures is not None and figures.enterprise != enterprise:
            since_s, self._alarms[alarm] = figures.active_since_s, _AlarmFigures(enterprise)
            self._alarms[alarm].active_since_s = None if since_s is None else self._now_s

    def report(self, now_ns: int, enterprise: str | None = None) -> Report:
        """The figures of the last 24 h: of the whole park, or of what one enterprise sees."""
        now_s = max(now_ns // _SECOND_NS, self._now_s)
        load = self._park if enterprise is None else self._enterprises.get(enterprise) or _LoadFigures()
        seen = {
            alarm: figures
            for alarm, figures in self._alarms.items()
            if enterprise is None or figures.enterprise == enterprise
        }
        top = _top(seen, now_s)
        total = load.total(now_s)
        return Report(
            total=total,
            max_10min=load.peaks.peak(now_s),
            flood=load.flood(now_s),
            chattering=_chattering(seen, now_s),
            standing_24h=sum(each.stands(now_s) for each in seen.values()),
            priorities={priority: load.priorities[priority].total(now_s) for priority in Priority},
            top=top,
            top_share=sum(each.count for each in top) / total if total else 0.0,
        )

    def _at(self, time_ns: int) -> int:
        """The second to count for. A clock that was set back would hold up everything: then it starts anew."""
        at_s = time_ns // _SECOND_NS
        if at_s < self._now_s - _CLOCK_SET_BACK_S:
            self._start_anew(at_s)
        self._now_s = max(self._now_s, at_s)
        if self._now_s // _QUARTER_S != self._tidied:
            self._tidied = self._now_s // _QUARTER_S
            self._alarms = {alarm: each for alarm, each in self._alarms.items() if each.is_needed(self._now_s)}
        return self._now_s

    def _start_anew(self, now_s: int) -> None:
        before, self._alarms = self._alarms, {}
        for alarm, each in before.items():
            if each.active_since_s is not None:
                self._of(alarm, each.enterprise).active_since_s = now_s
        self._park, self._enterprises, self._now_s = _LoadFigures(), {}, now_s

    def _of(self, alarm: str, enterprise: str | None) -> "_AlarmFigures":
        figures = self._alarms.get(alarm)
        if figures is None or figures.enterprise != enterprise:  # what the one before was burdened with is not theirs
            figures = self._alarms[alarm] = _AlarmFigures(enterprise)
        return figures


def _top(alarms: "dict[str, _AlarmFigures]", now_s: int) -> tuple[Frequent, ...]:
    counts = ((each.counts.total(now_s), alarm) for alarm, each in alarms.items())
    return tuple(Frequent(alarm, count) for count, alarm in nlargest(TOP, counts) if count)


def _chattering(alarms: "dict[str, _AlarmFigures]", now_s: int) -> tuple[Chattering, ...]:
    peaks = ((each.chatters.peak(now_s), alarm) for alarm, each in alarms.items() if each.chatters is not None)
    return tuple(Chattering(alarm, peak) for peak, alarm in nlargest(MOST_CHATTERING, peaks) if peak)


class _Quarters:
    """A number for each of the last 97 quarters of an hour."""

    __slots__ = ("_newest", "_numbers", "_sum")

    def __init__(self) -> None:
        self._numbers = array("I", bytes(4 * _QUARTERS))
        self._newest = 0
        self._sum = 0

    def _slot(self, now_s: int) -> int:
        """Where the running quarter is, what is over 24 h old forgotten."""
        quarter = now_s // _QUARTER_S
        if quarter > self._newest:
            for gone in range(max(self._newest + 1, quarter - _QUARTERS + 1), quarter + 1):
                self._sum -= self._numbers[gone % _QUARTERS]
                self._numbers[gone % _QUARTERS] = 0
            self._newest = quarter
        return quarter % _QUARTERS

    def add(self, now_s: int, number: int) -> None:
        self._numbers[self._slot(now_s)] += number
        self._sum += number

    def lift(self, now_s: int, number: int) -> None:
        """Let the quarter's number be this one at least."""
        slot = self._slot(now_s)
        if number > self._numbers[slot]:
            self._sum += number - self._numbers[slot]
            self._numbers[slot] = number

    def total(self, now_s: int) -> int:
        self._slot(now_s)
        return self._sum

    def peak(self, now_s: int) -> int:
        self._slot(now_s)
        return max(self._numbers)


class _Trailing:
    """How many in the last so many seconds, `(now - window, now]`; one entry a second at most."""

    __slots__ = ("_entries", "_window_s", "count")

    def __init__(self, window_s: int) -> None:
        self._window_s = window_s
        self._entries: list[list[int]] = []  # [second, number]
        self.count = 0

    def add(self, now_s: int) -> None:
        if self._entries and self._entries[-1][0] == now_s:
            self._entries[-1][1] += 1
        else:
            self._entries.append([now_s, 1])
        self.count += 1

    def forget(self, now_s: int, below: int = 0) -> int | None:
        """Drop what is too old. When (s) the count fell below `below`, if it did."""
        fell_s = None
        while self._entries and self._entries[0][0] <= now_s - self._window_s:
            at_s, number = self._entries.pop(0)
            if self.count >= below > self.count - number:
                fell_s = at_s + self._window_s
            self.count -= number
        return fell_s


class _AlarmFigures:
    """What is known of one alarm."""

    __slots__ = ("_recent", "active_since_s", "chatters", "counts", "enterprise")

    def __init__(self, enterprise: str | None) -> None:
        self.enterprise = enterprise
        self.active_since_s: int | None = None
        self.counts = _Quarters()
        self.chatters: _Quarters | None = None  # the most raises in 60 s, where they were three or more
        self._recent = _Trailing(CHATTER_WINDOW_S)

    def chatter(self, now_s: int) -> None:
        """It was raised."""
        self._recent.forget(now_s)
        self._recent.add(now_s)
        if self._recent.count >= CHATTER_RAISES:
            self.chatters = self.chatters or _Quarters()
            self.chatters.lift(now_s, self._recent.count)

    def stands(self, now_s: int) -> bool:
        """Active for more than 24 h."""
        return self.active_since_s is not None and now_s - self.active_since_s > DAY_S

    def is_needed(self, now_s: int) -> bool:
        return self.active_since_s is not None or self.counts.total(now_s) > 0


class _LoadFigures:
    """What the people of the park, or of one enterprise, were burdened with."""

    __slots__ = ("_flood_since_s", "_floods", "_recent", "peaks", "priorities")

    def __init__(self) -> None:
        self.priorities = {priority: _Quarters() for priority in Priority}
        self.peaks = _Quarters()  # the most in any 10 min that ended in the quarter
        self._recent = _Trailing(FLOOD_WINDOW_S)
        self._floods: deque[tuple[int, int]] = deque(maxlen=_MOST_FLOODS)  # over
        self._flood_since_s: int | None = None

    def count(self, now_s: int, priority: Priority) -> None:
        """An annunciation."""
        self._forget(now_s)
        self._recent.add(now_s)
        self.priorities[priority].add(now_s, 1)
        self.peaks.lift(now_s, self._recent.count)
        if self._flood_since_s is None and self._recent.count > FLOOD_STARTS_ABOVE:
            self._flood_since_s = now_s

    def _forget(self, now_s: int) -> None:
        ended_s = self._recent.forget(now_s, FLOOD_ENDS_BELOW)
        if self._flood_since_s is not None and ended_s is not None:
            self._floods.append((self._flood_since_s, ended_s))
            self._flood_since_s = None

    def total(self, now_s: int) -> int:
        return sum(each.total(now_s) for each in self.priorities.values())

    def flood(self, now_s: int) -> Flood:
        """Floods of the last 24 h."""
        self._forget(now_s)
        since_s, begin_s = self._flood_since_s, now_s - DAY_S
        while self._floods and self._floods[0][1] <= begin_s:
            self._floods.popleft()
        lengths = [end_s - max(start_s, begin_s) for start_s, end_s in self._floods]
        if since_s is not None:
            lengths.append(now_s - max(since_s, begin_s))
        since_ns = None if since_s is None else since_s * _SECOND_NS
        return Flood(since_s is not None, since_ns, sum(lengths) / DAY_S, len(lengths))
