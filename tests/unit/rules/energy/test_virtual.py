"""Parts are exactly the whole, nothing counts twice, and what is missing in a part is missing in the sum."""

from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.energy.account import quantities
from rules.energy.allocation import allocate, from_micro, in_micro, largest_remainder, round_micro
from rules.energy.balance import balance
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity, Method
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec
from rules.energy.totals import total_of
from rules.energy.virtual import difference, split, summed

MINUTE = 60_000_000_000
QUARTERS = Grid(ZoneInfo("UTC"))
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)


def series(tag: str, *registers: int | str | None, unit: str = "kWh") -> list[IntervalQuantity]:
    """Quarters of a meter whose register is read at each boundary; `None`: it was not."""
    items = [Reading(15 * n * MINUTE, Decimal(value)) for n, value in enumerate(registers) if value is not None]
    return quantities(MeterSpec(tag, unit), QUARTERS, items, Span(0, (len(registers) - 1) * 15 * MINUTE))


@given(st.integers(-(10**12), 10**12), weights)
def test_the_parts_of_a_division_are_the_whole_and_each_is_near_its_share(total: int, shares: list[int]) -> None:
    parts = largest_remainder(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - Fraction(total) * share / sum(shares)) < 1
        assert part == 0 or share


@given(st.decimals(0, 10**6, places=6), st.dictionaries(st.text(min_size=1), st.integers(1, 99), min_size=1))
def test_an_allocation_sums_exactly_and_does_not_depend_on_the_order(total: Decimal, rule: dict[str, int]) -> None:
    shares = allocate(total, rule)
    assert sum(shares.values()) == total
    assert list(shares) == list(rule)
    assert allocate(total, dict(reversed(rule.items()))) == shares


def test_remainders_go_to_the_largest_and_ties_by_name() -> None:
    assert allocate(Decimal("0.000001"), {"b": 1, "a": 1}) == {"b": 0, "a": Decimal("0.000001")}
    assert largest_remainder(100, [1, 1, 1]) == [34, 33, 33]
    assert largest_remainder(-100, [1, 1, 1]) == [-34, -33, -33]
    assert largest_remainder(0, [0, 0]) == [0, 0]
    for wrong in ([-1, 2], [0, 0]):
        with pytest.raises(ValueError, match="not negative"):
            largest_remainder(1, wrong)


@given(st.fractions(), st.fractions())
def test_rounding_keeps_the_order_and_is_the_nearest(one: Fraction, other: Fraction) -> None:
    assert (round_micro(one) <= round_micro(other)) == (one <= other) or round_micro(one) == round_micro(other)
    assert abs(Fraction(round_micro(one), 10**6) - one) <= Fraction(1, 2 * 10**6)
    assert in_micro(from_micro(round_micro(one))) == round_micro(one)


def test_a_half_goes_upwards() -> None:
    assert [round_micro(Fraction(n, 2 * 10**6)) for n in (1, 3, -1, -3)] == [1, 2, 0, -1]
    with pytest.raises(ValueError, match="more than 6 digits"):
        in_micro(Decimal("0.0000001"))


def test_a_sum_with_a_missing_part_has_no_quantity_but_a_lower_bound() -> None:
    parts = {"a": series("a", 0, 10, 20), "b": series("b", 0, 5, None)}
    first, second = summed("park", parts)
    gap = series("a", 0, None, None, 30)
    assert gap[1].shares.estimated == 1
    assert (first.quantity, first.method) == (15, Method.VIRTUAL)
    assert (second.quantity, second.known, second.method, second.shares.missing) == (None, 10, Method.PARTIAL, 1)
    (mixed,) = summed("park", {"a": gap[1:2], "b": series("b", None, None, None)[1:]})
    assert mixed.shares == (0, 0, 1)
    (nothing,) = summed("park", {"a": series("a", None, None)})
    assert (nothing.quantity, nothing.known, nothing.method) == (None, None, Method.MISSING)


