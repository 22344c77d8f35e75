"""From the unit of a quantity to the unit of a factor: only over what the description states.

Bridges: a heating value (mass or volume to energy), a density (volume to mass), an enthalpy (mass of steam to heat),
the ratio of net to gross heating value, and the ideal gas law between reference temperatures. Each is used at most
once, in either direction; the shortest way is taken.
"""

from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction

from rules.carbon.description import Description, Stated
from rules.carbon.numbers import plain
from rules.carbon.uncertainty import of_sum
from rules.carbon.units import UNITS, Dimension

_KELVIN = {
    Dimension.GAS_0C: Fraction("273.15"),
    Dimension.GAS_15C: Fraction("288.15"),
    Dimension.GAS_20C: Fraction("293.15"),
}


@dataclass(frozen=True, slots=True)
class Bridge:
    """A way between two dimensions: base units of `to` for one base unit of `of`."""

    field: str  # of the description; empty: it comes with the factor
    of: Dimension
    to: Dimension
    ratio: Fraction
    text: str
    uncertainty_percent: Fraction | None

    def turned(self) -> "Bridge":
        """The same way back."""
        return Bridge(self.field, self.to, self.of, 1 / self.ratio, f"1/({self.text})", self.uncertainty_percent)


def heating(stated: Stated, field: str = "heating_value") -> Bridge:
    """Mass or volume to fuel energy: `42.652 GJ(net)/t`. Also a density: `840 kg/m3`."""
    assert stated.unit is not None
    assert stated.per is not None
    ratio = stated.value * stated.unit.size / stated.per.size
    return Bridge(field, stated.per.dimension, stated.unit.dimension, ratio, stated.text, stated.uncertainty_percent)


def steam(enthalpy: Stated, feed_water: Stated | None) -> Bridge:
    """Mass of steam to heat, `2778 kJ/kg`; less the enthalpy of the feed water, where one is stated."""
    bridge = heating(enthalpy, "enthalpy")
    if feed_water is None:
        return bridge
    deducted = heating(feed_water).ratio
    pairs = [(bridge.ratio, enthalpy.uncertainty_percent), (-deducted, feed_water.uncertainty_percent)]
    text = f"({enthalpy.text} - {feed_water.text})"
    return replace(bridge, ratio=bridge.ratio - deducted, text=text, uncertainty_percent=of_sum(pairs))


def steam_heat(description: Description) -> Stated | None:
    """The heat of a mass of steam whose enthalpy is stated; `None` for anything else."""
    quantity, enthalpy = description.quantity, description.enthalpy
    if enthalpy is None or quantity.unit is None or quantity.unit.dimension is not Dimension.MASS:
        return None
    bridge = steam(enthalpy, description.feed_water)
    return replace(quantity, value=quantity.value * quantity.unit.size * bridge.ratio, unit=UNITS["MJ"])


def stated_bridges(description: Description) -> list[Bridge]:
    """The bridges that a description allows."""
    found = []
    if description.heating_value is not None:
        found.append(heating(description.heating_value))
    if description.density is not None:
        found.append(heating(description.density, "density"))
    if description.enthalpy is not None:
        found.append(steam(description.enthalpy, description.feed_water))
    if (ratio := description.gross_to_net) is not None:
        text = f"{ratio.text} net/gross"
        found.append(
            Bridge(
                "gross_to_net", Dimension.ENERGY_GROSS, Dimension.ENERGY_NET, ratio.value, text,
                ratio.uncertainty_percent,
            )
        )  # fmt: skip
    if description.reference_conditions == "ideal_gas":
        found += _gas_law()
    return found


def _gas_law() -> list[Bridge]:
    """V1 / V0 = T1 / T0 at the same pressure (101.325 kPa at every one of the three references)."""
    found = []
    for of, warm in _KELVIN.items():
        for to, cold in _KELVIN.items():
            if warm > cold:
                text = f"{plain(cold)} K/{plain(warm)} K"
                found.append(Bridge("reference_conditions", of, to, cold / warm, text, Fraction(0)))
    return found


def way(bridges: list[Bridge], start: Dimension, goal: Dimension) -> list[Bridge] | None:
    """The shortest way over the bridges; `[]` where none is needed, `None` where there is none."""
    queue: deque[tuple[Dimension, tuple[Bridge, ...]]] = deque([(start, ())])
    seen = {start}
    while queue:
        at, path = queue.popleft()
        if at is goal:
            return list(path)
        for bridge in (*bridges, *(one.turned() for one in bridges if one.ratio)):
            if bridge.of is at and bridge.to not in seen:
                seen.add(bridge.to)
                queue.append((bridge.to, (*path, bridge)))
    return None
