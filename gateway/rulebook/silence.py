"""`silent()` in an expression: no point of the rule's device has had a value for its stale time, or ever."""

import re
from dataclasses import replace

from gateway.config.ruleplan import Written
from gateway.rulebook.directory import Directory
from gateway.rulebook.refusal import Refused
from rules.expression.errors import ExpressionError

_SILENT = re.compile(r"\bsilent\s*\(\s*\)")
_POINTS = 4
"""Asked of each device. One point may be bad for good (a register that the device does not have), four are not."""


def with_silence(written: Written, home: str, directory: Directory) -> Written:
    """The expression with `silent()` said in terms of points. Raises Refused where there is no device."""
    if "silent" not in written.text or not _SILENT.search(written.text):
        return written
    plan = directory.plans.get(home)
    if plan is None:
        hint = "write it in a rule with `for_each` and without `each`, or use `gateway.devices_silent`"
        raise Refused(written, ExpressionError("`silent()` is about one device", hint))
    by_group = [[point.name for point in group.points] for group in plan.groups]
    names = [name for index in range(_POINTS) for group in by_group for name in group[index : index + 1]][:_POINTS]
    terms = " and ".join(f"(stale(`{name}`) or absent(`{name}`))" for name in names)
    return replace(written, text=_SILENT.sub(f"({terms})", written.text))
