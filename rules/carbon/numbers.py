"""Numbers: exact decimal text in, exact fractions inside, half-even rounding at print.

The rounding rule, the only one there is: every step is exact; a printed mass or energy has six decimals, half to even.
Printed parts need not sum to a printed total; the exact fraction stands beside it. (Knowledge of auditors: rounding
that feeds back cannot be recomputed.)
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

PLACES = 6
RULE = (
    f"exact fractions inside; printed values rounded half to even at {PLACES} decimals, nothing rounded is used again"
)
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][-+]?[0-9]{1,2})?")


def number(text: str) -> Fraction | None:
    """The exact value of a decimal number; `None` for a text that is none."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def shown(value: Fraction, places: int = PLACES) -> str:
    """Decimal text with at most `places` decimals, half to even, without trailing zeros."""
    scaled = value * 10**places
    whole = round(scaled)  # of a Fraction: half to even
    with localcontext(Context(prec=max(28, len(str(abs(whole))) + 2), rounding=ROUND_HALF_EVEN)):
        text = format(Decimal(whole).scaleb(-places), "f")
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
    with localcontext(Context(prec=28, rounding=ROUND_HALF_EVEN)):
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())
