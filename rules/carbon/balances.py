"""Balances: what a tank gave, what a stock of refrigerant lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.numbers import plain


@dataclass(frozen=True, slots=True)
class Balance:
    """The quantity, in the unit of what was given, and the sum that it is."""

    quantity: Fraction
    working: str


def tank(opening: Fraction, deliveries: Sequence[Fraction], closing: Fraction) -> Balance:
    """What was used: opening + deliveries - closing. Raises CalculationError for a negative figure or result."""
    _refuse_negative({"opening": opening, "closing": closing, **_numbered("deliveries", deliveries)})
    used = opening + sum(deliveries, Fraction(0)) - closing
    terms = " + ".join(plain(one) for one in (opening, *deliveries))
    working = f"{terms} - {plain(closing)} = {plain(used)}"
    if used < 0:
        message = f"more is left than there ever was: {working}"
        raise CalculationError([Wrong("closing", message, "is a delivery missing, or a level wrong?")])
    return Balance(used, working)


def refrigerant(
    opening: Fraction, closing: Fraction, acquired: Fraction, disbursed: Fraction, capacity_change: Fraction
) -> Balance:
    """What leaked, by mass balance (US EPA 40 CFR 98 subpart DD and the Center for Corporate Climate Leadership).

    (stock at the beginning - at the end) + purchased or charged by others - recovered, sold or sent back - increase of
    the machines' full charge (negative where they shrank). Raises CalculationError for a negative figure or result.
    """
    _refuse_negative({"opening": opening, "closing": closing, "acquired": acquired, "disbursed": disbursed})
    lost = opening - closing + acquired - disbursed - capacity_change
    working = (
        f"{plain(opening)} - {plain(closing)} + {plain(acquired)} - {plain(disbursed)} - ({plain(capacity_change)})"
        f" = {plain(lost)}"
    )
    if lost < 0:
        message = f"more came back than was ever there: {working}"
        raise CalculationError([Wrong("closing", message, "look at the stock, the recovered mass and the full charge")])
    return Balance(lost, working)


def _numbered(name: str, values: Sequence[Fraction]) -> dict[str, Fraction]:
    return {f"{name} {place}": value for place, value in enumerate(values, start=1)}


def _refuse_negative(values: dict[str, Fraction]) -> None:
    wrongs = [Wrong(name, f"must not be negative: {plain(value)}") for name, value in values.items() if value < 0]
    if wrongs:
        raise CalculationError(wrongs)
