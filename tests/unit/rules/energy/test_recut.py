"""Stored intervals give themselves again, and with other multipliers, readings and events what a whole count gives."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rules.energy.account import Item, quantities
from rules.energy.day import open_payload, pack, sealed, unpack
from rules.energy.grid import Span
from rules.energy.marks import Mark
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Event, EventKind, Reading
from rules.energy.recut import Terms, recut, recut_plain
from rules.energy.spec import MeterSpec
from tests.unit.rules.energy.oracle import SECOND, Trace
from tests.unit.rules.energy.test_day import polled
from tests.unit.rules.energy.test_traces import QUARTERS, SPEC, facts, whole
from tests.unit.rules.energy.traces import traces

FOREVER = Span(-(2**62), 2**62)
numbers = st.sampled_from([Decimal(1), Decimal(40), Decimal("0.125"), Decimal("1.333333")])


def anew(spec: MeterSpec, stored: list[IntervalQuantity], **items: list[Item]) -> list[IntervalQuantity]:
    """The stored intervals with what changes."""
    changed = {one.span: one for one in recut(spec, QUARTERS, stored, FOREVER, **items)}
    return [changed.pop(one.span, one) for one in stored] + list(changed.values())


def with_multiplier(value: Decimal, from_ns: int = 0) -> MeterSpec:
    first = ((0, Decimal(1)),) if from_ns else ()
    return replace(SPEC, multipliers=(*first, (from_ns, value)))


@given(traces())
@settings(max_examples=200)
def test_stored_intervals_give_themselves_again(trace: Trace) -> None:
    stored = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    assert recut(SPEC, QUARTERS, stored, FOREVER) == []


@given(traces(), numbers)
@settings(max_examples=100)
def test_another_multiplier_gives_what_a_count_of_all_readings_gives(trace: Trace, value: Decimal) -> None:
    stored = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    wanted = quantities(with_multiplier(value), QUARTERS, trace.items, whole(trace))
    found = anew(with_multiplier(value), stored)
    assert [facts(one) for one in found] == [facts(one) for one in wanted]
    assert all(one.version == (1 if value == 1 else 2) for one in found)


@given(st.integers(0, 40), st.integers(1, 60), numbers, numbers, st.integers(0, 96 * 900 * SECOND))
@settings(max_examples=30, deadline=None)
def test_the_fast_way_and_the_way_over_the_links_give_the_same_bytes(
    place: int, count: int, one: Decimal, other: Decimal, from_ns: int
) -> None:
    start = 1_790_000_100 // 900 * 900
    span = Span((start + place * 900) * SECOND, (start + (place + count) * 900) * SECOND)
    stored = quantities(with_multiplier(one), QUARTERS, polled(start, 100 * 900, every_s=47), span)
    spec = with_multiplier(other, start * SECOND + from_ns)
    day = pack(stored, [SPEC.digest])
    fast = recut_plain(Terms.of(spec), open_payload(day.payload))
    slow = {found.span: found for found in recut(spec, QUARTERS, stored, span)}
    whole_day = [slow.get(found.span, found) for found in stored]
    if fast is None:
        assert any(Mark.MULTIPLIER in {found.mark for found in one.findings} for one in whole_day) or not slow
        return
    totals = (sum(sum(stretch.micro) for stretch in fast.stretches), day.measured_ns, 0, 0)
    again = sealed(fast, day.unit, totals)
    assert unpack(again.payload, day.unit) == whole_day
    assert again == pack(whole_day, [SPEC.digest])


@given(st.data())
@settings(max_examples=60)
def test_a_reading_that_comes_too_late_gives_what_it_had_given_in_time(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 900)), min_size=4, max_size=40))
    trace = Trace(time_ns=1_700_000_000 * SECOND)
    trace.read()
    trace.count(steps)
    late = data.draw(st.sets(st.integers(1, len(trace.items) - 2), max_size=3))
    early = [item for place, item in enumerate(trace.items) if place not in late]
    stored = quantities(SPEC, QUARTERS, early, whole(trace))
    wanted = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    found = anew(SPEC, stored, added=[trace.items[place] for place in late])
    assert [(one.quantity, one.known, one.missing_ns) for one in found] == [
        (one.quantity, one.known, one.missing_ns) for one in wanted
    ]


@given(traces(), st.integers(0, 10**6))
@settings(max_examples=100)
def test_a_lie_that_comes_late_changes_no_quantity_and_can_be_taken_out_again(trace: Trace, place: int) -> None:
    stored = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    one, other = (trace.truths[at][0] for at in (place % (len(trace.truths) - 1), place % (len(trace.truths) - 1) + 1))
    if other - one < 2 * SECOND:
        return
    lie = Reading(one + SECOND // 2, Decimal("0.5"))
    known = [(one.quantity, one.known) for one in stored]
    in_time = quantities(SPEC, QUARTERS, [*trace.items, lie], whole(trace))
    assume([(one.quantity, one.known) for one in in_time] == known)  # right after a spike it makes a level of its own
    found = anew(SPEC, stored, added=[lie])
    assert [(one.quantity, one.known) for one in found] == known
    again = anew(SPEC, found, removed=[lie])
    assert [(one.quantity, one.known, one.marks) for one in again] == [
        (one.quantity, one.known, one.marks) for one in stored
    ]


def test_an_exchange_that_is_noted_days_later_gives_its_interval_a_quantity_and_withdrawn_takes_it_away() -> None:
    start = 1_790_000_100 // 900 * 900
    old, new = polled(start, 2 * 3600), polled(start, 2 * 3600)
    swap = (start + 3305) * SECOND
    items = [item for item in old if item.time_ns < swap]
    items += [
        Reading(item.time_ns, item.value - 99_000) for item in new if item.time_ns > swap and isinstance(item, Reading)
    ]
    stored = quantities(SPEC, QUARTERS, items, Span(start * SECOND, (start + 7200) * SECOND))
    assert [one.quantity is None for one in stored] == [False] * 3 + [True] + [False] * 4
    value = Decimal("100041.3125")
    event = Event(swap, EventKind.EXCHANGE, value, value - 99_000, "work order 7")
    (fixed,) = recut(SPEC, QUARTERS, stored, FOREVER, added=[event])
    assert (fixed.quantity, fixed.version, fixed.method.value) == (Decimal("11.249998"), 2, "exchange")
    wanted = quantities(SPEC, QUARTERS, [*items, event], Span(start * SECOND, (start + 7200) * SECOND))
    assert facts(fixed) == facts(wanted[3])
    kept = stored[3].readings  # of the first version
    (back,) = recut(SPEC, QUARTERS, [*stored[:3], fixed, *stored[4:]], FOREVER, added=kept, removed=[event])
    assert (facts(back), back.version) == (facts(stored[3]), 3)


def test_a_multiplier_that_began_within_an_interval_divides_it_in_proportion() -> None:
    start = 1_790_000_100 // 900 * 900
    span = Span(start * SECOND, (start + 3600) * SECOND)
    stored = quantities(SPEC, QUARTERS, polled(start, 3600), span)
    one, other, last = recut(with_multiplier(Decimal(3), (start + 1200) * SECOND), QUARTERS, stored, span)
    assert [found.version for found in (one, other, last)] == [2, 2, 2]
    third = Decimal("3.75")
    for found, wanted in ((one, third + 6 * third), (other, 9 * third), (last, 9 * third)):
        assert found.quantity is not None
        assert abs(found.quantity - wanted) < Decimal("0.0001")


def test_what_came_for_a_time_of_which_nothing_was_known_makes_intervals() -> None:
    items: list[Item] = [Reading(minute * 60 * SECOND, Decimal(minute)) for minute in (0, 15, 30)]
    made = recut(SPEC, QUARTERS, [], Span(0, 1800 * SECOND), added=items)
    assert [(one.quantity, one.version) for one in made] == [(15, 1), (15, 1)]
