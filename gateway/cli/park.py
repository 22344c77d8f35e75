"""Devices and points of the configuration, found by the names that people type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.core.errors import Rejected

if TYPE_CHECKING:
    from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
    from gateway.core.point import Point


def find_device(plan: "ParkPlan", device_id: str) -> tuple["ConnectionPlan", "DevicePlan"]:
    """The connection and the plan of a device. Raises Rejected where it has none or does not exist."""
    for connection in plan.connections:
        for device in connection.devices:
            if device.device.id == device_id:
                return connection, device
    ids = [device.id for device in plan.devices]
    if device_id in ids:
        raise Rejected(f"device `{device_id}` is known but has no connection", "give it a `connection:` in park.yaml")
    raise Rejected(f"no device `{device_id}`", near(device_id, ids, "see `devices:` in park.yaml"))


def points_of(device: "DevicePlan") -> dict[str, "Point"]:
    """The device's points by name."""
    return {point.name: point for group in device.groups for point in group.points}


def check_points(device: "DevicePlan", wanted: Sequence[str]) -> None:
    """Raises Rejected for a point that the device does not have."""
    known = points_of(device)
    for name in wanted:
        if name not in known:
            hint = near(name, known, f"`park-gateway read {device.device.id}` shows all of them")
            raise Rejected(f"device `{device.device.id}` has no point `{name}`", hint)


def find_tags(plan: "ParkPlan", wanted: Sequence[str]) -> list[str]:
    """The tags that these tags and device ids name, each once. Raises Rejected for a name that does not exist."""
    known: dict[str, list[str]] = {device.id: [] for device in plan.devices}
    for connection in plan.connections:
        for one in connection.devices:
            known[one.device.id] = [f"{one.device.id}.{name}" for name in points_of(one)]
    every = {tag for tags in known.values() for tag in tags}
    found: dict[str, None] = {}
    for name in wanted:
        if name not in known and name not in every:
            device, dot, _ = name.partition(".")
            choice = known[device] if dot and device in known else [*known, *every]
            raise Rejected(f"no device or point `{name}`", near(name, choice, "see `devices:` in park.yaml"))
        if not known.get(name, [name]):
            raise Rejected(f"device `{name}` has no points", "give it a `connection:` and points in park.yaml")
        found |= dict.fromkeys(known.get(name, [name]))
    return list(found)


def near(word: str, known: Sequence[str] | dict[str, "Point"], otherwise: str) -> str:
    """A hint: the known words that come nearest, or what else to do."""
    from gateway.config.problems import nearest

    return nearest(word, known) or otherwise


def lines(plan: "ParkPlan") -> list[tuple["ConnectionPlan", tuple["DevicePlan", ...]]]:
    """All connected devices: those that share a line together, to be asked in turn; the others each alone."""
    from gateway.config.driver import Connection

    found: list[tuple[ConnectionPlan, tuple[DevicePlan, ...]]] = []
    for connection in plan.connections:
        if isinstance(connection.options, Connection) and not connection.options.is_polled:
            found += [(connection, (device,)) for device in connection.devices]
        else:
            found.append((connection, connection.devices))
    return found
