"""Uncertainty, shares, indicator, intensities, base year: by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.carbon.description import Choice, Description
from rules.carbon.factor import Activity
from rules.carbon.inventory.account import account
from rules.carbon.inventory.activity import Grade
from rules.carbon.inventory.baseyear import Cause, Change, compared, recalculation
from rules.carbon.inventory.combined import Shares, grade, known_percent, shares, total_kg, uncertainty_percent
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.indicator import co2_kg, indicator
from rules.carbon.inventory.intensity import intensity
from rules.carbon.inventory.policy import FactorUncertainty
from rules.carbon.inventory.reversal import reversed_entry
from tests.unit.rules.carbon.inventory.books import (
    IN_2023,
    OCTOBER,
    POLICY,
    catalogue,
    electricity,
    inventory,
    line_of,
    on,
    stated,
)


def limestone(tonnes: str, uncertainty: str | None, name: str = "a") -> Description:
    choice = Choice(uncertainty_percent=Fraction(4))
    return Description(Activity.PROCESS, stated(tonnes, "t", uncertainty), "CN", *OCTOBER, "caco3", choice=choice)


def test_uncertainty_is_a_product_in_a_line_and_a_sum_over_lines() -> None:
    found = inventory(line_of(limestone("30", "3")), line_of(limestone("40", "3"), name="b"))
    assert {entry.uncertainty_percent for entry in found.entries} == {Decimal(5)}  # root(3^2 + 4^2)
    # root((30 x 5)^2 + (40 x 5)^2) / 70 = 250 / 70
    assert uncertainty_percent(found.entries) == Decimal("3.57")


def test_without_one_uncertainty_there_is_no_combined_one() -> None:
    found = inventory(line_of(limestone("30", "3")), line_of(limestone("40", None), name="b"))
    assert uncertainty_percent(found.entries) is None
    assert uncertainty_percent([]) is None


def test_shares_are_weighted_by_emission() -> None:
    big = line_of(limestone("90", None))
    small = line_of(limestone("10", None), name="b", measured=Decimal(0), estimated=Decimal(1))
    found = inventory(big, small)
    assert shares(found.entries, {"a": big, "b": small}) == Shares(Decimal("0.9"), Decimal("0.1"), Decimal(0))
    assert shares([], {}) is None
    assert grade([big, replace(small, grade=Grade.FAIR)]) is Grade.FAIR
    assert grade([]) is None


def test_the_indicator_counts_co2_of_energy_and_process() -> None:
    leak = line_of(Description(Activity.FUGITIVE, stated("9", "kg"), "CN", *OCTOBER, gas="SF6"), name="c")
    found = inventory(electricity("1000", days=IN_2023), line_of(limestone("1", None), name="b"), leak)
    assert co2_kg(found.entries) == Decimal("827.3") + Decimal(440)
    value = indicator(found.entries, Decimal("2.5"), Decimal(250_000), "calorific")
    assert (value.value, value.limit, value.is_met) == (Decimal("0.5069"), Decimal("0.20"), False)  # 1.2673 / 2.5


@pytest.mark.parametrize(
    ("year_tce", "limit"), [("199999", None), ("200000", "0.20"), ("999999", "0.20"), ("1000000", "0.30")]
)
def test_the_threshold_is_that_of_the_class(year_tce: str, limit: str | None) -> None:
    entries = inventory(electricity("1000", days=IN_2023)).entries
    value = indicator(entries, Decimal(10), Decimal(year_tce), "calorific")
    assert value.limit == (None if limit is None else Decimal(limit))
    assert ("do not apply below 200,000 tce" in value.en) == (limit is None)
    assert ("不适用" in value.zh) == (limit is None)


def test_a_limit_that_is_just_met_is_met() -> None:
    entries = inventory(electricity("1000", days=IN_2023)).entries  # 0.8273 t
    assert indicator(entries, Decimal("4.1365"), Decimal(200_000), "calorific").is_met is True
    assert indicator(entries, Decimal("4.136499"), Decimal(200_000), "calorific").is_met is False


def test_figures_that_lack_something_meet_no_limit_and_miss_none() -> None:
    entries = inventory(electricity("1000", days=IN_2023)).entries
    for consumed in ("4.1365", "4.136499"):
        found = indicator(entries, Decimal(consumed), Decimal(200_000), "calorific", is_complete=False)
        assert (found.is_met, found.limit) == (None, Decimal("0.20"))
        assert "not judged" in found.en
        assert " met" not in found.en
        assert "不作判定" in found.zh
        assert "达到" not in found.zh


def test_nothing_is_divided_by_nothing() -> None:
    with pytest.raises(ValueError, match="no energy was consumed"):
        indicator([], Decimal(0), Decimal(0), "calorific")
    with pytest.raises(ValueError, match="output value is 0"):
        intensity(Decimal(1), Decimal(0), "output value")
    assert intensity(Decimal(2), Decimal(3), "area") == Decimal("0.666667")


def test_the_base_year_is_recalculated_from_the_threshold_on() -> None:
    five = Decimal(5)
    sold = Change(Cause.STRUCTURE, Decimal(-30), "kiln sold")
    better = Change(Cause.METHOD, Decimal(20), "measured heating value")
    grown = Change(Cause.GROWTH, Decimal(900), "second shift")
    due = recalculation(Decimal(1000), [sold, better, grown], five)
    assert (due.is_due, due.changed_kg, due.percent) == (True, Decimal(50), Decimal("5.00"))
    assert due.reasons == ("structure: kiln sold", "method: measured heating value")
    assert not recalculation(Decimal(1001), [sold, better, grown], five).is_due
    assert not recalculation(Decimal(1000), [grown], five).is_due


def test_periods_are_compared() -> None:
    assert compared(Decimal(300), Decimal(200)).percent == Decimal("-33.33")
    assert compared(Decimal(300), Decimal(200)).difference_kg == Decimal(-100)
    assert compared(Decimal(0), Decimal(200)).percent is None


def test_a_total_is_the_sum_of_what_counts() -> None:
    leak = Description(Activity.FUGITIVE, stated("3", "kg"), "CN", *OCTOBER, gas="R-22")
    found = inventory(line_of(leak), line_of(limestone("1", None), name="b"), policy=replace(POLICY, bases=()))
    assert total_kg(found.entries) == 440


def test_a_reversal_takes_its_uncertainty_back() -> None:
    first, second = uncertain("a"), uncertain("b")
    alone = uncertainty_percent([second])
    assert alone is not None
    assert uncertainty_percent([first, reversed_entry(first), second]) == alone


def test_sums_reversals_and_quantities_are_exact_however_large() -> None:
    text = "12345678901234567890123456789.123456789"
    (entry,) = on(inventory(electricity(text)), Basis.LOCATION)
    (small,) = on(inventory(electricity("0.00001", name="b")), Basis.LOCATION)
    assert entry.quantity == Decimal(text)
    both = total_kg([entry, small])
    assert Fraction(both) == Fraction(entry.mass_kg) + Fraction(small.mass_kg)
    assert total_kg([entry, small, reversed_entry(entry)]) == small.mass_kg


def test_the_indicator_does_not_leave_out_what_is_known_as_co2e_alone() -> None:
    (known,) = on(inventory(electricity("1000")), Basis.CN_ZERO_CARBON_PARK)
    heat = replace(known, gas="CO2e", category="heat", activity="h", mass_kg=Decimal(7))
    remainder = replace(known, gas="CO2e", mass_kg=Decimal(3))  # of a published total whose CO2 is beside it
    assert co2_kg([known, heat, remainder]) == known.mass_kg + 7


def uncertain(name: str) -> Entry:
    line = electricity("1000", name=name)
    said = replace(
        line.description, quantity=stated("1000", "kWh", "2"), choice=Choice(uncertainty_percent=Fraction(5))
    )
    (entry,) = on(inventory(replace(line, description=said)), Basis.LOCATION)
    return entry


def test_an_uncertainty_that_the_policy_states_for_a_factor_is_used_with_its_source() -> None:
    bought = electricity("1000", days=IN_2023)
    said = replace(bought.description, quantity=stated("1000", "kWh", "3"))
    bare = inventory(replace(bought, description=said))
    location = [entry for entry in bare.entries if entry.basis is Basis.LOCATION]
    assert (uncertainty_percent(location), known_percent(location)) == (None, Decimal(0))
    (factor,) = location[0].factors
    policy = replace(POLICY, uncertainties=(FactorUncertainty(factor, Decimal(4), "a study"),))
    found = account([replace(bought, description=said)], (), (), policy, catalogue())
    location = [entry for entry in found.entries if entry.basis is Basis.LOCATION]
    assert (uncertainty_percent(location), known_percent(location)) == (Decimal(5), Decimal(100))  # root(3^2 + 4^2)
    assert f"uncertainty of `{factor}`: 4 % [a study]" in location[0].working
    both = [*location, *inventory(line_of(limestone("1", None), name="b")).entries]
    assert uncertainty_percent(both) is None
    assert 0 < (known_percent(both) or 0) < 100
    assert known_percent([]) is None
