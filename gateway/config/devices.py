"""Devices: each entry with its enterprise, connection and profile becomes a Device and, if connected, a DevicePlan."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace

from gateway.config.driver import COMMON_DEVICE_FIELDS, DeviceAddress, PointAddress
from gateway.config.drivermodels import DriverModels, SourceModels, field_names
from gateway.config.endpoints import Endpoint
from gateway.config.fieldtypes import FieldTypes
from gateway.config.models import DeviceModel
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.plan import ConnectionPlan, DevicePlan
from gateway.config.points import PointCompiler, PointSet
from gateway.config.problems import Mark, Report, nearest
from gateway.config.profiles import EMPTY, Profile, ProfileShelf
from gateway.config.redact import without_password
from gateway.config.respell import meant, respelt
from gateway.config.validate import Validator
from gateway.core.device import Device

GATEWAY = "gateway"
"""The id under which the gateway shows its own state, as points like any other device's."""

_OWN_POINTS = frozenset({"groups", "points"})
_HEAD = COMMON_DEVICE_FIELDS - _OWN_POINTS


@dataclass(slots=True)
class _Doubt:
    """What a driver finds doubtful about a device; the same one of many devices is told once."""

    mark: Mark
    device: str
    count: int = 0


@dataclass(slots=True)
class Surroundings:
    """What devices refer to."""

    site: str
    enterprises: Map[str, object]
    connections: Map[str, Endpoint | None]
    profiles: ProfileShelf
    drivers: DriverModels


