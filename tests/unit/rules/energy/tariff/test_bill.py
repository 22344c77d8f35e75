"""Bills worked by hand, and what holds for all of them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.point import Names
from rules.energy.tariff.bill import Bill, LineKind, Month, bill, common_shares, to_minor
from rules.energy.tariff.portion import Portion
from rules.energy.tariff.tariff import Band, Charge, CommonCost, Demand, DemandBy, Vat
from tests.unit.rules.energy.tariff.tariff_cases import tariff

PEAK, VALLEY = (Band.PEAK, Decimal("1.0001")), (Band.VALLEY, Decimal("0.3"))


def amounts(made: Bill) -> dict[str, str]:
    return {f"{line.kind}{'' if line.band is None else ' ' + line.band}": str(line.amount) for line in made.lines}


def test_a_bill_worked_by_hand() -> None:
    """1,234.567890 kWh at 1.0001 and 1,000 kWh at 0.3; 500.4 kW at 40; 0.85 against 0.90; funds, fixed, a third."""
    of = tariff(
        demand=Demand(DemandBy.MAXIMUM, Decimal(40)),
        power_factor=Decimal("0.90"),
        funds=(Charge(Names("fund", "基金"), Decimal("0.0268")),),
        fixed=(Charge(Names("meter", "表计"), Decimal("12.5")),),
        common=(
            CommonCost(Names("security", "安保"), Decimal(1000), "area", (("acme", Decimal(1)), ("b", Decimal(2)))),
        ),
        vat=Vat(Decimal(13), is_included=True),
        self_use=Decimal("0.5"),
        feed_in=Decimal("0.4153"),
    )
    portion = Portion(of, 31, 31, {PEAK: 1_234_567_890, VALLEY: 1_000_000_000}, [], 200_000_000, 100_000_000)
    # reactive energy for a power factor of 0.85: 0.5 % for each of five hundredths
    month = Month("acme", Fraction(500_400_000), 2_234_567_890, 1_384_000_000)
    made = bill([portion], month)
    assert made.power_factor == Decimal("0.85")
    assert amounts(made) == {
        "energy peak": "1234.69",  # 1234.567890 * 1.0001 = 1234.6913...
        "energy valley": "300.00",
        "demand": "20016.00",
        "power_factor": "538.77",  # 2.5 % of 21550.69 = 538.76725
        "fund": "59.89",  # 2234.567890 * 0.0268 = 59.8864...
        "fixed": "12.50",
        "common": "333.33",
        "self_use": "100.00",
        "feed_in": "-41.53",
    }
    assert made.total == Decimal("22553.65")
    assert made.contained_vat == Decimal("2594.67")  # 22553.65 * 13 / 113 = 2594.6677...


def test_vat_on_top_is_a_line_of_its_own() -> None:
    of = tariff(vat=Vat(Decimal(13), is_included=False))
    made = bill([Portion(of, 30, 30, {PEAK: 100_000_000})], Month("acme"))
    assert amounts(made) == {"energy peak": "100.01", "vat": "13.00"}
    assert made.contained_vat is None


def test_monthly_amounts_of_a_version_are_charged_for_its_days() -> None:
    old = tariff("old", last=date(2026, 6, 10), fixed=(Charge(Names("meter", ""), Decimal(10)),))
    new = tariff("new", date(2026, 6, 11), demand=Demand(DemandBy.CAPACITY, Decimal(30), (("acme", Decimal(800)),)))
    made = bill([Portion(old, 10, 30), Portion(new, 20, 30)], Month("acme"))
    assert amounts(made) == {"fixed": "3.33", "capacity": "16000.00"}
    assert [(line.days, line.month_days) for line in made.lines] == [(10, 30), (20, 30)]


def test_what_is_not_known_is_not_charged_and_said() -> None:
    of = tariff(power_factor=Decimal("0.90"), demand=Demand(DemandBy.MAXIMUM, Decimal(40)))
    made = bill([Portion(of, 30, 30, {PEAK: 1_000_000})], Month("acme"))
    assert made.notes == ("no_demand", "no_reactive")
    assert {line.kind for line in made.lines} == {LineKind.ENERGY}
    of = tariff(demand=Demand(DemandBy.CAPACITY, Decimal(30), (("b", Decimal(800)),)))
    assert bill([Portion(of, 30, 30)], Month("acme")).notes == ("no_capacity",)


def test_shares_of_common_services_are_lines_and_bear_funds_but_no_power_factor() -> None:
    of = tariff(power_factor=Decimal("0.90"), funds=(Charge(Names("fund", ""), Decimal("0.1")),))
    portion = Portion(of, 30, 30, {VALLEY: 10_000_000}, [(Names("lighting", "照明"), {VALLEY: 20_000_000})])
    made = bill([portion], Month("acme", None, 30_000_000, 30_000_000))
    assert amounts(made) == {
        "energy valley": "3.00",
        "power_factor": "0.29",  # 0.71 is 19 below 0.90: 9.5 % of 3.00 = 0.285
        "share valley": "6.00",
        "fund": "3.00",
    }


def test_yen_have_no_minor_unit() -> None:
    made = bill([Portion(tariff(currency="JPY"), 30, 30, {PEAK: 1_499_900})], Month("acme"))
    assert made.lines[0].amount == Decimal(2)


def test_two_currencies_make_no_bill() -> None:
    with pytest.raises(ValueError, match="CNY, EUR"):
        bill([Portion(tariff(), 10, 30), Portion(tariff("e", currency="EUR"), 20, 30)], Month("acme"))
    with pytest.raises(ValueError, match="none"):
        bill([], Month("acme"))


def test_amounts_are_rounded_half_up_away_from_zero() -> None:
    assert [str(to_minor(Fraction(one), 2)) for one in ("0.005", "-0.005", "0.0049", "-0.0049", "2.675")] == [
        "0.01", "-0.01", "0.00", "0.00", "2.68",
    ]  # fmt: skip


WEIGHTS = st.dictionaries(st.text("abcde", min_size=1, max_size=3), st.decimals(0, 1000, places=3), min_size=1)


@given(st.decimals(0, 10**6, places=2), WEIGHTS, st.integers(1, 31))
def test_shares_of_a_common_cost_are_exactly_the_cost(cost: Decimal, weights: dict[str, Decimal], days: int) -> None:
    if not any(weights.values()):
        weights = {name: Decimal(1) for name in weights}
    of = CommonCost(Names(), cost, "area", tuple(weights.items()))
    shares = common_shares(of, 2, Fraction(days, 31))
    assert sum(shares.values()) == to_minor(Fraction(cost) * Fraction(days, 31), 2)


@given(st.dictionaries(st.sampled_from([PEAK, VALLEY]), st.integers(0, 10**15)))
def test_the_total_is_the_sum_of_the_rounded_lines(bands: dict[tuple[Band, Decimal], int]) -> None:
    made = bill([Portion(tariff(), 30, 30, bands)], Month("acme"))
    assert made.total == sum(line.amount for line in made.lines)
    exact = sum((Fraction(price) * micro / 10**6 for (_, price), micro in bands.items()), Fraction(0))
    assert abs(Fraction(made.total) - exact) <= Fraction(len(bands), 200)
