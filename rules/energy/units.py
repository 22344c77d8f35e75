"""The unit in which the quantities of a register are accounted, and the exact factor to it."""

from fractions import Fraction

from rules.expression.units import unit_of

_ACCOUNTED = {
    "energy": "kWh",
    "reactive energy": "kvarh",
    "apparent energy": "kVAh",
    "volume": "m3",
    "normal volume": "Nm3",
    "mass": "kg",
    "time": "h",
    "charge": "Ah",
}


def accounted(register_unit: str) -> tuple[str, Fraction]:
    """The unit of account and `quantity = register difference * factor`; an unknown unit (`pieces`) stays itself."""
    unit = unit_of(register_unit)
    target = unit_of(_ACCOUNTED.get(unit.dimension, "")) if unit else None
    if unit is None or target is None:
        return register_unit.strip(), Fraction(1)
    return target.text, unit.factor / target.factor
