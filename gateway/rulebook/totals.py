"""`total(power_active)` in a rule with `each: park` or `each: enterprise`: the sum over the devices of its selector.

`total(power_active, main, pv)` adds up those of these roles alone.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from gateway.config.ruleplan import AlarmPlan, DerivedPlan, Written
from gateway.core.device import Device, MeterRole
from gateway.rulebook.directory import Directory
from gateway.rulebook.refusal import MissingPoint
from rules.expression.errors import ExpressionError

_TOTAL = re.compile(rf"\btotal\s*\(\s*`?([A-Za-z0-9_-]+)`?\s*((?:,\s*(?:{'|'.join(MeterRole)})\s*)*)\)")
R = TypeVar("R", AlarmPlan, DerivedPlan)


def with_totals(plan: R, devices: Iterable[Device], directory: Directory) -> R:
    """The rule with every total written out; a device without the point has no part in it.

    Raises MissingPoint where no device has a part.
    """
    members = list(devices)

    def out(written: Written | None) -> Written | None:
        if written is None:
            return None
        return replace(written, text=_TOTAL.sub(partial(_sum, written, members, directory), written.text))

    if isinstance(plan, DerivedPlan):
        return replace(plan, value=out(plan.value) or plan.value)
    levels = tuple(
        replace(level, when=out(level.when) or level.when, clear=out(level.clear), hysteresis=out(level.hysteresis))
        for level in plan.levels
    )
    return replace(
        plan, levels=levels, value=out(plan.value), limit=out(plan.limit), suppress_when=out(plan.suppress_when)
    )


def _sum(written: Written, members: Iterable[Device], directory: Directory, match: re.Match[str]) -> str:
    point = match[1]
    roles = {role.strip() for role in match[2].split(",") if role.strip()}
    having = [
        device.id
        for device in members
        if (not roles or device.role in roles) and directory.resolve(device.id, point) is not None
    ]
    if having:
        return "(" + " + ".join(f"`{device}.{point}`" for device in having) + ")"
    whose = f" with role {' or '.join(f'`{role}`' for role in sorted(roles))}" if roles else ""
    line = written.text.count("\n", 0, match.start()) + 1
    column = match.start() - written.text.rfind("\n", 0, match.start())
    error = ExpressionError(f"none of the rule's devices{whose} has a point `{point}`", "", line, column)
    raise MissingPoint(point, written, error)
