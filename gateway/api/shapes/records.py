"""The forms of records by people: what was submitted, what became of it, tables, evidence."""

from gateway.api.shapes.base import DecimalText, FreeForm, IsoTime, Name, Sha256, Shape, TimeMs, Told


class EvidenceShape(Shape):
    """A kept file."""

    sha256: Sha256
    name: str
    media_type: str
    size: int


class KeptEvidence(EvidenceShape, Told):
    """A file that was kept now."""

    warnings: list[str]
    """Where the bytes are not what the name says."""


class StatedPrincipal(Shape):
    """Whose log-in it was."""

    name: str
    role: str
    origin: str


class DecisionShape(Shape):
    """What became of a record."""

    id: str
    what: str
    by: str
    principal: StatedPrincipal
    time_ms: TimeMs
    note: str
    late: list[str]
    forced: list[str]


class RecordShape(Told):
    """A record: who submitted what, with which files, and what became of it."""

    id: str
    seq: int
    kind: str
    state: str
    enterprise: str
    period: str
    fields: FreeForm
    """By kind: see `GET /api/v1/carbon/templates`."""
    unit_name: Name | None
    evidence: list[EvidenceShape]
    by: str
    principal: StatedPrincipal
    submitted_ms: TimeMs
    warnings: list[str]
    late: list[str]
    """Closed months that it comes too late for."""
    supersedes: str | None
    superseded_by: str | None
    decision: DecisionShape | None


class PlausibleBefore(Shape):
    """The reading before."""

    time: IsoTime
    value: DecimalText


class PlausibleNote(Name):
    """A remark with its key."""

    code: str


class PlausibleRow(Shape):
    """What one reading would give."""

    meter: str
    time: IsoTime
    value: DecimalText
    mark: str
    before: PlausibleBefore | None
    quantity: DecimalText | None
    unit: str
    per_day: DecimalText | None
    usual_per_day: DecimalText | None
    rated_per_day: DecimalText | None
    notes: list[PlausibleNote]
    objections: list[str]


class Plausibility(Shape):
    """What the readings of a record would give."""

    rows: list[PlausibleRow]
    count: int
    remarkable: int
    objections: int


class RecordWithPlausibility(RecordShape):
    """One record, and of readings what quantities they give."""

    plausibility: Plausibility | None


class RecordTaken(RecordWithPlausibility):
    """A record that was submitted; `is_new` is false where the same came before with the same key."""

    is_new: bool


class Records(Told):
    """A page of records, the newest first."""

    items: list[RecordShape]
    waiting: int
    """How many wait for approval."""
    next_before: int | None


class Rehearsal(Told):
    """What a record would be told."""

    warnings: list[str]
    late: list[str]
    plausibility: Plausibility | None


class SourceOfEmissions(Shape):
    """An emission source."""

    id: str
    name: Name
    enterprise: str
    meters: list[str]


class EmissionSources(Shape):
    """The emission sources."""

    items: list[SourceOfEmissions]
    total: int


class FormShape(Shape):
    """A kind of record."""

    kind: str
    fields: list[str]
    needed: list[str]
    example: dict[str, str]


class Forms(Shape):
    """What can be recorded."""

    items: list[FormShape]


class TableTaken(Told):
    """What became of a table."""

    rows: int
    taken: int
    records: list[str]
    notes: list[FreeForm | str]
    errors: list[FreeForm]
    more_errors: int
