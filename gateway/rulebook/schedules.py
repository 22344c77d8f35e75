"""Schedules and calendars as they are written, to those that answer for a moment."""

from collections.abc import Iterable
from datetime import date

from gateway.config.problems import nearest
from gateway.config.ruleplan import CalendarPlan, RulesPlan, SchedulePlan, SpanPlan, Written
from gateway.rulebook.issues import Issues
from rules.schedule.calendar import Calendar
from rules.schedule.china import site_calendar
from rules.schedule.schedule import Schedule, Span


def compile_schedules(
    plan: RulesPlan, zone: str, issues: Issues, year: int | None = None
) -> dict[str, Schedule | None]:
    """Schedules by name, `None` in place of one with problems. `zone` is the site's IANA zone.

    A calendar of a country whose days of this year are not known yet is a finding.
    """
    calendars = {one.name: _calendar(one) for one in plan.calendars}
    for one in plan.calendars:
        if year is not None and calendars[one.name].missing_year(date(year, 1, 1)) is not None:
            what = f"calendar `{one.name}`: the holidays of {year} are not known to this version"
            issues.warn(one.mark, what, "update the gateway, or write them under `holidays` and `workdays`")
    return {one.name: _schedule(one, zone, calendars, issues) for one in plan.schedules}


def check_schedule(written: Written | None, schedules: Iterable[str], issues: Issues) -> None:
    """Note a schedule that does not exist."""
    if written is not None and written.text not in schedules:
        hint = nearest(written.text, schedules) or "write it under `schedules:`"
        issues.error(written.mark, f"no schedule `{written.text}`", hint)


def _schedule(plan: SchedulePlan, zone: str, calendars: dict[str, Calendar], issues: Issues) -> Schedule | None:
    needs_calendar = any(span.day_kind for span in plan.spans)
    calendar = Calendar()
    if plan.calendar is not None:
        if plan.calendar.text not in calendars:
            hint = nearest(plan.calendar.text, calendars) or "write it under `calendars:`"
            issues.error(plan.calendar.mark, f"no calendar `{plan.calendar.text}`", hint)
            return None
        calendar = calendars[plan.calendar.text]
    elif needs_calendar:
        what = f"schedule `{plan.name}` has no calendar: working days are Monday to Friday, without holidays"
        issues.warn(plan.mark, what, "write `calendar: name`, with `calendars: {name: {country: cn}}`")
    return Schedule(plan.name, zone, tuple(_spans(plan.spans)), calendar)


def _spans(plans: Iterable[SpanPlan]) -> Iterable[Span]:
    for plan in plans:
        for start, end in plan.times_min:
            yield Span(start, end, plan.days, plan.months, plan.days_of_month, plan.day_kind)


def _calendar(plan: CalendarPlan) -> Calendar:
    return site_calendar(plan.name, plan.weekend, plan.country, plan.holidays, plan.workdays)
