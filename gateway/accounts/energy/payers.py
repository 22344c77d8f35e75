"""Who pays for what a register counts, and at which price: for the running figures and for statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.energy.flows import Flow, flows_of
from gateway.accounts.setup.tariffs import rates_of
from gateway.config.accountplan import Direction, Medium
from rules.energy.tariff.rates import COST_DIGITS, Pricing, Rates
from rules.energy.tariff.tariff import tariffs_of


@dataclass(frozen=True, slots=True)
class Payer:
    """An entity with its tariff. Without one there is no cost, which is said, and not 0."""

    entity: Entity
    flows: tuple[Flow, ...]
    rates: Rates
    pricing: dict[str, Pricing]  # by tag of a register
    has_tariff: bool

    def cost(self, tag: str, day: date, known: Iterable[tuple[int, int]]) -> int | None:
        """What (start, micro-units) of a register's local day cost, in 10^-14; `None` where no version holds on it."""
        costs = self.rates.costs(day, self.pricing[tag])
        if costs is None:
            return None
        return sum(micro * (costs[start] if start in costs else _holding(costs, start)) for start, micro in known)


def _holding(costs: Mapping[int, int], start_ns: int) -> int:
    """The cost in the slot that holds an instant: intervals were shorter once."""
    return costs[max((one for one in costs if one <= start_ns), default=min(costs))]


def payers_of(books: Books) -> dict[str, Payer]:
    """All entities by id; those of the same tariff share its prices, which are worked out once a day."""
    shared: dict[tuple[str, ...], Rates] = {}
    found: dict[str, Payer] = {}
    for name, entity in books.entities.items():
        payer = payer_of(books, entity)
        key = tuple(tariff.id for tariff in tariffs_of(books.tariffs, name))
        found[name] = replace(payer, rates=shared.setdefault(key, payer.rates))
    return found


def payer_of(books: Books, entity: Entity) -> Payer:
    """The prices of an enterprise or of the park. Own generation that is used is what is made less what is exported."""
    flows = flows_of(books, entity)
    parts: dict[str, list[int]] = {}
    for flow in flows:
        if flow.medium is Medium.ELECTRICITY and flow.unit == "kWh":
            _count(parts, flow)
    rates = rates_of(books.tariffs, entity.id, books.interval_s, books.site.timezone)
    pricing = {tag: Pricing(*counts) for tag, counts in sorted(parts.items())}
    if not any(flow.direction is Direction.GENERATION for flow in flows):
        pricing = {tag: Pricing(one.bought, 0, one.fed_in) for tag, one in pricing.items()}
    return Payer(entity, flows, rates, pricing, bool(tariffs_of(books.tariffs, entity.id)))


def _count(parts: dict[str, list[int]], flow: Flow) -> None:
    for tag, weight in flow.weights:
        counts = parts.setdefault(tag, [0, 0, 0])
        if flow.direction is Direction.IMPORT:
            counts[0] += weight
        elif flow.direction is Direction.GENERATION:
            counts[1] += weight
        else:
            counts[1] -= weight
            counts[2] += weight


def money(cost: int) -> Fraction:
    """An exact cost in the currency."""
    return Fraction(cost, 10**COST_DIGITS)


def zone_of(books: Books) -> ZoneInfo:
    """The site's."""
    return ZoneInfo(books.site.timezone)
