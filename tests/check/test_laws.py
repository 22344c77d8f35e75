"""Laws with a second opinion: traces of faulty meters by the independent script, one factor at every instant."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.carbon.catalogue import load_catalogue
from rules.carbon.catalogue import Catalogue
from rules.carbon.factor import Factor
from rules.carbon.invariants import faults
from rules.energy.account import quantities
from rules.energy.grid import Grid, Span
from rules.energy.reading import Event, Reading
from rules.energy.spec import MeterSpec
from tests.check import recompute
from tests.unit.rules.energy.oracle import QUARTER, Trace
from tests.unit.rules.energy.traces import MODULUS, traces

ZONE = ZoneInfo("Asia/Shanghai")
CATALOGUE = load_catalogue()
FACTOR = next(one for one in CATALOGUE.factors if one.id == "cn.grid.national.2023")
DAY = date(2020, 1, 1)
STEP = "0.001"
RATED = st.sampled_from([None, "3", "40", "4000"])  # per hour: nearly everything is too much, some things, little


def second_opinion(trace: Trace, multipliers: list[tuple[int, str]], rated: str | None = None) -> recompute.Meter:
    """The script's meter of a trace."""
    events = [
        {
            "time": datetime.fromtimestamp(item.time_ns // 10**9, UTC).isoformat(),
            "final": None if item.final is None else str(item.final),
            "initial": None if item.initial is None else str(item.initial),
        }
        for item in trace.items
        if isinstance(item, Event)
    ]
    changes = [[datetime.fromtimestamp(at_s, UTC).isoformat(), value] for at_s, value in multipliers]
    plan = {"modulus": str(MODULUS), "events": events, "multipliers": changes, "rated": rated, "resolution": STEP}
    readings = [recompute.Reading(one.time_ns, Fraction(one.value)) for one in trace.items if isinstance(one, Reading)]
    return recompute.Meter(plan, ZONE, readings)


@given(traces(), st.lists(st.integers(0, 20_000), max_size=4), st.lists(st.integers(1, 9_999), max_size=2), RATED)
@settings(max_examples=150)
def test_periods_of_any_trace_are_what_the_script_says(
    trace: Trace, cuts: list[int], factors: list[int], rated: str | None
) -> None:
    start_ns, end_ns = trace.truths[0][0], trace.truths[-1][0]
    changes = [(start_ns // 10**9 + 1_800 * place, f"1.{factor:04}") for place, factor in enumerate(factors, 1)]
    versions = ((0, Decimal(1)), *((at_s * 10**9, Decimal(value)) for at_s, value in changes))
    limits = {} if rated is None else {"rated": Decimal(rated), "resolution": Decimal(STEP)}
    spec = MeterSpec("acme.energy_import", modulus=Decimal("4294967.296"), multipliers=versions, **limits)
    found = quantities(spec, Grid(ZONE), trace.items, Span(start_ns, end_ns + 1))
    mine = second_opinion(trace, changes, rated)
    edges = sorted({0, len(found), *(min(cut // 900, len(found)) for cut in cuts)})
    for first, last in pairwise(edges):  # periods that follow on each other: whatever happens lies over some edge
        part = found[first:last]
        known = sum((one.known for one in part if one.known is not None), Decimal(0))
        missing_ns = sum(one.missing_ns for one in part)
        period = part[0].span.start_ns, part[-1].span.end_ns
        assert (known * 10**6, missing_ns) == mine.between(*period)


@given(traces(), st.lists(st.integers(0, 50), min_size=1, max_size=5))
@settings(max_examples=30)
def test_the_parts_of_a_time_add_up_to_it(trace: Trace, cuts: list[int]) -> None:
    mine = second_opinion(trace, [])
    start_ns, end_ns = trace.truths[0][0], trace.truths[-1][0]
    edges = sorted({start_ns, end_ns, *(start_ns + cut * QUARTER for cut in cuts if start_ns + cut * QUARTER < end_ns)})
    parts = [mine.between(one, other) for one, other in pairwise(edges)]
    assert tuple(map(sum, zip(*parts, strict=True))) == mine.between(start_ns, end_ns)


def _factors(bounds: list[tuple[int | None, int | None]]) -> list[Factor]:
    def day(number: int | None) -> date | None:
        return None if number is None else DAY + timedelta(number)

    return [
        replace(FACTOR, id=f"x.{place}", valid_from=day(first), valid_to=day(end), gap="")
        for place, (first, end) in enumerate(bounds)
    ]


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 20), st.none() | st.integers(0, 20)).filter(
            lambda one: one[0] is None or one[1] is None or one[0] < one[1]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_catalogue_without_faults_has_one_factor_at_every_instant(
    bounds: list[tuple[int | None, int | None]],
) -> None:
    factors = _factors(bounds)
    found = [fault for fault in faults(factors) if fault.column == "valid_from"]
    every_day = [DAY + timedelta(number) for number in range(-1, 22)]
    counts = [sum(one.holds(day, day) for one in factors) for day in every_day]
    held = [place for place, count in enumerate(counts) if count]
    is_right = max(counts) <= 1 and 0 not in counts[held[0] : held[-1] + 1]
    assert (not found) == is_right


def test_the_shipped_catalogue_has_at_most_one_factor_of_a_kind_on_every_day() -> None:
    kinds: dict[tuple[str, ...], list[Factor]] = {}
    for factor in Catalogue(CATALOGUE.factors).factors:
        for key in factor.keys:
            kinds.setdefault(key, []).append(factor)
    edges = {day for one in CATALOGUE.factors for day in (one.valid_from, one.valid_to) if day is not None}
    for of_kind in kinds.values():
        assert all(sum(one.holds(day, day) for one in of_kind) <= 1 for day in edges)
    assert len(kinds) > 100
