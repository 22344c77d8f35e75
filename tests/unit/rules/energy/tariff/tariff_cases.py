"""Tariffs for tests: two seasons with time-of-use periods, and whatever a test changes."""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rules.energy.grid import Grid
from rules.energy.tariff.rates import Rates, whole_day
from rules.energy.tariff.tariff import Band, DayType, Tariff, Times
from rules.schedule.calendar import Calendar
from rules.schedule.china import CHINA

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SUMMER = frozenset({7, 8})
ALL_DAYS = frozenset(DayType)
PRICES = {
    Band.SHARP: Decimal("1.20"),
    Band.PEAK: Decimal("1.0001"),
    Band.FLAT: Decimal("0.65"),
    Band.VALLEY: Decimal("0.3"),
    Band.DEEP_VALLEY: Decimal("0.15"),
}


def times(months: frozenset[int], kinds: frozenset[DayType], *spans: tuple[int, int, Band]) -> Times:
    """Hours instead of minutes; the rest is flat."""
    day = whole_day([(start * 60, end * 60, band) for start, end, band in spans], Band.FLAT)
    used = dict.fromkeys(band for _, _, band in day)
    return Times(months, kinds, day, tuple((band, PRICES[band]) for band in used))


WINTER = frozenset(range(1, 13)) - SUMMER
TIMES = (
    times(SUMMER, ALL_DAYS, (10, 12, Band.SHARP), (8, 10, Band.PEAK), (22, 6, Band.VALLEY)),
    times(WINTER, frozenset({DayType.WORKDAY}), (8, 11, Band.PEAK), (17, 21, Band.PEAK), (22, 6, Band.VALLEY)),
    times(WINTER, frozenset({DayType.WEEKEND}), (0, 24, Band.VALLEY)),
    times(WINTER, frozenset({DayType.HOLIDAY}), (0, 24, Band.DEEP_VALLEY)),
)


def tariff(name: str = "t1", first: date = date(2026, 1, 1), last: date | None = None, **more: Any) -> Tariff:
    """A version."""
    calendar: Calendar = more.pop("calendar", CHINA)
    return Tariff(name, first, last, more.pop("currency", "CNY"), (), more.pop("times", TIMES), calendar, **more)


def rates(*tariffs: Tariff, zone: ZoneInfo = SHANGHAI, step_s: int = 900) -> Rates:
    """Its prices."""
    return Rates(tariffs or (tariff(),), Grid(zone, step_s), zone)
