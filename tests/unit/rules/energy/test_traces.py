"""Whatever a meter does wrong, each interval says what the truth behind the trace says, or that it is missing."""

import json
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.energy.account import MeterAccount, Outcome, quantities
from rules.energy.grid import Grid, Span
from rules.energy.marks import Mark
from rules.energy.quantity import IntervalQuantity
from rules.energy.spec import MeterSpec
from tests.unit.rules.energy.oracle import QUARTER, Trace, expect
from tests.unit.rules.energy.traces import traces

SPEC = MeterSpec("acme.energy_import", modulus=Decimal("4294967.296"))
QUARTERS = Grid(ZoneInfo("Asia/Shanghai"))
FOREVER = 10**18


def whole(trace: Trace) -> Span:
    return Span(trace.truths[0][0], trace.truths[-1][0] + 1)


def facts(interval: IntervalQuantity) -> tuple[object, ...]:
    """Everything but what the time of asking decides."""
    return tuple(value for name, value in interval.state.items() if name not in ("version", "is_provisional"))


@given(traces())
@settings(max_examples=100)
def test_every_interval_is_what_the_truth_says(trace: Trace) -> None:
    span = whole(trace)
    for interval in quantities(SPEC, QUARTERS, trace.items, span):
        wanted = expect(trace, interval.span.start_ns, interval.span.end_ns)
        assert (interval.quantity, interval.known, interval.missing_ns) == (
            wanted.quantity,
            wanted.known,
            wanted.missing_ns,
        )
        assert sum(interval.shares) == 1
        assert interval.known is None or interval.known >= 0
        assert (interval.quantity is None) == (interval.missing_ns > 0)


@given(traces(), st.sampled_from([300, 1800, 3600, 86_400]))
@settings(max_examples=30)
def test_any_cut_of_the_time_adds_up_to_the_same(trace: Trace, step_s: int) -> None:
    span = whole(trace)
    every = (quantities(SPEC, grid, trace.items, span) for grid in (QUARTERS, Grid(ZoneInfo("Asia/Shanghai"), step_s)))
    fine, coarse = (sum((i.known for i in intervals if i.known is not None), Decimal(0)) for intervals in every)
    assert fine == coarse


@given(traces(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_feeding_and_duplicates_change_nothing(trace: Trace, random: Random) -> None:
    wanted = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    shuffled = [*trace.items, *random.sample(trace.items, len(trace.items) // 3)]
    random.shuffle(shuffled)
    assert quantities(SPEC, QUARTERS, shuffled, whole(trace)) == wanted
    account = MeterAccount(SPEC, QUARTERS, keep_ns=FOREVER)
    for item in shuffled:
        assert account.add(item) is not Outcome.TOO_LATE
    assert [facts(interval) for interval in account.view()] == [facts(interval) for interval in wanted]


@given(traces(), st.integers(1, 5000), st.lists(st.integers(0, 100), max_size=4), st.booleans())
@settings(max_examples=40)
def test_an_account_that_is_saved_and_restored_at_any_point_goes_on_as_if_nothing_was(
    trace: Trace, keep_s: int, places: list[int], asks: bool
) -> None:
    wanted = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    account = MeterAccount(SPEC, QUARTERS, keep_ns=keep_s * 1_000_000_000, keep_count=50)
    found: dict[Span, IntervalQuantity] = {}
    for place, item in enumerate(sorted(trace.items, key=lambda item: item.time_ns)):
        assert account.add(item) is Outcome.ACCEPTED
        if place in places:
            saved = json.dumps(account.save())
            account = MeterAccount(SPEC, QUARTERS, keep_ns=keep_s * 1_000_000_000, keep_count=50)
            account.restore(json.loads(saved))
        if asks:
            found |= {interval.span: interval for interval in account.changes()}
    found |= {interval.span: interval for interval in account.changes()}
    found |= {interval.span: interval for interval in account.view()}
    assert [facts(found[interval.span]) for interval in wanted] == [facts(interval) for interval in wanted]


@given(traces(), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_deciding_readings_of_a_measured_interval_are_enough_to_recompute_it(trace: Trace, random: Random) -> None:
    intervals = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    plain = [one for one in intervals if one.quantity is not None and not {*one.marks} - {Mark.BOUNDARY, Mark.GAP}]
    if plain:
        chosen = random.choice(plain)
        (again,) = quantities(SPEC, QUARTERS, chosen.readings, chosen.span)
        assert (again.quantity, again.measured_ns) == (chosen.quantity, chosen.measured_ns)


@given(traces())
@settings(max_examples=10)
def test_no_float_comes_out(trace: Trace) -> None:
    def has_float(value: object) -> bool:
        if isinstance(value, dict):
            return any(has_float(part) for part in value.values())
        return any(has_float(part) for part in value) if isinstance(value, list | tuple) else isinstance(value, float)

    account = MeterAccount(SPEC, QUARTERS)
    for item in trace.items:
        account.add(item)
    assert not has_float(account.save())
    for interval in account.view():
        assert not has_float(interval.state)
        assert all(isinstance(share, Decimal) for share in interval.shares)


def test_the_oracle_itself_is_right_about_a_simple_trace() -> None:
    trace = Trace(time_ns=0)
    trace.read()
    trace.count([(600, 6000), (600, 6000)])
    assert expect(trace, 0, QUARTER).quantity == 9
    assert expect(trace, QUARTER, 2 * QUARTER).known == 3
    assert expect(trace, QUARTER, 2 * QUARTER).missing_ns == 600 * 1_000_000_000
