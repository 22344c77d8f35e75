"""The running figures as the page gets them: today, month and year of an entity, in energy, money and CO2e."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.accounts.books import Entity
from gateway.accounts.energy.emission_rates import EmissionRates, Month
from gateway.accounts.energy.emission_sums import EmissionSums
from gateway.accounts.energy.energyread import Amount, day_start_ns, weighed
from gateway.accounts.energy.figures import entity_json, flow_json
from gateway.accounts.energy.flows import is_shared, not_counted, registers_of
from gateway.accounts.energy.live import LiveAccounts
from gateway.accounts.energy.payers import Payer, money
from gateway.accounts.energy.usage import cost_text
from gateway.core.clock import day_of
from rules.carbon.inventory.activity import Direction

Json = dict[str, Any]


def live_figures(live: LiveAccounts, rates: EmissionRates, entity: str, now_ns: int) -> Json:
    """Figures of an entity that has books. `now_ns` decides what of the time so far counts as missing."""
    payer = live.payers[entity]
    months = live.months(now_ns)
    return {
        **entity_json(payer.entity),
        "today": _figures(live, rates, payer, None, now_ns),
        "month": _figures(live, rates, payer, months[-1:], now_ns),
        "year": _figures(live, rates, payer, months, now_ns),
    }


def _figures(
    live: LiveAccounts, rates: EmissionRates, payer: Payer, months: Sequence[Month] | None, now_ns: int
) -> Json:
    """Of these months, or of today where there are none given. `shared`: of its meters that several bear."""
    shared = live.shared.get(payer.entity.id)
    flows = payer.flows if shared is None else (*payer.flows, shared)
    amounts = {tag: _amount(live, tag, months, now_ns) for flow in flows for tag, _ in flow.weights}
    return {
        "energy": [flow_json(flow, weighed(dict(flow.weights), amounts)) for flow in payer.flows],
        "shared": shared and flow_json(shared, weighed(dict(shared.weights), amounts)),
        "cost": _cost(live, payer, months, amounts, now_ns),
        "emissions": _emissions(live, rates, payer.entity, months, now_ns),
    }


def _amount(live: LiveAccounts, tag: str, months: Sequence[Month] | None, now_ns: int) -> Amount:
    """The sum with the missing time: what of the time so far no interval accounts for."""
    found = Amount()
    for part in [live.today(tag)] if months is None else [live.month(tag, month) for month in months]:
        found.add(part)
    today = day_of(now_ns, live.zone)
    first = today if months is None else today.replace(month=months[0][1], day=1)
    elapsed_ns = live.elapsed_ns(tag, day_start_ns(first, live.zone), now_ns)
    found.missing_ns = max(elapsed_ns - found.measured_ns - found.estimated_ns, 0)
    return found


def _cost(
    live: LiveAccounts, payer: Payer, months: Sequence[Month] | None, amounts: dict[str, Amount], now_ns: int
) -> Json | None:
    tariff = payer.rates.tariff(day_of(now_ns, live.zone))
    entity = payer.entity.id
    cost = live.cost_today(entity) if months is None else live.cost(entity, months)
    if tariff is None or cost is None:
        return None
    return {
        "amount": cost_text(money(cost), tariff.digits, [amounts[tag] for tag in payer.pricing]),
        "currency": tariff.currency,
        "is_lower_bound": any(not amounts[tag].is_whole for tag in payer.pricing),
    }


def _emissions(
    live: LiveAccounts, rates: EmissionRates, entity: Entity, months: Sequence[Month] | None, now_ns: int
) -> Json:
    """Sums of micro-units times the rate of the month."""
    sums = EmissionSums(live.books.sources, rates)
    parts, without = measured_parts(live, entity)
    for source in without:
        sums.leave_out(source)
    for part in parts:
        for month in months or live.months(now_ns)[-1:]:
            micro = sum(weight * _known(live, tag, months, month) for tag, weight in part.weights.items())
            sums.add(part.source, part.direction, month, micro)
        found = [_amount(live, tag, months, now_ns) for tag in part.weights]
        sums.cover(part.source, found, is_whole=all(one.is_whole for one in found))
    return sums.document()


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """One direction of an emission source that meters measure: registers with how often each counts."""

    source: str
    direction: Direction
    weights: Mapping[str, int]


def measured_parts(live: LiveAccounts, entity: Entity) -> tuple[list[MeasuredPart], list[str]]:
    """What running figures of emissions are made of, and the sources that no meter of the entity's own measures."""
    books = live.books
    parts: list[MeasuredPart] = []
    without: list[str] = []
    counted: set[tuple[str, str]] = set()
    for name in entity.sources:
        source = books.sources[name]
        is_left_out = not entity.is_park and any(is_shared(books, tag) for tag in source.meters)
        if is_left_out or not source.meters:
            without.append(name)
            continue
        for tags, direction in ((source.meters, Direction.IMPORT), (source.exports, Direction.EXPORT)):
            weights: dict[str, int] = {}
            for tag in not_counted(books, tags, direction, counted):
                for part, weight in registers_of(books, tag).items():
                    register = live.register_of(source.enterprise, part)
                    weights[register] = weights.get(register, 0) + weight
            if weights:
                parts.append(MeasuredPart(name, direction, weights))
    return parts, without


def _known(live: LiveAccounts, tag: str, months: Sequence[Month] | None, month: Month) -> int:
    return live.today(tag).known if months is None else live.month(tag, month).known
