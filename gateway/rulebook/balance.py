"""What is known at the end of each interval of a meter that has others under it: points of its device, for rules."""

from gateway.config.plan import ParkPlan
from gateway.core.point import Names, Point

BALANCE_POINTS = (
    Point("unexplained_kwh", "kWh", names=Names("Unexplained energy of the interval", "本时段不明电量")),
    Point("unexplained_percent", "%", names=Names("Unexplained share of the interval", "本时段不明损耗率")),
    Point("unexplained_limit_percent", "%",
          names=Names("What limit and accuracy of the meters allow", "不明损耗率限值（含计量误差）")),
)  # fmt: skip


def balance_devices(plan: ParkPlan) -> frozenset[str]:
    """Devices that may have such points: those of the meters that `under:` names."""
    named = {tag.text.partition(".")[0] for entry in plan.accounts.energy.meters for tag in entry.under}
    return frozenset(device.id for device in plan.devices if device.is_connected and device.id in named)
