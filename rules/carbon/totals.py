"""From masses per gas to lines and a total: CO2e by GWP, what was published in CO2e, what stays outside."""

from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Factor
from rules.carbon.gases import CO2E, CO2E_PARTS, GASES, Group
from rules.carbon.numbers import about
from rules.carbon.result import GasLine, Total
from rules.carbon.uncertainty import of_product, of_sum
from rules.carbon.working import Working


@dataclass(frozen=True, slots=True)
class Totals:
    """Fills the lines and the total of a result. `shared` are the uncertainties that all gases have in common."""

    working: Working

    def published(
        self,
        masses: dict[str, Fraction],
        lines: dict[str, Factor],
        shared: list[Fraction | None],
        uncertainties: dict[str, Fraction | None],
    ) -> None:
        """A total that was published in CO2e: it stands; its parts are shown beside it."""
        gwp_set = lines[CO2E].gwp_set
        if self.working.description.gwp_set and self.working.description.gwp_set != gwp_set:
            message = (
                f"`{lines[CO2E].id}` is in CO2e with the GWPs of {gwp_set}, not {self.working.description.gwp_set}"
            )
            raise CalculationError([Wrong("gwp", message, f"write `gwp: {gwp_set}`, or take a factor per gas")])
        for name, kg in masses.items():
            if name == CO2E:
                continue
            gas = CO2E_PARTS.get(name, name)
            mass_kg, co2e_kg = kg, kg if GASES[gas] is Group.KYOTO else None
            if name in CO2E_PARTS and gas != "CO2":
                gwp = self._gwp(gas, gwp_set, "single")  # the value that publishers use
                mass_kg = kg / gwp.value
                self.working.say(f"{gas}: {about(kg)} kg CO2e / GWP {gwp.text} ({gwp_set}) = {about(mass_kg)} kg", gwp)
            uncertainty = of_product([*shared, uncertainties[name]])
            self.working.result.lines.append(GasLine(gas, GASES[gas], mass_kg, co2e_kg, uncertainty))
        total = masses[CO2E]
        self.working.result.total = Total("CO2e", total, of_product([*shared, uncertainties[CO2E]]))
        split = sum((line.co2e_kg for line in self.working.result.counted() if line.co2e_kg is not None), Fraction(0))
        self.working.result.unsplit_co2e_kg = total - split
        self.working.result.notes.append(
            "the total is the published one; what its parts do not add up to is the publisher's rounding, or gases "
            "that it does not split"
        )

    def add_up(
        self, masses: dict[str, Fraction], shared: list[Fraction | None], uncertainties: dict[str, Fraction | None]
    ) -> None:
        """Per gas and in all; a factor for CO2 alone gives a total of CO2, never of CO2e."""
        counted = [gas for gas in masses if GASES[gas] is Group.KYOTO]
        is_co2_only = counted == ["CO2"]
        parts = []
        for gas, mass_kg in masses.items():
            co2e_kg = None if is_co2_only or GASES[gas] is Group.BIOGENIC else self._co2e(gas, mass_kg)
            self.working.result.lines.append(
                GasLine(gas, GASES[gas], mass_kg, co2e_kg, of_product([*shared, uncertainties[gas]]))
            )
            if gas in counted:
                parts.append((mass_kg if co2e_kg is None else co2e_kg, uncertainties[gas]))
        total = sum((amount for amount, _ in parts), Fraction(0))
        gas = "CO2" if is_co2_only else "CO2e"
        self.working.result.total = Total(gas, total, of_product([*shared, of_sum(parts)]))
        if len(parts) > 1:
            self.working.say(f"total: {' + '.join(about(amount) for amount, _ in parts)} = {about(total)} kg {gas}")
        if is_co2_only:
            self.working.result.notes.append("covers CO2 only: not CO2e")

    def _co2e(self, gas: str, mass_kg: Fraction) -> Fraction:
        said = self.working.description
        gwp = self._gwp(gas, said.gwp_set, said.methane)
        co2e_kg = mass_kg * gwp.value
        if gas != "CO2":
            self.working.say(
                f"{gas}: {about(mass_kg)} kg x GWP {gwp.text} ({gwp.gwp_set}) = {about(co2e_kg)} kg CO2e", gwp
            )
        return co2e_kg

    def _gwp(self, gas: str, gwp_set: str, methane: str) -> Factor:
        if not gwp_set:
            hint = "AR6 is the latest; GB/T, DESNZ and EPA inventories name theirs"
            raise CalculationError([Wrong("gwp", f"which GWP set for {gas}? AR4, AR5 or AR6", hint)])
        found = self.working.catalogue.gwp(gas, gwp_set, methane)
        if found is None:
            which = f" ({methane})" if gas == "CH4" else ""
            raise CalculationError([Wrong("gwp", f"{gwp_set} has no GWP for {gas}{which}", "take another set")])
        self.working.result.use(found)
        return found
