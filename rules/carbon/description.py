"""What is to be calculated: a quantity of an activity, where and when, and what was stated beside it."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from rules.carbon.factor import Activity
from rules.carbon.numbers import plain
from rules.carbon.units import Unit


@dataclass(frozen=True, slots=True)
class Stated:
    """A value that the description states, with its source: `42.8 GJ(net)/t`, a lab report. A share has no units."""

    value: Fraction
    text: str
    source: str
    unit: Unit | None = None
    per: Unit | None = None
    uncertainty_percent: Fraction | None = None
    factor_id: str = ""  # the factor of the catalogue that it is, where it is one

    @property
    def shown_share(self) -> str:
        """A share in the working: `98 % (= 0.98)`."""
        return self.text if self.text == plain(self.value) else f"{self.text} (= {plain(self.value)})"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which factor: an id, or what is needed to tell it from others; deviations carry a reason."""

    id: str = ""
    series: str = ""
    sector: str = ""
    region: str = ""  # of the factor, where it is not that of the activity
    as_of: date | None = None  # take the factor that was valid on this day
    reason: str = ""
    uncertainty_percent: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """One calculation. `start` and `end` are days, both included."""

    activity: Activity
    quantity: Stated
    region: str
    start: date
    end: date
    fuel: str = ""
    gas: str = ""  # fugitive, leakage: the gas or blend
    gwp_set: str = ""
    methane: str = "single"
    choice: Choice = Choice()
    heating_value: Stated | None = None
    density: Stated | None = None
    enthalpy: Stated | None = None  # of steam or hot water, where heat comes as a mass: `2778 kJ/kg`
    feed_water: Stated | None = None  # its enthalpy, where the rule deducts it
    gross_to_net: Stated | None = None
    reference_conditions: str = ""  # `ideal_gas`: volumes of gas may be converted between reference temperatures
    oxidation: Stated | None = None
    content: Stated | None = None  # the share of the quantity that the factor is for
    years: Stated | None = None  # of leakage
    coefficient: Stated | None = None  # of standard coal, where the catalogue's is not meant
    evidence: tuple[str, ...] = ()
