"""Uncertainty by approach 1 of IPCC 2006 Guidelines Vol. 1 ch. 3: error propagation, 95 %, in percent.

Equation 3.1 for products, equation 3.2 for sums. The quantity of one calculation is shared by its gases, so the sum is
taken over the factors and multiplied with the quantity once. GWPs carry none, as in the guidelines. Where one term has
no uncertainty there is no combined one: nothing is assumed.
"""

from collections.abc import Sequence
from fractions import Fraction

from rules.carbon.numbers import root


def of_product(terms: Sequence[Fraction | None]) -> Fraction | None:
    """Equation 3.1: the root of the sum of squares; `None` where a term has none."""
    known = [term for term in terms if term is not None]
    return root(sum((term * term for term in known), Fraction(0))) if len(known) == len(terms) else None


def of_sum(parts: Sequence[tuple[Fraction, Fraction | None]]) -> Fraction | None:
    """Equation 3.2 for (amount, percent) pairs; `None` where a part has none, or the amounts add up to nothing."""
    total = sum((amount for amount, _ in parts), Fraction(0))
    if total == 0 or any(percent is None for _, percent in parts):
        return None
    squares = sum(((amount * (percent or 0)) ** 2 for amount, percent in parts), Fraction(0))
    return root(squares) / abs(total)
