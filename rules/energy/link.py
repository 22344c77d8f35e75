"""A link: how one believed reading follows another, and what was refused in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.energy.marks import Findings, Mark
from rules.energy.reading import Reading


class Join(StrEnum):
    """How the end of a link follows its start."""

    FIRST = "first"  # nothing before: start and end are the baseline
    RISE = "rise"  # the register counted on
    ROLLOVER = "rollover"  # it counted over its end
    RESET = "reset"  # another level: what flowed is not known
    JUMP = "jump"
    EXCHANGE = "exchange"  # another register: no quantity in the step itself
    OPERATOR_RESET = "operator_reset"


KNOWN = (Join.RISE, Join.ROLLOVER)  # the quantity between both readings is known
MARK_OF = {
    Join.FIRST: Mark.FIRST_READING,
    Join.ROLLOVER: Mark.ROLLOVER,
    Join.RESET: Mark.RESET,
    Join.JUMP: Mark.JUMP,
    Join.EXCHANGE: Mark.EXCHANGE,
    Join.OPERATOR_RESET: Mark.OPERATOR_RESET,
}


@dataclass(frozen=True, slots=True)
class Link:
    """Two believed readings, one after the other."""

    start: Reading
    end: Reading
    join: Join
    refused: Findings = field(default_factory=Findings)  # in between
    is_dense: bool = False  # readings in between followed each other, but are not kept: no gap, however long it is

    @property
    def span_ns(self) -> int:
        """The time between both readings."""
        return self.end.time_ns - self.start.time_ns

    @property
    def state(self) -> list[Any]:
        """JSON."""
        return [self.start.row, self.end.row, self.join.value, self.refused.state]

    @classmethod
    def of_state(cls, state: Sequence[Any]) -> "Link":
        """From JSON."""
        start, end, join, refused = state
        return cls(Reading.of_row(start), Reading.of_row(end), Join(join), Findings.of_state(refused))
