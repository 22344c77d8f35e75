"""One calculation: a description and the catalogue in, masses per gas, CO2e, the working and every source out.

Fuels by their carbon (IPCC 2006 tier 2, GB/T 32150): E = AD x NCV x CC x OF x 44/12. Everything else: E = AD x EF.
CO2e = mass x GWP-100 of the set that the description names.
"""

from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.applicable import wrongs
from rules.carbon.bridge import Bridge, heating
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity, Factor
from rules.carbon.gases import CO2E, CO2E_PARTS, GASES, Group
from rules.carbon.numbers import plain, shown
from rules.carbon.result import GasLine, Result, Total
from rules.carbon.selection import FactorSet, percent, select
from rules.carbon.uncertainty import of_product, of_sum
from rules.carbon.units import UNITS, Dimension, Unit, converted

CO2_PER_C = Fraction(44, 12)  # as IPCC and GB/T write it: molar masses 44 and 12
_SCOPES = {
    Activity.STATIONARY: "1 stationary", Activity.MOBILE: "1 mobile", Activity.PROCESS: "1 process",
    Activity.FUGITIVE: "1 fugitive", Activity.LEAKAGE: "1 fugitive", Activity.ELECTRICITY: "2 electricity",
    Activity.HEAT: "2 heat", Activity.LOSSES: "3 fuel and energy (category 3)", Activity.STANDARD_COAL: "none",
}  # fmt: skip


def calculate(description: Description, catalogue: Catalogue) -> Result:
    """The result with its working. Raises CalculationError with every mistake that could be told."""
    found = wrongs(description, catalogue)
    if found:
        raise CalculationError(found)
    result = Result(description, _SCOPES[description.activity], catalogue_sha256=catalogue.sha256)
    _Run(description, catalogue, result).run()
    if pending := result.pending():
        result.notes.append(f"not reviewed against the source yet: {', '.join(pending)}")
    return result


