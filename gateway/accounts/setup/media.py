"""What flows through a meter and which way, as far as unit, kind and names say it."""

from gateway.config.accountplan import Direction, Medium
from gateway.core.device import MeterRole
from rules.carbon.units import UNITS, UnknownUnit
from rules.carbon.units import Dimension as CarbonDimension
from rules.carbon.units import unit as carbon_unit
from rules.expression.units import unit_of

_ACCOUNTED = ("energy", "reactive energy", "volume", "normal volume", "mass")
_GAS_VOLUMES = (CarbonDimension.GAS_0C, CarbonDimension.GAS_15C, CarbonDimension.GAS_20C)
_WORDS: dict[str, tuple[tuple[str, Medium], ...]] = {
    "energy": (
        ("steam", Medium.STEAM),
        ("cool", Medium.COOLING),
        ("chill", Medium.COOLING),
        ("heat", Medium.HEAT),
    ),
    "volume": (
        ("gas_", Medium.GAS),
        ("gas-", Medium.GAS),
        ("steam", Medium.STEAM),
        ("diesel", Medium.FUEL),
        ("fuel", Medium.FUEL),
        ("oil", Medium.FUEL),
        ("petrol", Medium.FUEL),
        ("water", Medium.WATER),
    ),
    "mass": (
        ("steam", Medium.STEAM),
        ("diesel", Medium.FUEL),
        ("fuel", Medium.FUEL),
        ("coal", Medium.FUEL),
        ("lpg", Medium.FUEL),
    ),
}
_THERMAL_UNITS = ("J", "kJ", "MJ", "GJ", "TJ")


def is_accounted(unit: str) -> bool:
    """True where a counter of this unit is a meter without being declared: energy, reactive energy, volume, mass."""
    return _dimension(unit) in _ACCOUNTED


def medium_of(unit: str, kind: str, point: str) -> Medium:
    """The medium; `other` where nothing tells."""
    dimension = _dimension(unit)
    if dimension == "normal volume":
        return Medium.GAS
    speaks = dimension != "energy" or "meter" in kind  # a heat pump and a chiller count electricity
    for text in (f"{point}_", f"{kind}_" * speaks):  # the point knows better: a boiler has a gas and a water register
        for word, medium in _WORDS.get(dimension, ()):
            if word in text:
                return medium
    if dimension == "energy":
        return Medium.HEAT if unit.strip() in _THERMAL_UNITS else Medium.ELECTRICITY
    return Medium.OTHER


def direction_of(medium: Medium, role: MeterRole | None, point: str) -> Direction:
    """The direction by the point's name and the device's role."""
    if "export" in point:
        return Direction.EXPORT
    is_made_here = role is MeterRole.PV or "generat" in point
    return Direction.GENERATION if medium is Medium.ELECTRICITY and is_made_here else Direction.IMPORT


def _dimension(text: str) -> str:
    unit = unit_of(text)
    if unit is None:
        return ""
    try:
        found = UNITS[carbon_unit(text).name].dimension
    except UnknownUnit:
        return unit.dimension
    return "normal volume" if found in _GAS_VOLUMES else unit.dimension
