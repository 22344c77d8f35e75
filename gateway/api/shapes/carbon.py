"""The forms of carbon accounts: entries, traces, periods, instruments, factors."""

from typing import Literal

from pydantic import ConfigDict, Field

from gateway.api.shapes.base import Day, DecimalText, IsoTime, Name, Sha256, Shape, TimeMs, Told
from gateway.api.shapes.energy import EmissionsShape, EntityShape

Exact = DecimalText | None


class EntryContent(Shape):
    """One line of the calculation: an activity, a gas, a basis."""

    activity: str
    source: str
    enterprise: str
    start: Day
    end: Day
    scope: int
    category: str
    basis: str
    gas: str
    group: str
    quantity: DecimalText
    unit: str
    mass_kg: DecimalText
    co2e_kg: Exact
    gwp_set: str
    method: str
    factors: list[str]
    working: list[str]
    """The steps of the calculation, as a person writes them."""
    instrument: str
    label: str
    flags: list[str]
    uncertainty_percent: Exact
    reverses: str
    """The entry that this one takes back."""


class EntryShape(EntryContent):
    """An entry of a period."""

    id: str
    period: str
    is_recorded: bool


class Entries(Shape):
    """A page of entries, in the order of the calculation."""

    entries: list[EntryShape]
    count: int
    """Of all pages."""
    next: str | None
    """`after` of the next page; `null` at the end."""


class TraceStep(Shape):
    """A step back; what else it holds depends on the step."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    step: str
    """`total`, `entry`, `activity`, `days`, `intervals`, `records`, `factors`, `ledger`."""


class BrokenLink(Shape):
    """Where the chain ends."""

    after: str
    step: str
    missing: str


class Trace(Told):
    """An entry back to raw readings and the factors' documents; each link is computed again."""

    entry: str
    is_recorded: bool
    entity: str
    period: str
    is_whole: bool
    broken: BrokenLink | None
    steps: list[TraceStep]


class ClosedBy(Shape):
    """A close, and who signed it."""

    time: IsoTime
    by: str
    approver: str
    record: str
    run: str


class KgChange(Shape):
    """Before, after, difference in kg CO2e."""

    before_kg: DecimalText
    after_kg: DecimalText
    difference_kg: DecimalText


class Effect(Shape):
    """What telling anew changes."""

    scope1: KgChange
    scope2: dict[str, KgChange]
    """By basis."""
    other_catalogue: bool | None = None


class Due(Shape):
    """A closed month whose data has changed since."""

    entity: str
    period: str
    sources: list[str]
    effect: Effect


class PeriodState(Shape):
    """Where a month stands."""

    period: str
    status: Literal["open", "closed", "restated"]
    closed: ClosedBy | None
    restatements: int
    due: Due | None
    proposal: "Proposal | None"
    """What somebody proposed and another person has to approve."""


class Periods(Shape):
    """The months, the newest first."""

    entity: str
    periods: list[PeriodState]


class MonthShape(Shape):
    """A month on the default basis."""

    period: str
    basis: str
    scope1_kg: DecimalText
    scope2_kg: DecimalText
    is_lower_bound: bool


class EntityName(Shape):
    """Whose figures one may ask for."""

    id: str
    is_park: bool
    name: Name


class Months(Shape):
    """The months of a year of which there are figures."""

    entity: str
    year: int
    months: list[MonthShape]
    entities: list[EntityName]


class ClosedCheckpoint(Shape):
    """The checkpoint that signs a close."""

    size: int
    root: Sha256
    note: str


class Closed(Shape):
    """A month that was closed or told anew, and the checkpoint that signs it; the rest is by kind."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    record: str
    seq: int
    kind: Literal["close", "restatement"]
    entity: str
    period: str
    time: IsoTime
    run: str
    by: str
    approver: str
    checkpoint: ClosedCheckpoint


class Proposal(Shape):
    """A close or a restatement that another person has to approve."""

    proposal: str
    """Its id."""
    what: Literal["close", "restate"]
    entity: str
    period: str
    time: IsoTime
    by: str
    reason: str
    accept_missing: str
    exclude: dict[str, str]
    snapshot_sha256: Sha256
    """The figures that were looked at: others are not approved."""


class Rejection(Shape):
    """A proposal that was rejected, or withdrawn by who made it."""

    proposal: str
    what: Literal["rejection", "withdrawal"]
    by: str
    reason: str


class InstrumentShape(Shape):
    """A contractual instrument: criteria true, false or `null` (disclosed)."""

    id: str
    kind: str
    beneficiary: str
    energy_source: str
    market: str
    from_: Day = Field(alias="from")
    to: Day
    factor_kg_per_kwh: DecimalText
    energy_mwh: DecimalText
    allocated_mwh: DecimalText
    left_mwh: DecimalText
    retired_on: Day | None
    criteria: list[bool | None]
    evidence: list[str]


class AllocationShape(Shape):
    """What of an instrument is used where."""

    source: str
    from_: Day = Field(alias="from")
    to: Day
    energy_mwh: DecimalText


class AllocatedInstrument(InstrumentShape):
    """An instrument with its allocations."""

    allocations: list[AllocationShape]


class Instruments(Shape):
    """Contractual instruments."""

    instruments: list[AllocatedInstrument]


class FactorSource(Shape):
    """Where a factor is written."""

    id: str
    title: str
    publisher: str
    year: str | None
    place: str
    url: str | None
    sha256: Sha256 | None
    read_in: str | None


class FactorShape(Shape):
    """A factor of the catalogue."""

    id: str
    activity: str
    fuel: str
    sectors: list[str]
    region: str
    series: str
    valid_from: Day | None
    valid_before: Day | None
    gas: str
    value: DecimalText
    unit: str
    per: str | None
    basis: str | None
    gwp_set: str | None
    low_95: Exact
    high_95: Exact
    assumes: str | None
    review: str
    source: FactorSource
    gap_before: str | None
    note: str | None


class Factors(Shape):
    """Factors, and the hash of the whole catalogue as runs state it."""

    catalogue_sha256: Sha256
    factors: list[FactorShape]


class HourOfEmissions(EmissionsShape):
    """An hour."""

    start_ms: TimeMs


class EmissionHours(Shape):
    """Emissions of today by the hour."""

    entity: EntityShape
    basis: str
    hours: list[HourOfEmissions]
