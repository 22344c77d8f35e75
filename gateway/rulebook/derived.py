"""Derived points: which device has which, in the order in which they can be computed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from gateway.config.ruleplan import DerivedPlan
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, ValueType
from gateway.rulebook.directory import Directory, operand
from gateway.rulebook.expressions import ExpressionShelf
from gateway.rulebook.instances import Instances
from gateway.rulebook.issues import Issues
from gateway.rulebook.refusal import MissingPoint, Refused
from gateway.rulebook.select import Selected, Selection, listed
from gateway.rulebook.totals import with_totals
from rules.alarms.spec import SECOND, Derived
from rules.expression.program import Expression, ResultType
from rules.expression.scope import Operand

MAX_CHAIN = 20
"""Points that are computed one from another; each level costs a moment's delay and the compiler's stack."""

_TYPES = {
    ResultType.BOOLEAN: ValueType.BOOL,
    ResultType.NUMBER: ValueType.FLOAT,
    ResultType.TEXT: ValueType.TEXT,
}
Tag = tuple[str, str]  # device id, point name


@dataclass(slots=True)
class DerivedCompiler:
    """Compiles derived points on demand: whoever names one has it compiled first, so the order comes by itself."""

    directory: Directory
    shelf: ExpressionShelf
    selection: Selection
    instances: Instances
    issues: Issues
    _order: list[Derived] = field(default_factory=list)
    _plans: dict[Tag, tuple[DerivedPlan, Device]] = field(default_factory=dict)
    _operands: dict[Tag, Operand] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)  # by device
    _taken: dict[str, list[str]] = field(default_factory=dict)  # names that devices have already, by name
    _open: list[Tag] = field(default_factory=list)  # being compiled now, each for the one before
    _types: dict[Tag, ValueType] = field(default_factory=dict)  # (kind, field) over the whole park

    def compile(self, plans: Sequence[DerivedPlan]) -> tuple[Derived, ...]:
        """All of them; those with problems are left out."""
        self.directory.derive = self._derive
        self.directory.derived_names = lambda device: self._names.get(device, ())
        made = [self._registered(plan) for plan in plans if plan.is_enabled]
        for plan, _ in made:
            if plan.name in self._taken:
                what = f"a point `{plan.name}` is there already, in {listed(self._taken[plan.name])}"
                self.issues.error(plan.mark, what, "give the derived point another name")
        for plan, selected in made:
            if selected is None:
                self.instances.one(plan, partial(self._make, plan, self.directory.park))
            else:
                self.instances.each(plan, selected, partial(self._make, plan))
        return tuple(self._order)

    def _registered(self, plan: DerivedPlan) -> tuple[DerivedPlan, Selected | None]:
        """The plan with its totals written out, and its devices; `None` where it is the park's."""
        if plan.for_each is None:
            self._register(plan, self.directory.park)
            return plan, None
        found = self.selection.devices(plan.for_each)
        if plan.for_each.each in ("connection", "enterprise"):
            what = f"{'an' if plan.for_each.each == 'enterprise' else 'a'} {plan.for_each.each} has no points"
            self.issues.error(plan.for_each.mark, what, "write `each: park`, or leave it out")
            return plan, replace(found, devices=(), lacking=())
        if plan.for_each.each == "park":
            if self.instances.has_any(plan, found):
                written_out = self.instances.one(plan, partial(with_totals, plan, found.devices, self.directory))
                if written_out is not None:
                    self._register(written_out, self.directory.park)
                    return written_out, None
            return plan, None
        for device in found.devices:
            self._register(plan, device)
        return plan, found

    def _register(self, plan: DerivedPlan, device: Device) -> None:
        if device is self.directory.park and device.id in self.directory.devices:
            what = f"`{plan.name}` is a point of the park, and a device has the park's id `{device.id}`"
            self.issues.error(plan.mark, what, "give it `for_each: {devices: [...]}`")
        elif plan.name in self.directory.points(device.id):
            self._taken.setdefault(plan.name, []).append(device.id)
        else:
            self._plans[device.id, plan.name] = (plan, device)
            self._names.setdefault(device.id, []).append(plan.name)

    def _derive(self, device: str, name: str) -> Operand | None:
        """The operand of a derived point, compiled now where it is not yet; a stand-in after problems."""
        tag = (device, name)
        if tag in self._operands or tag not in self._plans:
            return self._operands.get(tag)
        if tag in self._open or len(self._open) >= MAX_CHAIN:
            self._refuse_chain(tag)
            return Operand(f"{device}.{name}", ValueType.FLOAT)
        plan, owner = self._plans[tag]
        try:
            self._make(plan, owner)
        except MissingPoint:
            return None
        except Refused as refused:
            self.issues.refuse(refused.written, refused.error)
            self._operands[tag] = Operand(f"{device}.{name}", ValueType.FLOAT, plan.unit or "")  # said once
        return self._operands.get(tag)

    def _refuse_chain(self, tag: Tag) -> None:
        """Note a circle, or a row that is too long, at the expression that closes it."""
        plan, _ = self._plans[self._open[-1]]
        if tag not in self._open:
            what = f"more than {MAX_CHAIN} derived points, each computed from the next"
            self.issues.error(plan.value.mark, what, "compute the first of them from real points")
            return
        points = [*self._open[self._open.index(tag) :], tag]
        is_of_one = len({device for device, _ in points}) == 1
        circle = " -> ".join(f"`{name}`" if is_of_one else f"`{device}.{name}`" for device, name in points)
        what = f"derived points go round in a circle: {circle}"
        self.issues.error(plan.value.mark, what, "compute one of them otherwise")

    def _make(self, plan: DerivedPlan, device: Device) -> None:
        """Compile one. Raises MissingPoint or Refused."""
        tag = (device.id, plan.name)
        if tag in self._operands or tag not in self._plans:
            return
        self._open.append(tag)
        try:
            expression = self.shelf.get(plan.value, device.id, unit=plan.unit)
        except MissingPoint:
            del self._plans[tag]
            self._names[device.id].remove(plan.name)
            raise
        finally:
            self._open.pop()
        fastest_s = min((one.interval_s for one in expression.inputs), default=0.0)
        interval_s = max(plan.interval_s, fastest_s)  # more often than its inputs it cannot change
        point = _point(plan, expression)
        self._operands[tag] = operand(f"{device.id}.{plan.name}", point, interval_s)
        self._check_type(plan, device, point)
        self._order.append(Derived(device, point, expression, round(interval_s * SECOND)))

    def _check_type(self, plan: DerivedPlan, device: Device, point: Point) -> None:
        """One type per field and measurement: InfluxDB refuses the second type that it sees."""
        if not self._types:
            self._types = {
                (one.device.kind, other.name): other.type
                for one in self.directory.plans.values()
                for other in one.points
            }
        first = self._types.setdefault((device.kind, point.name), point.type)
        if first is not point.type:
            what = f"field `{point.name}` of kind `{device.kind}` is {point.type} here and {first} elsewhere"
            self.issues.error(plan.mark, what, "give the derived point another name")


def _point(plan: DerivedPlan, expression: Expression) -> Point:
    kind = PointKind.GAUGE if expression.type is ResultType.NUMBER else PointKind.STATE
    unit = expression.unit if plan.unit is None else plan.unit
    return Point(plan.name, unit=unit, kind=kind, type=_TYPES[expression.type], names=plan.names)
