"""What a calculation gives: masses per gas, CO2e, what stands apart, the working, and where every value comes from."""

from dataclasses import dataclass, field
from fractions import Fraction

from rules.carbon.description import Description
from rules.carbon.factor import Factor, Review
from rules.carbon.gases import Group


@dataclass(frozen=True, slots=True)
class GasLine:
    """One gas. `co2e_kg` is `None` where nothing is called CO2e; `uncertainty_percent` where one is missing."""

    gas: str
    group: Group
    mass_kg: Fraction
    co2e_kg: Fraction | None
    uncertainty_percent: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """The total of what counts. `gas` says what it is: `CO2e`, or `CO2` where the factor covers only that gas."""

    gas: str
    kg: Fraction
    uncertainty_percent: Fraction | None = None


@dataclass(slots=True)
class Result:
    """One calculation, complete. `coal_kgce` only for standard coal, which emits nothing."""

    description: Description
    scope: str
    lines: list[GasLine] = field(default_factory=list)
    total: Total | None = None
    unsplit_co2e_kg: Fraction | None = None  # published CO2e that is not split by gas
    coal_kgce: Fraction | None = None
    coal_equivalent: str = ""
    steps: list[str] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)  # every value of the catalogue that was used, GWPs too
    deviations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    catalogue_sha256: str = ""

    def counted(self) -> list[GasLine]:
        """The gases of the total."""
        return [line for line in self.lines if line.group is Group.KYOTO]

    def biogenic_kg(self) -> Fraction | None:
        """CO2 from biomass, outside the total."""
        found = [line.mass_kg for line in self.lines if line.group is Group.BIOGENIC]
        return sum(found, Fraction(0)) if found else None

    def outside(self) -> list[GasLine]:
        """Gases of the Montreal Protocol, outside the total."""
        return [line for line in self.lines if line.group is Group.MONTREAL]

    def pending(self) -> list[str]:
        """The ids of the values that are not reviewed yet."""
        return list(dict.fromkeys(one.id for one in self.factors if one.review is Review.PENDING))

    def use(self, factor: Factor) -> None:
        """Note that a value of the catalogue was used; once."""
        if factor not in self.factors:
            self.factors.append(factor)
