"""Small plans to build sources from."""

from collections.abc import Iterable, Sequence

from drivers.modbus.config import Connection, DeviceAddress, PointAddress
from drivers.modbus.source import ModbusSource, build
from gateway.config.plan import ConnectionPlan, DevicePlan, GroupPlan
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.point import Point
from tests.steady import LoopClock


def floats(count: int, start: int = 0) -> list[PointAddress]:
    """Adjacent float32 in the holding table."""
    return [PointAddress(address=start + 2 * i, type="float32") for i in range(count)]


def group(places: Sequence[PointAddress], interval_s: float = 0.05, name: str = "all") -> GroupPlan:
    """A poll group whose points are named after their addresses: `h10` (holding), `c3` (coil)."""
    points = tuple(Point(f"{place.table[0]}{place.address}{_bit(place)}") for place in places)
    return GroupPlan(name, interval_s, 0.0, points, tuple(places))


def _bit(place: PointAddress) -> str:
    return "" if place.bit is None else f"_{place.bit}"


def device(unit: int, groups: Iterable[GroupPlan], **address: object) -> DevicePlan:
    """Device `d<unit>` with this unit id."""
    made = Device(f"d{unit}", "site", "enterprise", "meter", connection="line", driver="modbus")
    return DevicePlan(made, DeviceAddress.model_validate({"unit": unit, **address}), tuple(groups))


def source(port: int, devices: Iterable[DevicePlan], clock: Clock | None = None, **options: object) -> ModbusSource:
    """One source on a loopback port; its clock, unless given, is that of the loop."""
    connection = Connection.model_validate({"host": "127.0.0.1", "port": port, "timeout": "0.2 s", **options})
    plan = ConnectionPlan("line", "modbus", connection, tuple(devices))
    (made,) = build([plan], clock or LoopClock())
    assert isinstance(made, ModbusSource)
    return made
