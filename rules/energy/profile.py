"""What the course of a supply says: highest demand, load factor, base load, use outside working hours.

Only intervals that are known as a whole count; how many that are stands beside every figure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from rules.energy.allocation import from_micro, round_micro

NIGHT_END_H = 6
LOWEST_H = 4
_HOUR_NS = 3_600_000_000_000
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One interval that is known as a whole."""

    start_ns: int
    end_ns: int
    micro: int  # 10^-6 kWh

    @property
    def micro_kw(self) -> Fraction:
        """Mean power, 10^-6 kW."""
        return Fraction(self.micro * _HOUR_NS, self.end_ns - self.start_ns)


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest mean power of an interval."""

    micro_kw: Fraction
    start_ns: int


def peak(pieces: Sequence[Piece]) -> Peak | None:
    """The first of the intervals with the highest power; `None` without intervals."""
    highest = max(pieces, key=lambda piece: (piece.micro_kw, -piece.start_ns), default=None)
    return None if highest is None else Peak(highest.micro_kw, highest.start_ns)


def load_factor(pieces: Sequence[Piece]) -> Decimal | None:
    """Mean power over the known time by the highest power, six digits; `None` where nothing flowed."""
    highest = peak(pieces)
    if highest is None or highest.micro_kw <= 0:
        return None
    time_ns = sum(piece.end_ns - piece.start_ns for piece in pieces)
    mean = Fraction(sum(piece.micro for piece in pieces) * _HOUR_NS, time_ns)
    return from_micro(round_micro(mean / highest.micro_kw))


def base_load(pieces: Sequence[Piece], zone: tzinfo) -> tuple[Decimal, int] | None:
    """The median over the nights of the lowest mean power of four hours in a row between 0:00 and 6:00 (kW), and the
    number of nights. A night that is not known as a whole has no part in it.
    """
    nights: dict[int, list[Piece]] = {}
    for piece in pieces:
        clock = datetime.fromtimestamp(piece.start_ns // _NS, zone)
        if clock.hour < NIGHT_END_H:
            nights.setdefault(clock.date().toordinal(), []).append(piece)
    lowest = sorted(found for night in nights.values() if (found := _lowest(night)) is not None)
    if not lowest:
        return None
    middle = len(lowest) // 2
    median = lowest[middle] if len(lowest) % 2 else (lowest[middle - 1] + lowest[middle]) / 2
    return from_micro(round_micro(median / 10**6)), len(lowest)


def _lowest(night: Sequence[Piece]) -> Fraction | None:
    """The lowest mean of four hours in a row; `None` where the night has a hole, or is shorter."""
    ordered = sorted(night, key=lambda piece: piece.start_ns)
    if any(one.end_ns != other.start_ns for one, other in pairwise(ordered)):
        return None
    found: Fraction | None = None
    first, total = 0, 0
    for piece in ordered:
        total += piece.micro
        while piece.end_ns - ordered[first].start_ns > LOWEST_H * _HOUR_NS:
            total -= ordered[first].micro
            first += 1
        if piece.end_ns - ordered[first].start_ns == LOWEST_H * _HOUR_NS:
            mean = Fraction(total, LOWEST_H)
            found = mean if found is None else min(found, mean)
    return found


def outside(pieces: Sequence[Piece], is_working: Callable[[int], bool]) -> int:
    """The micro-units of intervals that begin outside working hours."""
    return sum(piece.micro for piece in pieces if not is_working(piece.start_ns))


@dataclass(frozen=True, slots=True)
class Supply:
    """Where electricity comes from and goes, in micro-kWh. `None`: not known."""

    imported: int | None
    exported: int
    generated: int
    charged: int = 0  # into batteries
    discharged: int = 0

    @property
    def own_use(self) -> int:
        """Of the generation: G - E, not below 0 (a battery may export what the grid gave it)."""
        return max(self.generated - self.exported, 0)

    @property
    def consumption(self) -> int | None:
        """L = I + G - E + D - C."""
        if self.imported is None:
            return None
        return self.imported + self.generated - self.exported + self.discharged - self.charged

    @property
    def self_consumption(self) -> Decimal | None:
        """(G - E) / G, six digits; `None` where nothing is generated."""
        return from_micro(round_micro(Fraction(self.own_use, self.generated))) if self.generated > 0 else None

    @property
    def autarky(self) -> Decimal | None:
        """1 - I / L, not below 0, six digits; `None` where nothing is used."""
        if self.consumption is None or self.imported is None or self.consumption <= 0:
            return None
        return from_micro(round_micro(max(1 - Fraction(self.imported, self.consumption), Fraction(0))))
