"""What names in expressions mean: the points of the configured devices, of the gateway itself, and derived ones."""

from collections.abc import Callable, Sequence

from gateway.config.devices import GATEWAY
from gateway.config.plan import DevicePlan, ParkPlan
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.rulebook.balance import balance_points
from gateway.rulebook.health import (
    CONNECTION_POINTS,
    INTERVAL_S,
    gateway_device,
    health_points,
    park_device,
)
from rules.expression.scope import Operand

STALE_INTERVALS = 3
STALE_SLACK_S = 2.0
_MAX_SUGGESTED = 20_000  # tags; beyond it looking for the nearest would take seconds

Late = Callable[[str, str], Operand | None]


class Directory:
    """Everything that has a tag. `derive` answers for derived points: (device id, point name) -> operand."""

    def __init__(self, plan: ParkPlan) -> None:
        self.site = plan.site
        self.park = park_device(plan.site)
        self.gateway = gateway_device(plan.site)
        self.plans: dict[str, DevicePlan] = {one.device.id: one for line in plan.connections for one in line.devices}
        self.devices: dict[str, Device] = {device.id: device for device in plan.devices}
        self.derive: Late = lambda device, name: None
        self.derived_names: Callable[[str], Sequence[str]] = lambda device: ()
        self._health = {point.name: point for point in health_points(plan)}
        interval_s = float(plan.accounts.energy.interval_s)
        self._balance = {
            device: {point.name: (point, interval_s) for point in points}
            for device, points in balance_points(plan).items()
        }
        self._points: dict[int, dict[str, tuple[Point, float]]] = {}  # by identity of a device's groups
        self._operands: dict[str, Operand] = {}

    def points(self, device: str) -> dict[str, tuple[Point, float]]:
        """The points of a connected device by name, with the interval in which they come."""
        plan = self.plans.get(device)
        if plan is None:
            return {}
        if id(plan.groups) not in self._points:
            self._points[id(plan.groups)] = {
                point.name: (point, group.interval_s) for group in plan.groups for point in group.points
            }
        own = self._points[id(plan.groups)]
        return {**own, **self._balance.get(device, {})}

    def resolve(self, home: str, name: str) -> Operand | None:
        """What the compiler needs to know of a point; `None` where there is none.

        `home` is a device, the site's id (points of the park), or `home_of_connection`: what the gateway knows of it.
        """
        device, _, connection = home.partition(":")
        name = f"{name}_{connection}" if connection else name
        tag = f"{device}.{name}"
        if tag not in self._operands:
            found = self._operand(device, name, tag)
            if found is None:
                return self.derive(device, name)
            self._operands[tag] = found
        return self._operands[tag]

    def names(self, home: str) -> list[str]:
        """The points that a device has."""
        if ":" in home:
            return [point.name for point in CONNECTION_POINTS]
        own = list(self._health) if home == GATEWAY else list(self.points(home))
        return [*own, *self.derived_names(home)]

    def tags(self) -> list[str]:
        """Tags for suggestions; only devices where there are too many."""
        devices = [*self.plans, GATEWAY, self.site.id]
        if sum(len(self.points(device)) for device in self.plans) > _MAX_SUGGESTED:
            return devices
        return [f"{device}.{name}" for device in devices for name in self.names(device)]

    def _operand(self, device: str, name: str, tag: str) -> Operand | None:
        if device == GATEWAY:
            own = self._health.get(name)
            return None if own is None else operand(tag, own, INTERVAL_S)
        found = self.points(device).get(name)
        if found is None:
            return None
        point, interval_s = found
        return operand(tag, point, interval_s or self._expected_s(device))

    def _expected_s(self, device: str) -> float:
        """How often a device speaks that is not polled: its address says what is expected (MQTT)."""
        expected: float = getattr(self.plans[device].address, "expect", 60.0)
        return expected


def home_of_connection(connection: str) -> str:
    """From here the bare names are those of `CONNECTION_POINTS`."""
    return f"{GATEWAY}:{connection}"


def connection_of(home: str) -> str:
    """The connection of a `home_of_connection`; empty for any other home."""
    return home.partition(":")[2]


def operand(tag: str, point: Point, interval_s: float) -> Operand:
    """A point as the compiler sees it. It is stale when the page says so (`gateway.pipeline.snapshot`)."""
    words = tuple((number, names.en or names.zh) for number, names in point.words)
    stale_after_s = STALE_INTERVALS * interval_s + STALE_SLACK_S
    return Operand(tag, point.type, point.unit, point.kind, interval_s, words, stale_after_s)


class RuleScope:
    """Names as one rule sees them from its home. It notes what was asked for."""

    def __init__(self, directory: Directory, home: str) -> None:
        self.relative: dict[str, Operand] = {}  # bare names that were found
        self.absolute: set[str] = set()  # tags in full
        self._directory = directory
        self._home = home

    def resolve(self, name: str) -> Operand | None:
        """The point of this name: a tag in full, or a bare name of the rule's own device."""
        device, dot, point = name.partition(".")
        found = self._directory.resolve(device, point) if dot else self._directory.resolve(self._home, name)
        if found is not None and dot:
            self.absolute.add(found.tag)
        elif found is not None:
            self.relative[name] = found
        return found

    def known(self) -> Sequence[str]:
        """Names that would have been right."""
        return [*self._directory.names(self._home), *self._directory.tags()]
