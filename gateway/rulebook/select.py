"""`for_each:` to devices: which a rule is for, and what in a selector fits nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.config.plan import ParkPlan
from gateway.config.problems import nearest
from gateway.config.profiles import SHIPPED
from gateway.config.ruleplan import SelectorPlan, Written
from gateway.core.device import Device
from gateway.core.point import ValueType
from gateway.rulebook.directory import Directory
from gateway.rulebook.issues import Issues

_TYPES = {
    "bool": frozenset({ValueType.BOOL}),
    "number": frozenset({ValueType.FLOAT, ValueType.INT}),
    "text": frozenset({ValueType.TEXT}),
}


@dataclass(frozen=True, slots=True)
class Selected:
    """The connected devices that a selector gives, in the order of the configuration."""

    devices: tuple[Device, ...]
    named: frozenset[str]  # those that it names one by one: they must have what the rule needs
    lacking: tuple[str, ...] = ()  # named ones that have not all points of `has`


class Selection:
    """Finds devices by selector; names that nothing in the configuration has are problems."""

    def __init__(self, plan: ParkPlan, directory: Directory, issues: Issues) -> None:
        self._directory = directory
        self._issues = issues
        self._connected = [directory.devices[device] for device in directory.devices if device in directory.plans]
        self._all = plan.devices
        self._known = {
            "profile": {one.profile for one in directory.plans.values() if one.profile},
            "kind": {device.kind for device in plan.devices},
            "enterprise": {enterprise.id for enterprise in plan.enterprises},
            "connection": {connection.name for connection in plan.connections},
            "device": {device.id for device in plan.devices},
        }

    def devices(self, plan: SelectorPlan) -> Selected:
        """The devices; a name that does not exist is a problem, a device without connection a finding."""
        self._check(plan)
        named = frozenset(one.text for one in plan.devices)
        found = list(self._among_all(plan, named))
        has = [device for device in found if self._has(device, plan.has) and not self._has_any(device, plan.lacks)]
        lacking = tuple(device.id for device in found if device.id in named and not self._has(device, plan.has))
        return Selected(tuple(has), named, lacking)

    def _among_all(self, plan: SelectorPlan, named: frozenset[str]) -> Iterator[Device]:
        """The connected devices for which every key but `has` holds."""
        profiles, kinds = _texts(plan.profiles), _texts(plan.kinds)
        enterprises, connections = _texts(plan.enterprises), _texts(plan.connections)
        for device in self._connected:
            if (
                (not named or device.id in named)
                and (not kinds or device.kind in kinds)
                and (not plan.roles or (device.role is not None and device.role.value in plan.roles))
                and (not enterprises or device.enterprise in enterprises)
                and (not connections or device.connection in connections)
                and (not profiles or self._directory.plans[device.id].profile in profiles)
            ):
                yield device

    def _check(self, plan: SelectorPlan) -> None:
        self._names("profile", plan.profiles)
        self._names("kind", plan.kinds)
        self._names("enterprise", plan.enterprises)
        self._names("connection", plan.connections)
        self._names("device", plan.devices)
        for one in plan.devices:
            if one.text in self._known["device"] and one.text not in self._directory.plans:
                self._issues.warn(
                    one.mark, f"device `{one.text}` is not connected", "the rule has no alarm for it until it is"
                )

    def _names(self, what: str, names: tuple[Written, ...]) -> None:
        known = self._known[what]
        for one in names:
            if one.text in known or self._issues.is_of_pack(one.mark):
                continue
            if what == "profile" and (SHIPPED / f"{one.text}.yaml").exists():
                self._issues.warn(one.mark, f"no device has profile `{one.text}`")
            else:
                self._issues.error(one.mark, f"no {what} `{one.text}`", nearest(one.text, known))

    def _has(self, device: Device, points: Iterable[Written]) -> bool:
        return all(has_point(self._directory, device.id, point.text) for point in points)

    def _has_any(self, device: Device, points: Iterable[Written]) -> bool:
        return any(has_point(self._directory, device.id, point.text) for point in points)


def has_point(directory: Directory, device: str, wanted: str) -> bool:
    """True where a device has a point, `door`, and of this type, `door:bool`."""
    name, _, kind = wanted.partition(":")
    found = directory.resolve(device, name)
    return found is not None and (not kind or found.type in _TYPES[kind])


def _texts(names: tuple[Written, ...]) -> frozenset[str]:
    return frozenset(one.text for one in names)


def listed(names: Iterable[str], shown: int = 5) -> str:
    """Names for a message: the first few, and how many more."""
    every = list(names)
    more = f" and {len(every) - shown} more" if len(every) > shown else ""
    return ", ".join(f"`{name}`" for name in every[:shown]) + more
