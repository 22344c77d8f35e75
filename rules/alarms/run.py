"""One alarm at work: data to condition, condition to life cycle, life cycle to events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.core.alarm import ANNUNCIATING, GATEWAY, Actor, AlarmEvent, AlarmState, Condition, Transition
from rules.alarms.condition import NOTHING, ConditionMachine
from rules.alarms.group import Group
from rules.alarms.judge import ExpressionJudge, Judge, Kept, ThresholdJudge, plain_tag
from rules.alarms.lifecycle import LifeCycle
from rules.alarms.shared import Shared
from rules.alarms.shown import Shown
from rules.alarms.spec import Alarm
from rules.alarms.suppression import Suppression
from rules.alarms.threshold import Interval, ThresholdLevels, threshold_levels
from rules.alarms.watch import STALE_SLACK_S, stale_after_ns

if TYPE_CHECKING:
    from rules.alarms.hours import Hours

_NEVER_FED = -2
_REFRESHING = frozenset(
    {Transition.RAISED, Transition.WORSENED, Transition.EASED, Transition.REANNUNCIATED, Transition.RETURNED}
)
_SETTLE_NS = round(STALE_SLACK_S * 1e9)


class AlarmRun:
    """One alarm. Waits in `Timers`, and listens to its inputs."""

    __slots__ = (
        "_accumulating",
        "_fed",
        "_guarded",
        "_judge_due_ns",
        "_shared",
        "_simple",
        "acknowledged_at_ns",
        "children",
        "cycle",
        "due_ns",
        "group",
        "held_ns",
        "hours",
        "judge",
        "level",
        "machine",
        "raised_at_ns",
        "rank",
        "resets",
        "returned_at_ns",
        "shown",
        "spec",
        "suppression",
    )

    def __init__(self, shared: Shared, spec: Alarm, rank: int) -> None:
        self.spec = spec
        self.rank = rank
        self.due_ns: int | None = None
        self.machine = ConditionMachine(spec)
        self.cycle = LifeCycle(latch=spec.latch, re_alarm_ns=spec.re_alarm_ns)
        self.judge = _judge(shared, spec, self)
        self.shown = Shown(shared, spec, self.judge)
        self.suppression = Suppression(shared, self, rank - 1, _settle_ns(spec))
        self.children: list[AlarmRun] = []
        self.group: Group | None = None
        self.hours: Hours | None = None
        self.level = NOTHING  # the latest that was active
        self.resets = 0  # how often hours were started anew: what was saved before the last time has no hours
        self.held_ns: int | None = None  # restored then: no delay ends before its first result
        # UTC, for people: a clock step or a restart moves none of them
        self.raised_at_ns: int | None = None
        self.returned_at_ns: int | None = None
        self.acknowledged_at_ns: int | None = None
        self._shared = shared
        self._fed: int | None = _NEVER_FED
        self._judge_due_ns: int | None = None
        self._simple = self.judge.simple if isinstance(self.judge, ExpressionJudge) else None
        self._guarded = self.judge.tag if isinstance(self.judge, ThresholdJudge) else None
        decides = [*self.judge.kept(), *self.shown.kept()]  # what suppresses counts something else
        self._accumulating = [evaluation for _, expression, evaluation in decides if expression.accumulates]

    @property
    def condition(self) -> Condition:
        """What the data says."""
        return self.machine.condition

    @property
    def is_active(self) -> bool:
        """The condition is active, or was and cannot be decided."""
        return self.machine.level != NOTHING

    @property
    def is_first_out(self) -> bool:
        """The first of its group."""
        return self.group is not None and self.group.first == self.spec.id

    @property
    def accumulates(self) -> bool:
        """It adds up hours, which a person may start anew."""
        return bool(self._accumulating)

    def kept(self) -> list[Kept]:
        """Evaluations that remember something."""
        return [*self.judge.kept(), *self.suppression.kept(), *self.shown.kept()]

    # -- what the data says -------------------------------------------------------------------------------------------

    def band(self, value: float) -> Interval:
        """For the guard of its point, where it is a threshold alarm."""
        assert isinstance(self.judge, ThresholdJudge)
        band = self.judge.levels.band(value, self.machine.level)
        return self.shown.narrow(band, value) if self.cycle.current is not None else band

    def update(self, now_ns: int) -> None:
        """Look at the inputs again."""
        is_quiet = self._fed == NOTHING and self.due_ns is None and self.cycle.current is None
        if (
            is_quiet
            and self._simple is not None
            and self._shared.evaluate(self.spec.rule, self._simple, now_ns) is False
        ):
            return  # as before, which is what happens nearly always
        self._decide(now_ns)
        self.wait(now_ns)

    def _decide(self, now_ns: int) -> None:
        machine = self.machine
        level = self.judge.level(machine.level, now_ns)
        self._judge_due_ns = self.judge.due_ns(now_ns)
        if self.hours is not None and not self.hours.is_active:
            level = NOTHING
        elif self.judge.waits(level):
            return
        if self.held_ns is not None:
            self._let_run(now_ns)
        if level != self._fed:
            self._fed = level
            self.touch()
        if machine.feed(level, now_ns):
            self.follow(now_ns)
        elif self.cycle.current is not None:
            if machine.condition is Condition.INACTIVE:
                self.follow(now_ns)  # active before a reload, and never since
            elif self.shown.follow_worst(now_ns):
                self.touch()

    def follow(self, now_ns: int) -> None:
        """The condition changed: let the life cycle, the children and the guard know."""
        self.touch()
        machine, cycle = self.machine, self.cycle
        if machine.level != NOTHING:
            priority = self.spec.levels[machine.level].priority
            self.level = machine.level
            if cycle.current is None or priority < cycle.current:
                self.suppression.hold(now_ns)
            if priority != cycle.current:
                self.publish(cycle.active(priority, now_ns), now_ns)
            self.shown.follow_worst(now_ns)
        elif machine.condition is Condition.INACTIVE:
            self.publish(cycle.inactive(now_ns), now_ns)
        elif machine.condition is Condition.PENDING:
            self.shown.foresee(now_ns)
        if self.suppression.is_on:
            self.suppression.refresh(now_ns)
        for child in self.children:
            child.suppression.refresh(now_ns)

    def _let_run(self, now_ns: int) -> None:
        """The first result since the restart. A delay that was over before it is over now, if this result is as the
        last one was; one that was not goes on as if there had been data all the time."""
        due_ns, self.held_ns = self.machine.next_due_ns, None
        if due_ns is not None and due_ns < now_ns:
            self.machine.restore(self.machine.save(), now_ns - due_ns)
        if self.machine.condition is Condition.PENDING:
            self.shown.foresee(now_ns)

    def renew(self) -> None:
        """Forget what the data said."""
        self.machine = ConditionMachine(self.spec)

    def start_anew(self, now_ns: int) -> None:
        """A person says that hours count from now on."""
        self.resets += 1
        self._forget_hours(now_ns)
        self.touch()
        self.update(now_ns)

    def recall_resets(self, resets: int, now_ns: int) -> None:
        """The memory that was taken back knew of so many. It is stored less often than the state of the alarm."""
        if resets < self.resets:
            self._forget_hours(now_ns)
        self.resets = max(resets, self.resets)

    def _forget_hours(self, now_ns: int) -> None:
        for evaluation in self._accumulating:
            evaluation.start_anew(now_ns)

    # -- time ---------------------------------------------------------------------------------------------------------

    def expire(self, now_ns: int) -> None:
        """See `Timers`: what the data says first, then what people are waiting for."""
        if self._judge_due_ns is not None and self._judge_due_ns <= now_ns:
            self._decide(now_ns)
        if self.held_ns is None and self.machine.advance(now_ns + 1):
            self.follow(now_ns)
        self.publish(self.cycle.advance(now_ns), now_ns)
        self.wait(now_ns)

    def begin(self, now_ns: int) -> None:
        """The engine starts: what needs time looks at it."""
        self._decide(now_ns)
        self.suppression.update(now_ns)
        self.wait(now_ns)

    def wait(self, now_ns: int) -> None:
        """Set the timer for what comes first; one that is set too early is left, it costs less than a new one. And put
        the guard's band where the alarm now stands."""
        due_ns = self.machine.next_due_ns if self.held_ns is None else None
        for other_ns in (self.cycle.next_due_ns, self._judge_due_ns):
            if other_ns is not None and (due_ns is None or other_ns < due_ns):
                due_ns = other_ns
        if due_ns != self.due_ns and (due_ns is None or self.due_ns is None or due_ns < self.due_ns):
            self._shared.timers.set(self, due_ns)
        if self._guarded is not None:
            self._shared.inputs.settle(self._guarded)

    # -- events -------------------------------------------------------------------------------------------------------

    def publish(
        self, transitions: Sequence[Transition], now_ns: int, actor: Actor = GATEWAY, comment: str = ""
    ) -> None:
        """Make events of transitions that just happened."""
        if not transitions:
            return
        self.touch()
        for transition in transitions:
            self._record(transition, now_ns)
            is_of_data = transition in ANNUNCIATING or transition is Transition.RETURNED  # what a person did let it out
            who, why = (GATEWAY, "") if is_of_data else (actor, comment)
            self._shared.emit(self._event(transition, now_ns, who, why))
        if self.group is not None:
            self.group.settle(self.spec.id, self.cycle.state)

    def _record(self, transition: Transition, now_ns: int) -> None:
        at_ns = now_ns + self._shared.wall_offset_ns
        shown = self.shown
        is_news = transition in _REFRESHING or not self.cycle.occurrence
        if is_news:
            shown.take(max(self.level, 0), now_ns)
        if transition is Transition.RAISED:
            self.raised_at_ns, self.returned_at_ns = at_ns, None
            shown.start_worst(self.level)
            if self.group is not None:
                self.group.rise(self.spec.id)
        elif transition is Transition.RETURNED:
            self.returned_at_ns = at_ns
            started_ns = self.cycle.raised_ns
            shown.say(None if started_ns is None else now_ns - started_ns)
            return
        elif transition is Transition.ACKNOWLEDGED:
            self.acknowledged_at_ns = at_ns
        if is_news:
            shown.say()

    def _event(self, transition: Transition, now_ns: int, actor: Actor, comment: str) -> AlarmEvent:
        spec, cycle, shown = self.spec, self.cycle, self.shown
        until_ns = cycle.until_ns if transition is Transition.SHELVED else None
        return AlarmEvent(
            time_ns=now_ns + self._shared.wall_offset_ns,
            alarm=spec.id,
            rule=spec.rule,
            device=None if spec.device is None else spec.device.id,
            enterprise=spec.enterprise,
            occurrence=cycle.occurrence,
            transition=transition,
            state=cycle.state,
            priority=cycle.priority,
            area=spec.area,
            value=shown.value,
            limit=shown.limit,
            unit=shown.unit,
            message=shown.message,
            actor=actor,
            comment=comment,
            until_ns=None if until_ns is None else until_ns + self._shared.wall_offset_ns,
            first_out=self.is_first_out,
        )

    def touch(self) -> None:
        """Its state is another than the one that was saved."""
        self._shared.changed[self.spec.id] = self

    @property
    def is_quiet(self) -> bool:
        """Plainly normal and inactive."""
        return self.cycle.state is AlarmState.NORMAL and self.machine.condition is Condition.INACTIVE


def _judge(shared: Shared, spec: Alarm, run: AlarmRun) -> Judge:
    found = _guardable(spec)
    if found is None:
        return ExpressionJudge(shared, spec, run)
    tag, levels = found
    shared.inputs.guard(spec.levels[0].when.inputs[0], run)
    return ThresholdJudge(shared, tag, levels)


def _guardable(spec: Alarm) -> tuple[str, ThresholdLevels] | None:
    """Tag and levels where the guard can run this alarm: it shows the value that it watches."""
    found = threshold_levels(spec.levels)
    if found is None or (spec.value is not None and plain_tag(spec.value) != found[0]):
        return None
    return found


def _settle_ns(spec: Alarm) -> int:
    """How long after suppression its inputs may need to come back."""
    operands = [operand for level in spec.levels for operand in level.when.inputs]
    times = [round(each.stale_after_s * 1e9) or stale_after_ns(each.interval_s) or 0 for each in operands]
    return max(_SETTLE_NS, *times) if times else _SETTLE_NS
