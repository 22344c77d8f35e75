"""The forms of the ledger: records, checkpoints, proofs."""

from gateway.api.shapes.base import FreeForm, IsoTime, Sha256, Shape, Told


class LedgerRecordHead(Shape):
    """A record of the log; with its body where it was asked for."""

    seq: int
    """Its place in the log, from 1."""
    id: str
    kind: str
    enterprise: str
    period: str
    about: str
    """The record that it is about, or a digest."""
    time: IsoTime
    time_ns: str
    """UTC, nanoseconds since 1970, as text: beyond what a double holds."""
    leaf: Sha256 | None = None
    body: FreeForm | None = None
    """By kind of record."""


class LedgerRecords(Shape):
    """A page of records."""

    records: list[LedgerRecordHead]
    next: int | None
    """`after` of the next page; `null` at the end."""


class LedgerRecord(LedgerRecordHead):
    """One record, whole."""

    leaf: Sha256
    body: FreeForm


class CheckpointShape(Shape):
    """A signed state of the log (C2SP tlog-checkpoint)."""

    size: int
    root: Sha256
    time: IsoTime
    note: str
    """The signed note, as it is verified."""


class LedgerFault(Shape):
    """One thing that is not what was written; without `seq` it is no single record."""

    message: str
    seq: int | None
    id: str
    kind: str
    time_ns: int | None


class SignedState(Shape):
    """What the newest sound checkpoint covers."""

    records: int
    time: str
    """ISO 8601; empty where none is signed yet."""


class LedgerVerdict(Told):
    """What checking the whole ledger found."""

    is_good: bool
    records: int
    root: str
    checkpoints: int
    signed: SignedState
    outside: int
    interval_rows: int
    evidence_files: int
    audit_entries: int
    faults: list[LedgerFault]
    notes: list[str]
    """For a person: what nothing speaks for, what was not checked."""
    verified_ms: int


class InclusionProof(Shape):
    """That a record is in the log (RFC 6962). Hashes in hex."""

    seq: int
    id: str
    index: int
    size: int
    leaf: Sha256
    root: Sha256
    path: list[Sha256]
    checkpoint: str | None


class ConsistencyProof(Shape):
    """That the log of `new` records begins with the log of `old` (RFC 6962). Hashes in hex."""

    old: int
    new: int
    old_root: Sha256
    new_root: Sha256
    path: list[Sha256]


class LedgerKey(Shape):
    """The public key that checkpoints are signed with, and those before it."""

    origin: str
    key: str
    former: list[str]
