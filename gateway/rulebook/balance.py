"""What is known at the end of each interval of a meter that has others under it: points of its device, for rules."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from gateway.config.plan import ParkPlan
from gateway.core.point import Names, Point

SHARE_POINTS = (
    Point("unexplained_kwh", "kWh", names=Names("Unexplained energy of the interval", "本时段不明电量")),
    Point("unexplained_percent", "%", names=Names("Unexplained share of the interval", "本时段不明损耗率")),
)
BALANCE_POINTS = (
    *SHARE_POINTS,
    Point("unexplained_limit_percent", "%",
          names=Names("What limit and accuracy of the meters allow", "不明损耗率限值（含计量误差）")),
)  # fmt: skip


def balance_points(plan: ParkPlan) -> Mapping[str, tuple[Point, ...]]:
    """The points by device that may have them: those of the meters that `under:` names. A limit has a meter that is
    `complete:`; of any other nobody can say what is lost and what is not metered.
    """
    named = {tag.text for entry in plan.accounts.energy.meters for tag in entry.under}
    complete = {tag.partition(".")[0] for tag in named if _is_complete(plan, tag)}
    devices = {tag.partition(".")[0] for tag in named}
    return {
        device.id: BALANCE_POINTS if device.id in complete else SHARE_POINTS
        for device in plan.devices
        if device.is_connected and device.id in devices
    }


def _is_complete(plan: ParkPlan, tag: str) -> bool:
    """What is stated of the tag alone counts more than what is stated of several."""
    stated = [entry for entry in plan.accounts.energy.meters if "complete" in entry.stated]
    exact = [entry for entry in stated if entry.point.text == tag]
    return any(entry.is_complete for entry in exact or stated if fnmatchcase(tag, entry.point.text))
