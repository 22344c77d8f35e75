"""Intensities: emissions per output value, added value, area, product, employee, tce."""

from decimal import Decimal
from fractions import Fraction

from rules.carbon.numbers import rounded

PLACES = 6


def intensity(kg: Decimal, denominator: Decimal, what: str) -> Decimal:
    """kg CO2e per unit of the denominator, six decimals, half up. Raises ValueError where it is not above 0."""
    if denominator <= 0:
        raise ValueError(f"{what} is {denominator:f}: an intensity needs a denominator above 0")
    return rounded(Fraction(kg) / Fraction(denominator), PLACES)
