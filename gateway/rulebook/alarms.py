"""Rules to alarms: one for each device (or connection, enterprise, or the park), with levels, value and message."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from gateway.config.ruleplan import AlarmPlan, LevelPlan, Written
from gateway.core.device import Device
from gateway.rulebook.comparison import Comparison
from gateway.rulebook.directory import Directory, connection_of, home_of_connection
from gateway.rulebook.expressions import ExpressionShelf
from gateway.rulebook.hysteresis import is_temperature, kept
from gateway.rulebook.instances import Instances
from gateway.rulebook.issues import Issues
from gateway.rulebook.messages import CONNECTION, MessageWriter, shown_names
from gateway.rulebook.refusal import MissingPoint, Refused
from gateway.rulebook.select import Selected, Selection
from gateway.rulebook.totals import with_totals
from rules.alarms.spec import SECOND, Alarm, Level, NoData
from rules.expression.errors import ExpressionError
from rules.expression.program import Expression, ResultType
from rules.schedule.schedule import Schedule

T = TypeVar("T")
_BOOLEAN = ResultType.BOOLEAN
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """What one alarm of a rule is about."""

    id: str  # of the device, the connection, the enterprise or the site: the second half of the alarm's id
    home: str  # where its bare names are looked up
    device: Device | None = None
    enterprise: str | None = None


@dataclass(slots=True)
class AlarmCompiler:
    """Compiles rules one by one."""

    directory: Directory
    shelf: ExpressionShelf
    selection: Selection
    instances: Instances
    schedules: dict[str, Schedule | None]
    messages: MessageWriter
    issues: Issues
    _untold: MissingPoint | Refused | None = None  # of the alarm that is being compiled
    _homes: dict[str, Place] = field(default_factory=dict)  # of devices

    def compile(self, plan: AlarmPlan) -> list[Alarm]:
        """The alarms of one rule, still without parents; none after problems."""
        if plan.for_each is None:
            return self._of_park(plan)
        selected = self.selection.devices(plan.for_each)
        if plan.for_each.each != "device" and not self.instances.has_any(plan, selected):
            return []
        if plan.for_each.each == "park":
            return self._of_park(plan, selected.devices)
        if plan.for_each.each == "connection":
            return self._of_connections(plan, selected)
        if plan.for_each.each == "enterprise":
            return self._of_enterprises(plan, selected)
        return self.instances.each(plan, selected, lambda device: self._alarm(plan, self._place(device)))

    def _place(self, device: Device) -> Place:
        if device.id not in self._homes:
            self._homes[device.id] = Place(device.id, device.id, device, device.enterprise)
        return self._homes[device.id]

    def _of_park(self, plan: AlarmPlan, devices: Sequence[Device] | None = None) -> list[Alarm]:
        """The only alarm; `devices`: over which totals are taken."""
        site = self.directory.site.id

        def make() -> Alarm:
            written_out = plan if devices is None else with_totals(plan, devices, self.directory)
            return self._alarm(written_out, Place(site, site))

        alarm = self.instances.one(plan, make)
        return [] if alarm is None else [alarm]

    def _of_enterprises(self, plan: AlarmPlan, selected: Selected) -> list[Alarm]:
        """One alarm for each enterprise that has a matching device; totals are over its own ones."""

        def make(enterprise: str, devices: Sequence[Device]) -> Alarm:
            place = Place(enterprise, self.directory.site.id, None, enterprise)
            return self._alarm(with_totals(plan, devices, self.directory), place)

        return self.instances.of_owners(plan, selected, make)

    def _of_connections(self, plan: AlarmPlan, selected: Selected) -> list[Alarm]:
        """One alarm for each connection that has a matching device."""
        owners: dict[str, set[str]] = {}
        for device in selected.devices:
            owners.setdefault(device.connection or "", set()).add(device.enterprise)
        found = []
        for connection, enterprises in owners.items():
            owner = next(iter(enterprises)) if len(enterprises) == 1 else None
            place = Place(connection, home_of_connection(connection), None, owner)
            alarm = self.instances.one(plan, partial(self._alarm, plan, place))
            if alarm is None:
                return []
            found.append(alarm)
        return found

    def _alarm(self, plan: AlarmPlan, place: Place) -> Alarm:
        """One alarm. Raises MissingPoint, or Refused after telling everything else that is wrong with the rule."""
        home = place.home
        value = self._told(lambda: self._value(plan, home))
        levels = [self._told(partial(self._level, plan, level, home, value)) for level in plan.levels]
        suppress = self._told(lambda: self._given(plan.suppress_when, home))
        message = self.messages.message(plan, home, value, has_limit=bool(levels[0] and levels[0].limit))
        if self._untold is not None:
            error, self._untold = self._untold, None
            raise error
        return Alarm(
            id=f"{plan.name}:{place.id}",
            rule=plan.name,
            levels=tuple(level for level in levels if level is not None),
            device=place.device,
            enterprise=place.enterprise,
            area=plan.area,
            on_delay_ns=_ns(plan.on_delay_s),
            off_delay_ns=_ns(plan.off_delay_s),
            keep_firing_ns=_ns(plan.keep_firing_s),
            no_data=NoData(plan.no_data),
            latch=plan.is_latched,
            re_alarm_ns=_ns(plan.re_alarm_s),
            max_shelve_ns=_ns(plan.max_shelve_s),
            group=plan.group,
            suppress=suppress,
            schedule=self.schedules.get(plan.schedule.text) if plan.schedule else None,
            value=value,
            message=message,
            guidance=plan.guidance,
            labels=_labels(plan, place),
            names=shown_names(plan),
            fingerprint=_fingerprint(plan, place.id, [level for level in levels if level is not None]),
        )

    def _told(self, compile_part: Callable[[], T]) -> T | None:
        """A part of the alarm; `None` where it cannot be: what is wrong with the other parts is to be told as well.

        A point that the device lacks comes before what is wrong for every device: there may be devices that have it.
        """
        try:
            return compile_part()
        except Refused as error:
            if self._untold is not None:
                self.issues.refuse(error.written, error.error)
            else:
                self._untold = error
        except MissingPoint as error:
            if isinstance(self._untold, Refused):
                self.issues.refuse(self._untold.written, self._untold.error)
            if not isinstance(self._untold, MissingPoint):
                self._untold = error
        return None

    def _given(self, condition: Written | None, home: str) -> Expression | None:
        return None if condition is None else self.shelf.get(condition, home, _BOOLEAN)

    def _value(self, plan: AlarmPlan, home: str) -> Expression | None:
        """The value that is shown: as written, or the left side of the first comparison, or a single point."""
        if plan.value is not None:
            return self.shelf.get(plan.value, home)
        when = plan.levels[0].when
        sides = self.shelf.comparison(when, home)
        if sides is None and not _NAME.fullmatch(when.text.strip()):
            return None
        return self._part(when.text if sides is None else sides.left, when, home)

    def _level(self, plan: AlarmPlan, level: LevelPlan, home: str, value: Expression | None) -> Level:
        when = self.shelf.get(level.when, home, _BOOLEAN)
        sides = self.shelf.comparison(level.when, home)
        keep = None
        if level.hysteresis is not None:
            keep = kept(level, sides, lambda text, wants: self.shelf.get(text, home, wants))
            self._tell_wide(level.hysteresis, when, keep)
        elif level.clear is not None:
            keep = self._until(level.clear, sides, home)
        unit = "" if value is None else value.unit
        return Level(level.priority, when, keep, self._limit(plan, level, sides, home, unit), unit)

    def _tell_wide(self, hysteresis: Written, when: Expression, keep: Expression) -> None:
        """A hysteresis that is no smaller than its limit is a finding: few values go as far back as that."""
        limit, left = when.threshold, keep.threshold
        unit = when.inputs[0].unit if limit is not None else ""
        if limit is None or left is None or is_temperature(unit) or abs(limit.limit - left.limit) < abs(limit.limit):
            return
        side = "below" if limit.operator[0] == ">" else "above"
        what = f"the hysteresis is as large as the limit: the alarm returns {side} `{f'{left.limit:g} {unit}'.strip()}`"
        self.issues.warn(hysteresis.mark, what, "it is what the value must go back by, not the limit of the return")

    def _until(self, clear: Written, sides: Comparison | None, home: str) -> Expression:
        """True until the condition under which it is over. Raises Refused, also where that holds all the time."""
        self.shelf.get(clear, home, _BOOLEAN)  # what is wrong with it is told as it is written
        over = self.shelf.comparison(clear, home)
        is_same = sides and over and sides.is_whole and over.is_whole and sides.left == over.left
        if is_same and sides and over and sides.operator[0] == over.operator[0] and over.operator[0] in "<>":
            hint = f"it says when the alarm is over: turn the `{over.operator}` round"
            raise Refused(clear, ExpressionError("`clear` holds while the alarm is on", hint))
        return self.shelf.get(Written(f"not ({clear.text})", clear.mark), home, _BOOLEAN)

    def _limit(
        self, plan: AlarmPlan, level: LevelPlan, sides: Comparison | None, home: str, unit: str
    ) -> Expression | None:
        if plan.limit is not None:
            return self.shelf.get(plan.limit, home, ResultType.NUMBER, unit or None)
        if sides is None or plan.value is not None or sides.operator in ("==", "!="):
            return None
        return self._part(sides.right, level.when, home, ResultType.NUMBER, unit or None)

    def _part(
        self, text: str, whole: Written, home: str, wants: ResultType | None = None, unit: str | None = None
    ) -> Expression | None:
        """A part of a condition on its own; `None` where it means nothing alone."""
        try:
            return self.shelf.get(Written(text, whole.mark), home, wants, unit)
        except (MissingPoint, Refused):
            return None


def _labels(plan: AlarmPlan, place: Place) -> tuple[tuple[str, str], ...]:
    """Those of the rule; an alarm of a connection has its name as well: titles, routes and groups can go by it."""
    connection = connection_of(place.home)
    if not connection:
        return plan.labels
    return tuple(sorted({**dict(plan.labels), CONNECTION: connection}.items()))


def _ns(seconds: float) -> int:
    return round(seconds * SECOND)


def _fingerprint(plan: AlarmPlan, place: str, levels: Sequence[Level]) -> str:
    """A hash of everything that decides, of what the rule says as of what its points are."""
    points = {
        operand for level in levels for operand in (*level.when.inputs, *(level.keep.inputs if level.keep else ()))
    }
    decides = (
        place,
        [(level.priority, level.when.text, level.keep and level.keep.text) for level in levels],
        sorted((one.tag, one.type, one.unit, one.stale_after_s) for one in points),
        (plan.on_delay_s, plan.off_delay_s, plan.keep_firing_s, plan.no_data, plan.is_latched),
        plan.schedule and plan.schedule.text,
        plan.suppress_when and plan.suppress_when.text,
    )
    return blake2b(repr(decides).encode(), digest_size=12).hexdigest()
