"""The power factor of a month and the table of its adjustment."""

from decimal import Decimal
from math import hypot

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.energy.tariff.power_factor import STANDARDS, adjustment_percent, power_factor

CASES = [
    ("0.90", "0.90", "0"), ("0.90", "0.91", "-0.15"), ("0.90", "0.94", "-0.60"), ("0.90", "0.95", "-0.75"),
    ("0.90", "1.00", "-0.75"), ("0.90", "0.89", "0.5"), ("0.90", "0.80", "5.0"), ("0.90", "0.70", "10.0"),
    ("0.90", "0.69", "11.0"), ("0.90", "0.65", "15.0"), ("0.90", "0.64", "17.0"), ("0.90", "0.60", "25.0"),
    ("0.85", "0.85", "0"), ("0.85", "0.86", "-0.1"), ("0.85", "0.90", "-0.5"), ("0.85", "0.91", "-0.65"),
    ("0.85", "0.94", "-1.10"), ("0.85", "0.99", "-1.10"), ("0.85", "0.65", "10"), ("0.85", "0.64", "11"),
    ("0.85", "0.60", "15"), ("0.85", "0.59", "17"),
    ("0.80", "0.81", "-0.1"), ("0.80", "0.90", "-1.0"), ("0.80", "0.91", "-1.15"), ("0.80", "0.92", "-1.30"),
    ("0.80", "0.98", "-1.30"), ("0.80", "0.60", "10"), ("0.80", "0.55", "15"), ("0.80", "0.54", "17"),
]  # fmt: skip


@pytest.mark.parametrize(("standard", "reached", "percent"), CASES)
def test_the_table_of_the_notice(standard: str, reached: str, percent: str) -> None:
    assert adjustment_percent(Decimal(standard), Decimal(reached)) == Decimal(percent)


@given(st.sampled_from(STANDARDS), st.integers(1, 99))
def test_a_better_power_factor_never_costs_more(standard: Decimal, hundredths: int) -> None:
    worse, better = (adjustment_percent(standard, Decimal(one).scaleb(-2)) for one in (hundredths, hundredths + 1))
    assert better <= worse


def test_another_standard_value_is_refused() -> None:
    with pytest.raises(ValueError, match="no standard value"):
        adjustment_percent(Decimal("0.95"), Decimal("0.9"))


def test_the_factor_is_rounded_half_up_to_two_digits() -> None:
    assert power_factor(3_000_000, 4_000_000) == Decimal("0.60")
    assert power_factor(100, 0) == Decimal("1.00")
    assert power_factor(0, 100) is None


@given(st.integers(1, 10**13), st.integers(0, 10**13))
def test_the_factor_is_the_one_that_floats_give_where_they_can_tell(active: int, reactive: int) -> None:
    exact = 100 * active / hypot(active, reactive)
    assume(abs(exact % 1 - 0.5) > 1e-6)
    assert power_factor(active, reactive) == Decimal(round(exact)).scaleb(-2)
