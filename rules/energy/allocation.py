"""Dividing a quantity so that the parts are exactly the whole: the method of the largest remainder (Hare, Hamilton)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

DIGITS = 6  # after the point: what quantities are kept with
MICRO = 1_000_000  # micro-units in a unit


def largest_remainder(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Whole parts of a whole number, in proportion to the weights; their sum is the total, to the last digit.

    Every part is cut down to a whole number; the units that are left go, one each, to the largest cut-off remainders,
    among equal ones to the first. A negative total is divided like its opposite. A part of weight 0 gets nothing.
    Raises ValueError for a negative weight, or where all are 0 and there is something to divide.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (total and not whole):
        raise ValueError("weights are not negative, and one of them is above 0")
    if not total:
        return [0] * len(weights)
    exact = [Fraction(abs(total)) * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: abs(total) - sum(parts)]:
        parts[place] += 1
    return parts if total > 0 else [-part for part in parts]


def allocate(quantity: Decimal, weights: Mapping[str, Decimal | int]) -> dict[str, Decimal]:
    """What each gets of a quantity, by weight, in micro-units that sum exactly; ties go by name, whatever the order.

    Raises ValueError like `largest_remainder`, and for a quantity with more digits than a micro-unit.
    """
    names = sorted(weights)
    parts = largest_remainder(in_micro(quantity), [Fraction(weights[name]) for name in names])
    shares = {name: from_micro(part) for name, part in zip(names, parts, strict=True)}
    return {name: shares[name] for name in weights}


def in_micro(quantity: Decimal) -> int:
    """A quantity as a whole number of micro-units. Raises ValueError where it is none."""
    micro = Fraction(quantity) * MICRO
    if micro.denominator != 1:
        raise ValueError(f"{quantity} has more than {DIGITS} digits after the point")
    return micro.numerator


def from_micro(micro: int) -> Decimal:
    """The quantity of so many micro-units, exact."""
    digits = tuple(int(digit) for digit in str(abs(micro)))
    return Decimal((int(micro < 0), digits, -DIGITS))


def round_micro(quantity: Fraction) -> int:
    """The nearest whole number of micro-units, halves upwards: rises where the quantity rises."""
    return (2 * quantity.numerator * MICRO + quantity.denominator) // (2 * quantity.denominator)
