"""Values that people write, in the unit of the register or of account: exact, or not at all."""

from decimal import Decimal
from fractions import Fraction

from gateway.accounts.books import Meter
from rules.energy.reading import plain_text
from rules.expression.units import unit_of


def own_unit(meter: Meter, value: str, unit: str) -> str | None:
    """A register value in the register's own unit, as exact text; `None` where that cannot be."""
    exact = in_unit(Decimal(value), unit or meter.spec.unit, meter.spec.unit)
    return None if exact is None else exact_text(exact)


def in_unit(value: Decimal, of: str, to: str) -> Fraction | None:
    """The value in another unit, exactly; `None` where that cannot be."""
    if of == to:
        return Fraction(value)
    source, target = unit_of(of), unit_of(to)
    if source is None or target is None or source.dimension != target.dimension or source.has_offset:
        return None
    return Fraction(value) * source.factor / target.factor


def exact_text(exact: Fraction) -> str | None:
    """Decimal text of at most twelve decimals; `None` where that is not all of it."""
    scaled = exact * 10**12
    if scaled.denominator != 1 or abs(scaled) >= 10**28:
        return None
    return plain_text(Decimal(int(scaled)).scaleb(-12))
