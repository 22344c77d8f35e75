"""Numbers: exact decimal text in, exact fractions inside, half-up rounding at print.

The rounding rule: every step is exact; a printed mass or energy has six decimals, ROUND_HALF_UP (away from zero).
An entry of the ledger is rounded once, in the same way, to nine decimals of a kilogram. Printed parts need not sum to a
printed total; the exact fraction stands beside it. (Rounding that feeds back cannot be recomputed.)
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction

PLACES = 6
RULE = f"exact fractions inside; printed values rounded half up at {PLACES} decimals, nothing rounded is used again"
EXACT = Context(prec=1000, traps=[Inexact])  # the usual one rounds sums, signs and zeros at 28 digits
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][-+]?[0-9]{1,2})?")


def number(text: str) -> Fraction | None:
    """The exact value of a decimal number; `None` for a text that is none."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def rounded(value: Fraction, places: int) -> Decimal:
    """The nearest number with so many decimals; halves away from zero (ROUND_HALF_UP), never as -0."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(map(int, str(whole)))
    return Decimal((int(value < 0 and whole > 0), digits, -places))


def added(values: Iterable[Decimal]) -> Decimal:
    """The exact sum, however large and small they are."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def shown(value: Fraction, places: int = PLACES) -> str:
    """Decimal text with at most `places` decimals, half up, without trailing zeros."""
    text = format(rounded(value, places), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def about(value: Fraction) -> str:
    """The printed value, marked with `~` where it is not all of it."""
    text = shown(value)
    return text if Fraction(text) == value else f"~{text}"


def plain(value: Fraction) -> str:
    """The value itself: decimal text where it has an end, else `n/d`."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return shown(value, max(twos, fives)) if rest == 1 else f"{value.numerator}/{value.denominator}"


def root(value: Fraction) -> Fraction:
    """The square root to 28 digits: uncertainties are the only values that are not exact."""
    with localcontext(Context(prec=28, rounding=ROUND_HALF_UP)):
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())
