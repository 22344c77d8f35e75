"""Emissions of today hour by hour, from the running sums: what the Park page draws."""

from collections.abc import Sequence
from typing import Any

from gateway.accounts.energy.emission_rates import EmissionRates, Rate
from gateway.accounts.energy.energyread import Amount
from gateway.accounts.energy.figures import entity_json
from gateway.accounts.energy.live import HOUR_NS, LiveAccounts
from gateway.accounts.energy.live_figures import MeasuredPart, measured_parts
from gateway.accounts.energy.usage import emissions_json

Json = dict[str, Any]
_NS_PER_MS = 1_000_000


def live_hours(live: LiveAccounts, rates: EmissionRates, entity: str, now_ns: int) -> Json:
    """Scope 1 and 2 of each hour since local midnight in kg, as texts; the running hour so far.

    An hour is a lower bound where a register lacks a part of it, or a source has no factor or no meter of the entity's
    own; an hour in which nothing is known is not there.
    """
    payer = live.payers[entity]
    parts, without = measured_parts(live.books, payer.entity)
    month = live.months(now_ns)[-1]
    valued = [(part, rates.rate(part.source, month, part.direction)) for part in parts]
    without += [part.source for part, rate in valued if rate.scope1 is None or rate.scope2 is None]
    registers = {tag: live.today_by_hour(tag) for part in parts for tag in part.weights}
    through_ns = {tag: live.through_ns(tag, now_ns) for tag in registers}
    hours = []
    for hour_ns in sorted({hour_ns for found in registers.values() for hour_ns in found}):
        amounts = {tag: found.get(hour_ns, Amount()) for tag, found in registers.items()}
        is_whole = all(_is_whole(amount, hour_ns, through_ns[tag]) for tag, amount in amounts.items())
        sums = _sums(valued, amounts)
        hours.append(
            {"start_ms": hour_ns // _NS_PER_MS} | emissions_json(sums, rates, is_whole=is_whole, without=without)
        )
    return {"entity": entity_json(payer.entity), "basis": rates.basis.value, "hours": hours}


def _is_whole(amount: Amount, hour_ns: int, through_ns: int) -> bool:
    """True where every nanosecond of the hour, as far as it should be known by now, is accounted for."""
    elapsed_ns = min(hour_ns + HOUR_NS, through_ns) - hour_ns
    return amount.is_whole and amount.measured_ns + amount.estimated_ns >= elapsed_ns


def _sums(valued: Sequence[tuple[MeasuredPart, Rate]], amounts: dict[str, Amount]) -> tuple[int, int]:
    """Micro-units times rates, by scope."""
    scope1 = scope2 = 0
    for part, rate in valued:
        micro = sum(weight * amounts[tag].known for tag, weight in part.weights.items())
        scope1 += micro * (rate.scope1 or 0)
        scope2 += micro * (rate.scope2 or 0)
    return scope1, scope2
