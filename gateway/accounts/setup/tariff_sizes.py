"""Prices that are possible and hardly meant: a comma at the wrong place, fen for yuan, a feed-in that is paid for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from rules.energy.tariff.tariff import Tariff

_CNY_OF = {"JPY": Decimal("0.05"), "KRW": Decimal("0.005"), "VND": Decimal("0.0003"), "THB": Decimal("0.2"),
           "INR": Decimal("0.08"), "TWD": Decimal("0.2")}  # fmt: skip
"""About what one of a currency is worth; 1 for the others: only the order of size matters."""
_MOST_PER_KWH = Decimal(10)  # CNY; the dearest hours of a spot market are a tenth of it
_MOST_PER_KW = Decimal(1000)  # CNY per kW, or kVA, and month; China's are 20 to 60
_MOST_PER_MONTH = Decimal(10_000_000)  # CNY


class Unusual(NamedTuple):
    """What should be looked at, and where it stands in the entry."""

    path: tuple[str | int, ...]
    message: str
    hint: str


def unusual(tariff: Tariff) -> list[Unusual]:
    """The prices of a tariff that should be looked at."""
    scale = _CNY_OF.get(tariff.currency, Decimal(1))
    found = []
    for path, what, price, most in _prices(tariff):
        if abs(price) * scale > most:
            hint = f"is it in {tariff.currency}, with the point at the right place?"
            found.append(Unusual(path, f"tariff `{tariff.id}`: {what} of {price:f} {tariff.currency}: so much?", hint))
        elif price < 0:
            hint = "right where it is given back; else remove the sign"
            found.append(
                Unusual(path, f"tariff `{tariff.id}`: {what} of {price:f} {tariff.currency} is negative", hint)
            )
    return found


def _prices(tariff: Tariff) -> Iterator[tuple[tuple[str | int, ...], str, Decimal, Decimal]]:
    told: set[tuple[str, Decimal]] = set()
    for place, times in enumerate(tariff.times):
        for band, price in times.prices:
            if (band.value, price) not in told:  # the same price of several seasons is one
                told.add((band.value, price))
                yield ("times", place, "prices", band.value), f"a {band} price per kWh", price, _MOST_PER_KWH
    if tariff.demand is not None:
        yield ("demand", "price"), "a demand price per kW or kVA and month", tariff.demand.price, _MOST_PER_KW
    for place, one in enumerate(tariff.funds):
        yield ("funds", place, "per_kwh"), "a charge per kWh", one.price, _MOST_PER_KWH
    for place, one in enumerate(tariff.fixed):
        yield ("fixed", place, "per_month"), "a charge per month", one.price, _MOST_PER_MONTH
    for place, cost in enumerate(tariff.common):
        yield ("common", place, "per_month"), "a common cost per month", cost.per_month, _MOST_PER_MONTH
    for name, given in (("self_use", tariff.self_use), ("feed_in", tariff.feed_in)):
        if given is not None:
            yield (name,), f"`{name}` per kWh", given, _MOST_PER_KWH
