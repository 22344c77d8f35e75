"""The forms of the audit log."""

from typing import Any

from gateway.api.shapes.base import Sha256, Shape, TimeMs, Told


class AuditEntry(Shape):
    """One entry. What changes something is put down twice under one `request_id`: before it is done, and after."""

    id: int
    time_ms: TimeMs
    monotonic_ns: str
    """Since the machine's start, as text: tells the order of entries over a step of the clock."""
    who: str
    role: str
    via: str
    """`session`, `key`, `socket`, `signal`, `gateway`, `nobody`."""
    origin: str
    """Address, or `socket`."""
    action: str
    target: str
    result: str
    """`asked`, `done`, `refused`, `failed`."""
    reason: str
    request_id: str
    has_values: bool
    """It has a before or an after: `GET /api/v1/audit/{id}` shows them."""
    hash: Sha256
    """Over the hash of the entry before it and this entry."""


class AuditArchive(Shape):
    """Entries that were exported and are in that file only."""

    time_ms: TimeMs
    first: int
    upto: int
    rows: int
    sha256: Sha256


class AuditFindingShape(Shape):
    """One thing that checking found."""

    code: str
    """`changed`, `inserted`, `removed`, `rewritten`, `cut`, `older`, `archive`, `ledger`; `restored` is a gap."""
    text: str
    first: int
    last: int
    record: int
    """Of the ledger; 0: none."""
    time_ns: str
    """UTC, nanoseconds since 1970, as text; 0: none."""


class AuditChain(Told):
    """What is known of the whole log."""

    state: str
    """`good`, `broken`, or `unchecked` since the gateway started."""
    checked_ms: TimeMs | None
    entries: int
    """That were checked."""
    last: int
    """The newest that was checked."""
    hash: Sha256
    """Its hash: the end of the chain."""
    archived: int
    """Up to this entry only archives have them."""
    archived_hash: Sha256
    anchors: int
    """Records of the ledger that hold the chain, and fit."""
    anchored: int
    """Up to this entry the ledger's checkpoints speak for the log."""
    faults: list[AuditFindingShape]
    gaps: list[AuditFindingShape]
    """Entries that are lost, and told so."""
    fill: float
    """Of the room; 1: full."""


class AuditPage(Told):
    """A page of entries, the newest first."""

    items: list[AuditEntry]
    next_before: int | None
    chain: AuditChain
    archives: list[AuditArchive]


class AuditProofShape(Shape):
    """What speaks for one entry."""

    chained: bool
    """Its hash follows from the entry before it."""
    anchor: int | None
    """The record of the ledger that holds the chain at or behind it."""
    signed: bool
    """A signed checkpoint is over that record."""


class AuditDetail(AuditEntry, Told):
    """One entry with its values, the other steps of its request, and what speaks for it."""

    before: Any
    after: Any
    steps: list[AuditEntry]
    proof: AuditProofShape


class ArchiveDone(Shape):
    """How many entries went."""

    removed: int
