"""Nodes to calendars and schedules."""

from gateway.config.entries import check_name, written
from gateway.config.models import checked_id
from gateway.config.nodes import Mapping
from gateway.config.ruleplan import CalendarPlan, SchedulePlan, SpanPlan
from gateway.config.schedulemodels import (
    WEEKDAYS,
    CalendarModel,
    ScheduleModel,
    SpanModel,
    parse_days,
    parse_range,
    parse_times,
)
from gateway.config.validate import Validator


def read_calendars(node: Mapping | None, validator: Validator) -> tuple[CalendarPlan, ...]:
    """`calendars:`; entries with problems are left out."""
    found = []
    for name, entry in {} if node is None else node.items.items():
        assert node is not None
        check_name(name, node.keys[name], checked_id, validator.report)
        model = validator.read(CalendarModel, entry, of=f"calendar `{name}`")
        if model is not None:
            weekend = frozenset(WEEKDAYS.index(day) + 1 for day in model.weekend)
            days = frozenset(model.holidays), frozenset(model.workdays)
            found.append(CalendarPlan(name, node.keys[name], weekend, model.country or "", *days))
    return tuple(found)


def read_schedules(node: Mapping | None, validator: Validator) -> tuple[SchedulePlan, ...]:
    """`schedules:`; entries with problems are left out."""
    found = []
    for name, entry in {} if node is None else node.items.items():
        assert node is not None
        mark = node.keys[name]
        check_name(name, mark, checked_id, validator.report)
        model = validator.read(ScheduleModel, entry, of=f"schedule `{name}`")
        if model is not None and isinstance(entry, Mapping):
            spans = tuple(_span(span) for span in model.spans or [model])
            found.append(SchedulePlan(name, mark, spans, written(entry, "calendar")))
    return tuple(found)


def _span(model: SpanModel) -> SpanPlan:
    day_kind, days = parse_days(model.days or []) if model.days else ("", frozenset())
    return SpanPlan(
        times_min=tuple(parse_times(text) for text in model.times or ["00:00-24:00"]),
        days=days,
        day_kind=day_kind,
        months=frozenset(model.months),
        days_of_month=tuple(parse_range(text) for text in model.days_of_month or []),
    )
