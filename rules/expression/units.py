"""Units of numbers: which can be converted into which, and how.

A unit that is not in the table is equal only to itself.
"""

from dataclasses import dataclass
from fractions import Fraction

from rules.expression.names import nearest

_SPELLINGS = (("³", "3"), ("²", "2"), ("℃", "°C"), ("℉", "°F"), ("degC", "°C"), ("degF", "°F"), ("μ", "µ"))

_UNLISTED = "unit "  # begins the dimension of a unit that is not in the table


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: `base = value * factor + offset`, the base being that of its dimension."""

    text: str  # as it was written
    dimension: str
    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    @property
    def has_offset(self) -> bool:
        """True for a temperature: five degrees of difference are not five degrees."""
        return self.dimension == "temperature"

    def is_same(self, other: "Unit") -> bool:
        """True where no conversion is needed."""
        return (self.dimension, self.factor, self.offset) == (other.dimension, other.factor, other.offset)


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value * numerator / denominator + offset`; two steps, so that W to kW is rounded once."""

    numerator: float
    denominator: float
    offset: float

    def apply(self, value: float) -> float:
        """The value in the other unit."""
        return value * self.numerator / self.denominator + self.offset


def _scaled(base: str, factor: str = "1", /, **prefixes: str) -> dict[str, str]:
    return {base: factor} | {prefix + base: factor for prefix, factor in prefixes.items()}


def _per_time(amounts: dict[str, str]) -> dict[str, str]:
    return {f"{name}/{per}": f"{Fraction(f) / n}" for name, f in amounts.items() for per, n in _PERIODS.items()}


