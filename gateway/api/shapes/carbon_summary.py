"""The form of the carbon summary: all bases beside each other, and everything that the figures rest on."""

from typing import Literal

from pydantic import Field

from gateway.api.shapes.base import Day, DecimalText, FreeForm, IsoTime, Name, Sha256, Shape, Told
from gateway.api.shapes.carbon import ClosedBy, Due, Effect, InstrumentShape
from gateway.api.shapes.energy import EntityShape
from gateway.api.shapes.ledger import CheckpointShape

Exact = DecimalText | None


class SummaryPeriod(Shape):
    """Whole days, both included."""

    label: str
    from_: Day = Field(alias="from")
    to: Day
    zone: str
    has_begun: bool


class SummaryClose(ClosedBy):
    """The newest close of the period's months."""

    months: int


class SummaryRun(Shape):
    """The calculation."""

    id: str
    is_recorded: bool
    ids: list[str]
    time: IsoTime
    code_version: str
    catalogue_sha256: Sha256
    policy: FreeForm
    """As configured."""
    boundary: FreeForm
    """Sources, meters and allocations as configured."""


class Kg(Shape):
    """A total; `is_lower_bound` is there where data is missing."""

    kg: DecimalText
    gas: str | None = None
    is_lower_bound: bool = False


class BasisLine(Shape):
    """A part of scope 2."""

    label: str
    source: str
    category: str
    instrument: str
    quantity: DecimalText
    unit: str
    factor: str
    factor_text: str
    kg: Exact
    is_lower_bound: bool = False
    note: str
    entries: list[str]


class WithoutFigure(Shape):
    """What has no figure, and why."""

    source: str
    activity: str
    basis: str
    message: str
    hint: str


class SummaryNote(Name):
    """A remark with its key."""

    code: str
    scope: Literal[1, 2]


class BasisFigures(Shape):
    """The figures on one basis."""

    basis: str
    scope1: Kg
    scope2: Kg
    total: Kg
    lines: list[BasisLine]
    refusals: list[WithoutFigure]
    is_default: bool
    notes: list[SummaryNote]
    indicator: FreeForm | None
    """Of the zero-carbon park's basis."""


class GasMass(Shape):
    """A gas."""

    gas: str
    mass_kg: DecimalText
    co2e_kg: Exact = None


class TimeShares(Shape):
    """Percent of the time."""

    measured: DecimalText
    estimated: DecimalText
    missing: DecimalText


class Scope1Source(Shape):
    """Scope 1 of one source."""

    source: str
    name: Name
    enterprise: str
    category: str
    quantity: DecimalText
    unit: str
    gases: list[GasMass]
    kg: DecimalText
    entries: list[str]
    shares: TimeShares
    is_lower_bound: bool = False


class Scope1(Shape):
    """Direct emissions."""

    kg: DecimalText
    by_category: dict[str, DecimalText]
    by_gas: list[GasMass]
    by_source: list[Scope1Source]
    notes: list[SummaryNote]
    is_lower_bound: bool = False


class Outside(Shape):
    """Outside the scopes."""

    biogenic_co2_kg: DecimalText
    non_kyoto: list[GasMass]


class Carrier(Shape):
    """Energy with its standard coal by both equivalents (t)."""

    carrier: str
    direction: str
    quantity: DecimalText
    unit: str
    tce_calorific: Exact
    tce_primary: Exact
    is_lower_bound: bool = False


class DataGap(Shape):
    """Days without measured data."""

    meter: str
    from_: Day = Field(alias="from")
    to: Day
    how: str


class Unexplained(Shape):
    """A meter against the sum of those under it."""

    meter: str
    name: Name
    percent: Exact
    quantity: Exact
    unit: str
    uncertainty: Exact
    is_explained: bool | None
    is_beyond_limit: bool | None
    """More than limit and accuracy allow; null: not all of it is metered, or data is missing."""
    missing: list[str]


class SilentSource(Shape):
    """A source of which nothing is recorded in some months: that is not zero."""

    source: str
    name: Name
    scope: int
    periods: list[str]


class Trust(Shape):
    """How far the figures can be trusted."""

    measured_percent: DecimalText
    estimated_percent: DecimalText
    missing_percent: DecimalText
    grade: str | None
    gaps: list[DataGap]
    exclusions: list[str]
    fallbacks: list[str]
    chinese: dict[str, str]
    """Chinese of sentences in `fallbacks`."""
    pending_factors: list[str]
    uncertainty_percent: Exact
    """95 %, of scope 1 and of scope 2 on the default basis; null: not known for all of it."""
    uncertainty_known_percent: Exact
    """Of these emissions, the share whose uncertainty is known; null: nothing was emitted."""
    unexplained: list[Unexplained]
    waiting: int
    without_data: list[str]
    silent: list[SilentSource]
    uncounted: list[str]


class SummaryInstrument(InstrumentShape):
    """An instrument, and what of it is allocated here."""

    allocated_here_mwh: DecimalText


class SummaryFactor(Shape):
    """A factor that was used."""

    id: str
    value: DecimalText
    unit: str
    gas: str
    source: str
    publisher: str
    year: str
    place: str
    validity: str
    region: str
    basis: str | None
    gwp_set: str | None
    review: str
    sha256: str | None
    url: str | None


class Intensity(Shape):
    """Emissions per denominator."""

    denominator: str
    product: str
    value: DecimalText
    unit: str
    basis: str
    kg_per_unit: DecimalText
    is_lower_bound: bool = False
    record: str
    records: list[str]


class MeasuredBeside(Shape):
    """What continuous measurement gave; never added."""

    source: str
    from_: Day = Field(alias="from")
    to: Day
    masses_kg: dict[str, DecimalText]
    hours: DecimalText
    substituted_hours: DecimalText
    record: str
    evidence: list[FreeForm | str]


class BaseYear(Shape):
    """The base year, where the policy names one."""

    year: int
    threshold_percent: DecimalText
    scope1_kg: DecimalText
    scope2_kg: dict[str, DecimalText]
    total_kg: DecimalText
    difference_kg: Exact
    difference_percent: Exact
    is_recorded: bool
    is_lower_bound: bool
    months: int
    """Of the year, that are in it: those that have begun; beside a closed period those that were over at its close."""


class Restatement(Shape):
    """A month that was told anew."""

    time: IsoTime
    period: str
    reason: str
    by: str
    approver: str
    effect: Effect
    sources: list[str]
    record: str
    previous_run: str
    run: str


class ComparedSummary(Shape):
    """Another period."""

    period: str
    from_: Day = Field(alias="from")
    to: Day
    scope1_kg: DecimalText
    scope2_kg: dict[str, DecimalText]
    total_kg: DecimalText
    difference_kg: DecimalText
    difference_percent: Exact
    is_lower_bound: bool


class SummaryComparison(Shape):
    """The period before, and the same one a year ago."""

    previous_period: ComparedSummary | None
    previous_year: ComparedSummary | None


class Summary(Told):
    """The figures of an enterprise or the park and a period."""

    entity: EntityShape
    period: SummaryPeriod
    status: Literal["open", "closed", "restated"]
    as_published: bool
    is_complete: bool
    closed: SummaryClose | None
    run: SummaryRun
    bases: list[BasisFigures]
    scope1: Scope1
    outside: Outside
    energy: list[Carrier]
    trust: Trust
    instruments: list[SummaryInstrument]
    factors: list[SummaryFactor]
    intensities: list[Intensity]
    measured_beside: list[MeasuredBeside]
    base_year: BaseYear | None
    restatements: list[Restatement]
    due: list[Due]
    comparison: SummaryComparison
    checkpoint: CheckpointShape | None