@dataclass(slots=True)
class DeviceCompiler:
    """Compiles the entries of `devices:` one by one and keeps what must be unique over the whole park."""

    around: Surroundings
    validator: Validator
    devices: list[Device] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)  # (old id, id)
    _marks: dict[str, Mark] = field(default_factory=dict)  # device id -> its place
    _plans: dict[str, list[DevicePlan]] = field(default_factory=dict)  # by connection
    _types: FieldTypes = field(default_factory=FieldTypes)
    _doubts: dict[tuple[str, str], _Doubt] = field(default_factory=dict)  # (profile or device, message)
    _used_fields: frozenset[str] = frozenset()  # of the drivers that connections name

    def __post_init__(self) -> None:
        endpoints = [endpoint for endpoint in self.around.connections.values() if endpoint is not None]
        self._used_fields = frozenset(name for one in endpoints for name in field_names(one.driver.device))

    @property
    def _report(self) -> Report:
        return self.validator.report

    def add(self, node: Node) -> None:
        """Compile one entry; its problems go to the report, all of them: a wrong reference hides nothing else."""
        if not isinstance(node, Mapping):
            self._report.error(
                node.mark, "a device is a mapping", "write `{id: ..., enterprise: ..., connection: ...}`"
            )
            return
        node = self._respelt(node)
        head = self.validator.read(DeviceModel, node.only(_HEAD), COMMON_DEVICE_FIELDS)
        is_new, has_enterprise = self._is_new(node), self._has_enterprise(node)
        profile = self._profile(node)
        is_wanted = _text(node, "connection") != "none"
        endpoint = self._endpoint(node) if is_wanted else None
        kind = self._kind(head, profile, node)
        if not is_wanted:
            is_complete = self._is_plausible(node, profile)
            address = points = None
        else:
            driver = endpoint.driver if endpoint else profile.driver if profile else None
            address, points = self._how(node, profile, driver)
            is_complete = endpoint is not None and endpoint.options is not None and address is not None
            is_complete = is_complete and points is not None
            if kind is not None and points is not None:
                self._types.check(kind, points, self._report)
        if head is None or kind is None or not (is_new and has_enterprise and is_complete):
            return
        device = Device(
            head.id,
            self.around.site,
            head.enterprise,
            kind,
            head.name.names(),
            head.role,
            enterprise_since=head.enterprise_since,
        )
        if head.renamed_from is not None:
            self.renamed.append((head.renamed_from, head.id))
        if endpoint is not None and address is not None and points is not None:
            device = self._connect(device, endpoint, address, points, profile)
            self._doubt(self._plans[endpoint.name][-1], endpoint, profile.name if profile else device.id, node.mark)
            PointCompiler(self.validator).warn_unused(node.items.get("groups"), points)
        self.devices.append(device)

    def plans(self) -> tuple[ConnectionPlan, ...]:
        """The connections that have devices; the others are a finding, as are the drivers' doubts."""
        found: list[ConnectionPlan] = []
        for name, endpoint in self.around.connections.items():
            if endpoint is None:
                continue
            if name not in self._plans:
                self._report.warn(endpoint.mark, f"no device uses connection `{name}`", "it is not opened")
                continue
            assert endpoint.options is not None
            found.append(ConnectionPlan(name, endpoint.driver.name, endpoint.options, tuple(self._plans[name])))
        for (_, message), doubt in self._doubts.items():
            more = f" (and {doubt.count - 1} more of this profile)" if doubt.count > 1 else ""
            self._report.warn(doubt.mark, f"device `{doubt.device}`{more}: {message}")
        return tuple(found)

    def _respelt(self, node: Mapping) -> Mapping:
        """The entry with its misspelt common keys put right; all drivers are asked only where there seem to be any."""
        known = COMMON_DEVICE_FIELDS | self._used_fields
        if node.items.keys() <= known:
            return node
        fields = self.around.drivers.device_fields()
        return respelt(node, COMMON_DEVICE_FIELDS | fields, self._report, taken=fields)

    def _is_new(self, node: Mapping) -> bool:
        device = _text(node, "id")
        if device is None:
            return False
        mark = node.items["id"].mark
        if device in (GATEWAY, self.around.site):
            whose = "the gateway's own points" if device == GATEWAY else "the points of the whole site"
            self._report.error(mark, f"`{device}` stands for {whose} in rules", "give the device another id")
        if device in self._marks:
            self._report.error(mark, f"device `{device}` stands twice", f"first: {self._marks[device]}")
            return False
        self._marks[device] = mark
        return True

    def _has_enterprise(self, node: Mapping) -> bool:
        enterprise = _text(node, "enterprise")
        if enterprise is None or enterprise in self.around.enterprises:
            return enterprise is not None
        hint = nearest(enterprise, self.around.enterprises) or "add it under `enterprises:`"
        self._report.error(node.items["enterprise"].mark, f"no enterprise `{enterprise}`", hint)
        return False

    def _profile(self, node: Mapping) -> Profile | None:
        name = _text(node, "profile")
        return None if name is None else self.around.profiles.get(name, node.items["profile"].mark)

    def _kind(self, head: DeviceModel | None, profile: Profile | None, node: Mapping) -> str | None:
        """The device's own kind or its profile's; a problem only where neither could have one."""
        kind = (head and head.kind) or (profile and profile.kind)
        is_known = head is not None and (head.profile is None if profile is None else profile.points is not None)
        if not kind and is_known:
            self._report.error(node.mark, "`kind` is missing", "the measurement in InfluxDB, for example `kind: meter`")
        return kind or None

    def _endpoint(self, node: Mapping) -> Endpoint | None:
        name = _text(node, "connection")
        if name is None and _is_unset(node, "connection"):
            return None
        if name is None:
            hint = "name one of `connections:`, or `connection: none` for a device that is known but not connected"
            self._report.error(node.mark, "`connection` is missing", hint)
            return None
        if name not in self.around.connections:
            hint = nearest(name, self.around.connections) or "add it under `connections:`"
            self._report.error(node.items["connection"].mark, f"no connection `{name}`", hint)
            name = meant(name, self.around.connections)
            return None if name is None else self.around.connections[name]
        return self.around.connections[name]

    def _is_plausible(self, node: Mapping, profile: Profile | None) -> bool:
        """For a device that is not connected: what is written for later is checked as far as its profile allows."""
        own = node.without(COMMON_DEVICE_FIELDS)
        if "points" in node.keys:
            self._report.error(
                node.keys["points"], "points of a device without a connection", "write them in a profile"
            )
            return False
        if profile is not None:
            return self.validator.read(profile.driver.device, own, COMMON_DEVICE_FIELDS) is not None
        for name, mark in own.keys.items():
            self._note_unknown(name, mark)
        return not own.items and (profile is not None or _text(node, "profile") is None)

    def _note_unknown(self, name: str, mark: Mark) -> None:
        """A key of a device whose driver is not known."""
        fields = self.around.drivers.device_fields()
        hint = "" if name in fields else nearest(name, COMMON_DEVICE_FIELDS | fields)
        more = hint if hint.startswith("did") else "without connection and profile there are no fields of a driver"
        self._report.error(mark, f"unknown key `{name}`", more)

    def _how(
        self, node: Mapping, profile: Profile | None, driver: SourceModels | None
    ) -> tuple[DeviceAddress | None, PointSet | None]:
        """Address and points of a device as far as its driver is known; `None` in place of one with problems."""
        if driver is None:
            fields = self.around.drivers.device_fields() | COMMON_DEVICE_FIELDS
            for name in node.items.keys() - fields:
                self._note_unknown(name, node.keys[name])
            return None, None
        if profile is not None and profile.driver.name != driver.name:
            what = f"profile `{profile.name}` is for driver `{profile.driver.name}`"
            self._report.error(node.items["profile"].mark, what, f"the connection is for `{driver.name}`")
            return None, None
        own = node.without(COMMON_DEVICE_FIELDS)
        own = own.over(profile.device) if profile else own
        is_partial = profile is None and "profile" in node.keys
        address = self.validator.read(driver.device, own, COMMON_DEVICE_FIELDS, is_partial=is_partial)
        points = self._points(node, profile, driver)
        if points is not None and not points.marks:
            self._report.error(
                node.mark, "the device has no points", "name a `profile` with points, or write `points:`"
            )
            points = None
        return address, points

    def _connect(
        self, device: Device, endpoint: Endpoint, address: DeviceAddress, points: PointSet, profile: Profile | None
    ) -> Device:
        """The device with its connection, added to the connection's plan."""
        assert endpoint.options is not None
        shown = without_password(endpoint.options.describe(address))
        device = replace(device, connection=endpoint.name, driver=endpoint.driver.name, address=shown)
        self._plans.setdefault(endpoint.name, []).append(
            DevicePlan(device, address, points.groups, profile.name if profile else None)
        )
        return device

    def _points(self, node: Mapping, profile: Profile | None, driver: SourceModels) -> PointSet | None:
        """The profile's points where the device changes none of them; else its own set."""
        own = node.only(_OWN_POINTS)
        if profile is not None and not own.items:
            return profile.points
        compiler = PointCompiler(self.validator)
        groups = compiler.groups(own.items.get("groups"))
        if profile is None and "profile" in node.keys:
            return None  # what is wrong with the profile has been said
        points = own.items.get("points", EMPTY)
        if not isinstance(points, Mapping):
            self._report.error(points.mark, "`points` is a mapping", "write `points: {power: {...}}`")
            return None
        defaults = EMPTY
        if profile is not None:
            if not points.items:
                return None if profile.points is None or groups is None else profile.points.at(groups)
            groups = None if groups is None or profile.groups is None else {**profile.groups, **groups}
            points, defaults = _overlaid(points, profile), profile.defaults
        return compiler.compile(points, groups, driver, defaults)

    def _doubt(self, plan: DevicePlan, endpoint: Endpoint, points_of: str, mark: Mark) -> None:
        """Note what the driver doubts; `points_of` is the profile, or the device with points of its own."""
        assert isinstance(plan.address, DeviceAddress)
        assert endpoint.options is not None
        for group in plan.groups:
            addresses = tuple(one for one in group.addresses if isinstance(one, PointAddress))
            for message in endpoint.options.check(plan.address, addresses, group.interval_s):
                doubt = self._doubts.setdefault((points_of, message), _Doubt(mark, plan.device.id))
                doubt.count += 1


def _overlaid(points: Mapping, profile: Profile) -> Mapping:
    """The profile's points with those of the device: new ones added, keys of old ones replaced."""
    merged = points.over(profile.point_nodes)
    for name, node in points.items.items():
        base = profile.point_nodes.items.get(name)
        if isinstance(node, Mapping) and isinstance(base, Mapping):
            merged.items[name] = node.over(base)
    return merged


def _text(node: Mapping, key: str) -> str | None:
    value = node.items.get(key)
    return value.text if isinstance(value, Scalar) and value.text and not value.is_unset else None


def _is_unset(node: Mapping, key: str) -> bool:
    value = node.items.get(key)
    return isinstance(value, Scalar) and value.is_unset
