"""`compile_rules`: everything that is written about rules to what runs - or every problem of every rule at once."""

from collections import Counter
from collections.abc import Sequence

from gateway.config.park import paused_garbage_collection
from gateway.config.plan import ParkPlan
from gateway.config.ruleplan import AlarmPlan, RulesPlan
from gateway.rulebook.alarms import AlarmCompiler
from gateway.rulebook.book import MAX_ALARMS, Rulebook, RuleInfo
from gateway.rulebook.derived import DerivedCompiler
from gateway.rulebook.directory import Directory
from gateway.rulebook.expressions import ExpressionShelf
from gateway.rulebook.instances import Instances
from gateway.rulebook.issues import Issues
from gateway.rulebook.messages import MessageWriter, shown_names
from gateway.rulebook.notices import NoticeCompiler
from gateway.rulebook.packs import with_packs
from gateway.rulebook.parents import with_parents
from gateway.rulebook.schedules import check_schedule, compile_schedules
from gateway.rulebook.select import Selection
from rules.alarms.spec import Alarm, Derived
from rules.schedule.schedule import Schedule


def compile_rules(plan: ParkPlan, year: int | None = None) -> Rulebook:
    """The rulebook of a park. Raises ConfigErrors with every problem and its place.

    `year`: calendars of countries that do not know it yet are a finding.
    """
    with paused_garbage_collection():
        return _compiled(plan, year)


def _compiled(plan: ParkPlan, year: int | None) -> Rulebook:
    issues = Issues()
    rules = with_packs(plan.rules, plan, issues)
    schedules = compile_schedules(rules, plan.site.timezone, issues, year)
    derived, alarms = _instances(plan, rules, schedules, issues)
    _check_number(alarms, rules, issues)
    alarms = with_parents(rules.alarms, alarms, plan.site.id, issues)
    packs = frozenset(use.pack.text for use in rules.uses)
    notices = NoticeCompiler(plan, rules.alarms, packs, schedules, issues).compile(rules.notify)
    _tell_idle_packs(rules, alarms, derived, issues)
    issues.report.raise_problems()
    findings = sorted(issues.report.findings)
    return Rulebook(tuple(alarms), derived, notices, findings, _infos(rules.alarms, alarms, issues))


def _instances(
    plan: ParkPlan, rules: RulesPlan, schedules: dict[str, Schedule | None], issues: Issues
) -> tuple[tuple[Derived, ...], list[Alarm]]:
    """Derived points and alarms, without parents."""
    directory = Directory(plan)
    shelf = ExpressionShelf(directory, plan.site.timezone)
    selection = Selection(plan, directory, issues)
    instances = Instances(directory, issues)
    derived = DerivedCompiler(directory, shelf, selection, instances, issues).compile(rules.derived)
    compiler = AlarmCompiler(
        directory, shelf, selection, instances, schedules, MessageWriter(directory, issues), issues
    )
    alarms: list[Alarm] = []
    for rule in rules.alarms:
        check_schedule(rule.schedule, schedules, issues)
        if rule.is_enabled:
            alarms += compiler.compile(rule)
    return derived, alarms


def _check_number(alarms: Sequence[Alarm], rules: RulesPlan, issues: Issues) -> None:
    """Not more than a person and a machine can bear; the rule that has the most is told."""
    if len(alarms) > MAX_ALARMS:
        name, count = Counter(alarm.rule for alarm in alarms).most_common(1)[0]
        mark = next(rule.mark for rule in rules.alarms if rule.name == name)
        hint = f"`{name}` alone has {count}: narrow it with `for_each`"
        issues.error(mark, f"{len(alarms)} alarms, and {MAX_ALARMS} are the most", hint)


def _infos(plans: Sequence[AlarmPlan], alarms: Sequence[Alarm], issues: Issues) -> tuple[RuleInfo, ...]:
    counts = Counter(alarm.rule for alarm in alarms)
    found = []
    for plan in plans:
        mark = issues.where(plan.mark)
        found.append(
            RuleInfo(plan.name, shown_names(plan), mark.file, mark.line, counts[plan.name], plan.is_enabled, plan.pack,
                     plan.guidance)
        )  # fmt: skip
    return tuple(found)


def _tell_idle_packs(rules: RulesPlan, alarms: Sequence[Alarm], derived: Sequence[Derived], issues: Issues) -> None:
    """A pack that fits no device is a finding."""
    working = {alarm.rule for alarm in alarms} | {one.point.name for one in derived}
    for use in rules.uses:
        own = {rule.name for rule in rules.alarms if rule.pack == use.name}
        own |= {rule.name for rule in rules.derived if rule.pack == use.name}
        if own and not own & working:
            issues.warn(use.mark, f"pack `{use.pack.text}` fits no device", "none of them has the points of its rules")
