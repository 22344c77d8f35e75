"""Units of activity data: exact sizes, and dimensions that keep apart what must never be mixed.

Energy of fuels on the net and on the gross heating value, volumes of gas at different reference conditions, and coal
equivalents by calorific value (当量值) and by primary energy (等价值) are dimensions of their own: between them
stands a statement of the description (`rules.carbon.bridge`), never this table.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction


class Dimension(StrEnum):
    """What a unit measures."""

    MASS = "mass"
    VOLUME = "volume"
    GAS_0C = "gas volume at 0 degC, 101.325 kPa"
    GAS_15C = "gas volume at 15 degC, 101.325 kPa"
    GAS_20C = "gas volume at 20 degC, 101.325 kPa"
    ENERGY = "electricity or heat"
    ENERGY_NET = "fuel energy, net heating value"
    ENERGY_GROSS = "fuel energy, gross heating value"
    COAL_CALORIFIC = "coal equivalent, calorific (当量值)"
    COAL_PRIMARY = "coal equivalent, primary (等价值)"
    DISTANCE = "distance"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `size` in the base unit of its dimension (kg, m3, MJ, kgce, km, m2)."""

    name: str
    dimension: Dimension
    size: Fraction

    def __str__(self) -> str:
        return self.name


_ENERGY = {
    "J": "1e-6", "kJ": "1e-3", "MJ": "1", "GJ": "1e3", "TJ": "1e6",
    "Wh": "0.0036", "kWh": "3.6", "MWh": "3600", "GWh": "3.6e6", "万kWh": "36000",
}  # fmt: skip
_BTU = "1055.05585262"  # MJ of 1e6 Btu: the International Table Btu, 1055.05585262 J
_SIZES: dict[Dimension, dict[str, str]] = {
    Dimension.MASS: {
        "mg": "1e-6", "g": "1e-3", "kg": "1", "t": "1e3", "kt": "1e6", "万t": "1e7",
        "lb": "0.45359237",  # international pound, 1959
    },
    Dimension.VOLUME: {
        "mL": "1e-6", "L": "1e-3", "m3": "1", "1e4m3": "1e4", "USgal": "0.003785411784", "UKgal": "0.00454609",
    },
    Dimension.GAS_0C: {"Nm3": "1", "1e4Nm3": "1e4"},
    Dimension.GAS_15C: {"m3(15C)": "1", "1e4m3(15C)": "1e4"},
    Dimension.GAS_20C: {"m3(20C)": "1", "1e4m3(20C)": "1e4"},
    Dimension.ENERGY: _ENERGY,
    Dimension.ENERGY_NET: {f"{name}(net)": size for name, size in _ENERGY.items()} | {"mmBtu(net)": _BTU},
    Dimension.ENERGY_GROSS: {f"{name}(gross)": size for name, size in _ENERGY.items()} | {"mmBtu(gross)": _BTU},
    Dimension.COAL_CALORIFIC: {"kgce(calorific)": "1", "tce(calorific)": "1e3"},
    Dimension.COAL_PRIMARY: {"kgce(primary)": "1", "tce(primary)": "1e3"},
    Dimension.DISTANCE: {"m": "1e-3", "km": "1", "mile": "1.609344"},
    Dimension.AREA: {"m2": "1", "ha": "1e4"},
}  # fmt: skip
UNITS = {
    name: Unit(name, dimension, Fraction(size)) for dimension, sizes in _SIZES.items() for name, size in sizes.items()
}
_ALSO = {
    "tonne": "t", "tonnes": "t", "吨": "t", "千克": "kg", "公斤": "kg", "l": "L", "litre": "L", "litres": "L",
    "升": "L",
    "m³": "m3", "立方米": "m3", "Nm³": "Nm3", "万Nm3": "1e4Nm3", "万Nm³": "1e4Nm3", "万m3": "1e4m3", "度": "kWh",
    "千瓦时": "kWh", "兆瓦时": "MWh", "吉焦": "GJ", "US gal": "USgal", "US gallon": "USgal", "m²": "m2", "公里": "km",
    "kgce(当量值)": "kgce(calorific)", "tce(当量值)": "tce(calorific)", "kgce(等价值)": "kgce(primary)",
    "tce(等价值)": "tce(primary)",
}  # fmt: skip
_AMBIGUOUS = {
    "tce": "write `tce(calorific)` for 当量值 or `tce(primary)` for 等价值",
    "kgce": "write `kgce(calorific)` for 当量值 or `kgce(primary)` for 等价值",
    "mmBtu": "write `mmBtu(net)` or `mmBtu(gross)`: which heating value?",
    "Sm3": "write `m3(15C)` or `m3(20C)`: which reference temperature?",
    "gal": "write `USgal` or `UKgal`",
    "ton": "write `t` (1000 kg)",
}
_BASES = {"hhv": "gross", "gcv": "gross", "grosscv": "gross", "lhv": "net", "ncv": "net", "netcv": "net"}


class UnknownUnit(ValueError):
    """A text that is no unit; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def unit(text: str) -> Unit:
    """The unit of this name: `kWh`, `TJ(net)`, `1e4Nm3`, `吨`. Raises UnknownUnit with what was probably meant."""
    name = re.sub(r"\s+", " ", text.strip())
    found = UNITS.get(_ALSO.get(name, name)) or UNITS.get(_spelt(name))
    if found is not None:
        return found
    if name in _AMBIGUOUS:
        raise UnknownUnit(f"`{name}` can mean two things", _AMBIGUOUS[name])
    close = get_close_matches(name, [*UNITS, *_ALSO], n=1, cutoff=0.6)
    raise UnknownUnit(
        f"unknown unit `{name[:40]}`", f"did you mean `{close[0]}`?" if close else "for example kWh, t, Nm3"
    )


def _spelt(name: str) -> str:
    """`TJ (net)`, `kWh (Gross CV)`, `mmBtu (HHV)` as they are spelt here."""
    match = re.fullmatch(r"(\S+?) ?\(([A-Za-z ]+)\)", name)
    if match is None:
        return name
    basis = match[2].replace(" ", "").lower()
    return f"{match[1]}({_BASES.get(basis, basis)})"


def converted(value: Fraction, of: Unit, to: Unit) -> Fraction:
    """The value in another unit of the same dimension, exactly. Raises UnknownUnit for another dimension."""
    if of.dimension is not to.dimension:
        raise UnknownUnit(
            f"{of} ({of.dimension}) is not {to} ({to.dimension})", "a conversion between them must be stated"
        )
    return value * of.size / to.size


def units_of(dimension: Dimension) -> list[str]:
    """The names of the units of a dimension."""
    return list(_SIZES[dimension])
