"""What a bill is made of: energy by period and price, counted up from intervals in whole micro-units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from gateway.core.point import Names
from rules.energy.tariff.rates import Slot
from rules.energy.tariff.tariff import Band, Tariff

ByBand = dict[tuple[Band, Decimal], int]
"""Micro-units by period and price: one period may have several prices, by season."""


@dataclass(slots=True)
class Portion:
    """The part of a month that is billed under one version of the tariff."""

    tariff: Tariff
    days: int  # of the month, under this version
    month_days: int
    bought: ByBand = field(default_factory=dict)
    shares: list[tuple[Names, ByBand]] = field(default_factory=list)  # of common services, with what they are
    self_used: int | None = None  # micro-units; None: nothing is generated here
    fed_in: int | None = None

    @property
    def part(self) -> Fraction:
        """Of the month: what of a monthly amount is charged."""
        return Fraction(self.days, self.month_days)


def by_version(energy: Iterable[tuple[Slot, int]]) -> dict[str, ByBand]:
    """Micro-units by version of the tariff, period and price. What no tariff prices is under the empty id."""
    found: dict[str, ByBand] = {}
    for slot, micro in energy:
        if slot.tariff is None or slot.band is None or slot.price is None:
            unpriced = found.setdefault("", {})
            unpriced[Band.FLAT, Decimal(0)] = unpriced.get((Band.FLAT, Decimal(0)), 0) + micro
            continue
        bands = found.setdefault(slot.tariff.id, {})
        key = (slot.band, slot.price)
        bands[key] = bands.get(key, 0) + micro
    return found


def total_micro(bands: Mapping[tuple[Band, Decimal], int]) -> int:
    """The sum over all periods."""
    return sum(bands.values())
