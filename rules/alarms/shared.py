"""What all alarms and derived points of one engine share: clock, timers, inputs, and the place where events go."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gateway.core.alarm import AlarmEvent
from gateway.core.point import Names, Value
from gateway.core.quality import Quality
from rules.alarms.inputs import Inputs
from rules.alarms.timers import Timers
from rules.expression.program import Evaluation, Expression

if TYPE_CHECKING:
    from rules.alarms.derive import DerivedBlock
    from rules.alarms.run import AlarmRun


class Shared:
    """One per engine."""

    __slots__ = ("changed", "emit", "enterprises", "faults", "inputs", "now_ns", "ready", "timers", "wall_offset_ns")

    def __init__(self, emit: Callable[[AlarmEvent], None], enterprises: Mapping[str, Names]) -> None:
        self.emit = emit
        self.enterprises = enterprises
        self.faults: Counter[str] = Counter()  # by rule (or tag of a derived point): evaluations that failed
        self.timers = Timers()
        self.inputs = Inputs(self.timers, self.faults)
        self.wall_offset_ns = 0
        self.now_ns = 0  # steady: the latest moment that anybody spoke of
        self.changed: dict[str, AlarmRun] = {}  # since the caller last asked
        self.ready: dict[DerivedBlock, None] = {}  # with new values, not emitted yet

    def evaluate(self, name: str, evaluation: Evaluation, now_ns: int) -> Value | None:
        """The result; `None` too where the evaluation fails, which is counted: one rule's fault is not the others'."""
        try:
            return evaluation.evaluate(now_ns, now_ns + self.wall_offset_ns)
        except Exception:  # noqa: BLE001
            self.faults[name] += 1
            return None

    def quality(self, name: str, evaluation: Evaluation) -> Quality:
        """How good the last result is."""
        try:
            return evaluation.quality()
        except Exception:  # noqa: BLE001
            self.faults[name] += 1
            return Quality.BAD_NOT_AVAILABLE

    def due_ns(self, name: str, expression: Expression, evaluation: Evaluation, now_ns: int) -> int | None:
        """When the result may change without a sample."""
        if not expression.needs_time:
            return None
        try:
            due_ns = evaluation.next_due_ns(now_ns, now_ns + self.wall_offset_ns)
        except Exception:  # noqa: BLE001
            self.faults[name] += 1
            return None
        return None if due_ns is None else max(due_ns, now_ns + 1)


def earliest(*dues_ns: int | None) -> int | None:
    """The first of them; `None`: none."""
    return min((due_ns for due_ns in dues_ns if due_ns is not None), default=None)