@dataclass(slots=True)
class _Run:
    """The steps of one calculation."""

    description: Description
    catalogue: Catalogue
    result: Result

    def run(self) -> None:
        """Fill the result."""
        if self.description.activity is Activity.FUGITIVE:
            self._escape(self._mass_kg(), [self.description.quantity.uncertainty_percent], [])
            return
        if self.description.coefficient is not None:
            self._stated_coal(self.description.coefficient)
            return
        chosen = select(self.catalogue, self.description)
        self.result.deviations += chosen.deviations
        self._note_bridges(chosen)
        if self.description.activity is Activity.LEAKAGE:
            self._leak(chosen)
        elif self.description.activity is Activity.STANDARD_COAL:
            self._coal(chosen)
        else:
            self._burn(chosen)

    # From the quantity to the factor's unit

    def _note_bridges(self, chosen: FactorSet) -> None:
        """The factors of the catalogue that stand behind the bridges."""
        for name in ("heating_value", "density", "gross_to_net"):
            stated: Stated | None = getattr(self.description, name)
            if stated is not None and stated.factor_id and (factor := self.catalogue.factor(stated.factor_id)):
                self.result.use(factor)
        if any(not bridge.field for bridge in chosen.bridges):
            self.result.use(chosen.lines["NCV"])

    def _amount(self, chosen: FactorSet, to: Unit) -> Fraction:
        """The quantity in a unit of the factors' dimension, step by step."""
        quantity = self.description.quantity
        value, unit = quantity.value, quantity.unit
        assert unit is not None
        self._say(f"quantity: {quantity.text}" + (f" [{quantity.source}]" if quantity.source else ""))
        if (content := self.description.content) is not None:
            self._say(f"{plain(value)} {unit} x {percent(content)} = {_about(value * content.value)} {unit}", content)
            value *= content.value
        for bridge in chosen.bridges:
            base = _base(bridge.to)
            after = value * unit.size * bridge.ratio
            self._say(f"{_about(value)} {unit} x {bridge.text} = {_about(after)} {base}", self._stated(bridge))
            value, unit = after, base
        if unit != to:
            after = converted(value, unit, to)
            self._say(f"{_about(value)} {unit} = {_about(after)} {to}")
            value = after
        return value

    def _stated(self, bridge: Bridge) -> Stated | Factor | None:
        if not bridge.field:
            return next(one for one in self.result.factors if one.gas == "NCV")
        stated = getattr(self.description, bridge.field)
        return stated if isinstance(stated, Stated) else None

    def _mass_kg(self) -> Fraction:
        quantity = self.description.quantity
        assert quantity.unit is not None
        if quantity.unit.dimension is not Dimension.MASS:
            hint = "write the mass of the gas, for example `12.5 kg`"
            raise CalculationError([Wrong("quantity", f"{quantity.unit} is not a mass", hint)])
        mass_kg = quantity.value * quantity.unit.size
        source = f" [{quantity.source}]" if quantity.source else ""
        self._say(f"quantity: {quantity.text}{source}")
        if quantity.unit != UNITS["kg"]:
            self._say(f"{plain(quantity.value)} {quantity.unit} = {_about(mass_kg)} kg")
        return mass_kg

    def _shared(self, chosen: FactorSet) -> list[Fraction | None]:
        """The uncertainties that all gases share: of the quantity and of what was stated to convert it."""
        found = [self.description.quantity.uncertainty_percent, *(one.uncertainty_percent for one in chosen.bridges)]
        content = self.description.content
        return found if content is None else [*found, content.uncertainty_percent]

    # Emission factors

    def _burn(self, chosen: FactorSet) -> None:
        lines = chosen.lines
        self._refuse_zero(lines)
        own = [gas for gas in lines if gas not in ("NCV", "C", "oxidation")]
        per = lines["C"].per if "C" in lines else lines[own[0]].per
        assert per is not None
        amount = self._amount(chosen, per)
        shared = self._shared(chosen)
        masses = {gas: self._by_factor(amount, per, lines[gas]) for gas in own}
        if "C" in lines:
            masses["CO2"] = self._by_carbon(amount, per, lines)
        elif self.description.oxidation is not None:
            masses["CO2"] = self._oxidised(masses.get("CO2"), lines.get("CO2"), self.description.oxidation)
        uncertainties = {gas: self._of_factor(gas, lines) for gas in masses}
        if CO2E in masses:
            self._published(masses, lines, shared, uncertainties)
        else:
            self._add_up(masses, shared, uncertainties)

    def _refuse_zero(self, lines: dict[str, Factor]) -> None:
        zero = next((one for one in lines.values() if one.value == 0), None)
        if zero is not None and not self.description.evidence:
            message = f"`{zero.id}` is zero, and there is no evidence"
            raise CalculationError([Wrong("evidence", message, f"{zero.note}: list the documents under `evidence`")])

    def _by_factor(self, amount: Fraction, per: Unit, factor: Factor) -> Fraction:
        """Mass in kg: amount x factor."""
        assert factor.per is not None
        here = converted(amount, per, factor.per)
        if factor.per != per:
            self._say(f"{_about(amount)} {per} = {_about(here)} {factor.per}")
        mass = here * factor.value
        what = "kg CO2e" if factor.gas == CO2E or factor.gas in CO2E_PARTS else f"kg {factor.gas}"
        mass_kg = mass * UNITS[factor.unit].size
        self._say(f"{_about(here)} {factor.per} x {factor.shown} = {_about(mass_kg)} {what}", factor)
        return mass_kg

    def _by_carbon(self, amount: Fraction, per: Unit, lines: dict[str, Factor]) -> Fraction:
        carbon_kg = amount * lines["C"].value * UNITS[lines["C"].unit].size
        self._say(f"{_about(amount)} {per} x {lines['C'].shown} = {_about(carbon_kg)} kg C", lines["C"])
        stated, default = self.description.oxidation, lines.get("oxidation")
        if stated is not None or default is not None:
            share = (
                stated.value if stated is not None else (default.value / 100 if default is not None else Fraction(1))
            )
            text = percent(stated) if stated is not None else f"{default.text if default is not None else ''} %"
            oxidised_kg = carbon_kg * share
            self._say(f"{_about(carbon_kg)} kg C x {text} oxidised = {_about(oxidised_kg)} kg C", stated or default)
            carbon_kg = oxidised_kg
        else:
            self.result.notes.append("all carbon is taken as oxidised (IPCC 2006 Vol. 2 ch. 1 and 2)")
        mass_kg = carbon_kg * CO2_PER_C
        self._say(f"{_about(carbon_kg)} kg C x 44/12 = {_about(mass_kg)} kg CO2")
        return mass_kg

    def _oxidised(self, mass_kg: Fraction | None, factor: Factor | None, stated: Stated) -> Fraction:
        if mass_kg is None or factor is None or factor.assumes != "full_oxidation":
            hint = "remove it: only IPCC factors per TJ(net) and calculations by carbon content take one"
            raise CalculationError([Wrong("oxidation", "the factor contains it already", hint)])
        after = mass_kg * stated.value
        self._say(f"{_about(mass_kg)} kg CO2 x {percent(stated)} oxidised = {_about(after)} kg CO2", stated)
        return after

    def _of_factor(self, gas: str, lines: dict[str, Factor]) -> Fraction | None:
        """The uncertainty of what the quantity is multiplied with for one gas."""
        said, stated = self.description.choice.uncertainty_percent, self.description.oxidation
        factor = lines.get(gas) or lines["C"]
        own = said if said is not None else factor.uncertainty_percent
        if stated is None or gas != "CO2":
            return own
        return of_product([own, stated.uncertainty_percent])

    # Totals

    def _published(
        self,
        masses: dict[str, Fraction],
        lines: dict[str, Factor],
        shared: list[Fraction | None],
        uncertainties: dict[str, Fraction | None],
    ) -> None:
        """A total that was published in CO2e: it stands; its parts are shown beside it."""
        gwp_set = lines[CO2E].gwp_set
        if self.description.gwp_set and self.description.gwp_set != gwp_set:
            message = f"`{lines[CO2E].id}` is in CO2e with the GWPs of {gwp_set}, not {self.description.gwp_set}"
            raise CalculationError([Wrong("gwp", message, f"write `gwp: {gwp_set}`, or take a factor per gas")])
        for name, kg in masses.items():
            if name == CO2E:
                continue
            gas = CO2E_PARTS.get(name, name)
            mass_kg, co2e_kg = kg, kg if GASES[gas] is Group.KYOTO else None
            if name in CO2E_PARTS and gas != "CO2":
                gwp = self._gwp(gas, gwp_set)
                mass_kg = kg / gwp.value
                self._say(f"{gas}: {_about(kg)} kg CO2e / GWP {gwp.text} ({gwp_set}) = {_about(mass_kg)} kg", gwp)
            uncertainty = of_product([*shared, uncertainties[name]])
            self.result.lines.append(GasLine(gas, GASES[gas], mass_kg, co2e_kg, uncertainty))
        total = masses[CO2E]
        self.result.total = Total("CO2e", total, of_product([*shared, uncertainties[CO2E]]))
        split = sum((line.co2e_kg for line in self.result.counted() if line.co2e_kg is not None), Fraction(0))
        self.result.unsplit_co2e_kg = total - split
        self.result.notes.append(
            "the total is the published one; what its parts do not add up to is the publisher's rounding, or gases "
            "that it does not split"
        )

    def _add_up(
        self, masses: dict[str, Fraction], shared: list[Fraction | None], uncertainties: dict[str, Fraction | None]
    ) -> None:
        """Per gas and in all; a factor for CO2 alone gives a total of CO2, never of CO2e."""
        counted = [gas for gas in masses if GASES[gas] is Group.KYOTO]
        is_co2_only = counted == ["CO2"]
        parts = []
        for gas, mass_kg in masses.items():
            co2e_kg = None if is_co2_only or GASES[gas] is Group.BIOGENIC else self._co2e(gas, mass_kg)
            self.result.lines.append(
                GasLine(gas, GASES[gas], mass_kg, co2e_kg, of_product([*shared, uncertainties[gas]]))
            )
            if gas in counted:
                parts.append((mass_kg if co2e_kg is None else co2e_kg, uncertainties[gas]))
        total = sum((amount for amount, _ in parts), Fraction(0))
        gas = "CO2" if is_co2_only else "CO2e"
        self.result.total = Total(gas, total, of_product([*shared, of_sum(parts)]))
        if len(parts) > 1:
            self._say(f"total: {' + '.join(_about(amount) for amount, _ in parts)} = {_about(total)} kg {gas}")
        if is_co2_only:
            self.result.notes.append("covers CO2 only: not CO2e")

    def _co2e(self, gas: str, mass_kg: Fraction) -> Fraction:
        gwp = self._gwp(gas, self.description.gwp_set)
        co2e_kg = mass_kg * gwp.value
        if gas != "CO2":
            self._say(f"{gas}: {_about(mass_kg)} kg x GWP {gwp.text} ({gwp.gwp_set}) = {_about(co2e_kg)} kg CO2e", gwp)
        return co2e_kg

    def _gwp(self, gas: str, gwp_set: str) -> Factor:
        if not gwp_set:
            hint = "AR6 is the latest; GB/T, DESNZ and EPA inventories name theirs"
            raise CalculationError([Wrong("gwp", f"which GWP set for {gas}? AR4, AR5 or AR6", hint)])
        found = self.catalogue.gwp(gas, gwp_set, self.description.methane)
        if found is None:
            which = f" ({self.description.methane})" if gas == "CH4" else ""
            raise CalculationError([Wrong("gwp", f"{gwp_set} has no GWP for {gas}{which}", "take another set")])
        self.result.use(found)
        return found

    # Gases that escape, and standard coal

    def _leak(self, chosen: FactorSet) -> None:
        years = self.description.years
        assert years is not None
        rate = chosen.lines["refrigerant"]
        charge = self._amount(chosen, UNITS["kg"])
        mass_kg = charge * rate.value * years.value
        self._say(f"{_about(charge)} kg charge x {rate.text}/year x {years.text} years = {_about(mass_kg)} kg", rate)
        self.result.notes.append("screening by charge and rate: a mass balance from service records is better")
        said = self.description.choice.uncertainty_percent
        self._escape(mass_kg, self._shared(chosen), [said, years.uncertainty_percent])

    def _escape(self, mass_kg: Fraction, shared: list[Fraction | None], more: list[Fraction | None]) -> None:
        """A gas or blend, split into its gases."""
        composition = self.catalogue.composition(self.description.gas)
        assert composition is not None
        name, parts = composition
        masses: dict[str, Fraction] = {}
        for gas, share, factor in parts:
            masses[gas] = mass_kg * share
            if factor is not None:
                self._say(
                    f"{name}: {_about(mass_kg)} kg x {factor.text} {gas} = {_about(masses[gas])} kg {gas}", factor
                )
        own = of_product(more) if more else Fraction(0)
        self._add_up(masses, shared, dict.fromkeys(masses, own))

    def _coal(self, chosen: FactorSet) -> None:
        """By the table of GB/T 2589."""
        factor = chosen.lines["tce"]
        assert factor.per is not None
        amount = self._amount(chosen, factor.per)
        self.result.coal_kgce = amount * factor.value * UNITS[factor.unit].size
        self.result.coal_equivalent = UNITS[factor.unit].dimension.value
        self._say(f"{_about(amount)} {factor.per} x {factor.shown} = {_about(self.result.coal_kgce)} kgce", factor)
        self.result.notes.append(
            "coefficients of GB/T 2589 are taken from its table, never computed from heating values"
        )

    def _stated_coal(self, coefficient: Stated) -> None:
        """By a coefficient that the description states: equivalents by primary energy change from year to year."""
        bridge, unit = heating(coefficient, "coefficient"), self.description.quantity.unit
        assert unit is not None
        if unit.dimension is not bridge.of:
            hint = f"the coefficient is per {coefficient.per}, {bridge.of}"
            raise CalculationError([Wrong("quantity", f"{unit} ({unit.dimension}) does not fit", hint)])
        self._say(f"quantity: {self.description.quantity.text}")
        self.result.coal_kgce = self.description.quantity.value * unit.size * bridge.ratio
        self.result.coal_equivalent = bridge.to.value
        text = f"{plain(self.description.quantity.value)} {unit} x {coefficient.text}"
        self._say(f"{text} = {_about(self.result.coal_kgce)} kgce", coefficient)

    def _say(self, text: str, of: Factor | Stated | None = None) -> None:
        """A line of the working, with where its value comes from."""
        if isinstance(of, Factor):
            self.result.use(of)
            text += f" [{of.id}]"
        elif of is not None:
            text += f" [{of.factor_id or of.source}]"
        self.result.steps.append(text)


def _about(value: Fraction) -> str:
    """The value, marked where it is not all of it."""
    text = shown(value)
    return text if Fraction(text) == value else f"~{text}"


def _base(dimension: Dimension) -> Unit:
    """The unit that bridges lead to."""
    return next(unit for unit in UNITS.values() if unit.dimension is dimension and unit.size == 1)


__all__ = ["calculate", "shown"]
