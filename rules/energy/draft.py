"""An interval in the making."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.energy.allocation import from_micro
from rules.energy.grid import Span
from rules.energy.marks import Finding, Findings, Mark
from rules.energy.quantity import IntervalQuantity, Method, hash_of
from rules.energy.reading import Origin, Reading
from rules.energy.spec import MeterSpec

ORDER = (Origin.FINAL, Origin.INITIAL, Origin.METER)  # at one instant


@dataclass(slots=True)
class Draft:
    """What is known so far of one interval."""

    span: Span
    micro: int = 0  # known quantity of the stretches that are over
    measured_ns: int = 0
    estimated_ns: int = 0
    marks: set[Mark] = field(default_factory=set)
    findings: Findings = field(default_factory=Findings)
    deciding: dict[Reading, None] = field(default_factory=dict)

    def decide(self, *readings: Reading) -> None:
        """These readings have a part in it."""
        self.deciding |= dict.fromkeys(readings)

    def note(self, finding: Finding) -> bool:
        """A finding that lies in it; false where there are so many that it is only counted."""
        self.marks.add(finding.mark)
        self.findings.add([finding])
        return not self.findings.more

    def cover(self, span_ns: int, *, is_estimated: bool) -> None:
        """So much more of its time is known."""
        if is_estimated:
            self.estimated_ns += span_ns
        else:
            self.measured_ns += span_ns

    def copy(self) -> "Draft":
        """Another one of the same content."""
        return Draft.of_state(self.state)

    def done(self, spec: MeterSpec, meter: str) -> IntervalQuantity:
        """The interval as it stands. `meter` is the declaration's digest, made once."""
        readings = tuple(sorted(self.deciding, key=lambda reading: (reading.time_ns, ORDER.index(reading.origin))))
        findings = tuple(self.findings.listed)
        marks = self.marks | {Mark.UNCERTAIN for reading in readings if reading.is_uncertain}
        marks |= {Mark.CONFLICT for reading in readings if reading.is_conflicting}
        known = from_micro(self.micro) if self.measured_ns + self.estimated_ns else None
        held = spec.held(self.span.start_ns, self.span.end_ns)
        is_whole = self.measured_ns + self.estimated_ns == self.span.end_ns - self.span.start_ns
        return IntervalQuantity(
            self.span,
            spec.accounted_unit,
            known if is_whole else None,
            known,
            _method(marks, is_estimated=self.estimated_ns > 0) if is_whole else _lacking(known is None),
            self.measured_ns,
            self.estimated_ns,
            tuple(mark for mark in Mark if mark in marks),
            findings,
            self.findings.more,
            readings,
            held,
            hash_of(meter, self.span, held, readings, findings, self.findings.more),
        )

    @property
    def state(self) -> dict[str, Any]:
        """JSON."""
        return {
            "span": [self.span.start_ns, self.span.end_ns],
            "micro": self.micro,
            "measured_ns": self.measured_ns,
            "estimated_ns": self.estimated_ns,
            "marks": sorted(self.marks),
            "findings": self.findings.state,
            "deciding": [reading.row for reading in self.deciding],
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> "Draft":
        """From JSON."""
        return cls(
            Span(*state["span"]),
            state["micro"],
            state["measured_ns"],
            state["estimated_ns"],
            {Mark(mark) for mark in state["marks"]},
            Findings.of_state(state["findings"]),
            dict.fromkeys(Reading.of_row(row) for row in state["deciding"]),
        )


def _method(marks: set[Mark], *, is_estimated: bool) -> Method:
    if is_estimated:
        return Method.GAP_ESTIMATED
    if marks & {Mark.EXCHANGE, Mark.OPERATOR_RESET}:
        return Method.EXCHANGE
    return Method.INTERPOLATED if Mark.BOUNDARY in marks else Method.MEASURED


def _lacking(nothing: bool) -> Method:
    return Method.MISSING if nothing else Method.PARTIAL
