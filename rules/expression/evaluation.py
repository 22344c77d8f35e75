"""Evaluations of a compiled expression: the simple one, which only knows the newest values. See also remembering.py."""

from collections.abc import Sequence
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.organ import LARGEST
from rules.expression.plan import Plan


class Evaluation:
    """One instance of an expression with its windows. Times are steady nanoseconds: they never step.

    This class serves expressions that remember nothing; `Remembering` those that do.
    """

    __slots__ = ("_memory", "_plan", "_qualities", "_result", "_root")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._root = plan.root
        self._memory: list[Any] = plan.fresh_memory()
        self._qualities: list[Quality] = [Quality.BAD_NOT_AVAILABLE] * len(plan.inputs)
        self._result: Value | None = None

    def push(self, slot: int, value: Value | None, quality: Quality, time_ns: int) -> None:
        """A sample of input `slot`; `None` where it is bad."""
        if value.__class__ is float and not -LARGEST <= value <= LARGEST:
            value = None
        self._memory[slot] = value
        self._qualities[slot] = quality

    def evaluate(self, now_ns: int, wall_ns: int) -> Value | None:
        """The result; `None` where it cannot be decided. `wall_ns` (UTC) is for `hour` and `weekday` alone."""
        try:
            self._result = result = self._root(self._memory)
        except OverflowError:  # whole numbers beyond what a float holds
            self._result = result = None
        return result  # type: ignore[no-any-return]

    def quality(self) -> Quality:
        """The worst quality of what decided the last result."""
        if self._result is not None and not any(self._qualities) and not self._plan.feeds:
            return Quality.GOOD
        try:
            found = self._plan.trust(self._memory, self._qualities)
        except OverflowError:
            return Quality.BAD_NOT_A_NUMBER
        if self._result is None and found < Quality.BAD_TIMEOUT:
            return Quality.BAD_NOT_A_NUMBER  # divided by zero, or a result without bounds
        return found

    def next_due_ns(self, now_ns: int, wall_ns: int) -> int | None:
        """When (steady) the result may change without a sample; `None`: never."""
        return None

    def save(self) -> Any:
        """What it remembers, for msgspec/JSON; `None`: nothing. Bounded."""
        return None

    def restore(self, memories: Sequence[Any], shift_ns: int, window_shift_ns: int | None = None) -> bool:
        """Take back what `save` gave: of each part (a function with its arguments) what the first of `memories` knows
        of it; the rest of the expression may be another by now. Times are moved by `shift_ns`, those of functions that
        see every sample by `window_shift_ns`. What does not fit is ignored. False: nothing fits."""
        return False

    def start_anew(self, now_ns: int) -> None:
        """What was added up so far no longer counts."""
