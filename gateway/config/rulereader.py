"""Nodes to a RulesPlan: `use`, `alarms`, `derived`, each entry with its place; every problem goes to the report."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from typing import TypeVar

from gateway.config.drivermodels import field_names
from gateway.config.entries import all_written, check_name, keys_of, written
from gateway.config.models import checked_id, checked_point_name
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.nodes import Sequence as List
from gateway.config.noticereader import NoticeReader
from gateway.config.problems import Mark, Report
from gateway.config.rulemodels import AlarmModel, DerivedModel, LevelModel, PackModel, SelectorModel
from gateway.config.ruleplan import (
    AlarmPlan,
    DerivedPlan,
    LevelPlan,
    PackUse,
    RulesPlan,
    SelectorPlan,
    Written,
)
from gateway.config.schedulereader import read_calendars, read_schedules
from gateway.config.validate import Validator
from gateway.core.alarm import Priority

T = TypeVar("T")
PRIORITIES = {"high": Priority.HIGH, "medium": Priority.MEDIUM, "low": Priority.LOW}
_PACK_KEYS = field_names(PackModel)


class RuleReader:
    """Reads the sections of rules of one configuration, or of one shipped pack."""

    def __init__(self, validator: Validator, pack: str = "") -> None:
        self._validator = validator
        self._report: Report = validator.report
        self._pack = pack

    def read(self, maps: Map[str, Mapping], notify: Mapping | None = None) -> RulesPlan:
        """The plan; entries with problems are left out."""
        notices = NoticeReader(self._validator)
        return RulesPlan(
            uses=self._each(maps.get("use"), self._use, checked_id),
            calendars=read_calendars(maps.get("calendars"), self._validator),
            schedules=read_schedules(maps.get("schedules"), self._validator),
            alarms=self._each(maps.get("alarms"), self._alarm, checked_id),
            derived=self._each(maps.get("derived"), self._derived, checked_point_name),
            notify=notices.read(notify),
        )

    def _each(
        self, node: Mapping | None, read: Callable[[str, Mark, Node], T | None], check: Callable[[str], str]
    ) -> tuple[T, ...]:
        found = []
        for name, entry in {} if node is None else node.items.items():
            assert node is not None
            mark = node.keys[name]
            check_name(name, mark, check, self._report)
            plan = read(name, mark, entry)
            if plan is not None:
                found.append(plan)
        return tuple(found)

    def _use(self, name: str, mark: Mark, node: Node) -> PackUse | None:
        if isinstance(node, Scalar) and node.value() is None and not node.is_unset:
            node = Mapping(mark)  # `electrical:` with nothing behind it
        if not isinstance(node, Mapping):
            self._report.error(node.mark, f"pack `{name}` takes parameters", "write `{}` for none, or `{name: value}`")
            return None
        model = self._validator.read(PackModel, node.only(_PACK_KEYS))
        if model is None:
            return None
        pack = written(node, "pack") or Written(name, mark)
        return PackUse(name, pack, mark, tuple(node.items.items()), tuple(node.keys.items()))

    def _alarm(self, name: str, mark: Mark, node: Node) -> AlarmPlan | None:
        model = self._validator.read(AlarmModel, node, of=f"alarm `{name}`")
        if model is None or not isinstance(node, Mapping):
            return None
        for label, label_mark in keys_of(node, "labels").items():
            check_name(label, label_mark, checked_id, self._report)
        return AlarmPlan(
            name=name,
            mark=mark,
            levels=_levels(model, node),
            names=model.name.names(),
            for_each=selector(model.for_each, node),
            on_delay_s=model.on_delay,
            off_delay_s=model.off_delay,
            keep_firing_s=model.keep_firing,
            no_data=model.no_data,
            is_latched=model.latch,
            area=model.area,
            group=model.group,
            parents=all_written(node, "parent"),
            suppress_when=written(node, "suppress_when"),
            schedule=written(node, "schedule"),
            re_alarm_s=model.re_alarm,
            max_shelve_s=model.max_shelve,
            value=written(node, "value"),
            limit=written(node, "limit"),
            message=model.message.names(),
            message_mark=node.keys.get("message"),
            guidance=model.guidance.names(),
            labels=tuple(sorted(model.labels.items())),
            is_enabled=model.enabled,
            pack=self._pack,
        )

    def _derived(self, name: str, mark: Mark, node: Node) -> DerivedPlan | None:
        model = self._validator.read(DerivedModel, node, of=f"derived point `{name}`")
        if model is None or not isinstance(node, Mapping):
            return None
        value = written(node, "value")
        assert value is not None
        return DerivedPlan(
            name=name,
            mark=mark,
            value=value,
            names=model.name.names(),
            for_each=selector(model.for_each, node),
            unit=model.unit,
            interval_s=model.interval,
            is_enabled=model.enabled,
            pack=self._pack,
        )


def selector(model: SelectorModel | PackModel | None, node: Mapping) -> SelectorPlan | None:
    """The selector under `for_each`, its entries with their places."""
    inner = node.items.get("for_each")
    if model is None or not isinstance(inner, Mapping):
        return None
    return selector_of(model, inner)


def selector_of(model: SelectorModel | PackModel, node: Mapping) -> SelectorPlan:
    """The selector that these keys are."""
    return SelectorPlan(
        mark=node.mark,
        profiles=all_written(node, "profile"),
        kinds=all_written(node, "kind"),
        roles=tuple(role.value for role in model.role or ()),
        enterprises=all_written(node, "enterprise"),
        connections=all_written(node, "connection"),
        devices=all_written(node, "devices"),
        has=all_written(node, "has"),
        lacks=all_written(node, "lacks"),
        each=model.each if isinstance(model, SelectorModel) else "device",
    )


def _levels(model: AlarmModel, node: Mapping) -> tuple[LevelPlan, ...]:
    if model.levels is None:
        return (_level(model.priority or "medium", node),)
    entries = node.items["levels"]
    nodes: Sequence[Node] = entries.entries if isinstance(entries, List) else ()
    return tuple(_level_of(level, one) for level, one in zip(model.levels, nodes, strict=True))


def _level_of(model: LevelModel, node: Node) -> LevelPlan:
    assert isinstance(node, Mapping)
    return _level(model.priority, node)


def _level(priority: str, node: Mapping) -> LevelPlan:
    when = written(node, "when")
    assert when is not None
    return LevelPlan(PRIORITIES[priority], when, written(node, "hysteresis"), written(node, "clear"))
