"""Parents by name to parents by id: while one is active, its children are suppressed."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.config.problems import nearest
from gateway.config.ruleplan import AlarmPlan
from gateway.rulebook.issues import Issues
from rules.alarms.spec import Alarm


def with_parents(plans: Sequence[AlarmPlan], alarms: Sequence[Alarm], site: str, issues: Issues) -> list[Alarm]:
    """The alarms with the ids of their parents: of the same device, its connection, its enterprise, or of the park,
    as the parent's rule has one for each of them.

    A rule that does not exist and a circle of rules are problems; a parent that no alarm of a rule has is a finding.
    """
    by_name = {plan.name: plan for plan in plans}
    ids = {alarm.id for alarm in alarms}
    for plan in plans:
        for parent in plan.parents:
            # a pack may name rules of packs that are not used
            if parent.text not in by_name and not plan.pack and not issues.lacks_packs:
                hint = nearest(parent.text, by_name) or "name a rule of `alarms:` or of a pack"
                issues.error(parent.mark, f"no rule `{parent.text}`", hint)
    _refuse_circles(by_name, issues)
    found: list[Alarm] = []
    used: set[tuple[str, str]] = set()
    for alarm in alarms:
        parents = {one.text: _parent(by_name.get(one.text), alarm, site, ids) for one in by_name[alarm.rule].parents}
        used |= {(alarm.rule, rule) for rule, one in parents.items() if one is not None}
        own = tuple(one for one in parents.values() if one is not None)
        found.append(replace(alarm, parents=own) if own else alarm)
    _tell_unused(by_name, {alarm.rule for alarm in alarms}, used, issues)
    return found


def _parent(parent: AlarmPlan | None, alarm: Alarm, site: str, ids: set[str]) -> str | None:
    """The parent's alarm for what this alarm is about; `None` where it has none."""
    if parent is None:
        return None
    places = {
        "device": alarm.device and alarm.device.id,
        "connection": alarm.device and alarm.device.connection,
        "enterprise": alarm.enterprise,
        "park": site,
    }
    found = f"{parent.name}:{places[parent.for_each.each if parent.for_each else 'park']}"
    return found if found in ids else None


def _refuse_circles(plans: dict[str, AlarmPlan], issues: Issues) -> None:
    done: set[str] = set()
    for name in plans:
        path: list[str] = []
        _walk(name, plans, path, done, issues)


def _walk(name: str, plans: dict[str, AlarmPlan], path: list[str], done: set[str], issues: Issues) -> None:
    """Depth first, without recursion: rules may stand in long rows."""
    stack = [(name, iter(plans[name].parents if name in plans else ()))]
    path.append(name)
    while stack:
        current, parents = stack[-1]
        parent = next(parents, None)
        if parent is None:
            done.add(current)
            stack.pop()
            path.pop()
        elif parent.text in path:
            circle = " -> ".join(f"`{one}`" for one in [*path[path.index(parent.text) :], parent.text])
            issues.error(parent.mark, f"parents go round in a circle: {circle}", "remove one of them")
        elif parent.text in plans and parent.text not in done:
            path.append(parent.text)
            stack.append((parent.text, iter(plans[parent.text].parents)))


def _tell_unused(
    plans: dict[str, AlarmPlan], with_alarms: set[str], used: set[tuple[str, str]], issues: Issues
) -> None:
    for name in with_alarms:
        for parent in plans[name].parents:
            is_there = parent.text in with_alarms
            if is_there and (name, parent.text) not in used and not plans[name].pack:
                what = (
                    f"rule `{parent.text}` has no alarm of the same device, connection, enterprise or park as `{name}`"
                )
                issues.warn(parent.mark, what, "nothing is suppressed")
