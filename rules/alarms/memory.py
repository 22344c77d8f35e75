"""What outlives the process: the state of each alarm, and what its expressions remember.

What expressions remember is kept by the text of the function that remembers it, so the rest of the rule may be edited.
Steady times of a former run are moved to this run's clock in one of two ways. Timers of the data (delays, `duration`)
go on with the time they had run, and none of them ends before there are data: nobody saw what happened while the
gateway was down. What people wait for (shelving, re-alarm) and windows of samples (a rate over the gap is a true rate)
count the time in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.point import Names
from gateway.core.quality import Quality
from rules.alarms.condition import NOTHING
from rules.alarms.judge import Kept
from rules.alarms.run import AlarmRun
from rules.alarms.spec import Moment
from rules.expression.program import Evaluation, Expression

LONGEST_PAUSE_NS = 3600 * 1_000_000_000  # down for longer: timers start anew (Prometheus, for-outage-tolerance)
_INSTANT_NS = 1  # what was due by then was over when it was saved (see `ConditionMachine.feed`)


@dataclass(frozen=True, slots=True)
class Shift:
    """How steady times of the former run become those of this one."""

    paused_ns: int  # as if no time had passed in between
    passed_ns: int  # as the wall clock says
    is_long: bool  # down for more than an hour


def shift_since(saved: Moment, now_ns: int, wall_offset_ns: int) -> Shift:
    """A wall clock that was set back meanwhile (no battery) counts as no time."""
    paused_ns = now_ns - saved.steady_ns
    down_ns = max(0, now_ns + wall_offset_ns - saved.wall_ns)
    return Shift(paused_ns, paused_ns - down_ns, down_ns > LONGEST_PAUSE_NS)


# -- alarms -----------------------------------------------------------------------------------------------------------


def save_run(run: AlarmRun) -> dict[str, Any] | None:
    """The state of an alarm, JSON-able; `None` where there is nothing to keep."""
    spec, cycle, shown, machine = run.spec, run.cycle, run.shown, run.machine
    is_blank = cycle.state is AlarmState.NORMAL and not (cycle.occurrence or cycle.comment or run.resets)
    if is_blank and shown.is_blank and machine.level == NOTHING and machine.next_due_ns is None:
        return None
    return {
        "fingerprint": spec.fingerprint,
        "of": [spec.rule, None if spec.device is None else spec.device.id, spec.enterprise, spec.area],
        "state": cycle.state.value,
        "machine": machine.save(),
        "held": run.held_ns,
        "cycle": cycle.save(),
        "suppression": run.suppression.save(),
        "times": [run.raised_at_ns, run.returned_at_ns, run.acknowledged_at_ns],
        "shown": shown.save(),
        "level": run.level,
        "first": run.is_first_out,
        "resets": run.resets,
    }


def restore_run(run: AlarmRun, saved: Any, shift: Shift, now_ns: int) -> bool:
    """Take back what `save_run` gave. False where it does not fit: then the alarm is as new."""
    try:
        is_same = saved["fingerprint"] == run.spec.fingerprint
        raised_ns, returned_ns, acknowledged_ns = saved["times"]
        run.cycle.restore(saved["cycle"], shift.passed_ns)
        run.suppression.restore(saved["suppression"], shift.paused_ns)
        run.shown.restore(saved["shown"])
        level = int(saved["level"])
        is_first, resets = bool(saved["first"]), int(saved.get("resets", 0))
        held_ns = None if saved.get("held") is None else int(saved["held"])
    except (KeyError, TypeError, ValueError):
        return False
    run.raised_at_ns, run.returned_at_ns, run.acknowledged_at_ns = raised_ns, returned_ns, acknowledged_ns
    run.level, run.resets = min(level, len(run.spec.levels) - 1), resets
    if is_same:
        paused_ns = shift.paused_ns if held_ns is None else now_ns - held_ns
        _restore_machine(run, saved["machine"], paused_ns, now_ns, is_long=shift.is_long)
    if run.group is not None:
        run.group.recall(run.spec.id, run.cycle.state, is_first=is_first)
    return True


def _restore_machine(run: AlarmRun, saved: Any, paused_ns: int, now_ns: int, *, is_long: bool) -> None:
    machine = run.machine
    machine.restore(saved, paused_ns)
    if is_long and machine.level == NOTHING:
        run.renew()
    elif is_long:
        machine.feed(machine.level, now_ns)  # true at this moment as far as we know: what ran towards its end is void
    due_ns = run.machine.next_due_ns
    if due_ns is not None and due_ns > now_ns + _INSTANT_NS:
        run.held_ns = now_ns


def removal(alarm: str, saved: Any, time_ns: int) -> AlarmEvent | None:
    """The last event of an alarm that is no longer configured; `None` where nobody was ever told of it."""
    try:
        rule, device, enterprise, area = saved["of"]
        occurrence = int(saved["cycle"]["occurrence"])
        if AlarmState(saved["state"]) is AlarmState.NORMAL and not occurrence:
            return None
        return AlarmEvent(
            time_ns=time_ns,
            alarm=alarm,
            rule=str(rule),
            device=device,
            enterprise=enterprise,
            occurrence=occurrence,
            transition=Transition.REMOVED,
            state=AlarmState.NORMAL,
            priority=Priority(saved["cycle"]["priority"]),
            area=str(area),
            message=Names(*map(str, saved["shown"]["message"])),
        )
    except (KeyError, TypeError, ValueError):
        return None


# -- expressions ------------------------------------------------------------------------------------------------------


def remembering(kept: Iterable[Kept]) -> list[Kept]:
    """Those whose evaluation has something to remember."""
    return [each for each in kept if each[1].has_windows or each[1].needs_time]


def save_evaluations(name: str, kept: Iterable[Kept], resets: int = 0) -> dict[str, Any]:
    """What the evaluations of one alarm or derived point remember, and how often its hours had been started anew."""
    memories = {key: evaluation.save() for key, _, evaluation in kept}
    found = {key: memory for key, memory in memories.items() if memory is not None}
    return {name: {"resets": resets, "of": found}} if found else {}


def restore_evaluations(
    name: str, kept: Iterable[Kept], memory: Mapping[str, Any], shift: Shift, now_ns: int
) -> int | None:
    """Take back what `save_evaluations` gave: each part of an expression that has the same text as before, in this
    expression or in another of the same alarm, so that an edit of a limit costs no hours. Gives `resets`; `None`:
    nothing was taken."""
    try:
        resets, memories = int(memory[name]["resets"]), dict(memory[name]["of"])
    except (KeyError, TypeError, ValueError):
        return None
    is_any = False
    for key, expression, evaluation in kept:
        others = [each for other, each in memories.items() if other != key]
        if evaluation.restore([memories.get(key), *others], shift.paused_ns, shift.passed_ns):
            is_any = True
            if shift.is_long:
                _interrupt(expression, evaluation, now_ns)
    return resets if is_any else None


def _interrupt(expression: Expression, evaluation: Evaluation, now_ns: int) -> None:
    """Unknown for a moment: what counts uninterrupted time starts anew."""
    for slot in range(len(expression.inputs)):
        evaluation.push(slot, None, Quality.BAD_NOT_AVAILABLE, now_ns)
