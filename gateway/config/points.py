"""Points and poll groups of a profile or a device, compiled once and shared by every device of that profile."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace

from gateway.config.driver import COMMON_POINT_FIELDS, PointAddress
from gateway.config.drivermodels import SourceModels
from gateway.config.models import GroupModel, PointModel, checked_point_name
from gateway.config.nodes import Mapping, Node
from gateway.config.plan import GroupPlan
from gateway.config.problems import Mark, Report, nearest
from gateway.config.types import HintedError
from gateway.config.validate import Validator
from gateway.core.point import Point, ValueType

UNPOLLED = "default"
"""The group of points that come by themselves (MQTT) and name none."""


@dataclass(frozen=True, slots=True)
class PointSet:
    """Compiled points by poll group, and where each one is written."""

    groups: tuple[GroupPlan, ...]
    marks: Map[str, Mark]  # point name -> its place

    def at(self, groups: Map[str, GroupModel]) -> "PointSet":
        """The same points, with these groups read at other intervals."""
        changed = (
            replace(plan, interval_s=groups[plan.name].interval, phase_s=groups[plan.name].phase)
            if plan.name in groups
            else plan
            for plan in self.groups
        )
        return PointSet(tuple(changed), self.marks)


class PointCompiler:
    """Turns `points:` and `groups:` into group plans."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self._report: Report = validator.report

    def groups(self, node: Node | None) -> dict[str, GroupModel] | None:
        """The poll groups by name; `None` after problems."""
        found: dict[str, GroupModel] = {}
        if node is None:
            return found
        if not isinstance(node, Mapping):
            self._report.error(node.mark, "`groups` is a mapping from names to intervals", "write `{fast: 1 s}`")
            return None
        for name, value in node.items.items():
            wrapped = value if isinstance(value, Mapping) else Mapping(value.mark)
            if not isinstance(value, Mapping):
                wrapped.put("interval", value, value.mark)
            if (group := self._validator.read(GroupModel, wrapped)) is not None:
                found[name] = group
        return found if len(found) == len(node.items) else None

    def compile(
        self, points: Mapping, groups: Map[str, GroupModel], driver: SourceModels, defaults: Mapping
    ) -> PointSet | None:
        """The points as group plans, in the order of the groups; `None` after problems."""
        members: dict[str, list[tuple[Point, PointAddress]]] = {name: [] for name in groups}
        is_complete = True
        for name, node in points.items.items():
            mark = points.keys[name]
            compiled = self._point(name, mark, node, driver, defaults)
            if compiled is None:
                is_complete = False
                continue
            group = self._group(compiled[2], _place(node, "group", mark), groups, driver)
            members.setdefault(group or "", []).append(compiled[:2])
            is_complete = is_complete and group is not None
        if not is_complete:
            return None
        return PointSet(
            tuple(_plan(name, groups.get(name), members[name]) for name in members if members[name]), points.keys
        )

    def warn_unused(self, node: Node | None, points: PointSet) -> None:
        """Note the groups of a `groups:` mapping that no point is in."""
        used = [group.name for group in points.groups]
        for name, mark in node.keys.items() if isinstance(node, Mapping) else ():
            if name not in used:
                self._report.warn(mark, f"no point is in group `{name}`", nearest(name, used))

    def _point(
        self, name: str, mark: Mark, node: Node, driver: SourceModels, defaults: Mapping
    ) -> tuple[Point, PointAddress, str | None] | None:
        try:
            checked_point_name(name)
        except HintedError as error:
            self._report.error(mark, f"point `{name}`: {error}", error.hint)
            return None
        if not isinstance(node, Mapping):
            self._report.error(node.mark, "a point is a mapping", "write `{unit: kW, ...}`")
            return None
        node = node.over(defaults)
        names = frozenset(field.alias or key for key, field in driver.point.model_fields.items())
        address = self._validator.read(driver.point, node.without(COMMON_POINT_FIELDS), COMMON_POINT_FIELDS)
        common = self._validator.read(PointModel, node.only(COMMON_POINT_FIELDS), names)
        if address is None or common is None:
            return None
        try:
            return point(name, common, address), address, common.group
        except HintedError as error:
            key = next((key for key in ("scale", "deadband", "range") if key in node.keys and key in str(error)), None)
            self._report.error(node.keys[key] if key else mark, f"point `{name}`: {error}", error.hint)
            return None

    def _group(self, wanted: str | None, mark: Mark, groups: Map[str, GroupModel], driver: SourceModels) -> str | None:
        """The poll group that a point is read in; `None` after a problem at `mark`."""
        if not driver.connection.is_polled:
            if wanted is not None:
                self._report.error(mark, f"driver `{driver.name}` has no poll groups", "its values come by themselves")
            return UNPOLLED
        if wanted is None and len(groups) == 1:
            return next(iter(groups))
        if wanted in groups:
            return wanted
        if wanted is not None:
            self._report.error(mark, f"no poll group `{wanted}`", nearest(wanted, groups) or "add it under `groups:`")
        else:
            hint = "choose one with `group:`" if groups else "add for example `groups: {fast: 1 s}`"
            self._report.error(mark, "the point has no poll group", hint)
        return None


def _place(node: Node, key: str, otherwise: Mark) -> Mark:
    value = node.items.get(key) if isinstance(node, Mapping) else None
    return otherwise if value is None else value.mark


def point(name: str, common: PointModel, address: PointAddress) -> Point:
    """The core's point. Raises HintedError where scale, deadband and type contradict each other."""
    multiplier, divisor = common.scale
    raw_type = address.value_type()
    is_scaled = common.scale != (1, 1) or common.offset != 0.0
    if is_scaled and raw_type not in (ValueType.FLOAT, ValueType.INT):
        raise HintedError(f"a {raw_type} value takes no scale and no offset", "remove them, or choose a number type")
    stays_whole = raw_type is ValueType.INT and divisor == 1 and common.offset.is_integer()
    return Point(
        name=name,
        unit=common.unit,
        kind=common.kind,
        type=ValueType.FLOAT if is_scaled and not stays_whole else raw_type,
        digits=address.digits(),
        multiplier=multiplier,
        divisor=divisor,
        offset=common.offset,
        low=common.range[0],
        high=common.range[1],
        deadband=common.band(),
        modulus=common.modulus,
        names=common.name.names(),
        words=tuple((number, word.names()) for number, word in common.words.items()),
        renamed_from=common.renamed_from,
    )


def _plan(name: str, group: GroupModel | None, members: list[tuple[Point, PointAddress]]) -> GroupPlan:
    return GroupPlan(
        name,
        0.0 if group is None else group.interval,
        0.0 if group is None else group.phase,
        tuple(point for point, _ in members),
        tuple(address for _, address in members),
    )
