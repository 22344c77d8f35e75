"""What becomes of the rows of one group now: sent, kept, held back or dropped, and when to look again.

A group is what Alertmanager calls one: the alarms of a route that share labels, here for one channel. It differs where
its documentation names pitfalls: an alarm that was raised and returned within `group_wait` is told (as returned), and
a repetition is due after `repeat_interval`, not at the next multiple of `group_interval`.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.core.alarm import AlarmState, Priority, Transition
from gateway.core.notice_queue import ENDING, REMOVED, Pending, Standing, Told
from rules.notices.inhibit import InhibitedBy
from rules.notices.spec import SECOND, Route

EXPIRES_AFTER_NS = 24 * 3600 * SECOND  # what a channel did not take for so long is no news any more

GroupId = tuple[str, int, str]
"""Route, step, labels."""

Occurrence = tuple[str, int]
"""Alarm, occurrence."""

TOLD = "these people know of it already"
_MUTED = "muted by "
_ASIDE = {
    AlarmState.SHELVED: "shelved before it was sent",
    AlarmState.SUPPRESSED: "suppressed by design before it was sent",
    AlarmState.OUT_OF_SERVICE: "taken out of service before it was sent",
}


@dataclass(slots=True)
class Group:
    """One group of one channel: what waits, and what its people have been told."""

    id: GroupId
    sent_ns: int | None = None  # steady: the last message, while something of it stands
    pending: dict[int, Pending] = field(default_factory=dict)  # by id, ascending
    told: dict[str, Told] = field(default_factory=dict)  # by alarm
    is_after_mute: bool = False  # something of it was held back by a mute time

    def put(self, row: Pending) -> None:
        """One more row."""
        self.pending[row.id] = row

    def settle(self, judgement: "Judgement", now_ns: int, wait_ns: int) -> None:
        """Take in what was decided of rows that are not sent now."""
        for row, _ in judgement.drop:
            del self.pending[row.id]
        for row, reason in judgement.hold:
            row.held = reason
        for row in judgement.release:
            self.is_after_mute = self.is_after_mute or row.held.startswith(_MUTED)
            row.held = ""
            row.ready_ns = now_ns - wait_ns  # it has waited long enough
        for alarm in judgement.forget:
            del self.told[alarm]
        self.is_after_mute = self.is_after_mute or judgement.is_muted

    def tell(self, rows: Iterable[Pending], now_ns: int) -> None:
        """These rows, in the order of the journal, go out now; none of them: a reminder."""
        for row in rows:
            del self.pending[row.id]
            if row.transition in ENDING:
                self.told.pop(row.alarm, None)
            else:
                self.told[row.alarm] = Told(row.alarm, row.occurrence, row.priority, row.stretch)
        self.sent_ns = now_ns if self.told else None
        self.is_after_mute = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """The moment that a group is judged at."""

    now_ns: int  # steady
    standings: Mapping[str, Standing]
    inhibited_by: InhibitedBy
    recheck_ns: int  # steady: when to look again at what is held
    muted: str = ""  # name of the schedule that mutes the route now
    underway: Set[str] = frozenset()  # alarms of a message that is not delivered yet: nothing of theirs overtakes it


@dataclass(slots=True)
class Judgement:
    """What to do with a group. `send` and `remind` are both empty while nothing is due."""

    send: list[Pending] = field(default_factory=list)  # in the order of the journal
    remind: list[Told] = field(default_factory=list)  # told, active, unacknowledged, and not in `send`
    drop: list[tuple[Pending, str]] = field(default_factory=list)  # with the reason
    hold: list[tuple[Pending, str]] = field(default_factory=list)  # newly, or for another reason
    release: list[Pending] = field(default_factory=list)  # held no longer
    forget: list[str] = field(default_factory=list)  # alarms that the group need not remember
    next_ns: int | None = None  # steady: when to judge again
    is_muted: bool = False  # something is held back by a mute time

    @property
    def is_due(self) -> bool:
        """True where a message goes out."""
        return bool(self.send or self.remind)

    @property
    def priority(self) -> Priority:
        """The highest of what is sent; of reminders too where nothing else is."""
        told = [row.priority for row in self.send] or [one.priority for one in self.remind]
        return min(told, default=Priority.LOW)


class _Act(Enum):
    SEND = auto()
    KEEP = auto()  # its time has not come
    HOLD = auto()
    DROP = auto()


def judge(group: Group, route: Route, outlook: Outlook) -> Judgement:
    """Decide about every row of the group, and whether its next message is due now."""
    found = Judgement()
    ends = {(r.alarm, r.occurrence): r.id for r in group.pending.values() if r.transition in ENDING}
    ready = _sort_rows(group, route, outlook, ends, found)
    returning = {alarm for alarm, _ in ends}
    over = {alarm for alarm, told in group.told.items() if alarm not in returning and _is_over(told, group, outlook)}
    found.forget = list(over)
    told = [one for alarm, one in group.told.items() if alarm not in over]
    due_ns = _due_ns(group, route, ready, has_told=bool(told))
    waiting = [one for one in told if _is_waiting(one, outlook)]
    if due_ns is not None and due_ns <= outlook.now_ns:
        sent = {row.alarm for row in ready}
        found.send = ready
        found.remind = [one for one in waiting if one.alarm not in sent]
        return found
    repeat_ns = _repeat_ns(group, route, waiting)
    if repeat_ns is not None and repeat_ns <= outlook.now_ns:
        if not outlook.muted:
            found.remind = waiting
            return found
        repeat_ns = outlook.recheck_ns
    found.next_ns = min((at for at in (found.next_ns, due_ns, repeat_ns) if at is not None), default=None)
    return found


def without_ends(group: Group, ends: Set[Occurrence]) -> Judgement:
    """What becomes of a group whose people are told of these ends by another group of theirs, before or after an
    escalation: once is enough."""
    drop = [r for r in group.pending.values() if r.transition in ENDING and (r.alarm, r.occurrence) in ends]
    forget = sorted({row.alarm for row in drop} & group.told.keys())
    return Judgement(drop=[(row, TOLD) for row in drop], forget=forget)


# -- rows -------------------------------------------------------------------------------------------------------------


def _sort_rows(
    group: Group, route: Route, outlook: Outlook, ends: Mapping[Occurrence, int], found: Judgement
) -> list[Pending]:
    """Every row to its list; the ones that may be sent. `ends`: id of the last end of each occurrence."""
    ready: list[Pending] = []
    raised: set[Occurrence] = set()  # that go out with this message
    ended: set[Occurrence] = set()  # whose end is told with it, or waits to be
    for row in group.pending.values():
        if row.transition in ENDING:
            act, reason = _judge_end(row, group, outlook, raised, ended)
        else:
            # after a removal occurrences are counted anew: an end before the raise is of a former one
            is_over = row.step == 0 and ends.get((row.alarm, row.occurrence), 0) > row.id
            act, reason = _judge_raise(row, group, route, outlook, has_returned=is_over)
        _note(row, act, raised, ended)
        match act:
            case _Act.SEND:
                ready.append(row)
                if row.held:
                    found.release.append(row)
            case _Act.KEEP:
                at_ns = row.ready_ns if row.ready_ns > outlook.now_ns else outlook.recheck_ns
                found.next_ns = min(found.next_ns or at_ns, at_ns)
            case _Act.DROP:
                found.drop.append((row, reason))
            case _Act.HOLD:
                found.next_ns = min(found.next_ns or outlook.recheck_ns, outlook.recheck_ns)
                found.is_muted = found.is_muted or bool(outlook.muted)
                if row.held != reason:
                    found.hold.append((row, reason))
    return ready


def _note(row: Pending, act: _Act, raised: set[Occurrence], ended: set[Occurrence]) -> None:
    """What rows that come later must know of this one."""
    if act is _Act.DROP:
        return
    occurrence = (row.alarm, row.occurrence)
    if row.transition in ENDING:
        ended.add(occurrence)
        return
    ended.discard(occurrence)
    if act is not _Act.HOLD:
        raised.add(occurrence)


def _judge_raise(row: Pending, group: Group, route: Route, outlook: Outlook, *, has_returned: bool) -> tuple[_Act, str]:
    if row.ready_ns > outlook.now_ns:
        return _Act.KEEP, ""
    standing = outlook.standings.get(row.alarm)
    reason = _why_not_to_tell(row, group, route, standing, has_returned=has_returned)
    if reason:
        return _Act.DROP, reason
    hold = _why_to_hold(row, outlook)
    if has_returned and (hold or row.held):
        return _Act.DROP, f"returned meanwhile; it was {hold or row.held}"
    if hold:
        return _Act.HOLD, hold
    return _expired_kept_or_sent(row, outlook)


def _why_not_to_tell(row: Pending, group: Group, route: Route, standing: Standing | None, *, has_returned: bool) -> str:
    """Why nobody need be told of this raise any more; empty: they need."""
    if standing is None:
        return ""
    if standing.transition is Transition.REMOVED:
        return REMOVED
    if row.step > 0:
        return _why_not_to_escalate(row, group.told.get(row.alarm), standing)
    if standing.state in _ASIDE and not has_returned:
        return _ASIDE[standing.state]
    is_past = standing.occurrence > row.occurrence or not standing.is_active
    if is_past and not has_returned and not route.sends_returned:
        return "returned before it was sent"
    return ""


def _why_not_to_escalate(row: Pending, told: Told | None, standing: Standing) -> str:
    if standing.stretch != row.stretch:
        by = f" by {standing.actor}" if standing.transition is Transition.ACKNOWLEDGED else ""
        return f"acknowledged{by}, or put aside, in time"
    if told is not None and told.stretch == row.stretch and told.priority <= row.priority:
        return TOLD
    return ""


def _judge_end(
    row: Pending, group: Group, outlook: Outlook, raised: set[Occurrence], ended: set[Occurrence]
) -> tuple[_Act, str]:
    """They are told once that it is over if they were, or are now, told that it was raised; inhibited or not.

    An escalation says itself what has returned meanwhile. Of what was escalated a later occurrence may have returned.
    """
    if (row.alarm, row.occurrence) in ended:
        return _Act.DROP, TOLD
    told = group.told.get(row.alarm)
    is_told = told is not None and told.occurrence <= row.occurrence
    if not is_told and (row.step > 0 or (row.alarm, row.occurrence) not in raised):
        return _Act.DROP, "nobody here was told that it was raised"
    if outlook.muted:
        return _Act.HOLD, f"{_MUTED}`{outlook.muted}`"
    return _expired_kept_or_sent(row, outlook)


def _why_to_hold(row: Pending, outlook: Outlook) -> str:
    if outlook.muted:
        return f"{_MUTED}`{outlook.muted}`"
    source = outlook.inhibited_by(row.alarm)
    return f"inhibited by `{source}`" if source else ""


def _expired_kept_or_sent(row: Pending, outlook: Outlook) -> tuple[_Act, str]:
    if not row.held and outlook.now_ns - row.ready_ns > EXPIRES_AFTER_NS:
        return _Act.DROP, f"not delivered within {EXPIRES_AFTER_NS // (3600 * SECOND)} h"
    return (_Act.KEEP if row.alarm in outlook.underway else _Act.SEND), ""


# -- time -------------------------------------------------------------------------------------------------------------


def _due_ns(group: Group, route: Route, ready: list[Pending], *, has_told: bool) -> int | None:
    """When the next message goes out: `group_wait` after the first row of a new group, and not before `group_interval`
    has passed in one that stands - but a raise of high priority waits for `group_wait` only. An escalation has waited.
    """
    if not ready:
        return None
    wait_ns = _wait_ns(group, route)
    first_ns = min(row.ready_ns for row in ready) + wait_ns
    if not has_told or group.sent_ns is None:
        return first_ns
    urgent = [r.ready_ns for r in ready if r.priority is Priority.HIGH and r.transition not in ENDING]
    next_ns = max(first_ns, group.sent_ns + route.group_interval_ns)
    return min(next_ns, min(urgent) + wait_ns) if urgent else next_ns


def _wait_ns(group: Group, route: Route) -> int:
    return 0 if group.id[1] else route.group_wait_ns


def earliest_ns(group: Group, route: Route, row: Pending) -> int:
    """Not later than when a group with this new row must be judged."""
    return row.ready_ns + _wait_ns(group, route)


def _repeat_ns(group: Group, route: Route, waiting: list[Told]) -> int | None:
    if not waiting or route.repeat_interval_ns == 0 or group.sent_ns is None:
        return None
    return group.sent_ns + route.repeat_interval_ns


def _is_waiting(told: Told, outlook: Outlook) -> bool:
    """True where people were told, nobody has acknowledged, and it is still there."""
    if told.alarm in outlook.underway:
        return False
    standing = outlook.standings.get(told.alarm)
    return standing is not None and standing.state is AlarmState.UNACKNOWLEDGED and not outlook.inhibited_by(told.alarm)


def _is_over(told: Told, group: Group, outlook: Outlook) -> bool:
    """True where nothing more will be said of an alarm that was told."""
    standing = outlook.standings.get(told.alarm)
    if standing is not None and standing.is_active:
        return False
    # in an escalation's group a later raise of it must not be told once more
    is_same_stretch = standing is not None and standing.is_waiting and standing.stretch == told.stretch
    return not (group.id[1] and is_same_stretch)
