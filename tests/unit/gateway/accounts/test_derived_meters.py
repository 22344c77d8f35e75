"""Meters that nobody reads, longer steps, reconciliation: whatever is added or divided, the sums are exact."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.books import AllocationRule, Books
from gateway.accounts.energy.balances import parents, reconcile
from gateway.accounts.energy.derived_meters import borne, check_apart
from gateway.accounts.energy.meters import coarser
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from rules.energy.corrected import corrected
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity, Method, missing
from rules.energy.totals import total_of
from tests.faults.energy.plant import QUARTER_NS, START_NS, ZONE, books_of, meter

MICRO = st.integers(0, 10**12)
FIRST_DAY = day_of(START_NS, ZONE).toordinal()


def interval(place: int, micro: int | None) -> IntervalQuantity:
    """A quarter of an hour, known as a whole or not at all."""
    start = START_NS + place * QUARTER_NS
    blank = missing(meter("a.energy_import").spec, Span(start, start + QUARTER_NS))
    if micro is None:
        return blank
    quantity = Decimal(micro) / 1_000_000
    return replace(blank, quantity=quantity, known=quantity, method=Method.MEASURED, measured_ns=QUARTER_NS)


@given(st.lists(st.none() | MICRO, min_size=192, max_size=192), st.sampled_from([1800, 3600, 21_600, 86_400]))
def test_longer_steps_add_up_to_what_the_intervals_do(micros: list[int | None], step_s: int) -> None:
    fine = [interval(place, micro) for place, micro in enumerate(micros)]
    whole = coarser(fine, Grid(ZONE, step_s))
    assert total_of(whole) == total_of(fine)
    for one in whole:
        part = [two for two in fine if one.span.start_ns <= two.span.start_ns < one.span.end_ns]
        assert (one.quantity is None) == any(two.quantity is None for two in part)


def test_a_step_that_cuts_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="fill"):
        coarser([interval(place, 1) for place in range(3)], Grid(ZONE, 3600))


def shared(*rules: tuple[int, dict[str, int]]) -> Books:
    """Books with these versions of one allocation: days after the first, weights."""
    found = tuple(
        AllocationRule("a.energy_import", "floor area", FIRST_DAY + day,
                       tuple((name, Decimal(weight)) for name, weight in sorted(weights.items())), "")
        for day, weights in rules
    )  # fmt: skip
    return books_of(meter("a.energy_import"), allocations=found)


@given(
    st.lists(MICRO, min_size=192, max_size=192),
    st.dictionaries(st.sampled_from("xyz"), st.integers(1, 1000), min_size=1),
    st.dictionaries(st.sampled_from("xyz"), st.integers(1, 1000), min_size=1),
)
def test_what_enterprises_bear_is_in_every_interval_exactly_the_whole(
    micros: list[int], first: dict[str, int], second: dict[str, int]
) -> None:
    whole = [interval(place, micro) for place, micro in enumerate(micros)]
    shares = borne(shared((0, first), (1, second)), "a.energy_import", whole)
    for one in whole:
        parts = [part for found in shares.values() for part in found if part.span == one.span]
        assert sum(part.quantity or 0 for part in parts) == one.quantity
    assert {name for name, found in shares.items() if found[0].span.start_ns == START_NS} == set(first)


def test_without_a_rule_for_a_day_nothing_is_divided() -> None:
    with pytest.raises(Rejected, match="no allocation"):
        borne(shared((1, {"x": 1})), "a.energy_import", [interval(0, 1)])


def tree() -> Books:
    """`a` over `b` and `c`, `b` over `d`."""
    one = Decimal(1)
    return books_of(
        meter("a.energy_import", accuracy_percent=one),
        meter("b.energy_import", accuracy_percent=one, under=("a.energy_import",), is_complete=True),
        meter("c.energy_import", accuracy_percent=one, under=("a.energy_import",)),
        meter("d.energy_import", accuracy_percent=one, under=("b.energy_import", "a.energy_import")),
        meter("a.energy_night", under=("a.energy_import",)),
    )


def test_a_meter_stands_against_those_right_under_it() -> None:
    assert parents(tree()) == {
        "a.energy_import": ("b.energy_import", "c.energy_import"),
        "b.energy_import": ("d.energy_import",),
    }


def test_meters_of_which_one_counts_the_other_are_never_added() -> None:
    check_apart(tree(), ["b.energy_import", "c.energy_import"])
    with pytest.raises(ValueError, match="already"):
        check_apart(tree(), ["a.energy_import", "d.energy_import"])


@pytest.mark.parametrize(("below", "is_beyond"), [("99", False), ("94", True), ("110", True), (None, None)])
def test_what_is_unexplained_is_judged_by_limit_and_accuracy(below: str | None, is_beyond: bool | None) -> None:
    quantities = {"b.energy_import": Decimal(100), "d.energy_import": None if below is None else Decimal(below)}
    assert reconcile(tree(), "b.energy_import", ("d.energy_import",), quantities).is_beyond is is_beyond


@pytest.mark.parametrize(("below", "is_beyond"), [("60", None), ("99", None), ("110", True), (None, None)])
def test_where_not_everything_has_a_meter_only_too_much_is_judged(below: str | None, is_beyond: bool | None) -> None:
    quantities = {"b.energy_import": Decimal(100), "d.energy_import": None if below is None else Decimal(below)}
    books = tree()
    books = replace(books, meters={tag: replace(one, is_complete=False) for tag, one in books.meters.items()})
    assert reconcile(books, "b.energy_import", ("d.energy_import",), quantities).is_beyond is is_beyond


def test_within_the_accuracy_of_the_meters_nothing_is_lost() -> None:
    books = replace(tree(), loss_limit_percent=Decimal("0.5"))
    quantities = {"b.energy_import": Decimal(100), "d.energy_import": Decimal(99)}
    found = reconcile(books, "b.energy_import", ("d.energy_import",), quantities)
    assert (found.result.percent, found.is_beyond) == (1, False)


def test_a_correction_is_a_statement_with_a_hash_of_its_own() -> None:
    before = interval(0, 5_000_000)
    after = corrected(before, 7_000_000, "0199")
    assert (after.quantity, after.method, after.shares.estimated) == (7, Method.CORRECTED, 1)
    assert len({before.hash, after.hash, corrected(before, 7_000_000, "0200").hash}) == 3
