"""One version of a tariff: days of validity, seasons, day types, clock times, prices, and what is charged besides."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from gateway.core.point import Names
from rules.schedule.calendar import Calendar

DAY_MIN = 1440
PRICE_DIGITS = 8  # after the point, the most that a price may have: prices are whole numbers of 10^-8

MINOR_DIGITS = {
    "CNY": 2, "EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "HKD": 2, "MOP": 2, "TWD": 2, "SGD": 2, "MYR": 2, "THB": 2,
    "AUD": 2, "CAD": 2, "INR": 2, "JPY": 0, "KRW": 0, "VND": 0,
}  # fmt: skip
"""Digits of the minor unit by currency (ISO 4217)."""


class Band(StrEnum):
    """Time-of-use periods: 尖 峰 平 谷 深谷."""

    SHARP = "sharp"
    PEAK = "peak"
    FLAT = "flat"
    VALLEY = "valley"
    DEEP_VALLEY = "deep_valley"


BAND_NAMES = {
    Band.SHARP: Names("sharp peak", "尖峰"),
    Band.PEAK: Names("peak", "高峰"),
    Band.FLAT: Names("flat", "平段"),
    Band.VALLEY: Names("valley", "低谷"),
    Band.DEEP_VALLEY: Names("deep valley", "深谷"),
}


class DayType(StrEnum):
    """Kinds of day, as the tariff's calendar says; an exchanged working day is a workday."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


def day_type(day: date, calendar: Calendar) -> DayType:
    """The kind of a day: exactly one."""
    if calendar.is_workday(day):
        return DayType.WORKDAY
    return DayType.HOLIDAY if day in calendar.holidays else DayType.WEEKEND


@dataclass(frozen=True, slots=True)
class Times:
    """The periods of one kind of day in one season. `spans` cover the day: (from, to before, minutes, period)."""

    months: frozenset[int]
    day_types: frozenset[DayType]
    spans: tuple[tuple[int, int, Band], ...]
    prices: tuple[tuple[Band, Decimal], ...]  # per kWh, of every period of `spans`

    def band_at(self, minute: int) -> Band:
        """The period that holds at this minute of the local clock."""
        return next(band for start, end, band in self.spans if start <= minute < end)


class DemandBy(StrEnum):
    """What the capacity charge of a two-part tariff is for."""

    MAXIMUM = "maximum"  # 需量: the month's highest mean power of an interval, kW
    CAPACITY = "capacity"  # 容量: contracted transformer capacity, kVA


@dataclass(frozen=True, slots=True)
class Demand:
    """The capacity charge of a month."""

    by: DemandBy
    price: Decimal  # per kW or per kVA and month
    capacity_kva: tuple[tuple[str, Decimal], ...] = ()  # by enterprise


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount per kWh (funds, taxes) or per month (fixed charges)."""

    names: Names
    price: Decimal


@dataclass(frozen=True, slots=True)
class CommonCost:
    """A monthly cost that several bear by weight."""

    names: Names
    per_month: Decimal
    by: str  # words for people: `floor area`
    weights: tuple[tuple[str, Decimal], ...]  # by enterprise


@dataclass(frozen=True, slots=True)
class Vat:
    """Value-added tax: contained in the prices (only said), or put on top (a line of its own)."""

    percent: Decimal
    is_included: bool


@dataclass(frozen=True, slots=True)
class Tariff:
    """A version. Days are local and both included; `None`: until further notice."""

    id: str
    valid_from: date
    valid_to: date | None
    currency: str
    enterprises: tuple[str, ...]  # ids; the site's for the park as a whole; empty: all
    times: tuple[Times, ...]  # every month and kind of day in exactly one
    calendar: Calendar
    names: Names = field(default_factory=Names)
    source: str = ""
    demand: Demand | None = None
    power_factor: Decimal | None = None  # the standard value: 0.90, 0.85, 0.80
    funds: tuple[Charge, ...] = ()  # per kWh
    fixed: tuple[Charge, ...] = ()  # per month
    common: tuple[CommonCost, ...] = ()
    vat: Vat | None = None
    self_use: Decimal | None = None  # per kWh of own generation that is used
    feed_in: Decimal | None = None  # per kWh that is given to the grid: paid to the enterprise

    @property
    def digits(self) -> int:
        """After the point, of an amount of money."""
        return MINOR_DIGITS[self.currency]

    def covers(self, day: date) -> bool:
        """True on a day of its validity."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def times_of(self, day: date) -> Times:
        """The periods of a day."""
        kind = day_type(day, self.calendar)
        return next(times for times in self.times if day.month in times.months and kind in times.day_types)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Two versions for one day, or no version on a day between two. `later` is where to mend it."""

    is_gap: bool
    first: date
    last: date | None
    earlier: Tariff
    later: Tariff


def tariffs_of(tariffs: tuple[Tariff, ...], enterprise: str) -> tuple[Tariff, ...]:
    """The versions that hold for an enterprise, in order; those that name it come before those for all."""
    own = [tariff for tariff in tariffs if enterprise in tariff.enterprises]
    found = own or [tariff for tariff in tariffs if not tariff.enterprises]
    return tuple(sorted(found, key=lambda tariff: tariff.valid_from))


def misfits(tariffs: tuple[Tariff, ...]) -> list[Misfit]:
    """Gaps and overlaps between the versions of one enterprise."""
    found: list[Misfit] = []
    ordered = sorted(tariffs, key=lambda tariff: tariff.valid_from)
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            ends = [end for end in (earlier.valid_to, later.valid_to) if end is not None]
            found.append(Misfit(False, later.valid_from, min(ends, default=None), earlier, later))
        elif earlier.valid_to + timedelta(days=1) < later.valid_from:
            one = timedelta(days=1)
            found.append(Misfit(True, earlier.valid_to + one, later.valid_from - one, earlier, later))
    return found
