"""A stretch of plain intervals, in columns: every link rises, every boundary lies at or between two near readings.

Nothing else is to be said about them, so times, register values and micro-units of all boundaries are enough: marks,
methods, deciding readings and hashes follow. Times are kept from the boundary, values as whole numbers of 10**-scale.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
from operator import sub

from rules.energy import columns
from rules.energy.allocation import from_micro
from rules.energy.grid import Span
from rules.energy.marks import Mark
from rules.energy.quantity import IntervalQuantity, Method, Multipliers, hash_of
from rules.energy.reading import Origin, Reading

_HEAD = struct.Struct("<qqHIHBB")  # start, step, count, version, context, is provisional, scale


@dataclass(frozen=True, slots=True)
class Context:
    """What several intervals have in common besides their meter's tag and unit."""

    meter: str  # digest of the declaration
    multipliers: Multipliers


@dataclass(frozen=True, slots=True)
class Stretch:
    """Intervals one after the other, all equally long; the columns of boundaries have one entry more than they."""

    start_ns: int
    step_ns: int
    micro: Sequence[int]  # quantity of each interval
    before_ns: Sequence[int]  # of each boundary: reading at or before it, minus the boundary
    after_ns: Sequence[int]  # reading at or after it, minus the boundary; 0 where it is the same one
    before: Sequence[int]  # register value of the reading before
    rise: Sequence[int]  # from it to the reading after
    scale: int  # decimal places of the register values
    context: int  # place in the day's list
    version: int = 1
    is_provisional: bool = False
    boundaries: bytes = b""  # their columns as they were read; empty: to be encoded

    @property
    def end_ns(self) -> int:
        """Where its last interval ends."""
        return self.start_ns + self.step_ns * len(self.micro)

    def encoded(self) -> bytes:
        """The bytes of it."""
        head = _HEAD.pack(
            self.start_ns,
            self.step_ns,
            len(self.micro),
            self.version,
            self.context,
            self.is_provisional,
            self.scale,
        )
        return head + columns.put(self.micro) + (self.boundaries or self._encoded_boundaries())

    def _encoded_boundaries(self) -> bytes:
        before = self.before
        steps = list(map(sub, before[1:], before))  # a register rises evenly: its steps are small
        return b"".join(map(columns.put, (self.before_ns, self.after_ns, (before[0],), steps, self.rise)))

    def intervals(self, unit: str, context: Context) -> list[IntervalQuantity]:
        """All of them, whole."""
        pairs = [self._pair(place) for place in range(len(self.micro) + 1)]
        return [self._interval(place, unit, context, pairs[place : place + 2]) for place in range(len(self.micro))]

    def _pair(self, place: int) -> tuple[Reading, ...]:
        boundary_ns, value = self.start_ns + place * self.step_ns, self.before[place]
        first = Reading(boundary_ns + self.before_ns[place], decimal_of(value, self.scale))
        if self.before_ns[place] == self.after_ns[place]:
            return (first,)
        return first, Reading(boundary_ns + self.after_ns[place], decimal_of(value + self.rise[place], self.scale))

    def _interval(
        self, place: int, unit: str, context: Context, pairs: Sequence[tuple[Reading, ...]]
    ) -> IntervalQuantity:
        span = Span(self.start_ns + place * self.step_ns, self.start_ns + (place + 1) * self.step_ns)
        known = from_micro(self.micro[place])
        is_between = any(self.before_ns[at] != self.after_ns[at] and self.rise[at] for at in (place, place + 1))
        readings = tuple(dict.fromkeys(reading for pair in pairs for reading in pair))
        return IntervalQuantity(
            span,
            unit,
            known,
            known,
            Method.INTERPOLATED if is_between else Method.MEASURED,
            self.step_ns,
            0,
            (Mark.BOUNDARY,) if is_between else (),
            (),
            0,
            readings,
            context.multipliers,
            hash_of(context.meter, span, context.multipliers, readings, (), 0),
            self.is_provisional,
            self.version,
        )


def decoded(data: bytes, place: int) -> tuple[Stretch, int]:
    """The stretch that begins at `place`, and the place behind it. Raises ValueError where it is none."""
    try:
        start_ns, step_ns, count, version, context, is_provisional, scale = _HEAD.unpack_from(data, place)
    except struct.error as error:
        raise ValueError("not a stretch of intervals") from error
    micro, begin = columns.take(data, place + _HEAD.size, count)
    before_ns, place = columns.take(data, begin, count + 1)
    after_ns, place = columns.take(data, place, count + 1)
    (value,), place = columns.take(data, place, 1)
    steps, place = columns.take(data, place, count)
    rise, place = columns.take(data, place, count + 1)
    before = list(accumulate(steps, initial=value))
    parts = (micro, before_ns, after_ns, before, rise)
    rest = (scale, context, version, bool(is_provisional), data[begin:place])
    return Stretch(start_ns, step_ns, *parts, *rest), place


def joined(one: Stretch, other: Stretch) -> Stretch | None:
    """Both as one, where the second goes on exactly as the first ends; `None` where it does not."""
    if (one.end_ns, one.step_ns, one.context, one.version, one.is_provisional) != (
        other.start_ns,
        other.step_ns,
        other.context,
        other.version,
        other.is_provisional,
    ):
        return None
    scale = max(one.scale, other.scale)
    left, right = 10 ** (scale - one.scale), 10 ** (scale - other.scale)
    last = (one.before_ns[-1], one.after_ns[-1], one.before[-1] * left, one.rise[-1] * left)
    if last != (other.before_ns[0], other.after_ns[0], other.before[0] * right, other.rise[0] * right):
        return None
    return replace(
        one,
        micro=[*one.micro, *other.micro],
        before_ns=[*one.before_ns, *other.before_ns[1:]],
        after_ns=[*one.after_ns, *other.after_ns[1:]],
        before=[*(value * left for value in one.before), *(value * right for value in other.before[1:])],
        rise=[*(value * left for value in one.rise), *(value * right for value in other.rise[1:])],
        scale=scale,
        boundaries=b"",
    )


Pair = tuple[Reading, Reading]
"""The readings at, or before and after, a boundary; the same one twice where it lies at the boundary."""


def pair_at(readings: Sequence[Reading], boundary_ns: int) -> Pair | None:
    """The pair of a boundary among readings in order of time; `None` where one is not there."""
    before = [reading for reading in readings if reading.time_ns <= boundary_ns]
    after = [reading for reading in readings if reading.time_ns >= boundary_ns]
    return (before[-1], after[0]) if before and after else None


def is_storable(reading: Reading) -> bool:
    """An ordinary reading whose value fits a column."""
    if reading.is_uncertain or reading.is_conflicting or reading.origin is not Origin.METER or reading.evidence:
        return False
    return reading.value.adjusted() < MOST_DIGITS and places_of(reading.value) <= MOST_PLACES


MOST_DIGITS = 9  # before the point
MOST_PLACES = 9  # after it: together less than 63 bits


def places_of(value: Decimal) -> int:
    """Decimal places that the value needs; trailing zeros are none."""
    _, digits, exponent = value.as_tuple()
    zeros = next((count for count, digit in enumerate(reversed(digits)) if digit), len(digits))
    return max(0, -int(exponent) - zeros)


def scaled(value: Decimal, scale: int) -> int:
    """The value as a whole number of 10**-scale: it has no more places than that."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * int(10**scale) // denominator


def decimal_of(number: int, scale: int) -> Decimal:
    """The value of so many 10**-scale, exact."""
    digits = tuple(int(digit) for digit in str(abs(number)))
    return Decimal((int(number < 0), digits, -scale))
