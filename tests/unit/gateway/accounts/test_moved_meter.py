"""A meter that goes to another enterprise within a month: each has its part, together they are the whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.accounts.books import AllocationRule
from gateway.accounts.carbon.frozen import books_then, boundary_document
from gateway.accounts.carbon.gather import gather
from gateway.accounts.energy.energydays import energy_days
from gateway.accounts.energy.quantities import Quantities, Want
from gateway.accounts.energy.statement import statement
from gateway.accounts.held import dated, spans_of
from gateway.accounts.periods import parse_period
from gateway.core.ownership import EVER_NS, Ownership, Stretch
from tests.unit.gateway.accounts.tariff_park import TariffPark, at, books
from tests.unit.gateway.accounts.test_live import NOW, asked, park_of, quantity, shown, started

TAG = "bravo.import"
MOVED = at("2026-11-10T08:20")
"""Bravo's workshop has been Acme's since; the hour that begins at eight is Bravo's as a whole."""
HOURS_BEFORE = 9 * 24 + 9  # of November


def moved_park(folder: Path, moved_ns: int = MOVED) -> TariffPark:
    """Ten kWh an hour; the configuration has given Bravo's meter to Acme."""
    park = park_of(folder)
    meters = {**park.books.meters, TAG: replace(park.books.meters[TAG], enterprise="acme")}
    acme = park.books.sources["acme-electricity"]
    sources = {"acme-electricity": replace(acme, meters=(*acme.meters, TAG))}
    entities = {name: replace(one, sources=()) for name, one in park.books.entities.items()}
    entities["acme"] = replace(entities["acme"], sources=("acme-electricity",))
    entities["park"] = replace(entities["park"], sources=("acme-electricity",))
    own = replace(park.books, meters=meters, sources=sources, entities=entities)
    stretches = Stretch(EVER_NS, "bravo"), Stretch(moved_ns, "acme")
    park.books = dated(own, Ownership({"bravo": stretches}))
    return park


@pytest.fixture
def park(tmp_path: Path) -> TariffPark:
    return moved_park(tmp_path)


def bought(figures: dict[str, Any]) -> Decimal:
    return Decimal(quantity(figures))


def test_the_month_is_split_where_it_moved(park: TariffPark) -> None:
    former, present, whole = (asked(park, "month", name) for name in ("bravo", "acme", "park"))
    assert bought(former) == 10 * HOURS_BEFORE
    assert bought(present) == 10 * (21 * 24 + 12) + 10 * (21 * 24 + 12 - HOURS_BEFORE)
    assert bought(former) + bought(present) == bought(whole)
    for figures in (former, present, whole):
        flow = next(one for one in figures["energy"] if one["medium"] == "electricity" and one["direction"] == "import")
        assert (flow["is_lower_bound"], flow["missing_percent"]) == (False, "0")
    scope_2 = [Decimal(one["emissions"]["scope2_kg"]) for one in (former, present, whole)]
    assert scope_2[0] + scope_2[1] == scope_2[2]


def test_what_was_before_and_after_is_one_enterprises_alone(park: TariffPark) -> None:
    assert bought(asked(park, "2026-10", "bravo")) == 31 * 240
    assert bought(asked(park, "2026-10", "acme")) == 31 * 240
    assert bought(asked(park, "today", "bravo")) == 0
    assert bought(asked(park, "today", "acme")) == 240


def test_what_runs_is_what_the_ledger_says(park: TariffPark) -> None:
    live = started(park)
    for entity in ("acme", "bravo", "park"):
        figures = shown(live, entity)
        for period in ("month", "year"):
            expected = asked(park, period, entity)
            assert bought(figures[period]) == bought(expected)
            assert figures[period]["emissions"]["scope2_kg"] == expected["emissions"]["scope2_kg"]
            assert (figures[period]["cost"] or {}).get("amount") == (expected["cost"] or {}).get("amount")
            flow, other = (one["energy"][0]["missing_percent"] for one in (figures[period], expected))
            assert (entity, period, flow) == (entity, period, other) or period == "year"


def test_the_days_and_the_statement_hold_their_part(park: TariffPark) -> None:
    days = {
        name: {
            one["day"]: Decimal(one["quantity"])
            for one in energy_days(park.db, park.books, name, "2026-11", NOW)["items"]
        }
        for name in ("acme", "bravo")
    }
    shown = [[int(days[name][f"2026-11-{day}"]) for day in ("09", "10", "11")] for name in ("bravo", "acme")]
    assert shown == [[240, 90, 0], [240, 390, 480]]
    later = at("2026-12-05T00:00")
    for day in range(22, 31):
        park.fill("acme.import", date(2026, 11, day), date(2026, 11, day))
        park.fill(TAG, date(2026, 11, day), date(2026, 11, day))
    found = {name: statement(park.db, park.books, name, "2026-11", later) for name in ("acme", "bravo")}
    assert Decimal(found["bravo"]["energy"]["quantity"]) == 10 * HOURS_BEFORE
    assert Decimal(found["acme"]["energy"]["quantity"]) == 7200 + 7200 - 10 * HOURS_BEFORE
    assert not [one for one in found["bravo"]["missing"] if TAG in one["en"]]
    begin = next(one for one in found["acme"]["readings"] if one["meter"] == TAG)["begin"]
    assert begin["time"].startswith("2026-11-10T09:00")


