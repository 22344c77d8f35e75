"""Any order of conditions, people, design, time and restarts: no unacknowledged alarm is ever lost."""

import json
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.core.alarm import ANNUNCIATING, STANDING, WAITING, Actor, AlarmState, Priority, Transition
from gateway.core.point import Names
from rules.alarms.lifecycle import LifeCycle, NotAllowed

LI = Actor("li", "operator", "socket")
HIDDEN = {AlarmState.OUT_OF_SERVICE, AlarmState.SHELVED, AlarmState.SUPPRESSED}


class AlarmOfAPlant(RuleBasedStateMachine):
    """The model knows the events only, as journal and page do."""

    @initialize(latch=st.booleans(), re_alarm=st.sampled_from([0, 7, 50]))
    def begin(self, latch: bool, re_alarm: int) -> None:
        self.latch, self.re_alarm = latch, re_alarm
        self.life = LifeCycle(latch=latch, re_alarm_ns=re_alarm)
        self.now = 1_000
        self.condition: Priority | None = None
        self.waits = self.latched = self.out = self.suppressed = self.shelved = False
        self.until: int | None = None
        self.raises = 0
        self.worst: Priority | None = None  # shown since it waits
        self.annunciated = 0

    def note(self, transitions: list[Transition]) -> None:
        for each in transitions:
            if each in ANNUNCIATING:
                assert self.condition is not None
                assert not self.hidden
                self.waits, self.annunciated = True, self.now
            if each is Transition.RAISED:
                self.raises += 1
                self.latched = self.latch
            elif each is Transition.ACKNOWLEDGED:
                assert self.waits
                self.waits, self.worst = False, None
            elif each is Transition.RESET:
                assert self.latched
                assert not self.waits
                self.latched = False
            elif each is Transition.SHELVED:
                self.shelved = True
                self.answered()
            elif each is Transition.UNSHELVED:
                self.shelved, self.until = False, None
            elif each is Transition.OUT_OF_SERVICE:
                self.out = True
                self.answered()
            elif each is Transition.IN_SERVICE:
                self.out = False
            elif each in (Transition.SUPPRESSED, Transition.UNSUPPRESSED):
                self.suppressed = each is Transition.SUPPRESSED
        if self.waits and self.condition is not None and not self.hidden:
            self.worst = min(self.worst or self.condition, self.condition)

    def answered(self) -> None:
        if not self.latch:
            self.waits, self.worst = False, None

    @property
    def hidden(self) -> bool:
        return self.out or self.shelved or self.suppressed

    def attempt(self, action: Callable[[], list[Transition]], allowed: bool) -> None:
        before = self.life.save()
        if allowed:
            self.note(action())
            return
        with pytest.raises(NotAllowed) as refusal:
            action()
        assert len(str(refusal.value)) > 30  # a sentence that helps
        assert self.life.save() == before

    @rule(priority=st.sampled_from(Priority))
    def condition_is_active(self, priority: Priority) -> None:
        self.condition = priority
        self.note(self.life.active(priority, self.now))

    @rule()
    def condition_is_over(self) -> None:
        ends_shelving = self.shelved and self.until is None and self.condition is not None
        self.condition = None
        transitions = self.life.inactive(self.now)
        assert (Transition.UNSHELVED in transitions) == ends_shelving
        self.note(transitions)

    @rule(step=st.integers(1, 60))
    def time_passes(self, step: int) -> None:
        due = self.life.next_due_ns
        self.now += step
        transitions = self.life.advance(self.now)
        assert bool(transitions) == (due is not None and due <= self.now)
        self.note(transitions)

    @rule()
    def suppress(self) -> None:
        self.note(self.life.suppress(Names("parent"), self.now))

    @rule()
    def unsuppress(self) -> None:
        self.note(self.life.unsuppress(self.now))

    @rule()
    def acknowledge(self) -> None:
        allowed = self.waits and not self.out and not self.shelved
        self.attempt(lambda: self.life.acknowledge(LI, "", self.now), allowed)

    @rule()
    def reset(self) -> None:
        free = not self.out and not self.shelved and self.condition is None
        self.attempt(lambda: self.life.reset(LI, "", self.now), free and self.latched and not self.waits)

    @rule(step=st.integers(-5, 60) | st.none())
    def shelve(self, step: int | None) -> None:
        until = None if step is None else self.now + step
        allowed = not self.out and (self.condition is not None if step is None else step > 0)
        if allowed:
            self.until = until
        self.attempt(lambda: self.life.shelve(LI, "", self.now, until), allowed)

    @precondition(lambda self: self.shelved)
    @rule()
    def unshelve(self) -> None:
        self.attempt(lambda: self.life.unshelve(LI, "", self.now), True)

    @rule(reason=st.sampled_from(["", "repair"]))
    def remove_from_service(self, reason: str) -> None:
        self.attempt(lambda: self.life.remove_from_service(LI, reason, self.now), bool(reason) and not self.out)

    @precondition(lambda self: self.out)
    @rule()
    def return_to_service(self) -> None:
        self.attempt(lambda: self.life.return_to_service(LI, "", self.now), True)

    @rule(shift=st.integers(-500, 5_000))
    def restart(self, shift: int) -> None:
        """The steady clock of the next run starts elsewhere."""
        saved = json.loads(json.dumps(self.life.save()))
        state, due, reason = self.life.state, self.life.next_due_ns, self.life.reason
        self.life = LifeCycle(latch=self.latch, re_alarm_ns=self.re_alarm)
        self.life.restore(saved, 0)
        assert self.life.save() == saved
        self.life.restore(saved, shift)
        self.now += shift
        self.annunciated += shift
        self.until = None if self.until is None else self.until + shift
        assert (self.life.state, self.life.reason) == (state, reason)
        assert self.life.next_due_ns == (None if due is None else due + shift)

    @invariant()
    def the_uppermost_state_is_shown(self) -> None:
        state = self.life.state
        assert (state is AlarmState.OUT_OF_SERVICE) == self.out
        assert (state is AlarmState.SHELVED) == (self.shelved and not self.out)
        assert (state in HIDDEN) == self.hidden

    @invariant()
    def what_was_annunciated_waits_until_a_person_answers(self) -> None:
        if not self.hidden:
            assert (self.life.state in WAITING) == self.waits

    @invariant()
    def a_latch_is_let_go_by_reset_alone(self) -> None:
        if self.latched and not self.hidden:
            assert self.life.state in STANDING

    @invariant()
    def a_true_condition_that_is_not_hidden_is_shown_as_true(self) -> None:
        if not self.hidden:
            shown = self.life.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
            assert shown == (self.condition is not None)
        assert self.life.current == self.condition

    @invariant()
    def occurrences_count_the_raises(self) -> None:
        assert self.life.occurrence == self.raises

    @invariant()
    def what_waits_has_the_worst_priority_that_was_shown(self) -> None:
        if self.worst is not None and not self.latch:
            assert self.life.priority is self.worst
        elif self.worst is not None:
            assert self.life.priority <= self.worst

    @invariant()
    def the_next_timer_is_the_end_of_shelving_or_the_re_alarm(self) -> None:
        expected = None
        if self.shelved:
            expected = self.until
        elif self.re_alarm and self.condition is not None and not self.hidden:
            expected = self.annunciated + self.re_alarm
        assert self.life.next_due_ns == expected


AlarmOfAPlant.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAlarmOfAPlant = AlarmOfAPlant.TestCase
