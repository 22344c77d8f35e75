"""One alarm as it stands, read without writing anything."""

from dataclasses import dataclass

from gateway.core.alarm import AlarmState, Condition, Priority
from gateway.core.point import Names, Value
from rules.alarms.run import AlarmRun
from rules.alarms.shared import Shared
from rules.alarms.spec import Alarm


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One alarm as it stands, for the API. Times are UTC nanoseconds."""

    spec: Alarm
    state: AlarmState
    condition: Condition
    priority: Priority
    occurrence: int
    value: Value | None
    limit: float | None
    unit: str
    message: Names
    raised_ns: int | None  # this occurrence's raise
    returned_ns: int | None
    acknowledged_by: str
    acknowledged_ns: int | None
    comment: str  # the latest
    until_ns: int | None  # shelved until; None with state shelved: one-shot
    reason: Names  # why suppressed or out of service
    first_out: bool
    accumulates: bool  # it adds up hours: `reset` starts them anew, in any state


def view_of(run: AlarmRun, shared: Shared) -> AlarmView:
    """Each field is read once, as it may be another a moment later."""
    cycle, shown, condition, state = run.cycle, run.shown, run.condition, run.cycle.state
    limit, message, until_ns = shown.limit, shown.message, cycle.until_ns
    if condition is Condition.PENDING and state is AlarmState.NORMAL:
        limit, message = shown.preview(shared.now_ns)
    return AlarmView(
        spec=run.spec,
        state=state,
        condition=condition,
        priority=cycle.priority,
        occurrence=cycle.occurrence,
        value=shown.value_as_known(),
        limit=limit,
        unit=shown.unit,
        message=message,
        raised_ns=None if cycle.raised_ns is None else run.raised_at_ns,
        returned_ns=None if cycle.returned_ns is None else run.returned_at_ns,
        acknowledged_by=cycle.acknowledged_by,
        acknowledged_ns=None if cycle.acknowledged_ns is None else run.acknowledged_at_ns,
        comment=cycle.comment,
        until_ns=None if until_ns is None else until_ns + shared.wall_offset_ns,
        reason=cycle.reason,
        first_out=run.is_first_out,
        accumulates=run.accumulates,
    )
