"""Hysteresis: a limit that is left later than it was entered."""

import re
from collections.abc import Callable

from gateway.config.ruleplan import LevelPlan, Written
from gateway.rulebook.comparison import Comparison
from gateway.rulebook.refusal import MissingPoint, Refused
from rules.expression.errors import ExpressionError
from rules.expression.program import Expression, ResultType
from rules.expression.units import unit_of

_QUANTITY = re.compile(r"\s*[0-9].*", re.DOTALL)
_LATER = {">": "-", ">=": "-", "<": "+", "<=": "+"}


def is_temperature(unit: str) -> bool:
    """True for a unit whose zero means nothing: a limit of it has no size."""
    found = unit_of(unit)
    return found is not None and found.has_offset


def kept(
    level: LevelPlan, comparison: Comparison | None, compile_text: Callable[[Written, ResultType], Expression]
) -> Expression:
    """While this is true a level that was entered stays: `x > 800 kW` with 40 kW is left below 760 kW.

    Raises Refused where the condition is no single comparison or the quantities do not go together.
    """
    assert level.hysteresis is not None
    if comparison is None or not comparison.is_whole or comparison.operator not in _LATER:
        message = "`hysteresis` needs a condition like `power_active > 800 kW`"
        raise Refused(level.hysteresis, ExpressionError(message, "for any other one write `clear: ...`"))
    if not _QUANTITY.fullmatch(level.hysteresis.text):
        message = f"expected a quantity, found `{level.hysteresis.text}`"
        raise Refused(level.hysteresis, ExpressionError(message, "write for example `hysteresis: 40 kW`"))
    sign = _LATER[comparison.operator]
    text = f"{comparison.left} {comparison.operator} ({comparison.right}) {sign} ({level.hysteresis.text})"
    try:
        return compile_text(Written(text, level.hysteresis.mark), ResultType.BOOLEAN)
    except (MissingPoint, Refused) as error:
        told = ExpressionError(error.error.message, error.error.hint)  # its place is one in the text made here
        raise Refused(level.hysteresis, told) from None
