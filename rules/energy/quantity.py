"""What flowed in one interval, how that is known, and the readings that an auditor needs to recompute it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from rules.energy.allocation import MICRO, from_micro, largest_remainder
from rules.energy.grid import Span
from rules.energy.marks import Finding, Mark
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec

CANON = "park-gateway interval 1"  # changes with any change of the canonical form or of a rule


Multipliers = tuple[tuple[int, str], ...]
"""(valid from, UTC nanoseconds; exact text)."""


class Method(StrEnum):
    """How the quantity of an interval is known: the weakest way that had a part in it."""

    MEASURED = "measured"  # readings at both boundaries
    INTERPOLATED = "interpolated"  # a boundary lies between two readings that are near each other
    EXCHANGE = "exchange"  # over a change of the register that an operator wrote down
    GAP_ESTIMATED = "gap_estimated"  # a gap goes over a boundary: measured over the gap, distributed by time
    VIRTUAL = "virtual"  # computed from other meters
    CORRECTED = "corrected"  # set by people, with their reason
    PARTIAL = "partial"  # a part is missing: there is no quantity, only what is known of it
    MISSING = "missing"  # nothing is known


class Shares(NamedTuple):
    """Parts of the interval's time, six digits each; their sum is exactly 1 (largest remainder)."""

    measured: Decimal
    estimated: Decimal
    missing: Decimal


@dataclass(frozen=True, slots=True)
class IntervalQuantity:
    """One interval of one meter, exact: no number of it ever was a float."""

    span: Span
    unit: str
    quantity: Decimal | None  # of the whole interval; `None` where a part is missing: missing is never zero
    known: Decimal | None  # of the part that is known: a lower bound; `None` where nothing is known
    method: Method
    measured_ns: int
    estimated_ns: int
    marks: tuple[Mark, ...]
    findings: tuple[Finding, ...]
    more_findings: int  # that are not listed
    readings: tuple[Reading, ...]  # that decided it, in order of time
    multipliers: Multipliers  # that hold in it
    hash: str  # SHA-256 over the declaration, the interval and what decided it
    is_provisional: bool = False  # the next readings may still show a spike, or the interval is not over
    version: int = 1  # counts when late data, an event or a correction changed what decided it

    @property
    def missing_ns(self) -> int:
        """The time for which nothing is known."""
        return self.span.end_ns - self.span.start_ns - self.measured_ns - self.estimated_ns

    @property
    def shares(self) -> Shares:
        """Measured, estimated and missing share of the interval's time."""
        parts = largest_remainder(MICRO, [self.measured_ns, self.estimated_ns, self.missing_ns])
        return Shares(*(from_micro(part) for part in parts))

    @property
    def state(self) -> dict[str, Any]:
        """JSON: exact numbers as texts."""
        return {
            "span": [self.span.start_ns, self.span.end_ns],
            "unit": self.unit,
            "quantity": None if self.quantity is None else str(self.quantity),
            "known": None if self.known is None else str(self.known),
            "method": self.method.value,
            "measured_ns": self.measured_ns,
            "estimated_ns": self.estimated_ns,
            "marks": [mark.value for mark in self.marks],
            "findings": [finding.row for finding in self.findings],
            "more_findings": self.more_findings,
            "readings": [reading.row for reading in self.readings],
            "multipliers": [list(version) for version in self.multipliers],
            "hash": self.hash,
            "is_provisional": self.is_provisional,
            "version": self.version,
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> "IntervalQuantity":
        """From JSON."""
        quantity, known = (None if state[key] is None else Decimal(state[key]) for key in ("quantity", "known"))
        return cls(
            Span(*state["span"]),
            state["unit"],
            quantity,
            known,
            Method(state["method"]),
            state["measured_ns"],
            state["estimated_ns"],
            tuple(Mark(mark) for mark in state["marks"]),
            tuple(Finding.of_row(row) for row in state["findings"]),
            state["more_findings"],
            tuple(Reading.of_row(row) for row in state["readings"]),
            tuple((start, value) for start, value in state["multipliers"]),
            state["hash"],
            state["is_provisional"],
            state["version"],
        )


def missing(spec: MeterSpec, span: Span) -> IntervalQuantity:
    """An interval about which nothing is known."""
    held = spec.held(span.start_ns, span.end_ns)
    digest = hash_of(spec.digest, span, held, (), (), 0)
    return IntervalQuantity(span, spec.accounted_unit, None, None, Method.MISSING, 0, 0, (), (), 0, (), held, digest)


def hash_of(
    meter: str,
    span: Span,
    multipliers: Multipliers,
    readings: Sequence[Reading],
    findings: Sequence[Finding],
    more: int,
) -> str:
    """SHA-256, as hexadecimal text, over the canonical form: UTF-8 JSON, sorted keys, no spaces, decimals as texts.

    `meter` is the declaration's digest.
    """
    document: dict[str, Any] = {
        "canon": CANON,
        "meter": meter,
        "from_ns": span.start_ns,
        "to_ns": span.end_ns,
        "multipliers": multipliers,
        "readings": [reading.row for reading in readings],
        "findings": [finding.row for finding in findings],
        "more_findings": more,
    }
    return digest_of(document)


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of a document's canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()
