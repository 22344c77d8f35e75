"""Points and poll groups of a profile or a device, compiled once and shared by every device of that profile."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.config.driver import COMMON_POINT_FIELDS, PointAddress
from gateway.config.drivermodels import SourceModels, field_names
from gateway.config.models import GroupModel, PointModel, checked_point_name
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.plan import GroupPlan
from gateway.config.problems import Mark, Report, nearest
from gateway.config.respell import respelt
from gateway.config.types import HintedError
from gateway.config.validate import Validator
from gateway.core.point import Point, ValueType

UNPOLLED = "default"
"""The group of points that come by themselves (MQTT) and name none."""

Groups: TypeAlias = dict[str, GroupModel | None]
"""Poll groups by name; `None` in place of one with problems."""


@dataclass(frozen=True, slots=True)
class PointSet:
    """Compiled points by poll group, and where each one is written."""

    groups: tuple[GroupPlan, ...]
    marks: Map[str, Mark]  # point name -> its place

    def at(self, groups: Groups) -> "PointSet":
        """The same points, with these groups read at other intervals."""
        return PointSet(tuple(_timed(plan, groups.get(plan.name)) for plan in self.groups), self.marks)


class PointCompiler:
    """Turns `points:` and `groups:` into group plans."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self._report: Report = validator.report

    def groups(self, node: Node | None) -> Groups | None:
        """The poll groups by name; `None` where not even their names can be read."""
        found: Groups = {}
        if node is None:
            return found
        if not isinstance(node, Mapping):
            self._report.error(node.mark, "`groups` is a mapping from names to intervals", "write `{fast: 1 s}`")
            return None
        for name, value in node.items.items():
            wrapped = value if isinstance(value, Mapping) else Mapping(value.mark)
            if not isinstance(value, Mapping):
                wrapped.put("interval", value, value.mark)
            found[name] = self._validator.read(GroupModel, wrapped)
        return found

    def compile(
        self, points: Mapping, groups: Groups | None, driver: SourceModels, defaults: Mapping
    ) -> PointSet | None:
        """The points as group plans, in the order of the groups; `None` after problems, also with the groups."""
        members: dict[str, list[tuple[Point, PointAddress]]] = {name: [] for name in groups or ()}
        is_complete = groups is not None and None not in groups.values()
        for name, node in points.items.items():
            mark = points.keys[name]
            if not isinstance(node, Mapping):
                self._report.error(node.mark, "a point is a mapping", "write `{unit: kW, ...}`")
                is_complete = False
                continue
            keys = field_names(driver.point) | COMMON_POINT_FIELDS
            whole = respelt(Mapping(mark, node.items, node.keys).over(defaults), keys, self._report)
            compiled = self._point(name, whole, driver)
            group = self._group(name, whole, groups, driver)
            if compiled is None or group is None:
                is_complete = False
            else:
                members.setdefault(group, []).append(compiled)
        if not is_complete or groups is None:
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

    def _point(self, name: str, node: Mapping, driver: SourceModels) -> tuple[Point, PointAddress] | None:
        try:
            checked_point_name(name)
        except HintedError as error:
            self._report.error(node.mark, f"point `{name}`: {error}", error.hint)
        address = self._validator.read(
            driver.point, node.without(COMMON_POINT_FIELDS), COMMON_POINT_FIELDS, of=f"point `{name}`"
        )
        common = self._validator.read(PointModel, node.only(COMMON_POINT_FIELDS), of=f"point `{name}`")
        if address is None or common is None:
            return None
        try:
            return point(name, common, address), address
        except HintedError as error:
            key = next((key for key in ("scale", "deadband", "range") if key in node.keys and key in str(error)), None)
            self._report.error(node.keys[key] if key else node.mark, f"point `{name}`: {error}", error.hint)
            return None

    def _group(self, name: str, node: Mapping, groups: Groups | None, driver: SourceModels) -> str | None:
        """The poll group that a point is read in, judged apart from its other keys; `None` after problems."""
        written = node.items.get("group")
        if isinstance(written, Scalar) and written.value() is None and not written.is_unset:
            written = None
        if not driver.connection.is_polled:
            if written is not None:
                self._report.error(
                    written.mark, f"driver `{driver.name}` has no poll groups", "its values come by themselves"
                )
            return UNPOLLED
        if (
            groups is None
            or (written is not None and not isinstance(written, Scalar))
            or (written and written.is_unset)
        ):
            return None  # said elsewhere
        if written is None and len(groups) == 1:
            return next(iter(groups))
        if written is None:
            hint = "choose one with `group:`" if groups else "add for example `groups: {fast: 1 s}`"
            self._report.error(node.mark, f"point `{name}` has no poll group", hint)
        elif written.text in groups:
            return written.text
        else:
            hint = nearest(written.text, groups) or "add it under `groups:`"
            self._report.error(written.mark, f"no poll group `{written.shown}`", hint)
        return None


def _timed(plan: GroupPlan, group: GroupModel | None) -> GroupPlan:
    return plan if group is None else replace(plan, interval_s=group.interval, phase_s=group.phase)


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
