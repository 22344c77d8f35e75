"""Base year: how far emissions went since, and whether it has to be recalculated (GHG Protocol ch. 5, app. E)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from rules.carbon.numbers import rounded

PERCENT_PLACES = 2


class Cause(StrEnum):
    """Why a base year may be another one today."""

    STRUCTURE = "structure"  # merger, divestment, in- and outsourcing of what existed in the base year
    METHOD = "method"  # of calculation, or better factors
    ERROR = "error"  # or several that are significant together
    GROWTH = "growth"  # organic growth or decline, a plant that did not exist in the base year: never


@dataclass(frozen=True, slots=True)
class Change:
    """What one cause would change in the base year's total, kg."""

    cause: Cause
    kg: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """Whether the base year is to be recalculated. `percent` of its total; `None` where that is 0."""

    is_due: bool
    changed_kg: Decimal  # the sum of the amounts, each without its sign
    percent: Decimal | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two totals. `percent` of the first; `None` where that is 0."""

    before_kg: Decimal
    after_kg: Decimal
    difference_kg: Decimal
    percent: Decimal | None


def compared(before_kg: Decimal, after_kg: Decimal) -> Comparison:
    """A period against an earlier one or the base year."""
    return Comparison(before_kg, after_kg, after_kg - before_kg, _percent(after_kg - before_kg, before_kg))


def recalculation(base_kg: Decimal, changes: Iterable[Change], threshold_percent: Decimal) -> Trigger:
    """Due from the threshold on; changes count together and without their signs, so that none hides another.

    Organic growth and decline do not count.
    """
    counting = [one for one in changes if one.cause is not Cause.GROWTH and one.kg]
    changed = sum((abs(one.kg) for one in counting), Decimal(0))
    is_due = changed > 0 and Fraction(changed) * 100 >= Fraction(threshold_percent) * abs(Fraction(base_kg))
    reasons = tuple(f"{one.cause}: {one.reason}" for one in counting)
    return Trigger(is_due, changed, _percent(changed, base_kg), reasons)


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return rounded(Fraction(part) * 100 / abs(Fraction(whole)), PERCENT_PLACES) if whole else None
