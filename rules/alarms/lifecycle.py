"""The operator life cycle of one alarm (ISA-18.2 / IEC 62682, states A to I; OPC 10000-9, 5.8).

              true                    acknowledged
normal A ────────────▶ unacknowledged B ──────────▶ acknowledged C        B ◀── worse than what was acknowledged,
   ▲                        │ false                     │ false                 re-alarm time over, raised again
   │      acknowledged      ▼                           ▼
   ├────────────── returned D, latched E ──────▶ latched F ──▶ A (reset)  without a latch C goes to A, D to A

Over one of these can lie, the uppermost shown: out of service (I) over shelved (G) over suppressed (H). OPC 10000-9
gives no order (`SuppressedOrShelved` is true for any of them); here what a person did lies over what logic did, and
what lasts until a person ends it over what ends by itself. Taking an alarm out of service ends its shelving.

What lies below goes on: an occurrence that was annunciated before returns, and what was not acknowledged when design
suppressed it still waits afterwards. Shelving or taking out of service is a person's answer: without a latch nothing
waits after it. A latch outlives all three. When the last of them ends and the condition is true, it is RAISED anew.

Pure: every method returns the transitions that happened, in order; the engine makes events of them.
"""

from typing import Any

from gateway.core.alarm import STANDING, WAITING, Actor, AlarmState, Priority, Transition
from gateway.core.point import Names

_STATES = STANDING | {AlarmState.NORMAL}
_CONDITION_OVER = {
    AlarmState.UNACKNOWLEDGED: (AlarmState.RETURNED_UNACKNOWLEDGED, AlarmState.LATCHED_UNACKNOWLEDGED),
    AlarmState.ACKNOWLEDGED: (AlarmState.NORMAL, AlarmState.LATCHED_ACKNOWLEDGED),
}  # without a latch, with one
_LATCHED = frozenset({AlarmState.LATCHED_UNACKNOWLEDGED, AlarmState.LATCHED_ACKNOWLEDGED})
_ACKNOWLEDGED = {
    AlarmState.UNACKNOWLEDGED: AlarmState.ACKNOWLEDGED,
    AlarmState.RETURNED_UNACKNOWLEDGED: AlarmState.NORMAL,
    AlarmState.LATCHED_UNACKNOWLEDGED: AlarmState.LATCHED_ACKNOWLEDGED,
}


class NotAllowed(Exception):
    """An operator's action that this alarm's state does not take; the text says why, and what to do."""


