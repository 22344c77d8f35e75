"""What level of an alarm holds at this moment: by thresholds (guarded), or by expressions.

Where a higher level cannot be decided and a lower one is true, the lower one is given: a true level is never lost. But
a level that is in and cannot be decided any more stays in (`no_data: unknown`, `keep_last`): bad data ease nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from rules.alarms.condition import NOTHING
from rules.alarms.shared import Shared, earliest
from rules.alarms.spec import Alarm, Level, NoData
from rules.alarms.threshold import ThresholdLevels, number_of
from rules.alarms.watch import Listener
from rules.expression.program import Evaluation, Expression

Kept = tuple[str, Expression, Evaluation]  # what an evaluation is for: its key in `memory()`


class Judge(Protocol):
    """Decides."""

    def level(self, active: int, now_ns: int) -> int | None:
        """The highest level that holds while `active` is in; `None`: not to be decided."""
        ...

    def due_ns(self, now_ns: int) -> int | None:
        """When that may change without a sample."""
        ...

    def waits(self, level: int | None) -> bool:
        """True where this result says nothing yet: an input has not come since the start, and may come any moment."""
        ...

    def kept(self) -> Iterable[Kept]:
        """Evaluations that remember something."""
        ...


class ThresholdJudge:
    """All levels are thresholds on one point."""

    __slots__ = ("_inputs", "levels", "tag")

    def __init__(self, shared: Shared, tag: str, levels: ThresholdLevels) -> None:
        self._inputs = shared.inputs
        self.tag = tag
        self.levels = levels

    def level(self, active: int, now_ns: int) -> int | None:
        """See `Judge`."""
        value = number_of(self._inputs.value(self.tag))
        return None if value is None else self.levels.level(value, active)

    def due_ns(self, now_ns: int) -> int | None:
        """See `Judge`."""
        return None

    def waits(self, level: int | None) -> bool:
        """See `Judge`."""
        return level is None and self._inputs.awaits((self.tag,))

    def kept(self) -> Iterable[Kept]:
        """See `Judge`."""
        return ()


class ExpressionJudge:
    """Levels with any expressions."""

    __slots__ = ("_levels", "_needs_time", "_only", "_shared", "_spec", "_tags", "_waits")

    def __init__(self, shared: Shared, spec: Alarm, listener: Listener) -> None:
        self._shared = shared
        self._spec = spec
        self._levels = [
            (level, level.when.start(), None if level.keep is None else level.keep.start()) for level in spec.levels
        ]
        self._waits = any(expression.has_windows for expression, _ in self._pairs())
        self._needs_time = any(expression.needs_time for expression, _ in self._pairs())
        self._tags = tags_of(spec.levels)
        pairs = list(self._pairs())
        self._only = pairs[0] if len(pairs) == 1 else None  # most alarms: one level without hysteresis
        for expression, evaluation in self._pairs():
            shared.inputs.feed(spec.rule, expression, evaluation, listener)

    @property
    def simple(self) -> Evaluation | None:
        """The one evaluation that decides, where it neither remembers anything nor depends on time."""
        if self._only is None or self._needs_time or self._waits:
            return None
        return self._only[1]

    def _pairs(self) -> Iterator[tuple[Expression, Evaluation]]:
        for level, when, keep in self._levels:
            yield level.when, when
            if level.keep is not None and keep is not None:
                yield level.keep, keep

    def level(self, active: int, now_ns: int) -> int | None:
        """See `Judge`."""
        if self._only is not None:
            holds = self._shared.evaluate(self._spec.rule, self._only[1], now_ns)
            return None if holds is None else 0 if holds else NOTHING
        kept, is_unknown = NOTHING, False
        for index in range(len(self._levels) - 1, NOTHING, -1):
            holds = self._holds(index, active, now_ns)
            if holds:
                is_held = kept > index and self._spec.no_data in {NoData.UNKNOWN, NoData.KEEP_LAST}
                return kept if is_held else index
            if holds is None:
                is_unknown = True
                if index <= active:
                    kept = max(kept, index)
        return None if is_unknown else NOTHING

    def _holds(self, index: int, active: int, now_ns: int) -> bool | None:
        """Three-valued: `when`, or `keep` where the level is in."""
        _, when, keep = self._levels[index]
        entered = self._shared.evaluate(self._spec.rule, when, now_ns)
        if entered is True or keep is None or index > active:
            return _truth(entered)
        kept = self._shared.evaluate(self._spec.rule, keep, now_ns)
        return True if kept is True else None if entered is None or kept is None else False

    def due_ns(self, now_ns: int) -> int | None:
        """See `Judge`."""
        if not self._needs_time:
            return None
        shared, rule = self._shared, self._spec.rule
        if self._only is not None:
            return shared.due_ns(rule, *self._only, now_ns)
        return earliest(*(shared.due_ns(rule, each, evaluation, now_ns) for each, evaluation in self._pairs()))

    def waits(self, level: int | None) -> bool:
        """See `Judge`. What remembers (`stale`, `absent`, windows) does not know of the time before the start."""
        return (level is None or self._waits) and self._shared.inputs.awaits(self._tags)

    def kept(self) -> Iterable[Kept]:
        """See `Judge`."""
        return [(f"{k}", expression, evaluation) for k, (expression, evaluation) in enumerate(self._pairs())]


def _truth(result: object) -> bool | None:
    return None if result is None else bool(result)


def plain_tag(expression: Expression) -> str | None:
    """The tag where the whole expression is one point as it is; `None` otherwise."""
    if len(expression.inputs) != 1:
        return None
    operand = expression.inputs[0]
    is_bare = expression.text.strip() in {operand.tag, operand.tag.partition(".")[2]}
    return operand.tag if is_bare and expression.unit == operand.unit else None


def tags_of(levels: Iterable[Level]) -> list[str]:
    """Every input of the levels, once."""
    expressions = [each for level in levels for each in (level.when, level.keep) if each is not None]
    return list(dict.fromkeys(operand.tag for expression in expressions for operand in expression.inputs))
