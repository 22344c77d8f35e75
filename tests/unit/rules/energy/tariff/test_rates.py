"""Prices of intervals: seasons, day types, clock changes, versions; sums over periods are exact."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.point import Names
from rules.energy.tariff.portion import by_version
from rules.energy.tariff.rates import COST_DIGITS, Rates, Slot, scaled, whole_day
from rules.energy.tariff.tariff import Band, Charge, DayType, day_type, misfits
from rules.schedule.calendar import Calendar
from rules.schedule.china import CHINA
from tests.unit.rules.energy.tariff.tariff_cases import ALL_DAYS, BERLIN, SHANGHAI, rates, tariff, times

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
_NS = 10**9


def bands_of(of: Rates, day: date) -> Counter[Band | None]:
    return Counter(slot.band for slot in of.day(day))


@given(DAYS)
def test_every_interval_of_every_day_has_exactly_one_period_and_price(day: date) -> None:
    slots = rates(tariff(first=date(2024, 1, 1))).day(day)
    assert all(slot.tariff is not None and slot.price is not None for slot in slots)
    for one, following in pairwise(slots):
        assert one.span.end_ns == following.span.start_ns
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    assert slots[0].span.start_ns == int(midnight.timestamp()) * _NS
    assert slots[-1].span.end_ns == int((midnight + timedelta(days=1)).timestamp()) * _NS


def test_a_workday_a_weekend_and_a_holiday_have_their_own_periods() -> None:
    of = rates()
    assert bands_of(of, date(2026, 11, 3)) == {Band.PEAK: 28, Band.VALLEY: 32, Band.FLAT: 36}
    assert bands_of(of, date(2026, 11, 7)) == {Band.VALLEY: 96}
    assert bands_of(of, date(2026, 10, 1)) == {Band.DEEP_VALLEY: 96}


def test_a_saturday_that_is_worked_by_exchange_is_a_workday() -> None:
    assert day_type(date(2026, 10, 10), CHINA) is DayType.WORKDAY
    assert bands_of(rates(), date(2026, 10, 10))[Band.PEAK] == 28


def test_a_holiday_on_a_sunday_is_a_holiday() -> None:
    assert day_type(date(2026, 10, 4), CHINA) is DayType.HOLIDAY


def test_a_season_begins_with_its_month() -> None:
    of = rates()
    assert bands_of(of, date(2026, 6, 30))[Band.SHARP] == 0
    assert bands_of(of, date(2026, 7, 1))[Band.SHARP] == 8


def test_the_hour_that_comes_twice_costs_twice_and_the_one_that_is_skipped_nothing() -> None:
    whole = (times(frozenset(range(1, 13)), ALL_DAYS, (2, 3, Band.PEAK)),)
    of = rates(tariff(times=whole, calendar=Calendar()), zone=BERLIN)
    assert bands_of(of, date(2026, 10, 25)) == {Band.FLAT: 92, Band.PEAK: 8}
    assert bands_of(of, date(2026, 3, 29)) == {Band.FLAT: 92}
    assert bands_of(of, date(2026, 3, 28)) == {Band.FLAT: 92, Band.PEAK: 4}


def test_the_price_follows_the_version_of_the_day() -> None:
    flat = (times(frozenset(range(1, 13)), ALL_DAYS),)
    old = tariff("old", last=date(2026, 5, 31), times=flat, self_use=Decimal("0.4"))
    new = tariff("new", first=date(2026, 6, 1), times=flat, funds=(Charge(Names("fund", ""), Decimal("0.03")),))
    of = rates(old, new)
    assert {slot.bought for slot in of.day(date(2026, 5, 31))} == {65_000_000}
    assert {slot.self_used for slot in of.day(date(2026, 5, 31))} == {40_000_000}
    assert {slot.bought for slot in of.day(date(2026, 6, 1))} == {68_000_000}
    assert {slot.tariff for slot in of.day(date(2025, 12, 31))} == {None}


def test_a_period_that_begins_within_an_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="peak begins at 08:00, within an interval of 360 min"):
        rates(step_s=6 * 3600)


def test_spans_over_midnight_hold_in_the_morning_and_in_the_evening_of_the_same_day() -> None:
    assert whole_day([(1320, 360, Band.VALLEY)], Band.FLAT) == (
        (0, 360, Band.VALLEY), (360, 1320, Band.FLAT), (1320, 1440, Band.VALLEY),
    )  # fmt: skip


def test_overlapping_spans_are_refused_with_the_time() -> None:
    with pytest.raises(ValueError, match="09:30 lies in `peak` and in `sharp`"):
        whole_day([(480, 600, Band.PEAK), (570, 660, Band.SHARP)], Band.FLAT)


def test_a_price_is_exact_or_refused() -> None:
    assert scaled(Decimal("0.12345678")) == 12_345_678
    with pytest.raises(ValueError, match="more than 8 digits"):
        scaled(Decimal("0.123456789"))


MICRO = st.integers(min_value=0, max_value=10**12)


@given(DAYS, st.lists(MICRO, min_size=96, max_size=96))
def test_the_periods_add_up_to_the_whole_energy_exactly(day: date, quantities: list[int]) -> None:
    slots = rates(tariff(first=date(2024, 1, 1))).day(day)
    found = by_version(zip(slots, quantities, strict=True))
    assert sum(sum(bands.values()) for bands in found.values()) == sum(quantities)


@given(st.lists(MICRO, min_size=96, max_size=96), st.integers(0, 96))
def test_cost_is_additive_over_time_and_equals_quantity_times_price(quantities: list[int], cut: int) -> None:
    slots = rates().day(date(2026, 11, 3))

    def cost(pairs: list[tuple[Slot, int]]) -> int:
        return sum(slot.bought * micro for slot, micro in pairs)

    pairs = list(zip(slots, quantities, strict=True))
    assert cost(pairs[:cut]) + cost(pairs[cut:]) == cost(pairs)
    bands = by_version(pairs)["t1"]
    exact = sum((Fraction(price) * micro / 10**6 for (_, price), micro in bands.items()), Fraction(0))
    assert Fraction(cost(pairs), 10**COST_DIGITS) == exact


def test_gaps_and_overlaps_between_versions_are_found_with_their_days() -> None:
    first = tariff("a", date(2026, 1, 1), date(2026, 3, 31))
    second = tariff("b", date(2026, 3, 31), date(2026, 5, 31))
    third = tariff("c", date(2026, 6, 3))
    found = [(one.is_gap, one.first, one.last) for one in misfits((third, first, second))]
    assert found == [(False, date(2026, 3, 31), date(2026, 3, 31)), (True, date(2026, 6, 1), date(2026, 6, 2))]
    assert [one.last for one in misfits((tariff("a"), tariff("b", date(2027, 1, 1))))] == [None]
