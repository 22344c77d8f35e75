"""Virtual meters and allocations: sums in which nothing counts twice, and shares of somebody."""

from collections.abc import Collection, Mapping

from gateway.accounts.books import AllocationRule, Meter, VirtualMeter
from gateway.accounts.setup.declared import no_meter
from gateway.accounts.setup.supply import Supply
from gateway.config.accountplan import AllocationEntry, VirtualEntry
from gateway.config.problems import Mark, Report, nearest
from gateway.config.ruleplan import Written
from gateway.core.point import Names

VIRTUAL = "virtual."


def virtual_meters(
    entries: Collection[VirtualEntry], meters: Mapping[str, Meter], owners: Collection[str], report: Report
) -> dict[str, VirtualMeter]:
    """By tag. `owners`: ids of the enterprises."""
    supply = Supply({tag: meter.under for tag, meter in meters.items()})
    found: dict[str, VirtualMeter] = {}
    for entry in entries:
        tag = f"{VIRTUAL}{entry.id}"
        if tag in meters:
            report.error(entry.mark, f"`{tag}` is a point of a device already", "choose another id")
            continue
        before = len(report.problems)
        _check_owner(entry.enterprise, owners, report)
        plus, minus = _parts(entry.plus, meters, report), _parts(entry.minus, meters, report)
        for parts in (plus, minus):
            if (pair := supply.pair(parts)) is not None:
                lower, upper = pair
                hint = f"`{lower}` lies under `{upper}`, which counts it already; keep one of them"
                report.error(parts[lower], f"virtual meter `{entry.id}` counts `{lower}` twice", hint)
        for both in plus.keys() & minus.keys():
            report.error(minus[both], f"`{both}` is added and taken away", "keep one of them")
        unit = _unit(entry, {**plus, **minus}, meters, report)
        if len(report.problems) == before:
            names = entry.names if entry.names != Names() else Names(entry.id, entry.id)
            found[tag] = VirtualMeter(tag, entry.enterprise.text, names, entry.medium, unit, tuple(plus), tuple(minus))
    return found


def _parts(tags: Collection[Written], meters: Mapping[str, Meter], report: Report) -> dict[str, Mark]:
    found: dict[str, Mark] = {}
    for tag in tags:
        if tag.text.startswith(VIRTUAL):
            hint = "write the meters that it is made of"
            report.error(tag.mark, f"`{tag.text}` is virtual: a virtual meter is made of meters", hint)
        elif tag.text not in meters:
            report.error(tag.mark, *no_meter(tag.text, meters))
        elif tag.text in found:
            report.error(tag.mark, f"`{tag.text}` stands twice", f"first: {found[tag.text]}")
        else:
            found[tag.text] = tag.mark
    return found


def _unit(entry: VirtualEntry, parts: Mapping[str, Mark], meters: Mapping[str, Meter], report: Report) -> str:
    """The unit of all parts."""
    units = {meters[tag].spec.accounted_unit: tag for tag in reversed(list(parts))}
    for tag, mark in parts.items():
        if meters[tag].medium is not entry.medium:
            hint = f"write `medium: {meters[tag].medium}` here, or leave it out of this sum"
            report.error(mark, f"`{tag}` counts {meters[tag].medium}, `{entry.id}` is {entry.medium}", hint)
    is_one_medium = all(meters[tag].medium is entry.medium for tag in parts)
    if len(units) > 1 and is_one_medium:
        told = ", ".join(f"`{tag}` {unit}" for unit, tag in sorted(units.items()))
        report.error(entry.mark, f"the parts of `{entry.id}` count in different units: {told}", "sum one unit only")
    return next(iter(units), "")


def allocation_rules(
    entries: Collection[AllocationEntry], known: Collection[str], owners: Collection[str], report: Report
) -> tuple[AllocationRule, ...]:
    """By meter and day. `known`: tags of meters and virtual meters."""
    marks: dict[tuple[str, int], Mark] = {}
    found: list[AllocationRule] = []
    for entry in entries:
        before = len(report.problems)
        key = entry.of.text, entry.valid_from.toordinal()
        if entry.of.text not in known:
            report.error(entry.of.mark, *no_meter(entry.of.text, known))
        elif marks.setdefault(key, entry.mark) != entry.mark:
            message = f"`{entry.of.text}` is allocated twice from {entry.valid_from} on"
            report.error(entry.mark, message, f"first: {marks[key]}; a later rule begins on a later day")
        for name, _ in entry.weights:
            _check_owner(name, owners, report)
        if not any(weight for _, weight in entry.weights):
            report.error(entry.mark, f"nobody bears `{entry.of.text}`: every weight is 0", "give at least one a weight")
        if len(report.problems) == before:
            weights = tuple(sorted((name.text, weight) for name, weight in entry.weights))
            found.append(AllocationRule(entry.of.text, entry.by, key[1], weights, entry.evidence))
    return tuple(sorted(found, key=lambda rule: (rule.of, rule.from_day)))


def _check_owner(name: Written, owners: Collection[str], report: Report) -> None:
    if name.text not in owners:
        report.error(name.mark, f"no enterprise `{name.text}`", nearest(name.text, owners))
