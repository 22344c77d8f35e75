"""Reporting units: each enterprise, and the park as a whole. In none of them does a meter count twice.

A shared meter, one with a rule of allocation, may stand in sources of several enterprises: each counts its part, and
the parts together are the meter.
"""

from collections.abc import Collection, Mapping, Sequence

from gateway.accounts.books import AllocationRule, EmissionSource, Entity, Meter
from gateway.accounts.setup.emitters import SCOPE_1
from gateway.accounts.setup.supply import Supply
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, Report
from rules.carbon.factor import Activity

_BURNING = (Activity.STATIONARY, Activity.MOBILE)  # the same fuel cannot be burnt in both


def entities_of(plan: ParkPlan, sources: Mapping[str, EmissionSource], report: Report) -> dict[str, Entity]:
    """By id. The park has what is bought for all of it, and what its enterprises emit themselves."""
    owners = [enterprise.id for enterprise in plan.enterprises]
    found = {
        enterprise.id: Entity(enterprise.id, enterprise.names, False, _of(sources, enterprise.id))
        for enterprise in plan.enterprises
    }
    site, carbon = plan.site, plan.accounts.carbon
    if site.id in found:
        if carbon.mark is not None:
            hint = "accounts of the park and of that enterprise could not be told apart: rename one of them"
            report.error(carbon.mark, f"the site and an enterprise have the same id `{site.id}`", hint)
        return found
    own = _of(sources, site.id)
    direct = tuple(one.id for one in sources.values() if one.enterprise in owners and one.template.activity in SCOPE_1)
    bought = tuple(one.id for one in sources.values() if one.enterprise in owners and _is_bought(one))
    if not any(sources[one].template.activity is Activity.ELECTRICITY for one in own):
        electric = tuple(one for one in bought if sources[one].template.activity is Activity.ELECTRICITY)
        own, bought = own + electric, tuple(one for one in bought if one not in electric)
        if electric and carbon.mark is not None:
            message = "the electricity of the park is the sum of its enterprises': no meter has the role `grid`"
            report.warn(carbon.mark, message, "what is common, and what is lost in the park, is missing in it")
    for source in bought:
        if sources[source].template.activity is Activity.HEAT and carbon.mark is not None:
            hint = f"heat from outside the park: declare a source with `enterprise: {site.id}` for it"
            report.warn(carbon.mark, f"source `{source}` counts for its enterprise, not for the park", hint)
    found[site.id] = Entity(site.id, site.names, True, own + direct)
    return found


def check_entities(
    entities: Mapping[str, Entity],
    sources: Mapping[str, EmissionSource],
    meters: Mapping[str, Meter],
    rules: Sequence[AllocationRule],
    marks: Mapping[str, Mark],
    report: Report,
) -> None:
    """Note each meter that an entity counts twice, and sources with a shared meter of which they bear nothing.

    `marks`: of declared sources, of meters, and of `of:` in allocations as `allocation <tag>`.
    """
    supply = Supply({tag: meter.under for tag, meter in meters.items()})
    parks = {entity.id for entity in entities.values() if entity.is_park}
    bearers = _bearers(rules)
    for source in sources.values():
        for tag in source.meters:
            bearing = {*bearers.get(tag, ()), meters[tag].enterprise, *parks}
            if source.id in marks and source.enterprise not in bearing:
                message = f"`{source.enterprise}` bears no part of `{tag}`, see `energy.allocations`"
                report.error(marks[source.id], message, "give it a weight there, or take the meter out of this source")
    for entity in entities.values():
        groups: dict[str, list[EmissionSource]] = {}
        for source in (sources[one] for one in entity.sources):
            activity = source.template.activity
            groups.setdefault("burning" if activity in _BURNING else activity.value, []).append(source)
        for group in groups.values():
            parts = _check_group(group, parks, bearers, supply, marks, report)
            if entity.is_park:
                _check_whole(parts, bearers, marks, report)


def _bearers(rules: Sequence[AllocationRule]) -> Mapping[str, Collection[str]]:
    """By tag of a shared meter who bears a part of it by any of its rules."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        found.setdefault(rule.of, set()).update(name for name, weight in rule.weights if weight)
    return found


def _check_group(
    group: Sequence[EmissionSource],
    parks: Collection[str],
    bearers: Mapping[str, Collection[str]],
    supply: Supply,
    marks: Mapping[str, Mark],
    report: Report,
) -> Mapping[str, Collection[str]]:
    """Notes what counts twice; gives for each shared meter whose parts are counted."""
    counted: dict[str, EmissionSource] = {}
    parts: dict[str, set[str]] = {}
    for source in group:
        for tag in source.meters:
            first = counted.setdefault(tag, source)
            is_part = tag in bearers and not {source.enterprise, first.enterprise} & {*parks}
            if is_part and source.enterprise not in parts.get(tag, ()):
                parts.setdefault(tag, set()).add(source.enterprise)
            elif first is not source:
                message = f"`{tag}` counts twice: in `{source.id}` and in `{first.id}`"
                _note(message, (source.id, tag), (first.id, tag), marks, report)
    for tag, source in counted.items():
        for upper in sorted(supply.above(tag) & counted.keys()):
            if counted[upper] is not source or source.id not in marks:  # within a declared one it was told there
                message = f"`{tag}` counts twice: it lies under `{upper}`, which `{counted[upper].id}` counts"
                _note(message, (source.id, tag), (counted[upper].id, upper), marks, report)
    return parts


def _check_whole(
    parts: Mapping[str, Collection[str]],
    bearers: Mapping[str, Collection[str]],
    marks: Mapping[str, Mark],
    report: Report,
) -> None:
    """Warns where the parts of a shared meter that the park sums are not all of it."""
    for tag, names in parts.items():
        lacking = sorted({*bearers[tag]} - {*names})
        if lacking and f"allocation {tag}" in marks:
            message = f"the part of {', '.join(lacking)} of `{tag}` is in no emission source, so the park lacks it"
            report.warn(marks[f"allocation {tag}"], message, "give each who bears a part a source with this meter")


def _note(message: str, at: Sequence[str], other: Sequence[str], marks: Mapping[str, Mark], report: Report) -> None:
    """A problem with both places, as far as they are written."""
    here = next((marks[name] for name in at if name in marks), None)
    there = next((marks[name] for name in other if name in marks), None)
    first = here or there
    assert first is not None, "sources and meters that are not written do not overlap"
    report.error(first, message, f"the other: {there}" if there and there != first else "keep one of them")


def _of(sources: Mapping[str, EmissionSource], owner: str) -> tuple[str, ...]:
    return tuple(source.id for source in sources.values() if source.enterprise == owner)


def _is_bought(source: EmissionSource) -> bool:
    return source.template.activity not in SCOPE_1
