"""Suppression by design: while a parent alarm is active, or while the rule's `suppress` expression is true.

- A parent that is active (its off-delay and times of unknown data included) suppresses all its children.
- One that is only pending holds back what would annunciate now: a child that becomes active meanwhile is suppressed at
  that moment, a quiet one is left alone. So a loss of communication raises one alarm, whoever notices it first.
- One that cannot be decided and was not active suppresses nothing: otherwise a dead input would silence its children
  for ever.
- An expression that cannot be decided keeps its last result.

What returns needs a moment: a child comes back only when the time is over after which its inputs would be stale, and
not before a condition that is active has been decided by new data.
"""

from collections.abc import Sequence
from typing import Protocol

from gateway.core.alarm import Condition, Transition
from gateway.core.point import Names
from rules.alarms.judge import Kept
from rules.alarms.lifecycle import LifeCycle
from rules.alarms.render import Language, in_language
from rules.alarms.shared import Shared, earliest
from rules.alarms.spec import Alarm
from rules.expression.program import Evaluation


class Suppressible(Protocol):
    """An alarm, as far as suppression is concerned."""

    spec: Alarm
    cycle: LifeCycle

    @property
    def condition(self) -> Condition:
        """What the data says."""
        ...

    @property
    def is_active(self) -> bool:
        """The condition is active, or was and cannot be decided."""
        ...

    def touch(self) -> None:
        """Its state is another than the one that was saved."""
        ...

    def publish(self, transitions: Sequence[Transition], now_ns: int) -> None:
        """Make events of them."""
        ...


class Suppression:
    """That of one alarm."""

    __slots__ = (
        "_alarm",
        "_by_expression",
        "_evaluation",
        "_settle_ns",
        "_shared",
        "due_ns",
        "is_on",
        "parents",
        "rank",
        "release_ns",
    )

    def __init__(self, shared: Shared, alarm: Suppressible, rank: int, settle_ns: int) -> None:
        self.parents: tuple[Suppressible, ...] = ()
        self.is_on = False
        self.release_ns: int | None = None  # it ends then, where nothing new keeps it
        self.due_ns: int | None = None
        self.rank = rank
        self._shared = shared
        self._alarm = alarm
        self._settle_ns = settle_ns
        self._by_expression = False
        self._evaluation: Evaluation | None = None
        expression = alarm.spec.suppress
        if expression is not None:
            self._evaluation = expression.start()
            shared.inputs.feed(alarm.spec.rule, expression, self._evaluation, self)

    def kept(self) -> list[Kept]:
        """The evaluation, where it remembers something."""
        expression = self._alarm.spec.suppress
        return [] if self._evaluation is None or expression is None else [("s", expression, self._evaluation)]

    def update(self, now_ns: int) -> None:
        """An input of the expression changed, or its time has come."""
        if self._evaluation is not None:
            result = self._shared.evaluate(self._alarm.spec.rule, self._evaluation, now_ns)
            if result is not None and bool(result) is not self._by_expression:
                self._by_expression = bool(result)
                self._alarm.touch()
        self.refresh(now_ns)

    def expire(self, now_ns: int) -> None:
        """See `Timers`."""
        self.update(now_ns)

    def refresh(self, now_ns: int) -> None:
        """Look at the parents, and at what the alarm itself knows by now."""
        before = self.save()
        reason = self._reason()
        if reason is not None:
            self.release_ns = None
            self._switch_on(reason, now_ns)
        elif self.is_on:
            self._let_go(now_ns)
        if self.save() != before:
            self._alarm.touch()
        self._wait(now_ns)

    def hold(self, now_ns: int) -> None:
        """The alarm is about to annunciate: not while a parent is pending."""
        if self.is_on:
            return
        parent = next((each for each in self.parents if each.condition is Condition.PENDING), None)
        if parent is not None:
            self._switch_on(_because_of(parent.spec), now_ns)

    def _reason(self) -> Names | None:
        parent = next((each for each in self.parents if each.is_active), None)
        if parent is not None:
            return _because_of(parent.spec)
        return _by_design(self._alarm.spec) if self._by_expression else None

    def _switch_on(self, reason: Names, now_ns: int) -> None:
        is_new, self.is_on = not self.is_on, True
        transitions = self._alarm.cycle.suppress(reason, now_ns)
        if is_new:
            self._alarm.publish(transitions, now_ns)

    def _let_go(self, now_ns: int) -> None:
        if any(each.condition is Condition.PENDING for each in self.parents):
            self.release_ns = None
        elif self.release_ns is None:
            self.release_ns = now_ns + self._settle_ns
        elif now_ns >= self.release_ns and not self._is_undecided():
            self.is_on, self.release_ns = False, None
            self._alarm.publish(self._alarm.cycle.unsuppress(now_ns), now_ns)

    def _is_undecided(self) -> bool:
        """It was active, and nothing new is known."""
        return self._alarm.is_active and self._alarm.condition is Condition.UNKNOWN

    def _wait(self, now_ns: int) -> None:
        release_ns = self.release_ns if self.release_ns is not None and self.release_ns > now_ns else None
        expression = self._alarm.spec.suppress
        due_ns = None
        if self._evaluation is not None and expression is not None:
            due_ns = self._shared.due_ns(self._alarm.spec.rule, expression, self._evaluation, now_ns)
        self._shared.timers.set(self, earliest(release_ns, due_ns))

    # -- restart ------------------------------------------------------------------------------------------------------

    def save(self) -> list[bool | int | None]:
        """JSON-able; times steady."""
        return [self.is_on, self._by_expression, self.release_ns]

    def restore(self, saved: object, shift_ns: int) -> None:
        """Take that back. Raises TypeError or ValueError."""
        if not isinstance(saved, list):
            raise TypeError("not a list")
        is_on, by_expression, release_ns = saved
        self.is_on = bool(is_on)
        self._by_expression = bool(by_expression) and self._evaluation is not None
        self.release_ns = None if release_ns is None else int(release_ns) + shift_ns


def _because_of(parent: Alarm) -> Names:
    """Which alarm suppresses, for people."""
    en, zh = (in_language(parent.names, language) or parent.rule for language in (Language.EN, Language.ZH))
    return Names(f"suppressed by alarm {en} ({parent.id})", f"被报警“{zh}”抑制（{parent.id}）")


def _by_design(alarm: Alarm) -> Names:
    text = "" if alarm.suppress is None else alarm.suppress.text
    return Names(f"suppressed by its rule while {text}", f"按规则抑制：{text}")
