"""Devices without a running gateway: the drivers' own sources, built for one command."""

from collections.abc import Sequence

from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
from gateway.core.clock import SystemClock
from gateway.core.errors import Rejected
from gateway.core.point import Point
from gateway.core.ports import Exchange
from gateway.plugins import build_sources


def find_device(plan: ParkPlan, device_id: str) -> tuple[ConnectionPlan, DevicePlan]:
    """The connection and the plan of a device. Raises Rejected where it has none or does not exist."""
    for connection in plan.connections:
        for device in connection.devices:
            if device.device.id == device_id:
                return connection, device
    if any(device.id == device_id for device in plan.devices):
        raise Rejected(f"device `{device_id}` is known but has no connection", "give it a `connection:` in park.yaml")
    near = [device.id for device in plan.devices if device_id in device.id or device.id in device_id][:3]
    raise Rejected(
        f"no device `{device_id}`", f"did you mean {', '.join(near)}?" if near else "see `devices:` in park.yaml"
    )


def points_of(device: DevicePlan) -> dict[str, Point]:
    """The device's points by name."""
    return {point.name: point for group in device.groups for point in group.points}


def check_points(device: DevicePlan, wanted: Sequence[str]) -> None:
    """Raises Rejected for a point that the device does not have."""
    known = points_of(device)
    for name in wanted:
        if name not in known:
            raise Rejected(f"device `{device.device.id}` has no point `{name}`", f"it has {', '.join(known)}")


async def probe(connection: ConnectionPlan, device_id: str, points: Sequence[str]) -> list[Exchange]:
    """One real exchange on a connection of its own."""
    (source,) = build_sources([connection], SystemClock())
    return await source.probe(device_id, points)
