"""`total(power_active)` in a rule with `each: park`: the sum over all devices that its selector gives."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from gateway.config.ruleplan import AlarmPlan, DerivedPlan, Written
from gateway.core.device import Device
from gateway.rulebook.directory import Directory

_TOTAL = re.compile(r"\btotal\s*\(\s*`?([A-Za-z0-9_-]+)`?\s*\)")
R = TypeVar("R", AlarmPlan, DerivedPlan)


def with_totals(plan: R, devices: Iterable[Device], directory: Directory) -> R:
    """The rule with every total written out; a device without the point has no part in it."""
    members = [device.id for device in devices]

    def total(match: re.Match[str]) -> str:
        having = [device for device in members if directory.resolve(device, match[1]) is not None]
        return "(" + " + ".join(f"`{device}.{match[1]}`" for device in having) + ")" if having else match[1]

    def out(written: Written | None) -> Written | None:
        return None if written is None else replace(written, text=_TOTAL.sub(total, written.text))

    if isinstance(plan, DerivedPlan):
        return replace(plan, value=out(plan.value) or plan.value)
    levels = tuple(
        replace(level, when=out(level.when) or level.when, clear=out(level.clear), hysteresis=out(level.hysteresis))
        for level in plan.levels
    )
    return replace(
        plan, levels=levels, value=out(plan.value), limit=out(plan.limit), suppress_when=out(plan.suppress_when)
    )
