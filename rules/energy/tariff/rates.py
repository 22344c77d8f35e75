"""Prices of intervals: every interval of a day lies in exactly one period of exactly one version, at one price."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from rules.energy.grid import Grid, Span
from rules.energy.tariff.tariff import DAY_MIN, PRICE_DIGITS, Band, Tariff

COST_DIGITS = 6 + PRICE_DIGITS  # an exact cost is a whole number of 10^-14: micro-units times 10^-8
_DAYS_KEPT = 800
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Slot:
    """One interval with its price. The scaled prices are 10^-8 of the currency per unit."""

    span: Span
    tariff: Tariff | None  # None: no version holds on this day
    band: Band | None
    price: Decimal | None  # per kWh, without funds
    bought: int = 0  # price and funds
    self_used: int = 0
    fed_in: int = 0


class Pricing(NamedTuple):
    """How often a register counts as bought, as own generation that is used, and as fed into the grid."""

    bought: int = 0
    self_used: int = 0
    fed_in: int = 0

    def per_micro(self, slot: Slot) -> int:
        """The cost of a micro-unit in this interval, in 10^-14 of the currency."""
        return self.bought * slot.bought + self.self_used * slot.self_used - self.fed_in * slot.fed_in


class Rates:
    """The prices of one enterprise. Raises ValueError where a period changes within an interval."""

    __slots__ = ("_costs", "_days", "_grid", "_tariffs", "_zone")

    def __init__(self, tariffs: Sequence[Tariff], grid: Grid, zone: tzinfo) -> None:
        for tariff in tariffs:
            check_edges(tariff, grid.step_s)
        self._tariffs = tuple(tariffs)
        self._grid = grid
        self._zone = zone
        self._days: dict[date, tuple[Slot, ...]] = {}
        self._costs: dict[tuple[date, Pricing], dict[int, int]] = {}

    def tariff(self, day: date) -> Tariff | None:
        """The version of a day."""
        return next((tariff for tariff in self._tariffs if tariff.covers(day)), None)

    def day(self, day: date) -> tuple[Slot, ...]:
        """The intervals of a local day, in order, each with its price."""
        slots = self._days.get(day)
        if slots is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            slots = self._days[day] = self._slots(day)
        return slots

    def costs(self, day: date, pricing: Pricing) -> dict[int, int] | None:
        """What a micro-unit costs in each interval of a day, by its start; `None` where no version holds."""
        if self.tariff(day) is None:
            return None
        found = self._costs.get((day, pricing))
        if found is None:
            if len(self._costs) >= _DAYS_KEPT:
                self._costs.clear()
            found = {slot.span.start_ns: pricing.per_micro(slot) for slot in self.day(day)}
            self._costs[day, pricing] = found
        return found

    def _slots(self, day: date) -> tuple[Slot, ...]:
        tariff = self.tariff(day)
        spans = day_spans(day, self._grid, self._zone)
        if tariff is None:
            return tuple(Slot(span, None, None, None) for span in spans)
        times = tariff.times_of(day)
        funds = sum((scaled(fund.price) for fund in tariff.funds), 0)
        prices = {band: (price, scaled(price) + funds) for band, price in times.prices}
        self_used, fed_in = scaled(tariff.self_use or Decimal(0)), scaled(tariff.feed_in or Decimal(0))
        slots = []
        for span in spans:
            clock = datetime.fromtimestamp(span.start_ns // _NS, self._zone)
            band = times.band_at(clock.hour * 60 + clock.minute)
            price, bought = prices[band]
            slots.append(Slot(span, tariff, band, price, bought, self_used, fed_in))
        return tuple(slots)


def day_spans(day: date, grid: Grid, zone: tzinfo) -> list[Span]:
    """The intervals of a local day: 92 or 100 quarters where the clocks change."""
    bounds = [datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(days=1))]
    start_ns, end_ns = (int(bound.timestamp()) * _NS for bound in bounds)
    return [span for span in grid.spans(start_ns, end_ns) if span.start_ns >= start_ns]


def check_edges(tariff: Tariff, step_s: int) -> None:
    """Raise ValueError where a period begins within an interval."""
    for times in tariff.times:
        for start, _, band in times.spans:
            if start * 60 % step_s:
                clock = f"{start // 60:02d}:{start % 60:02d}"
                raise ValueError(f"{tariff.id}: {band} begins at {clock}, within an interval of {step_s // 60} min")


def scaled(price: Decimal) -> int:
    """A price as a whole number of 10^-8. Raises ValueError for one with more digits."""
    number = Fraction(price) * 10**PRICE_DIGITS
    if number.denominator != 1:
        raise ValueError(f"{price} has more than {PRICE_DIGITS} digits after the point")
    return int(number.numerator)


def whole_day(spans: Sequence[tuple[int, int, Band]], rest: Band) -> tuple[tuple[int, int, Band], ...]:
    """Spans of a clock, those over midnight cut in two, with the rest of the day. Raises ValueError for an overlap."""
    cut: list[tuple[int, int, Band]] = []
    for start, end, band in spans:
        cut += [(start, end, band)] if start < end else [(start, DAY_MIN, band), (0, end, band)]
    found: list[tuple[int, int, Band]] = []
    at = 0
    for start, end, band in sorted(one for one in cut if one[0] < one[1]):
        if start < at:
            raise ValueError(f"{start // 60:02d}:{start % 60:02d} lies in `{found[-1][2]}` and in `{band}`")
        if at < start:
            found.append((at, start, rest))
        found.append((start, end, band))
        at = end
    return (*found, (at, DAY_MIN, rest)) if at < DAY_MIN else tuple(found)
