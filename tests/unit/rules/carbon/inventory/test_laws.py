"""Laws of inventories: additive, independent of order, the same bytes for the same snapshot."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.inventory.claims import part_kwh
from rules.carbon.inventory.combined import total_kg
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.instrument import Allocation
from rules.carbon.inventory.inventory import Inventory
from rules.carbon.inventory.reversal import reversed_entry
from tests.unit.rules.carbon.inventory.books import POLICY, claim, electricity, inventory, kg, on, wind

QUANTITY = st.decimals(min_value=0, max_value=10**7, places=6, allow_nan=False)
MONTHS = [(date(2023, month, 1), date(2023, month, 28)) for month in range(1, 13)]


@st.composite
def some_lines(draw: st.DrawFn) -> list[ActivityLine]:
    count = draw(st.integers(1, 8))
    return [
        electricity(
            str(draw(QUANTITY)),
            name=f"line-{place}",
            days=draw(st.sampled_from(MONTHS)),
            source=draw(st.sampled_from(("s1", "s2"))),
            enterprise=draw(st.sampled_from(("acme", "bolt"))),
        )
        for place in range(count)
    ]


def told(found: Inventory) -> str:
    document = [entry.document | {"id": entry.id} for entry in found.entries]
    return json.dumps([document, [str(one) for one in found.refusals], found.fallbacks, found.disclosures])


@settings(max_examples=30)
@given(some_lines())
def test_totals_are_the_sums_over_lines_months_and_enterprises_to_the_last_digit(lines: list[ActivityLine]) -> None:
    whole = inventory(*lines)
    for basis in POLICY.bases:
        assert kg(whole, basis) == sum((kg(inventory(line), basis) for line in lines), Decimal(0))
        for of in ("enterprise", "source"):
            groups = {getattr(line, of) for line in lines}
            parts = [inventory(*(line for line in lines if getattr(line, of) == one)) for one in groups]
            assert kg(whole, basis) == sum((kg(part, basis) for part in parts), Decimal(0))


@settings(max_examples=40)
@given(some_lines(), st.randoms())
def test_the_order_of_the_lines_does_not_matter_and_the_same_snapshot_gives_the_same_bytes(
    lines: list[ActivityLine], random: object
) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(inventory(*lines)) == told(inventory(*shuffled)) == told(inventory(*lines))


@given(some_lines())
def test_an_entry_is_its_quantity_times_one_factor(lines: list[ActivityLine]) -> None:
    values = {
        "cn.grid.province.zj.2023": "0.4974",
        "cn.grid.national.2023": "0.5306",
        "cn.grid.national_fossil.2023": "0.8273",
    }
    for entry in inventory(*lines).entries:
        (factor,) = entry.factors
        exact = Fraction(entry.quantity) * Fraction(values[factor])
        assert abs(Fraction(entry.mass_kg) - exact) <= Fraction(1, 2 * 10**9)


@given(QUANTITY, st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_location_total_does_not_know_of_instruments(quantity: Decimal, whole: int, claimed: int) -> None:
    owned, used = wind(str(Decimal(whole) / 1000)), (claim(str(Decimal(claimed) / 1000)),) if claimed else ()
    found = inventory(electricity(str(quantity)), instruments=(owned,), allocations=used)
    assert [entry.id for entry in on(found, Basis.LOCATION)] == [
        entry.id for entry in on(inventory(electricity(str(quantity))), Basis.LOCATION)
    ]


@given(QUANTITY, st.lists(st.integers(1, 4 * 10**6), max_size=5), st.integers(1, 10**7))
def test_never_more_is_claimed_than_there_is_or_was_used(quantity: Decimal, parts: list[int], whole: int) -> None:
    allocations = tuple(claim(str(Decimal(part) / 1000)) for part in parts)
    found = inventory(
        electricity(str(quantity)), instruments=(wind(str(Decimal(whole) / 1000)),), allocations=allocations
    )
    entries = on(found, Basis.MARKET)
    covered = sum((entry.quantity for entry in entries if entry.instrument), Decimal(0))
    is_right = sum(parts) <= whole and sum(parts) <= quantity
    assert bool(entries) == is_right
    assert covered == (sum(parts) if is_right else 0)
    assert sum((entry.quantity for entry in entries), Decimal(0)) == (quantity if is_right else 0)
    assert found.unallocated_mwh["GEC-1"] == max(Decimal(whole - sum(parts)) / 1000, Decimal(0))


@given(st.integers(1, 400), st.decimals("0.000001", 10**6, places=6), st.lists(st.integers(0, 400), max_size=6))
def test_the_parts_of_an_allocation_add_up_however_the_days_are_cut(days: int, mwh: Decimal, cuts: list[int]) -> None:
    first = date(2026, 1, 1)
    allocation = Allocation("GEC-1", "grid", first, first + timedelta(days - 1), mwh)
    edges = sorted({0, days, *(cut for cut in cuts if cut < days)})
    parts = [
        part_kwh(allocation, first + timedelta(start), first + timedelta(end - 1)) for start, end in pairwise(edges)
    ]
    assert sum(parts) == Fraction(mwh) * 1000
    assert all(part >= 0 for part in parts)


@given(some_lines())
def test_entries_and_their_reversals_add_up_to_nothing(lines: list[ActivityLine]) -> None:
    entries = inventory(*lines).entries
    back = [reversed_entry(entry) for entry in entries]
    assert total_kg([*entries, *back]) == 0
    assert sum((entry.quantity for entry in [*entries, *back]), Decimal(0)) == 0
    assert [entry.reverses for entry in back] == [entry.id for entry in entries]
    assert not {entry.id for entry in entries} & {entry.id for entry in back}


def test_every_entry_has_an_id_of_its_own() -> None:
    entries: list[Entry] = inventory(electricity("1"), electricity("1", name="b")).entries
    assert len({entry.id for entry in entries}) == len(entries)


def test_a_line_that_stands_twice_is_no_inventory() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        inventory(electricity("1"), electricity("2"))


def test_lines_of_one_source_that_overlap_cannot_share_an_instrument() -> None:
    late = electricity("5", name="b", days=(date(2026, 10, 15), date(2026, 11, 14)))
    found = inventory(electricity("500"), late, instruments=(wind("1"),), allocations=(claim("0.1"),))
    assert not on(found, Basis.MARKET)
    assert len(on(found, Basis.LOCATION)) == 2
    assert len(on(inventory(electricity("500"), replace(late, id="c")), Basis.MARKET)) == 2  # without a claim they may


def test_every_disclosure_has_a_chinese_sentence() -> None:
    lines = electricity("500"), electricity("5", name="b", days=(date(2021, 10, 1), date(2021, 10, 31)))
    found = inventory(*lines, instruments=(wind("1", retired_on=None),), allocations=(claim("0.1"),))
    assert len(found.disclosures) >= 4
    assert sorted(found.chinese) == sorted([*found.disclosures, *found.fallbacks])
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in found.chinese.values())


def test_a_negative_quantity_is_refused_on_every_basis() -> None:
    found = inventory(electricity("-5"), instruments=(wind("1"),), allocations=(claim("0.001"),))
    assert not found.entries
    assert {one.basis for one in found.refusals} == set(POLICY.bases)
