"""Reporting units: each enterprise, and the park as a whole. In none of them does a meter count twice."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.accounts.books import EmissionSource, Entity, Meter
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
    entities: Iterable[Entity],
    sources: Mapping[str, EmissionSource],
    meters: Mapping[str, Meter],
    marks: Mapping[str, Mark],
    report: Report,
) -> None:
    """Note each meter that an entity counts twice. `marks`: of declared sources and of meters."""
    supply = Supply({tag: meter.under for tag, meter in meters.items()})
    for entity in entities:
        groups: dict[str, list[EmissionSource]] = {}
        for source in (sources[one] for one in entity.sources):
            activity = source.template.activity
            groups.setdefault("burning" if activity in _BURNING else activity.value, []).append(source)
        for group in groups.values():
            _check_group(group, supply, marks, report)


def _check_group(group: Sequence[EmissionSource], supply: Supply, marks: Mapping[str, Mark], report: Report) -> None:
    counted: dict[str, EmissionSource] = {}
    for source in group:
        for tag in source.meters:
            first = counted.setdefault(tag, source)
            if first is not source:
                message = f"`{tag}` counts twice: in `{source.id}` and in `{first.id}`"
                _note(message, (source.id, tag), (first.id, tag), marks, report)
    for tag, source in counted.items():
        for upper in sorted(supply.above(tag) & counted.keys()):
            if counted[upper] is not source or source.id not in marks:  # within a declared one it was told there
                message = f"`{tag}` counts twice: it lies under `{upper}`, which `{counted[upper].id}` counts"
                _note(message, (source.id, tag), (counted[upper].id, upper), marks, report)


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