def parts(park: TariffPark, entity: str, period: str) -> dict[str, tuple[int, int]]:
    """By meter what its line of a month has, and what is missing."""
    ((_, origins),) = gather(park.db, park.books, park.books.entities[entity], parse_period(period).parts(), NOW)
    return {part.meter: (part.known_micro, part.missing_ns) for origin in origins for part in origin.meters}


def test_the_activity_of_a_month_is_split_and_a_month_before_has_no_part_of_it(park: TariffPark) -> None:
    assert parts(park, "bravo", "2026-11") == {TAG: (10 * HOURS_BEFORE * 10**6, 0)}
    assert parts(park, "acme", "2026-11")[TAG] == (10 * (21 * 24 + 12 - HOURS_BEFORE) * 10**6, 0)
    assert parts(park, "bravo", "2026-10") == {TAG: (31 * 240 * 10**6, 0)}
    assert TAG not in parts(park, "acme", "2026-10")


def test_a_month_before_the_move_has_the_lines_that_it_had(tmp_path: Path) -> None:
    """So that what was closed is not told anew."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before, after = park_of(tmp_path / "a"), moved_park(tmp_path / "b")
    for entity in ("acme", "bravo"):
        lines = [
            [origin.line.id for _, origins in gather(one.db, one.books, one.books.entities[entity],
                                                     parse_period("2026-10").parts(), NOW) for origin in origins]
            for one in (before, after)
        ]  # fmt: skip
        assert lines[0] == lines[1] != []


def test_what_a_run_froze_tells_the_same_parts_after_another_move(park: TariffPark) -> None:
    boundary = boundary_document(park.books, park.books.entities["acme"])
    then = books_then(replace(park.books, held={}), boundary)
    first, last = date(2026, 11, 1), date(2026, 11, 22)
    want = Want(TAG, "acme")
    now, known = (Quantities(park.db, one, first, last, last) for one in (park.books, then))
    assert now.days(want) == known.days(want) != {}
    assert {one["enterprise"] for one in boundary["held"]} == {"acme"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 200), st.sampled_from(["acme", "bravo", "park"])),
        max_size=6,
        unique_by=lambda one: one[0],
    )
)
def test_the_parts_of_all_are_the_whole(moves: list[tuple[int, str]]) -> None:
    stretches = Stretch(EVER_NS, "bravo"), *(Stretch(hour * 1_700 * 10**9, name) for hour, name in sorted(moves))
    dated_books = dated(books(), Ownership({"bravo": stretches}))
    bounds = (0, 500_000 * 10**9)
    owners = {one.enterprise for one in stretches}
    found = sorted(span for name in owners for span in spans_of(dated_books, TAG, name, bounds))
    assert sum(end - start for start, end in found) == bounds[1]
    assert all(one[1] == following[0] for one, following in pairwise(found))


@pytest.mark.parametrize("why", ["shared", "declared", "gone"])
def test_a_meter_whose_parts_nobody_would_take_counts_as_a_whole(tmp_path: Path, why: str) -> None:
    own = moved_park(tmp_path).books
    entities = {
        name: replace(one, sources=() if name == "bravo" else ("acme-electricity",))
        for name, one in own.entities.items()
    }
    undated = replace(own, held={}, sources={"acme-electricity": own.sources["acme-electricity"]}, entities=entities)
    if why == "shared":
        rule = AllocationRule(
            TAG, "area", date(2026, 1, 1).toordinal(), (("acme", Decimal(1)), ("bravo", Decimal(1))), ""
        )
        undated = replace(undated, allocations=(rule,))
    elif why == "declared":
        source = undated.sources["acme-electricity"]
        entities = {name: replace(one, sources=("declared",)) for name, one in entities.items()}
        undated = replace(undated, sources={"declared": replace(source, id="declared")}, entities=entities)
    else:
        undated = replace(undated, entities={name: one for name, one in entities.items() if name != "bravo"})
    stretches = Stretch(EVER_NS, "bravo"), Stretch(MOVED, "acme")
    found = dated(undated, Ownership({"bravo": stretches}))
    assert found.sources == undated.sources
    assert found.undivided == {TAG}
    bounds = (MOVED - 10**15, MOVED + 10**15)
    assert spans_of(found, TAG, "acme", bounds) == [bounds]
    assert "held" not in boundary_document(found, replace(found.entities["acme"], sources=tuple(found.sources)))
