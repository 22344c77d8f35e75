"""The incomer against the sum of its sub-meters: what nobody explains, and whether the meters' accuracy does."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt

from rules.energy.allocation import from_micro, in_micro, round_micro


@dataclass(frozen=True, slots=True)
class Balance:
    """A reconciliation. All quantities in the unit of the meters."""

    supplied: Decimal | None  # by the incomer
    metered: Decimal | None  # by the sub-meters; `None` where one of them is missing
    unexplained: Decimal | None  # supplied less metered: loss, what has no meter, wrong meters; may be negative
    percent: Decimal | None  # of the supply, six digits, halves upwards
    uncertainty: Decimal | None  # of the difference, 95 %; `None` where no accuracy was declared
    missing: tuple[str, ...]  # meters without a quantity

    @property
    def is_explained(self) -> bool | None:
        """True where the difference lies within the meters' accuracy; `None` where that cannot be said."""
        if self.unexplained is None or self.uncertainty is None:
            return None
        return abs(self.unexplained) <= self.uncertainty


def balance(
    incomer: tuple[str, Decimal | None],
    meters: Mapping[str, Decimal | None],
    accuracy: Mapping[str, Decimal] | None = None,
) -> Balance:
    """Reconcile one period. `accuracy`: percent of the quantity at 95 %, by meter; all of them or none.

    Raises ValueError where the incomer is among the sub-meters (it would count twice), or an accuracy is missing.
    """
    name, supplied = incomer
    if name in meters:
        raise ValueError(f"{name} is the incomer and cannot be one of its sub-meters")
    every = {name: supplied, **meters}
    missing = tuple(meter for meter, quantity in every.items() if quantity is None)
    parts = {meter: in_micro(quantity) for meter, quantity in meters.items() if quantity is not None}
    metered = from_micro(sum(parts.values())) if len(parts) == len(meters) else None
    if supplied is None or metered is None:
        return Balance(supplied, metered, None, None, None, missing)
    left = in_micro(supplied) - sum(parts.values())
    percent = from_micro(round_micro(Fraction(left * 100, in_micro(supplied)))) if supplied else None
    uncertainty = _uncertainty({name: in_micro(supplied), **parts}, accuracy) if accuracy else None
    return Balance(supplied, metered, from_micro(left), percent, uncertainty, missing)


def _uncertainty(quantities: Mapping[str, int], accuracy: Mapping[str, Decimal]) -> Decimal:
    """Root of the sum of squares of the absolute uncertainties, rounded up (IPCC 2006, vol. 1, ch. 3, equation 3.2)."""
    if lacking := sorted(set(quantities) - set(accuracy)):
        raise ValueError(f"no accuracy for {', '.join(lacking)}")
    squares = sum((quantity * Fraction(accuracy[meter]) / 100) ** 2 for meter, quantity in quantities.items())
    whole = -(-Fraction(squares).numerator // Fraction(squares).denominator)
    root = isqrt(whole)
    return from_micro(root + (root * root < whole))
