"""`carbon:` to the policy of inventories; names are checked against the catalogue."""

from collections.abc import Collection, Sequence

from gateway.config.accountplan import CarbonPlan, FallbackEntry, UncertaintyEntry
from gateway.config.problems import Report, nearest
from rules.carbon.catalogue import Catalogue
from rules.carbon.factor import CALCULATED, Activity
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import FactorUncertainty, Fallback, Policy


def policy_of(plan: CarbonPlan, catalogue: Catalogue, entities: Collection[str], report: Report) -> Policy:
    """The policy. `entities`: ids of the enterprises and of the site."""
    regions = {one.region for one in catalogue.of(Activity.ELECTRICITY)}
    if plan.region is not None and plan.region.text not in regions:
        message = f"the catalogue has no electricity factor of region `{plan.region.text}`"
        report.error(plan.region.mark, message, nearest(plan.region.text, regions))
    residual = plan.residual_mix
    if residual is not None:
        known = [one.id for one in catalogue.of(Activity.ELECTRICITY)]
        if residual.text not in known:
            hint = nearest(residual.text, known) or "a factor of your own is approved first, then named here"
            report.error(residual.mark, f"no electricity factor `{residual.text}`", hint)
    return Policy(
        approach=plan.approach,
        region=plan.region.text if plan.region else "",
        gwp_set=plan.gwp_set,
        bases=tuple(map(Basis, plan.bases)),
        default_basis=Basis(plan.default_basis),
        fallbacks=tuple(_fallback(entry, catalogue, entities, report) for entry in plan.fallbacks),
        residual_mix=residual.text if residual else "",
        indicator_coal=plan.indicator_coal,
        base_year=plan.base_year,
        threshold_percent=plan.threshold_percent,
        uncertainties=_uncertainties(plan.uncertainties, catalogue, report),
    )


def _uncertainties(
    entries: Sequence[UncertaintyEntry], catalogue: Catalogue, report: Report
) -> tuple[FactorUncertainty, ...]:
    """By factor; one that stands twice, or of no factor, is a problem."""
    found: dict[str, FactorUncertainty] = {}
    for entry in entries:
        name, mark = entry.factor.text, entry.factor.mark
        if catalogue.factor(name) is None:
            hint = nearest(name, [one.id for one in catalogue.factors]) or "`park-gateway carbon factors` lists them"
            report.error(mark, f"no factor `{name}`", hint)
        elif name in found:
            report.error(mark, f"the uncertainty of `{name}` stands twice", "keep one of them")
        else:
            found[name] = FactorUncertainty(name, entry.percent, entry.source)
    return tuple(one for _, one in sorted(found.items()))


def _fallback(entry: FallbackEntry, catalogue: Catalogue, entities: Collection[str], report: Report) -> Fallback:
    activities = [activity.value for activity in CALCULATED]
    if entry.activity.text not in activities:
        hint = nearest(entry.activity.text, activities)
        report.error(entry.activity.mark, f"unknown activity `{entry.activity.text}`", hint)
    elif entry.region is not None:
        regions = {one.region for one in catalogue.of(Activity(entry.activity.text))}
        if entry.region.text not in regions:
            message = f"no factor of {entry.activity.text} is of region `{entry.region.text}`"
            report.error(entry.region.mark, message, nearest(entry.region.text, regions))
    if entry.enterprise is not None and entry.enterprise.text not in entities:
        hint = nearest(entry.enterprise.text, entities)
        report.error(entry.enterprise.mark, f"no enterprise `{entry.enterprise.text}`", hint)
    return Fallback(
        activity=entry.activity.text,
        reason=entry.reason,
        as_of=entry.as_of,
        region=entry.region.text if entry.region else "",
        basis=Basis(entry.basis) if entry.basis else None,
        enterprise=entry.enterprise.text if entry.enterprise else "",
    )
