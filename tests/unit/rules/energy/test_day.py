"""What is packed comes out as it went in, whatever a meter did, and nothing that was changed passes for it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.energy import columns
from rules.energy.account import Item, quantities
from rules.energy.allocation import in_micro
from rules.energy.corrected import corrected
from rules.energy.day import Content, extended, open_payload, pack, sealed, totals_of, unpack
from rules.energy.day import quantities as slots
from rules.energy.grid import Grid, Span
from rules.energy.reading import Event, EventKind, Reading
from rules.energy.spec import MeterSpec
from rules.energy.stretch import Context
from rules.energy.virtual import difference, split
from tests.unit.rules.energy.oracle import SECOND, Trace
from tests.unit.rules.energy.test_traces import QUARTERS, SPEC, whole
from tests.unit.rules.energy.traces import traces

BERLIN = Grid(ZoneInfo("Europe/Berlin"))
SPRING, AUTUMN = 1_774_738_800, 1_792_879_200  # local midnights of the days when the clock changes
DAY = 86_400


def polled(
    start_s: int, seconds: int, every_s: int = 10, rate: str = "0.0125", jitter_ns: int = 4_813_377
) -> list[Item]:
    """A register that is read every few seconds, each answer a little late, by nanoseconds."""
    times = range(start_s - every_s, start_s + seconds + 5 * every_s, every_s)
    return [
        Reading(time * SECOND + jitter_ns + (time * 7919) % 1_000_003, 100_000 + (time - start_s) * Decimal(rate))
        for time in times
    ]


def test_a_plain_day_is_small_and_comes_out_the_same() -> None:
    spec = MeterSpec("m.e", rated=Decimal(800))
    for start, count in ((SPRING, 92), (SPRING + 10 * DAY, 96), (AUTUMN, 100)):
        span = Span(start * SECOND, (start + count * 900) * SECOND)
        found = quantities(spec, BERLIN, polled(start, count * 900), span)
        day = pack(found, [spec.digest])
        assert len(found) == count
        assert unpack(day.payload, day.unit) == found
        assert len(open_payload(day.payload).stretches) == 1
        assert len(day.payload) < 2_000
        assert open_payload(day.payload).sums(day.unit) == totals_of(found)
        assert [micro for _, _, micro in slots(day.payload, day.unit)] == [
            int(one.quantity * 1_000_000) for one in found if one.quantity is not None
        ]
        assert day.known_micro == sum(micro or 0 for _, _, micro in slots(day.payload, day.unit))


@given(traces(), st.integers(1, 7), st.sampled_from([1, 40, Decimal("0.333")]), st.booleans())
@settings(max_examples=100)
def test_odd_days_come_out_the_same(trace: Trace, version: int, multiplier: int | Decimal, is_told: bool) -> None:
    middle = trace.truths[len(trace.truths) // 2][0]
    spec = replace(SPEC, multipliers=((0, Decimal(1)), (middle, Decimal(multiplier))))
    found = [replace(one, version=version) for one in quantities(spec, QUARTERS, trace.items, whole(trace))]
    day = pack(found, [spec.digest] if is_told else [])
    assert unpack(day.payload, day.unit) == found
    sums = (day.known_micro, day.measured_ns, day.estimated_ns, day.missing_ns)
    assert sums == totals_of(found) == open_payload(day.payload).sums(day.unit)
    assert [micro for _, _, micro in slots(day.payload, day.unit)] == [
        None if one.quantity is None else int(one.quantity * 1_000_000) for one in found
    ]


@given(traces(), st.integers(0, 40))
@settings(max_examples=50)
def test_a_day_that_grows_is_the_day_that_was_packed_at_once(trace: Trace, cut: int) -> None:
    found = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    cut = 1 + cut % len(found)
    first, rest = found[:cut], found[cut:]
    day = pack(first, [SPEC.digest])
    for one in rest:
        day = extended(day, [one], [SPEC.digest])
    assert day == pack(found, [SPEC.digest])


@given(traces(), st.integers(0, 40), st.integers(-(10**12), 10**12))
@settings(max_examples=30)
def test_computed_and_corrected_intervals_come_out_the_same(trace: Trace, place: int, micro: int) -> None:
    found = quantities(SPEC, QUARTERS, trace.items, whole(trace))
    doubled = [
        replace(one, quantity=one.quantity and 2 * one.quantity, known=one.known and 2 * one.known) for one in found
    ]
    made = difference("d", ("a", found), {"b": doubled})
    made[place % len(made)] = corrected(made[place % len(made)], micro, "record")
    shares = split(("a", found), {"x": 1, "y": Decimal("2.5")})["y"]
    for series in (made, shares):
        day = pack(series, [SPEC.digest])
        assert unpack(day.payload, day.unit) == series


def test_registers_too_long_for_a_column_and_other_units_are_kept_whole() -> None:
    huge = Decimal("123456789012345678901234567890.123456789")
    items: list[Item] = [Reading(minute * 60 * SECOND, huge + minute * Decimal("1E+12")) for minute in range(0, 95, 5)]
    items.append(Event(47 * 60 * SECOND, EventKind.EXCHANGE, huge + Decimal("46E+12"), Decimal("-5"), "Zähler 换表"))
    other = MeterSpec("m.e", unit="MWh")
    found = quantities(SPEC, QUARTERS, items, Span(0, 3600 * SECOND))
    plain = quantities(other, QUARTERS, polled(7200, 1800), Span(7200 * SECOND, 9000 * SECOND))
    pieces = [
        replace(one, unit="pieces")
        for one in quantities(other, QUARTERS, polled(9900, 900), Span(9900 * SECOND, 10800 * SECOND))
    ]
    every = [*found, *plain, *pieces]
    day = pack(every, [SPEC.digest, other.digest])
    assert unpack(day.payload, day.unit) == every
    assert (day.unit, day.known_micro) == ("pieces", in_micro(pieces[0].known or Decimal(0)))


@given(st.binary(max_size=80), st.integers(0, 10_000), st.integers(0, 255))
def test_bytes_that_are_no_day_are_refused_or_harmless(noise: bytes, place: int, byte: int) -> None:
    day = pack(quantities(SPEC, QUARTERS, polled(0, 3600), Span(0, 3600 * SECOND)), [SPEC.digest])
    changed = bytearray(day.payload)
    changed[place % len(changed)] = byte
    for payload in (noise, bytes(changed), day.payload[: place % len(day.payload)], day.payload + noise):
        try:
            unpack(payload, "kWh")
        except ValueError:
            continue
        assert payload in (bytes(changed), day.payload)


@pytest.mark.parametrize("row", [{}, {"context": 5}, {"context": 0, "span": [0, 1]}, {"context": "x"}, [1], None])
def test_rows_that_are_no_intervals_are_refused(row: Any) -> None:
    content = Content((Context(SPEC.digest, ((0, "1"),)),), (), (row,))
    with pytest.raises(ValueError, match="remarkable"):
        unpack(sealed(content, "kWh", (0, 0, 0, 0)).payload, "kWh")


def test_an_empty_day_and_an_interval_that_comes_twice_are_refused() -> None:
    found = quantities(SPEC, QUARTERS, polled(0, 3600), Span(0, 3600 * SECOND))
    for wrong in ([], [found[0], found[0]]):
        with pytest.raises(ValueError, match="each once"):
            pack(wrong)


@given(st.lists(st.integers(-(2**62) + 1, 2**62 - 1) | st.integers(-300, 300), min_size=1, max_size=120))
def test_a_column_holds_any_numbers_of_less_than_63_bits(numbers: list[int]) -> None:
    data = columns.put(numbers)
    assert columns.take(b"xy" + data, 2, len(numbers)) == (numbers, len(data) + 2)
    with pytest.raises(ValueError, match="63 bits"):
        columns.put([*numbers, 2**62])
