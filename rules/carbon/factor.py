"""A factor with everything that an auditor asks of it, and the document that it stands in."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from rules.carbon.units import Unit


class Review(StrEnum):
    """Whether the value was seen in its source."""

    REVIEWED = "reviewed"  # in the primary text, or in two unrelated transcriptions that agree
    PENDING = "pending"  # in one secondary source: a result that uses it says so
    OWN = "own"  # of the park or of an enterprise, with evidence, approved by somebody else than who submitted it


class Activity(StrEnum):
    """What is done."""

    STATIONARY = "stationary_combustion"
    MOBILE = "mobile_combustion"
    PROCESS = "process"
    FUGITIVE = "fugitive"
    LEAKAGE = "refrigerant_leakage"
    ELECTRICITY = "purchased_electricity"
    HEAT = "purchased_heat"
    LOSSES = "td_losses"
    STANDARD_COAL = "standard_coal"
    PROPERTY = "fuel_property"  # a parameter, no activity of its own
    GWP = "gwp"
    BLEND = "blend"


EMITTING = (
    Activity.STATIONARY, Activity.MOBILE, Activity.PROCESS, Activity.ELECTRICITY, Activity.HEAT, Activity.LOSSES,
)  # fmt: skip
CALCULATED = (*EMITTING, Activity.FUGITIVE, Activity.LEAKAGE, Activity.STANDARD_COAL)


@dataclass(frozen=True, slots=True)
class Source:
    """A document."""

    id: str
    title: str
    publisher: str
    year: str  # empty: the document names none
    url: str = ""
    sha256: str = ""  # of the document as it was published


@dataclass(frozen=True, slots=True)
class Factor:
    """One value for one gas (or property), per unit of activity.

    `per` is `None` for a share (oxidation). `unit` is that of `value`: a mass, `GJ(net)`, `percent`, coal equivalent.
    """

    id: str
    activity: Activity
    fuel: str  # or source of the energy, gas, blend
    sectors: tuple[str, ...]  # the tables that it belongs to; none: all
    region: str
    series: str  # the publisher's line of values: keys of different series never mix
    valid_from: date | None  # this day included; `None`: no beginning
    valid_to: date | None  # this day excluded; `None`: until there is a newer one
    gas: str
    value: Fraction
    text: str  # the value as it was published
    unit: str
    per: Unit | None
    gwp_set: str  # of a value in CO2e; else empty
    low: Fraction | None  # 95 % confidence interval
    high: Fraction | None
    assumes: str
    review: Review
    source: Source
    place: str
    read_in: str  # where it was seen, where that is not the document itself
    gap: str  # why nothing is shipped for the time before it, where that is so
    note: str

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What may be there only once at a time: one key for each of its sectors."""
        per = "" if self.per is None or self.gas == "NCV" else self.per.dimension  # one heating value of a fuel
        stem = (self.activity, self.fuel, self.region, self.series, self.gas, per)
        return [(*stem, sector) for sector in self.sectors or ("",)]

    @property
    def shown(self) -> str:
        """`0.5306 kg CO2/kWh`; of a GWP `27.9 kg CO2e/kg CH4`."""
        if self.activity is Activity.GWP:
            return f"{self.text} {self.unit} CO2e/{self.per} {self.gas}"
        what = "" if self.unit in ("percent", "GJ(net)") or self.gas == "tce" else f" {self.gas}"
        return f"{self.text} {self.unit}{what}" + ("" if self.per is None else f"/{self.per}")

    @property
    def validity(self) -> str:
        """`2023-01-01 to 2023-12-31` for people: both days included."""
        if self.valid_from is None and self.valid_to is None:
            return "without limit"
        start = "any time" if self.valid_from is None else self.valid_from.isoformat()
        if self.valid_to is None:
            return f"from {start}"
        return f"{start} to {date.fromordinal(max(self.valid_to.toordinal() - 1, 1)).isoformat()}"

    def holds(self, start: date, end: date) -> bool:
        """True if it is valid on every day from start to end, both included."""
        begins = self.valid_from is None or self.valid_from <= start
        return begins and (self.valid_to is None or end < self.valid_to)

    @property
    def uncertainty_percent(self) -> Fraction | None:
        """U of IPCC 2006 Vol. 1 ch. 3, approach 1: the larger distance to a limit of the 95 % interval, in percent."""
        if self.low is None or self.high is None or not self.value:
            return None
        return max(self.high - self.value, self.value - self.low) / self.value * 100
