"""The course of a quantity between two readings: linear in time, in pieces where a multiplier changes."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from rules.energy.link import Join, Link
from rules.energy.spec import Factors, factor_at


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the time between two readings that has one multiplier.

    `begin` and `end` are register values times that multiplier: the next piece begins at another number, although the
    register is the same. So what is rounded depends on the two readings alone, never on what was before them.
    """

    start_ns: int
    end_ns: int
    begin: Fraction  # unit of account
    end: Fraction

    def at(self, time_ns: int) -> Fraction:
        """The value at an instant of the piece."""
        span_ns = self.end_ns - self.start_ns
        return self.begin + (self.end - self.begin) * (time_ns - self.start_ns) / span_ns if span_ns else self.end


def course_of(link: Link, modulus: Decimal | None, factors: Factors) -> list[Piece]:
    """The pieces of a link whose quantity is known.

    The register is taken as linear in time; each part of its difference counts with the multiplier of its time.
    """
    first_ns, last_ns, span_ns = link.start.time_ns, link.end.time_ns, link.span_ns
    changes = [valid_ns for valid_ns, _ in factors if first_ns < valid_ns < last_ns]
    difference, register = difference_of(link, modulus), Fraction(link.start.value)
    pieces: list[Piece] = []
    for start_ns, end_ns in pairwise([first_ns, *changes, last_ns]):
        factor = factor_at(factors, start_ns)
        following = register + (difference * (end_ns - start_ns) / span_ns if span_ns else difference)
        pieces.append(Piece(start_ns, end_ns, register * factor, following * factor))
        register = following
    return pieces


def difference_of(link: Link, modulus: Decimal | None) -> Fraction:
    """By how much the register counted on over the link, in its unit."""
    over = Fraction(modulus or 0) if link.join is Join.ROLLOVER else Fraction(0)
    return Fraction(link.end.value) - Fraction(link.start.value) + over