_PERIODS = {"s": 1, "min": 60, "h": 3600}
_PER_SECOND = {
    "energy": "power",
    "reactive energy": "reactive power",
    "apparent energy": "apparent power",
    "volume": "flow",
    "normal volume": "normal flow",
    "mass": "mass flow",
    "length": "speed",
}
_ENERGY = {"J": "1", "kJ": "1e3", "MJ": "1e6", "GJ": "1e9", "TJ": "1e12"}
_ELECTRIC = {"Wh": "3600", "kWh": "3600e3", "MWh": "3600e6", "GWh": "3600e9"}
_VOLUME = {"m3": "1", "L": "1/1000", "l": "1/1000", "mL": "1/1000000"}
_MASS = {"mg": "1/1000", "g": "1", "kg": "1e3", "t": "1e6"}
_WORDS = (
    (("sec", "second"), "s"),
    (("minute",), "min"),
    (("hr", "hour"), "h"),
    (("day",), "d"),
    (("percent", "pct"), "%"),
    (("deg", "celsiu", "degree"), "°C"),
)
_TABLE: dict[str, dict[str, str]] = {
    "power": _scaled("W", k="1e3", M="1e6", G="1e9"),
    "reactive power": _scaled("var", k="1e3", M="1e6"),
    "apparent power": _scaled("VA", k="1e3", M="1e6"),
    "energy": _ENERGY | _ELECTRIC,
    "reactive energy": _scaled("varh", "3600", k="3600e3", M="3600e6"),
    "apparent energy": _scaled("VAh", "3600", k="3600e3", M="3600e6"),
    "voltage": _scaled("V", m="1/1000", k="1e3"),
    "current": _scaled("A", m="1/1000", k="1e3"),
    "charge": _scaled("Ah", m="1/1000", k="1e3"),
    "resistance": _scaled("Ω", m="1/1000", k="1e3", M="1e6"),
    "frequency": _scaled("Hz", m="1/1000", k="1e3", M="1e6"),
    "rotation": {"rpm": "1", "r/min": "1"},
    "ratio": {"%": "1/100", "‰": "1/1000", "ppm": "1/1000000", "ppb": "1/1000000000"},
    "pressure": _scaled("Pa", h="1e2", k="1e3", M="1e6") | {"mbar": "1e2", "bar": "1e5"},
    "volume": _VOLUME,
    "normal volume": {"Nm3": "1"},
    "flow": _per_time(_VOLUME),
    "normal flow": _per_time({"Nm3": "1"}),
    "mass": _MASS,
    "mass flow": _per_time(_MASS),
    "concentration": {"g/m3": "1", "mg/m3": "1/1000", "µg/m3": "1/1000000", "mg/L": "1", "g/L": "1000"},
    "normal concentration": {"mg/Nm3": "1"},
    "illuminance": _scaled("lx", k="1e3"),
    "irradiance": _scaled("W/m2", k="1e3"),
    "length": {"mm": "1/1000", "cm": "1/100", "m": "1", "km": "1000"},
    "speed": {"m/s": "1", "km/h": "5/18"},
    "time": {"ms": "1/1000", "s": "1", "min": "60", "h": "3600", "d": "86400"},
    "coal equivalent": {"kgce": "1", "tce": "1000"},
}
_TEMPERATURES = (
    Unit("K", "temperature"),
    Unit("°C", "temperature", Fraction(1), Fraction("273.15")),
    Unit("°F", "temperature", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
)
_KNOWN = {text: Unit(text, name, Fraction(factor)) for name, row in _TABLE.items() for text, factor in row.items()}
_KNOWN |= {unit.text: unit for unit in _TEMPERATURES}


def per_second(unit: Unit) -> Unit:
    """The unit of a rate: kWh a second are a power; of a temperature it is `°C/s`, and goes with nothing but such."""
    text = f"{unit.text or 1}/s"
    if unit.dimension.startswith(_UNLISTED):
        return Unit(text, f"{unit.dimension}/s")
    return Unit(text, _PER_SECOND.get(unit.dimension, f"{unit.dimension} per s"), unit.factor)


def _rates() -> dict[str, Unit]:
    """Amounts of the table per s, min and h, as far as they are not in it."""
    return {
        f"{text}/{period}": Unit("", rate.dimension, rate.factor / seconds)
        for text, unit in _KNOWN.items()
        if "/" not in text and unit.dimension != "time"
        for rate in (per_second(unit),)
        for period, seconds in _PERIODS.items()
    }


_KNOWN = _rates() | _KNOWN

SECONDS = _KNOWN["s"]
HOURS = _KNOWN["h"]
PERCENT = _KNOWN["%"]
RATIO = Unit("", "ratio")  # one quantity divided by another of its dimension


def _plain_spelling(text: str) -> str:
    for written, plain in _SPELLINGS:
        text = text.replace(written, plain)
    return text


def is_known(text: str) -> bool:
    """True where the unit is in the table, in any of its spellings."""
    return _plain_spelling(text) in _KNOWN


def unit_of(text: str) -> Unit | None:
    """The unit of this text; `None` for no text: a number without a unit."""
    if not text.strip():
        return None
    found = _KNOWN.get(_plain_spelling(text.strip()))
    if found is None:
        return Unit(text, _UNLISTED + _plain_spelling(text.strip()))
    return Unit(text, found.dimension, found.factor, found.offset)


def spellings() -> list[str]:
    """Every way in which a unit of the table can be written, the longest first."""
    written = set(_KNOWN)
    for text in _KNOWN:
        written |= {text.replace(plain, other) for other, plain in _SPELLINGS}
    return sorted(written, key=lambda text: (-len(text), text))


def nearest_unit(text: str) -> str:
    """A hint that names the unit which was likely meant, empty where none is near."""
    meant = next((unit for words, unit in _WORDS if text.lower().rstrip("s") in words), None)
    return f"did you mean `{meant}`?" if meant else nearest(text, spellings())


def convert(value: float, source: Unit, target: Unit, *, is_difference: bool = False) -> int | float:
    """A constant in another unit, rounded once. Whole numbers stay whole where the result is one and was one."""
    exact = Fraction(str(value)) * source.factor
    if not is_difference:
        exact += source.offset - target.offset
    exact /= target.factor
    return int(exact) if isinstance(value, int) and exact.denominator == 1 else float(exact)


def conversion(source: Unit, target: Unit, *, is_difference: bool = False) -> Conversion:
    """The same for values that are not known yet."""
    factor = source.factor / target.factor
    offset = Fraction(0) if is_difference else (source.offset - target.offset) / target.factor
    return Conversion(float(factor.numerator), float(factor.denominator), float(offset))
