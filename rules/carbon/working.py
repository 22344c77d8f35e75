"""The working of a calculation: the quantity brought to the factor's unit, each step as a line with its source."""

from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.bridge import Bridge
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Factor
from rules.carbon.numbers import about, plain
from rules.carbon.result import Result
from rules.carbon.selection import FactorSet
from rules.carbon.units import UNITS, Dimension, Unit, converted


@dataclass(frozen=True, slots=True)
class Working:
    """What one calculation works with; steps and the values that were used go to its result."""

    description: Description
    catalogue: Catalogue
    result: Result

    def say(self, text: str, of: Factor | Stated | None = None) -> None:
        """A line of the working, with where its value comes from."""
        if isinstance(of, Factor):
            self.result.use(of)
            text += f" [{of.id}]"
        elif of is not None:
            text += f" [{of.factor_id or of.source}]"
        self.result.steps.append(text)

    def note_bridges(self, chosen: FactorSet) -> None:
        """The factors of the catalogue that stand behind the bridges."""
        for name in ("heating_value", "density", "gross_to_net"):
            stated: Stated | None = getattr(self.description, name)
            if stated is not None and stated.factor_id and (factor := self.catalogue.factor(stated.factor_id)):
                self.result.use(factor)
        if any(not bridge.field for bridge in chosen.bridges):
            self.result.use(chosen.lines["NCV"])

    def amount(self, chosen: FactorSet, to: Unit) -> Fraction:
        """The quantity in a unit of the factors' dimension, step by step."""
        quantity = self.description.quantity
        value, unit = quantity.value, quantity.unit
        assert unit is not None
        self.say(f"quantity: {quantity.text}" + (f" [{quantity.source}]" if quantity.source else ""))
        if (content := self.description.content) is not None:
            self.say(f"{plain(value)} {unit} x {content.shown_share} = {about(value * content.value)} {unit}", content)
            value *= content.value
        for bridge in chosen.bridges:
            base = base_unit(bridge.to)
            after = value * unit.size * bridge.ratio
            stated = self._stated(bridge)
            self.say(f"{about(value)} {unit} x {bridge.text} = {about(after)} {base}{self._deducted(bridge)}", stated)
            value, unit = after, base
        if unit != to:
            after = converted(value, unit, to)
            self.say(f"{about(value)} {unit} = {about(after)} {to}")
            value = after
        return value

    def mass_kg(self) -> Fraction:
        """The quantity of a gas in kg. Raises CalculationError where it is no mass."""
        quantity = self.description.quantity
        assert quantity.unit is not None
        if quantity.unit.dimension is not Dimension.MASS:
            hint = "write the mass of the gas, for example `12.5 kg`"
            raise CalculationError([Wrong("quantity", f"{quantity.unit} is not a mass", hint)])
        mass_kg = quantity.value * quantity.unit.size
        source = f" [{quantity.source}]" if quantity.source else ""
        self.say(f"quantity: {quantity.text}{source}")
        if quantity.unit != UNITS["kg"]:
            self.say(f"{plain(quantity.value)} {quantity.unit} = {about(mass_kg)} kg")
        return mass_kg

    def shared(self, chosen: FactorSet) -> list[Fraction | None]:
        """The uncertainties that all gases share: of the quantity and of what was stated to convert it."""
        found = [self.description.quantity.uncertainty_percent, *(one.uncertainty_percent for one in chosen.bridges)]
        content = self.description.content
        return found if content is None else [*found, content.uncertainty_percent]

    def _deducted(self, bridge: Bridge) -> str:
        """Where the enthalpy of the feed water comes from, which stands in the bridge of steam."""
        water = self.description.feed_water
        return f" [feed water: {water.source}]" if bridge.field == "enthalpy" and water is not None else ""

    def _stated(self, bridge: Bridge) -> Stated | Factor | None:
        if not bridge.field:
            return next(one for one in self.result.factors if one.gas == "NCV")
        stated = getattr(self.description, bridge.field)
        return stated if isinstance(stated, Stated) else None


def base_unit(dimension: Dimension) -> Unit:
    """The unit that bridges lead to."""
    return next(unit for unit in UNITS.values() if unit.dimension is dimension and unit.size == 1)
