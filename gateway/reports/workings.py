"""How an entry's figures follow from its quantity and its factors, as one product that a spreadsheet can calculate.

Quantity x factor values x a constant (of units, of carbon to CO2), rounded to nine decimals. A product stands for an
entry only where it gives the entry's own figure to the last digit; any other entry shows its value and its working.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from math import isclose, prod
from typing import Any

from rules.carbon.inventory.valuation import KG_PLACES
from rules.carbon.numbers import rounded

Document = Mapping[str, Any]
MOST_FACTORS = 4  # in one product
_GWP = "CO2e_of_"  # of a factor that turns a gas into CO2e
_TENS = 12
_NEAR = 1e-3  # of a constant that is worth exact arithmetic
_BASES = (("1", Fraction(1)), ("44/12", Fraction(44, 12)), ("3.6", Fraction(18, 5)), ("1/3.6", Fraction(5, 18)))


@dataclass(frozen=True, slots=True)
class Product:
    """What is multiplied; factors by id, the constant as a spreadsheet writes it."""

    factors: tuple[str, ...]
    gwp: str  # id of the factor; empty: 1
    constant: str
    has_co2e: bool


def product_of(entry: Document, factors: Mapping[str, Document]) -> Product | None:
    """The product that gives mass and CO2e of an entry exactly, where there is one."""
    used = [factors[name] for name in entry["factors"] if name in factors]
    if len(used) != len(entry["factors"]) or entry["reverses"]:
        return None
    gwp = [one for one in used if one["gas"].startswith(_GWP)]
    plain = [one for one in used if one not in gwp]
    if not 1 <= len(plain) <= MOST_FACTORS or len(gwp) > 1:
        return None
    values, weights = _values(plain), _values(gwp)
    if values is None or weights is None or not Decimal(entry["quantity"]):
        return None
    raw = Fraction(entry["quantity"]) * prod(values)
    constant = _constant(raw, Decimal(entry["mass_kg"]))
    if constant is None:
        return None
    text, size = constant
    co2e = entry["co2e_kg"]
    if co2e is not None and rounded(raw * size * prod(weights), KG_PLACES) != Decimal(co2e):
        return None
    return Product(tuple(one["id"] for one in plain), gwp[0]["id"] if gwp else "", text, co2e is not None)


def _values(found: Sequence[Document]) -> list[Fraction] | None:
    try:
        return [Fraction(Decimal(one["value"])) for one in found]
    except InvalidOperation:
        return None  # a value that is a fraction: 44/12


def _constant(raw: Fraction, mass: Decimal) -> tuple[str, Fraction] | None:
    if not raw or not mass:
        return None
    target = float(mass) / float(raw)
    near = ((text, size) for text, size, value in _constants() if isclose(value, target, rel_tol=_NEAR))
    return next(((text, size) for text, size in near if rounded(raw * size, KG_PLACES) == mass), None)


@cache
def _constants() -> tuple[tuple[str, Fraction, float], ...]:
    """As text, exactly and nearly; small ones first: those that stand in a working."""
    found = []
    for power in sorted(range(-_TENS, _TENS + 1), key=abs):
        ten = format(Decimal(1).scaleb(power), "f")
        for text, size in _BASES:
            shown = ten if text == "1" else text if power == 0 else f"{text}*{ten}"
            whole = size * Fraction(10) ** power
            found.append((shown, whole, float(whole)))
    return tuple(found)
