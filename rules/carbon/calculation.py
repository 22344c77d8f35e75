"""One calculation: a description and the catalogue in, masses per gas, CO2e, the working and every source out.

Fuels by their carbon (IPCC 2006 tier 2, GB/T 32150): E = AD x NCV x CC x OF x 44/12. Everything else: E = AD x EF.
CO2e = mass x GWP-100 of the set that the description names.
"""

from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.applicable import wrongs
from rules.carbon.bridge import heating
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity, Factor
from rules.carbon.gases import CO2E, CO2E_PARTS
from rules.carbon.numbers import about, plain
from rules.carbon.result import Result
from rules.carbon.selection import FactorSet, select
from rules.carbon.totals import Totals
from rules.carbon.uncertainty import of_product
from rules.carbon.units import UNITS, Unit, converted
from rules.carbon.working import Working

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
    _Run(Working(description, catalogue, result)).run()
    result.steps += [
        f"uncertainty of `{one.id}`: {plain(stated.percent)} % [{stated.source}]"
        for one in result.factors
        if (stated := catalogue.stated.get(one.id)) is not None
    ]
    if pending := result.pending():
        result.notes.append(f"not reviewed against the source yet: {', '.join(pending)}")
    return result


@dataclass(slots=True)
class _Run:
    """The steps of one calculation."""

    working: Working

    def run(self) -> None:
        """Fill the result."""
        if self.working.description.activity is Activity.FUGITIVE:
            self._escape(self.working.mass_kg(), [self.working.description.quantity.uncertainty_percent], [])
            return
        if self.working.description.coefficient is not None:
            self._stated_coal(self.working.description.coefficient)
            return
        chosen = select(self.working.catalogue, self.working.description)
        self.working.result.deviations += chosen.deviations
        self.working.note_bridges(chosen)
        if self.working.description.activity is Activity.LEAKAGE:
            self._leak(chosen)
        elif self.working.description.activity is Activity.STANDARD_COAL:
            self._coal(chosen)
        else:
            self._burn(chosen)

    # Emission factors

    def _burn(self, chosen: FactorSet) -> None:
        lines = chosen.lines
        self._refuse_zero(lines)
        own = [gas for gas in lines if gas not in ("NCV", "C", "oxidation")]
        per = lines["C"].per if "C" in lines else lines[own[0]].per
        assert per is not None
        amount = self.working.amount(chosen, per)
        shared = self.working.shared(chosen)
        masses = {gas: self._by_factor(amount, per, lines[gas]) for gas in own}
        if "C" in lines:
            masses["CO2"] = self._by_carbon(amount, per, lines)
        elif self.working.description.oxidation is not None:
            masses["CO2"] = self._oxidised(masses.get("CO2"), lines.get("CO2"), self.working.description.oxidation)
        uncertainties = {gas: self._of_factor(gas, lines) for gas in masses}
        if CO2E in masses:
            Totals(self.working).published(masses, lines, shared, uncertainties)
        else:
            Totals(self.working).add_up(masses, shared, uncertainties)

    def _refuse_zero(self, lines: dict[str, Factor]) -> None:
        zero = next((one for one in lines.values() if one.value == 0), None)
        if zero is not None and not self.working.description.evidence:
            message = f"`{zero.id}` is zero, and there is no evidence"
            raise CalculationError([Wrong("evidence", message, f"{zero.note}: list the documents under `evidence`")])

    def _by_factor(self, amount: Fraction, per: Unit, factor: Factor) -> Fraction:
        """Mass in kg: amount x factor."""
        assert factor.per is not None
        here = converted(amount, per, factor.per)
        if factor.per != per:
            self.working.say(f"{about(amount)} {per} = {about(here)} {factor.per}")
        mass = here * factor.value
        what = "kg CO2e" if factor.gas == CO2E or factor.gas in CO2E_PARTS else f"kg {factor.gas}"
        mass_kg = mass * UNITS[factor.unit].size
        self.working.say(f"{about(here)} {factor.per} x {factor.shown} = {about(mass_kg)} {what}", factor)
        return mass_kg

    def _by_carbon(self, amount: Fraction, per: Unit, lines: dict[str, Factor]) -> Fraction:
        carbon_kg = amount * lines["C"].value * UNITS[lines["C"].unit].size
        self.working.say(f"{about(amount)} {per} x {lines['C'].shown} = {about(carbon_kg)} kg C", lines["C"])
        carbon_kg = self._burnt(carbon_kg, lines.get("oxidation"))
        mass_kg = carbon_kg * CO2_PER_C
        self.working.say(f"{about(carbon_kg)} kg C x 44/12 = {about(mass_kg)} kg CO2")
        return mass_kg

    def _burnt(self, carbon_kg: Fraction, default: Factor | None) -> Fraction:
        """The carbon that is oxidised: as stated, else by the factor, else all of it."""
        stated = self.working.description.oxidation
        if stated is not None:
            share, text = stated.value, stated.shown_share
        elif default is not None:
            share, text = default.value / 100, f"{default.text} %"
        else:
            self.working.result.notes.append("all carbon is taken as oxidised (IPCC 2006 Vol. 2 ch. 1 and 2)")
            return carbon_kg
        after = carbon_kg * share
        self.working.say(f"{about(carbon_kg)} kg C x {text} oxidised = {about(after)} kg C", stated or default)
        return after

    def _oxidised(self, mass_kg: Fraction | None, factor: Factor | None, stated: Stated) -> Fraction:
        if mass_kg is None or factor is None or factor.assumes != "full_oxidation":
            hint = "remove it: only IPCC factors per TJ(net) and calculations by carbon content take one"
            raise CalculationError([Wrong("oxidation", "the factor contains it already", hint)])
        after = mass_kg * stated.value
        self.working.say(f"{about(mass_kg)} kg CO2 x {stated.shown_share} oxidised = {about(after)} kg CO2", stated)
        return after

    def _of_factor(self, gas: str, lines: dict[str, Factor]) -> Fraction | None:
        """The uncertainty of what the quantity is multiplied with for one gas."""
        said, stated = self.working.description.choice.uncertainty_percent, self.working.description.oxidation
        factor = lines.get(gas) or lines["C"]
        own = said if said is not None else self.working.catalogue.uncertainty_percent(factor)
        if stated is None or gas != "CO2":
            return own
        return of_product([own, stated.uncertainty_percent])

    # Gases that escape, and standard coal

    def _leak(self, chosen: FactorSet) -> None:
        years = self.working.description.years
        assert years is not None
        rate = chosen.lines["refrigerant"]
        charge = self.working.amount(chosen, UNITS["kg"])
        mass_kg = charge * rate.value * years.value
        self.working.say(
            f"{about(charge)} kg charge x {rate.text}/year x {years.text} years = {about(mass_kg)} kg", rate
        )
        self.working.result.notes.append("screening by charge and rate: a mass balance from service records is better")
        said = self.working.description.choice.uncertainty_percent
        self._escape(mass_kg, self.working.shared(chosen), [said, years.uncertainty_percent])

    def _escape(self, mass_kg: Fraction, shared: list[Fraction | None], more: list[Fraction | None]) -> None:
        """A gas or blend, split into its gases."""
        composition = self.working.catalogue.composition(self.working.description.gas)
        assert composition is not None
        name, parts = composition
        masses: dict[str, Fraction] = {}
        for gas, share, factor in parts:
            masses[gas] = mass_kg * share
            if factor is not None:
                self.working.say(
                    f"{name}: {about(mass_kg)} kg x {factor.text} {gas} = {about(masses[gas])} kg {gas}", factor
                )
        own = of_product(more) if more else Fraction(0)
        Totals(self.working).add_up(masses, shared, dict.fromkeys(masses, own))

    def _coal(self, chosen: FactorSet) -> None:
        """By the table of GB/T 2589."""
        factor = chosen.lines["tce"]
        assert factor.per is not None
        amount = self.working.amount(chosen, factor.per)
        self.working.result.coal_kgce = amount * factor.value * UNITS[factor.unit].size
        self.working.result.coal_equivalent = UNITS[factor.unit].dimension.value
        self.working.say(
            f"{about(amount)} {factor.per} x {factor.shown} = {about(self.working.result.coal_kgce)} kgce", factor
        )
        self.working.result.notes.append(
            "coefficients of GB/T 2589 are taken from its table, never computed from heating values"
        )

    def _stated_coal(self, coefficient: Stated) -> None:
        """By a coefficient that the description states: equivalents by primary energy change from year to year."""
        bridge, unit = heating(coefficient, "coefficient"), self.working.description.quantity.unit
        assert unit is not None
        if unit.dimension is not bridge.of:
            hint = f"the coefficient is per {coefficient.per}, {bridge.of}"
            raise CalculationError([Wrong("quantity", f"{unit} ({unit.dimension}) does not fit", hint)])
        self.working.say(f"quantity: {self.working.description.quantity.text}")
        self.working.result.coal_kgce = self.working.description.quantity.value * unit.size * bridge.ratio
        self.working.result.coal_equivalent = bridge.to.value
        text = f"{plain(self.working.description.quantity.value)} {unit} x {coefficient.text}"
        self.working.say(f"{text} = {about(self.working.result.coal_kgce)} kgce", coefficient)
