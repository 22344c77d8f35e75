"""Numbers as reports print them: rounded half up once for print, with thousands separated; sums are of exact values."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

TONNE_PLACES = 3  # of t CO2e
GAS_PLACES = 6  # of a gas in t: a gram
_DIGITS = 60  # more than any figure has: nothing is lost on the way


def printed(number: str | None, places: int | None = None) -> str:
    """A decimal text with thousands separated; rounded to places, or as it is."""
    if number is None:
        return "–"
    value = Decimal(number)
    if places is not None:
        with localcontext() as context:
            context.prec = _DIGITS
            value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{value:,f}".replace("-", "−")


def tonnes(kg: str | None, places: int = TONNE_PLACES) -> str:
    """Kilograms in t."""
    return printed(None if kg is None else moved(kg), places)


def moved(kg: str) -> str:
    """Kilograms in t, every digit."""
    with localcontext() as context:
        context.prec = _DIGITS
        return format(Decimal(kg).scaleb(-3), "f")


def percent(value: str | None) -> str:
    """With two decimals."""
    return "–" if value is None else f"{printed(value, 2)} %"
