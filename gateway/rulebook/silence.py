"""`silent()` in an expression: no point of the rule's device has had a value for its stale time, or ever."""

import re
from dataclasses import replace

from gateway.config.plan import DevicePlan
from gateway.config.ruleplan import Written
from gateway.rulebook.directory import Directory
from gateway.rulebook.refusal import Refused
from rules.expression.errors import ExpressionError

_SILENT = re.compile(r"\bsilent\s*\(\s*\)")
_ENOUGH, _POINTS = 2, 4
"""Asked of each device. One point may be bad for good (a register that the device does not have), four are not."""


def with_silence(written: Written, home: str, directory: Directory) -> Written:
    """The expression with `silent()` said in terms of points. Raises Refused where there is no device."""
    if "silent" not in written.text or not _SILENT.search(written.text):
        return written
    plan = directory.plans.get(home)
    if plan is None:
        hint = "write it in a rule with `for_each` and without `each`, or use `gateway.devices_silent`"
        raise Refused(written, ExpressionError("`silent()` is about one device", hint))
    terms = " and ".join(f"(stale(`{name}`) or absent(`{name}`))" for name in _asked(plan))
    return replace(written, text=_SILENT.sub(f"({terms})", written.text))


def _asked(plan: DevicePlan) -> list[str]:
    """Points that are read together at the shortest interval: a device that stops is silent when these are stale, not
    when what is read once an hour is. A slower group joins only where the fastest has a single point."""
    names: list[str] = []
    for group in sorted(plan.groups, key=lambda group: group.interval_s):
        if len(names) < _ENOUGH:
            names += [point.name for point in group.points][: _POINTS - len(names)]
    return names