class LifeCycle:
    """One alarm's life. Read `state`, `priority`, `occurrence`, `raised_ns`, `returned_ns`, `acknowledged_by`,
    `acknowledged_ns`, `comment`, `until_ns`, `reason`. Times are steady nanoseconds.

    `priority` is the worst since the alarm was last acknowledged or normal; acknowledged, it follows the condition.
    With a latch it is the worst since the alarm was last normal. `current` is the condition's own, `None` where it is
    over. An acknowledgement accepts `current`: only what is worse than that annunciates again.
    """

    __slots__ = (
        "_accepted",
        "_annunciated_ns",
        "_below",
        "_is_out_of_service",
        "_is_shelved",
        "_latch",
        "_out_reason",
        "_re_alarm_ns",
        "_suppressed_by",
        "acknowledged_by",
        "acknowledged_ns",
        "comment",
        "current",
        "occurrence",
        "priority",
        "raised_ns",
        "returned_ns",
        "until_ns",
    )

    def __init__(self, *, latch: bool, re_alarm_ns: int) -> None:
        self._latch = latch
        self._re_alarm_ns = re_alarm_ns
        self._below = AlarmState.NORMAL  # A to F
        self._is_out_of_service = False
        self._is_shelved = False
        self._out_reason = ""
        self._suppressed_by: Names | None = None
        self._accepted = Priority.LOW  # by the latest acknowledgement of this occurrence
        self._annunciated_ns = 0
        self.current: Priority | None = None
        self.priority = Priority.LOW
        self.occurrence = 0
        self.raised_ns: int | None = None
        self.returned_ns: int | None = None
        self.acknowledged_by = ""
        self.acknowledged_ns: int | None = None
        self.comment = ""
        self.until_ns: int | None = None

    @property
    def state(self) -> AlarmState:
        """The uppermost."""
        if self._is_out_of_service:
            return AlarmState.OUT_OF_SERVICE
        if self._is_shelved:
            return AlarmState.SHELVED
        return self._below if self._suppressed_by is None else AlarmState.SUPPRESSED

    @property
    def reason(self) -> Names:
        """Why it is out of service or suppressed, whichever `state` says; empty otherwise."""
        if self._is_out_of_service:
            return Names(self._out_reason)
        return Names() if self._is_shelved or self._suppressed_by is None else self._suppressed_by

    @property
    def next_due_ns(self) -> int | None:
        """When `advance` has something to do: shelving ends, re-alarm."""
        if self._is_shelved:
            return self.until_ns
        if self._re_alarm_ns and self.current is not None and not self._is_covered:
            return self._annunciated_ns + self._re_alarm_ns
        return None

    # the condition

    def active(self, priority: Priority, now_ns: int) -> list[Transition]:
        """The condition is active at this priority (called on every change of it)."""
        before, self.current = self.current, priority
        if self._is_covered:
            return []
        if before is None:
            return [self._raise(now_ns)]
        if self._below is AlarmState.ACKNOWLEDGED:
            return self._change_acknowledged(before, priority, now_ns)
        if priority < self.priority:  # 1 is the highest
            self.priority = priority
            self._annunciated_ns = now_ns
            return [Transition.WORSENED]
        return [Transition.EASED] if priority > before else []

    def _change_acknowledged(self, before: Priority, priority: Priority, now_ns: int) -> list[Transition]:
        self.priority = min(self.priority, priority) if self._latch else priority
        if priority < self._accepted:
            self._annunciate(now_ns)
            return [Transition.WORSENED]
        return [Transition.EASED] if priority > before else []

    def inactive(self, now_ns: int) -> list[Transition]:
        """The condition is over. This ends one-shot shelving."""
        if self.current is None:
            return []
        self.current = None
        transitions = []
        if self._below in _CONDITION_OVER:
            self._below = _CONDITION_OVER[self._below][self._latch]
            self.returned_ns = now_ns
            transitions.append(Transition.RETURNED)
        if self._is_shelved and self.until_ns is None:
            transitions += self._end_shelving(now_ns)
        return transitions

    def advance(self, now_ns: int) -> list[Transition]:
        """Let time pass. Re-alarm takes an acknowledged alarm back to unacknowledged (OPC 10000-9, 5.8.2,
        ReAlarmTime), as the same occurrence."""
        due_ns = self.next_due_ns
        if due_ns is None or now_ns < due_ns:
            return []
        if self._is_shelved:
            return self._end_shelving(now_ns)
        self._annunciate(now_ns)
        return [Transition.REANNUNCIATED]

    # design

    def suppress(self, reason: Names, now_ns: int) -> list[Transition]:
        """Suppressed by design from now on. Shelving and out of service lie above it."""
        was_suppressed = self._suppressed_by is not None
        self._suppressed_by = reason
        return [] if was_suppressed else [Transition.SUPPRESSED]

    def unsuppress(self, now_ns: int) -> list[Transition]:
        """No longer."""
        if self._suppressed_by is None:
            return []
        self._suppressed_by = None
        return [Transition.UNSUPPRESSED, *self._come_out(now_ns)]

    # people

    def acknowledge(self, actor: Actor, comment: str, now_ns: int) -> list[Transition]:
        """Accept the current priority. Raises NotAllowed where nothing waits for it."""
        self._refuse_while_taken_away("acknowledged")
        if self._below not in WAITING:
            raise NotAllowed(self._why_nothing_waits())
        self._below = _ACKNOWLEDGED[self._below]
        if self.current is not None:
            self._accepted = self.current
            if not self._latch:
                self.priority = self.current
        self.acknowledged_by, self.acknowledged_ns = actor.name, now_ns
        self._note(comment)
        return [Transition.ACKNOWLEDGED]

    def _why_nothing_waits(self) -> str:
        if self._below is AlarmState.NORMAL:
            return "Nothing waits for an acknowledgement: the alarm is normal."
        by = f" by {self.acknowledged_by}" if self.acknowledged_by else ""
        if self._below is AlarmState.LATCHED_ACKNOWLEDGED:
            return f"Already acknowledged{by}. It is latched: reset it to let it go."
        return f"Already acknowledged{by}. It ends by itself when its condition is over."

    def reset(self, actor: Actor, comment: str, now_ns: int, *, is_starting_anew: bool = False) -> list[Transition]:
        """Lets a latch go whose condition is over. Raises NotAllowed, but not where hours start anew with it: that may
        be at any time, and a latch that does not go yet stays."""
        try:
            self._let_go()
        except NotAllowed:
            if not is_starting_anew:
                raise
        self._note(comment)
        return [Transition.RESET]

    def _let_go(self) -> None:
        self._refuse_while_taken_away("reset")
        if not self._latch and self._below not in _LATCHED:  # latched before its rule was edited
            raise NotAllowed("This alarm neither latches nor adds up running hours: there is nothing to reset.")
        if self._below is AlarmState.NORMAL:
            raise NotAllowed("The alarm is normal: there is nothing to reset.")
        if self.current is not None:
            raise NotAllowed("The condition is still true: remove the cause, then reset.")
        if self._below is not AlarmState.LATCHED_ACKNOWLEDGED:
            raise NotAllowed("Not acknowledged yet: acknowledge it, then reset.")
        self._below = AlarmState.NORMAL

    def shelve(self, actor: Actor, comment: str, now_ns: int, until_ns: int | None) -> list[Transition]:
        """Until then, or one-shot (`None`: until the condition is over). Shelving it again sets another end. Raises
        NotAllowed where it is out of service, where the end has passed, or one-shot without an occurrence."""
        if self._is_out_of_service:
            raise NotAllowed("The alarm is out of service: return it to service before shelving it.")
        if until_ns is None and self.current is None:
            raise NotAllowed("The condition is not true, so there is no occurrence to shelve: shelve it for a time.")
        if until_ns is not None and until_ns <= now_ns:
            raise NotAllowed("The end of shelving has passed already: choose a longer time.")
        self._is_shelved, self.until_ns = True, until_ns
        self._answer()
        self._note(comment)
        return [Transition.SHELVED]

    def unshelve(self, actor: Actor, comment: str, now_ns: int) -> list[Transition]:
        """Raises NotAllowed where it is not shelved."""
        if not self._is_shelved:
            raise NotAllowed("The alarm is not shelved (any more): look at its state again.")
        self._note(comment)
        return self._end_shelving(now_ns)

    def remove_from_service(self, actor: Actor, reason: str, now_ns: int) -> list[Transition]:
        """Ends shelving. Raises NotAllowed without a reason, or where it already is."""
        if not reason.strip():
            raise NotAllowed("Taking an alarm out of service needs a reason: say why, and what brings it back.")
        if self._is_out_of_service:
            raise NotAllowed(f"The alarm is out of service already ({self._out_reason}).")
        was_shelved, self._is_shelved, self.until_ns = self._is_shelved, False, None
        self._is_out_of_service, self._out_reason = True, reason.strip()
        self._answer()
        self._note(reason)
        return [Transition.UNSHELVED, Transition.OUT_OF_SERVICE] if was_shelved else [Transition.OUT_OF_SERVICE]

    def return_to_service(self, actor: Actor, comment: str, now_ns: int) -> list[Transition]:
        """Raises NotAllowed where it is in service."""
        if not self._is_out_of_service:
            raise NotAllowed("The alarm is in service already: look at its state again.")
        self._is_out_of_service, self._out_reason = False, ""
        self._note(comment)
        return [Transition.IN_SERVICE, *self._come_out(now_ns)]

    # what they are made of

    @property
    def _is_covered(self) -> bool:
        return self._is_out_of_service or self._is_shelved or self._suppressed_by is not None

    def _refuse_while_taken_away(self, done: str) -> None:
        """Suppression by design does not hinder: nobody could end it first."""
        if self._is_out_of_service:
            raise NotAllowed(f"The alarm is out of service: return it to service before it can be {done}.")
        if self._is_shelved:
            raise NotAllowed(f"The alarm is shelved: unshelve it before it can be {done}.")

    def _raise(self, now_ns: int) -> Transition:
        """A new occurrence. What was not acknowledged before, or is latched, keeps its worst priority."""
        assert self.current is not None
        keeps = self._below in WAITING or (self._latch and self._below is not AlarmState.NORMAL)
        self.priority = min(self.priority, self.current) if keeps else self.current
        self.occurrence += 1
        self.raised_ns, self.returned_ns = now_ns, None
        self._annunciate(now_ns)
        return Transition.RAISED

    def _annunciate(self, now_ns: int) -> None:
        self._below = AlarmState.UNACKNOWLEDGED
        self._annunciated_ns = now_ns
        self.acknowledged_by, self.acknowledged_ns = "", None

    def _answer(self) -> None:
        """A person took the alarm away: without a latch, nothing waits below any more."""
        if self._latch:
            return
        if self._below is AlarmState.UNACKNOWLEDGED:
            self._below = AlarmState.ACKNOWLEDGED
        elif self._below is AlarmState.RETURNED_UNACKNOWLEDGED:
            self._below = AlarmState.NORMAL

    def _end_shelving(self, now_ns: int) -> list[Transition]:
        self._is_shelved, self.until_ns = False, None
        return [Transition.UNSHELVED, *self._come_out(now_ns)]

    def _come_out(self, now_ns: int) -> list[Transition]:
        return [] if self.current is None or self._is_covered else [self._raise(now_ns)]

    def _note(self, comment: str) -> None:
        self.comment = comment or self.comment

    # restart

    def save(self) -> Any:
        """Its state, JSON-able; times as steady nanoseconds."""
        by = self._suppressed_by
        return {
            "below": self._below.value,
            "current": self.current,
            "priority": self.priority,
            "accepted": self._accepted,
            "occurrence": self.occurrence,
            "times": [self.raised_ns, self.returned_ns, self.acknowledged_ns, self.until_ns, self._annunciated_ns],
            "shelved": self._is_shelved,
            "out": self._out_reason if self._is_out_of_service else None,
            "suppressed": None if by is None else [by.en, by.zh],
            "by": self.acknowledged_by,
            "comment": self.comment,
        }

    def restore(self, saved: Any, shift_ns: int) -> None:
        """Take back what `save` gave, its times moved by `shift_ns`. What does not fit is ignored: all of it."""
        try:
            other = LifeCycle(latch=self._latch, re_alarm_ns=self._re_alarm_ns)
            other._read(saved, shift_ns)
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def _read(self, saved: Any, shift_ns: int) -> None:
        raised, returned, acknowledged, until, annunciated = (
            None if each is None else int(each) + shift_ns for each in saved["times"]
        )
        below = AlarmState(saved["below"])
        if below not in _STATES or annunciated is None:
            raise ValueError(below)
        self._below = below
        self.current = None if saved["current"] is None else Priority(saved["current"])
        self.priority, self._accepted = Priority(saved["priority"]), Priority(saved["accepted"])
        self.occurrence = int(saved["occurrence"])
        self.raised_ns, self.returned_ns, self.acknowledged_ns = raised, returned, acknowledged
        self.until_ns, self._annunciated_ns = until, annunciated
        self._is_shelved = bool(saved["shelved"])
        self._is_out_of_service, self._out_reason = saved["out"] is not None, str(saved["out"] or "")
        self._suppressed_by = None if saved["suppressed"] is None else Names(*map(str, saved["suppressed"]))
        self.acknowledged_by, self.comment = str(saved["by"]), str(saved["comment"])
