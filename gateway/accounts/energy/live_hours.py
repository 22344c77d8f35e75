"""Emissions of today hour by hour, from the running sums: what the Park page draws."""

from typing import Any

from gateway.accounts.energy.emission_rates import EmissionRates
from gateway.accounts.energy.emission_sums import EmissionSums
from gateway.accounts.energy.energyread import Amount
from gateway.accounts.energy.figures import entity_json
from gateway.accounts.energy.live import HOUR_NS, LiveAccounts
from gateway.accounts.energy.live_figures import measured_parts

Json = dict[str, Any]
_NS_PER_MS = 1_000_000


def live_hours(live: LiveAccounts, rates: EmissionRates, entity: str, now_ns: int) -> Json:
    """Scope 1 and 2 of each hour since local midnight in kg, as texts; the running hour so far.

    A scope of an hour is a lower bound where a register lacks a part of it, or a source has no factor or no meter of
    the entity's own; an hour in which nothing is known is not there.
    """
    payer = live.payers[entity]
    parts, without = measured_parts(live, payer.entity)
    month = live.months(now_ns)[-1]
    registers = {tag: live.today_by_hour(tag) for part in parts for tag in part.weights}
    through_ns = {tag: live.through_ns(tag, now_ns) for tag in registers}
    hours = []
    for hour_ns in sorted({hour_ns for found in registers.values() for hour_ns in found}):
        amounts = {tag: found.get(hour_ns, Amount()) for tag, found in registers.items()}
        sums = EmissionSums(live.books.sources, rates)
        for source in without:
            sums.leave_out(source)
        for part in parts:
            micro = sum(weight * amounts[tag].known for tag, weight in part.weights.items())
            sums.add(part.source, part.direction, month, micro)
            is_whole = all(_is_whole(amounts[tag], hour_ns, through_ns[tag]) for tag in part.weights)
            sums.cover(part.source, [amounts[tag] for tag in part.weights], is_whole=is_whole)
        hours.append({"start_ms": hour_ns // _NS_PER_MS} | sums.document())
    return {"entity": entity_json(payer.entity), "basis": rates.basis.value, "hours": hours}


def _is_whole(amount: Amount, hour_ns: int, through_ns: int) -> bool:
    """True where every nanosecond of the hour, as far as it should be known by now, is accounted for."""
    elapsed_ns = min(hour_ns + HOUR_NS, through_ns) - hour_ns
    return amount.is_whole and amount.measured_ns + amount.estimated_ns >= elapsed_ns
