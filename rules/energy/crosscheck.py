"""The integral of power against the register: a check, never a source. It finds forgotten CT/PT multipliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rules.energy.allocation import from_micro, round_micro
from rules.energy.grid import Span
from rules.energy.quantity import IntervalQuantity

_HOUR_NS = 3_600_000_000_000
_NEAR = Fraction(2, 100)  # how near to a whole number a ratio must be


@dataclass(frozen=True, slots=True)
class Power:
    """A sample of power."""

    time_ns: int  # UTC
    value: Decimal


@dataclass(frozen=True, slots=True)
class Deviation:
    """The register against the integral of power, over the intervals in which both are known."""

    intervals: int
    register: Decimal
    integral: Decimal
    percent: Decimal | None  # integral less register, of the register; `None` where the register stood still
    is_beyond: bool  # more than the limit
    multiplier: int | None  # the ratio is near this whole number: a multiplier was forgotten, or counts twice


def integrals(
    samples: Sequence[Power], spans: Sequence[Span], gap_ns: int, factor: Fraction = Fraction(1)
) -> list[Decimal | None]:
    """The integral of power over each span by trapezoids, micro-units; `None` where samples are further apart.

    Samples in order of time, times `factor` in the unit of account per hour; spans in order, of any length.
    """
    found: list[Decimal | None] = []
    place = 0
    for span in spans:
        while place + 1 < len(samples) and samples[place + 1].time_ns <= span.start_ns:
            place += 1
        area, reached = Fraction(0), span.start_ns
        for number in range(place, len(samples) - 1):
            one, other = samples[number], samples[number + 1]
            if one.time_ns >= span.end_ns or one.time_ns > reached or other.time_ns - one.time_ns > gap_ns:
                break
            until = min(other.time_ns, span.end_ns)
            area += _area(one, other, reached, until)
            reached = until
        found.append(from_micro(round_micro(area * factor)) if reached == span.end_ns else None)
    return found


def _area(one: Power, other: Power, start_ns: int, end_ns: int) -> Fraction:
    first, second = Fraction(one.value), Fraction(other.value)
    slope = (second - first) / (other.time_ns - one.time_ns)
    middle = first + slope * (Fraction(start_ns + end_ns, 2) - one.time_ns)
    return middle * (end_ns - start_ns) / _HOUR_NS


def deviation(
    register: Sequence[IntervalQuantity], integral: Sequence[Decimal | None], limit_percent: Decimal = Decimal(2)
) -> Deviation | None:
    """How far both are apart; `None` where they have no interval in common. Raises ValueError for unequal lengths."""
    pairs = [
        (Fraction(interval.quantity), Fraction(other))
        for interval, other in zip(register, integral, strict=True)
        if interval.quantity is not None and other is not None
    ]
    if not pairs:
        return None
    counted, integrated = (sum(side, Fraction(0)) for side in zip(*pairs, strict=True))
    percent = (integrated - counted) * 100 / counted if counted else None
    shown = None if percent is None else from_micro(round_micro(percent))
    is_beyond = integrated != 0 if percent is None else abs(percent) > Fraction(limit_percent)
    both = from_micro(round_micro(counted)), from_micro(round_micro(integrated))
    return Deviation(len(pairs), *both, shown, is_beyond, _multiplier(counted, integrated) if is_beyond else None)


def _multiplier(counted: Fraction, integrated: Fraction) -> int | None:
    if counted <= 0 or integrated <= 0:
        return None
    ratio = max(counted / integrated, integrated / counted)
    whole = round(ratio)
    return whole if whole > 1 and abs(ratio - whole) <= _NEAR * whole else None
