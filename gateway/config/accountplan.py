"""What is configured about accounts, checked for its form: meters, allocation, tariffs, carbon; names are still text.

`gateway.accounts.setup.compile` compiles it against devices and the factor catalogue.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.config.nodes import Mapping
from gateway.config.problems import Mark
from gateway.config.ruleplan import Written
from gateway.core.point import Names


class Medium(StrEnum):
    """What flows through a meter."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    HEAT = "heat"  # hot water, by its energy
    STEAM = "steam"
    COOLING = "cooling"
    WATER = "water"
    FUEL = "fuel"
    PRODUCTION = "production"  # pieces, tonnes: denominators
    OTHER = "other"


class Direction(StrEnum):
    """Which way a register counts, seen from the enterprise."""

    IMPORT = "import"
    EXPORT = "export"
    GENERATION = "generation"


@dataclass(frozen=True, slots=True)
class MeterEntry:
    """One entry of `energy.meters:`: what is declared about a register, or about several (`*` in the tag)."""

    mark: Mark
    point: Written  # a tag: `tx1.energy_import`; of a device without connection: a meter that people read
    unit: str = ""  # only of manual meters
    names: Names = field(default_factory=Names)
    medium: Medium | None = None  # None: by unit and kind of device
    direction: Direction | None = None  # None: by the point's name (`energy_export`), by the role (`pv`)
    rated: Written | None = None  # `1250 kW`, `400 Nm3/h`; a bare number: unit of account per hour
    multipliers: tuple[tuple[int, Decimal], ...] | None = None  # (valid from, UTC ns), CT/PT; None: 1
    modulus: Decimal | None = None  # in the register's unit; None: the point's own
    resolution: Decimal | None = None  # None: one step of the point
    accuracy_percent: Decimal | None = None  # of the class, 95 %
    under: tuple[Written, ...] = ()  # tags of the meters that already count what this one counts
    is_complete: bool = False  # the meters under it count all of it: what they lack is lost, not unmetered
    gap_s: float | None = None  # None: by the poll interval
    is_excluded: bool = False  # no account is made of it
    stated: frozenset[str] = frozenset()  # the fields above that are written


@dataclass(frozen=True, slots=True)
class VirtualEntry:
    """One entry of `energy.virtual:`: a meter that is computed from others."""

    mark: Mark
    id: str  # its tag is `virtual.<id>`
    enterprise: Written
    names: Names = field(default_factory=Names)
    medium: Medium = Medium.ELECTRICITY
    plus: tuple[Written, ...] = ()  # tags
    minus: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class AllocationEntry:
    """One entry of `energy.allocations:`: who bears what a shared meter counts. Versions have days of validity."""

    mark: Mark
    of: Written  # a tag, or `virtual.<id>`
    by: str  # words for people: `floor area`, `headcount`
    valid_from: date
    weights: tuple[tuple[Written, Decimal], ...]  # enterprise, weight
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class EnergyPlan:
    """`energy:`."""

    interval_s: int = 900
    meters: tuple[MeterEntry, ...] = ()
    virtual: tuple[VirtualEntry, ...] = ()
    allocations: tuple[AllocationEntry, ...] = ()
    loss_limit_percent: Decimal = Decimal(5)  # under a complete meter more than it, and the accuracy, is an alarm


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One entry of `carbon.sources:`: what emits, and the meters that say how much; without meters by records.

    `description` holds the keys of a calculation (`park-gateway carbon calc`) without quantity and date.
    """

    mark: Mark
    id: str
    enterprise: Written
    names: Names = field(default_factory=Names)
    meters: tuple[Written, ...] = ()  # tags that add up
    description: Mapping | None = None


@dataclass(frozen=True, slots=True)
class FallbackEntry:
    """One entry of `carbon.fallbacks:`."""

    mark: Mark
    activity: Written
    reason: str
    as_of: date | None = None
    region: Written | None = None
    basis: str = ""
    enterprise: Written | None = None


@dataclass(frozen=True, slots=True)
class UncertaintyEntry:
    """One entry of `carbon.uncertainties:`: half of a factor's 95 % interval, in percent, and who says so."""

    factor: Written
    percent: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class CarbonPlan:
    """`carbon:`. Nothing written: electricity by location from the main meters, everything else by records."""

    mark: Mark | None = None
    approach: str = "operational_control"
    region: Written | None = None  # None: no grid factor can be chosen, which is an error of each basis, not a guess
    gwp_set: str = "AR6"
    bases: tuple[str, ...] = ("location", "market", "cn_enterprise", "cn_zero_carbon_park")
    default_basis: str = "location"
    responsible: str = ""
    standards: tuple[str, ...] = ()
    base_year: int | None = None
    threshold_percent: Decimal = Decimal(5)
    residual_mix: Written | None = None
    indicator_coal: str = "calorific"
    fallbacks: tuple[FallbackEntry, ...] = ()
    uncertainties: tuple[UncertaintyEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    exclusions: tuple[str, ...] = ()  # sentences, named in every report


@dataclass(frozen=True, slots=True)
class TariffEntry:
    """One entry of `tariffs:`, as written; `gateway.accounts.setup.tariffs` compiles it."""

    mark: Mark
    id: str
    body: Mapping


@dataclass(frozen=True, slots=True)
class AccountsPlan:
    """Everything about accounts."""

    energy: EnergyPlan = field(default_factory=EnergyPlan)
    carbon: CarbonPlan = field(default_factory=CarbonPlan)
    tariffs: tuple[TariffEntry, ...] = ()
