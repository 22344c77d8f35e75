"""The sum of consecutive intervals, and no more certainty than they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules.energy.allocation import MICRO, from_micro, in_micro, largest_remainder
from rules.energy.quantity import IntervalQuantity, Shares


@dataclass(frozen=True, slots=True)
class Total:
    """What flowed in several intervals of one meter."""

    quantity: Decimal | None  # `None` where a part is missing
    known: Decimal | None  # a lower bound; `None` where nothing is known
    shares: Shares  # of the whole time


def total_of(intervals: Sequence[IntervalQuantity]) -> Total:
    """The exact sum. Raises ValueError where there is nothing to add."""
    if not intervals:
        raise ValueError("no intervals to add")
    known = [in_micro(interval.known) for interval in intervals if interval.known is not None]
    is_whole = all(interval.quantity is not None for interval in intervals)
    bound = from_micro(sum(known)) if known else None
    times = [sum(part) for part in zip(*map(_times, intervals), strict=True)]
    shares = Shares(*map(from_micro, largest_remainder(MICRO, times)))
    return Total(bound if is_whole else None, bound, shares)


def _times(interval: IntervalQuantity) -> tuple[int, int, int]:
    return interval.measured_ns, interval.estimated_ns, interval.missing_ns