def test_the_hash_of_a_virtual_interval_follows_its_parts() -> None:
    one, same = (summed("p", {"a": series("a", 0, 1), "b": series("b", 0, 1)})[0] for _ in range(2))
    (swapped,) = summed("p", {"b": series("b", 0, 1), "a": series("a", 0, 1)})
    (other,) = summed("p", {"a": series("a", 0, 1), "b": series("b", 1, 2)})
    assert one.hash == same.hash == swapped.hash != other.hash


def test_a_difference_may_be_negative_and_is_never_guessed() -> None:
    whole = ("main", series("main", 0, 10, 20))
    first, second = difference("rest", whole, {"sub": series("sub", 0, 12, None)})
    assert (first.quantity, second.quantity, second.known) == (-2, None, None)


def test_shares_sum_to_the_meter_in_every_interval() -> None:
    meter = series("m", 0, "0.000001", "10.000002", None)
    shares = split(("m", meter), {"a": 1, "b": 1, "c": Decimal("1.5")})
    for place, interval in enumerate(meter[:2]):
        assert sum(part[place].quantity or 0 for part in shares.values()) == interval.quantity
    assert {part[2].quantity for part in shares.values()} == {None}
    assert len({part[1].hash for part in shares.values()}) == 3


def test_what_does_not_fit_together_is_refused() -> None:
    a, gas = series("a", 0, 1), series("gas", 0, 1, unit="m3")
    with pytest.raises(ValueError, match="intervals and units"):
        summed("x", {"a": a, "gas": gas})
    with pytest.raises(ValueError, match="longer than"):
        summed("x", {"a": a, "b": series("b", 0, 1, 2)})
    with pytest.raises(ValueError, match="part of itself"):
        difference("x", ("a", a), {"a": a})
    with pytest.raises(ValueError, match="needs other meters"):
        summed("x", {})


def test_a_total_is_the_sum_and_no_more_certain_than_its_parts() -> None:
    total = total_of(series("a", 0, 1, "2.5"))
    assert (total.quantity, total.known, total.shares) == (Decimal("2.5"), Decimal("2.5"), (1, 0, 0))
    total = total_of(series("a", 0, 1, 3, None))
    assert (total.quantity, total.known) == (None, 3)
    assert (total.shares.missing, sum(total.shares)) == (Decimal("0.333333"), 1)
    with pytest.raises(ValueError, match="no intervals"):
        total_of([])


def test_an_incomer_is_reconciled_with_its_sub_meters() -> None:
    accuracy = {"main": Decimal("0.5"), "a": Decimal(1), "b": Decimal(1)}
    found = balance(("main", Decimal(1000)), {"a": Decimal(600), "b": Decimal(380)}, accuracy)
    assert (found.unexplained, found.percent, found.uncertainty) == (20, 2, Decimal("8.685621"))  # sqrt(75.44)
    assert found.is_explained is False
    assert balance(("main", Decimal(1000)), {"a": Decimal(995)}, accuracy).is_explained is True
    assert balance(("main", Decimal(1000)), {"a": Decimal(995)}).is_explained is None


def test_a_reconciliation_with_a_missing_meter_says_which_and_nothing_else() -> None:
    found = balance(("main", Decimal(1000)), {"a": None, "b": Decimal(1)})
    assert (found.unexplained, found.metered, found.missing) == (None, None, ("a",))
    assert balance(("main", None), {"a": Decimal(1)}).missing == ("main",)
    assert balance(("main", Decimal(0)), {"a": Decimal(0)}).percent is None
    with pytest.raises(ValueError, match="cannot be one of its sub-meters"):
        balance(("main", Decimal(1)), {"main": Decimal(1)})
    with pytest.raises(ValueError, match="no accuracy for main"):
        balance(("main", Decimal(1)), {"a": Decimal(1)}, {"a": Decimal(1)})
