"""The books: what accounts are made with besides ledger.db - meters, emission sources, policy, catalogue, tariffs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from gateway.config.accountplan import Direction, Medium
from gateway.config.problems import Finding
from gateway.core.device import Enterprise, MeterRole, Site
from gateway.core.ownership import Stretches
from gateway.core.point import Names
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description
from rules.carbon.factor import Activity
from rules.carbon.inventory.policy import Policy
from rules.energy.spec import MeterSpec
from rules.energy.tariff.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Meter:
    """A register that is accounted."""

    tag: str
    enterprise: str  # id
    device: str  # id
    names: Names
    medium: Medium
    direction: Direction
    role: MeterRole | None
    spec: MeterSpec
    accuracy_percent: Decimal | None = None
    under: tuple[str, ...] = ()  # tags of meters that already count it; no cycles
    is_manual: bool = False  # people read it
    is_complete: bool = False  # those under it count all of it


@dataclass(frozen=True, slots=True)
class VirtualMeter:
    """A meter that is computed: the sum of some less the sum of others."""

    tag: str  # `virtual.<id>`
    enterprise: str
    names: Names
    medium: Medium
    unit: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllocationRule:
    """Who bears what a shared meter counts, from a day on (its ordinal) until the next rule of the same meter."""

    of: str  # tag
    by: str
    from_day: int
    weights: tuple[tuple[str, Decimal], ...]  # enterprise id, weight; sorted by id
    evidence: str


@dataclass(frozen=True, slots=True)
class EmissionSource:
    """What emits. `template` is a description whose quantity (0) and days are put in per period."""

    id: str
    enterprise: str
    names: Names
    meters: tuple[str, ...]  # tags that add up; empty: by records
    template: Description
    exports: tuple[str, ...] = ()  # tags: given back (electricity, heat)
    generation: tuple[str, ...] = ()  # tags: made on site and used or exported

    @property
    def scope(self) -> int:
        """2 for energy that is bought, else 1."""
        return 2 if self.template.activity in (Activity.ELECTRICITY, Activity.HEAT) else 1


@dataclass(frozen=True, slots=True)
class Entity:
    """A reporting unit: an enterprise, or the park as a whole (id of the site)."""

    id: str
    names: Names
    is_park: bool
    sources: tuple[str, ...]  # ids; in no entity does a meter count twice


@dataclass(frozen=True, slots=True)
class Books:
    """Compiled. Picklable: the jobs process gets it."""

    site: Site
    enterprises: tuple[Enterprise, ...]
    interval_s: int
    meters: Mapping[str, Meter]  # by tag
    virtual: Mapping[str, VirtualMeter]
    allocations: tuple[AllocationRule, ...]
    loss_limit_percent: Decimal
    sources: Mapping[str, EmissionSource]
    entities: Mapping[str, Entity]
    policy: Policy
    catalogue: Catalogue
    responsible: str = ""
    standards: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    tariffs: tuple[Tariff, ...] = ()
    findings: tuple[Finding, ...] = ()  # what should be looked at, for a person
    held: Mapping[str, Stretches] = field(
        default_factory=dict
    )  # by tag, of meters that have gone to another enterprise
    undivided: frozenset[str] = frozenset()  # of these, those that count as a whole for who has them now
