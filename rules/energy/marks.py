"""What can be remarkable about an interval, and the findings that say it with time and values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.energy.reading import Reading

LISTED = 20  # findings of one interval that are kept; the others are counted


class Mark(StrEnum):
    """Flags of an interval, and kinds of finding."""

    FIRST_READING = "first_reading"  # the baseline: no quantity before it
    BOUNDARY = "boundary_interpolated"  # the register at the interval's end lies between two readings
    GAP = "gap"  # readings further apart than declared
    ROLLOVER = "rollover"
    TRANSIENT = "transient"  # refused: lower than the level, and the level came back
    IMPLAUSIBLE = "implausible"  # refused: more than the rated flow allows
    SPIKE = "spike"  # refused afterwards: the readings fell back to the level before
    RESET = "reset"  # a lower level, believed after enough rising readings
    JUMP = "jump"  # a higher level that no flow explains, believed after enough rising readings
    EXCHANGE = "exchange"  # by an operator's event
    OPERATOR_RESET = "operator_reset"  # by an operator's event
    FINAL_UNFIT = "final_unfit"  # the event's last value does not follow the readings
    MULTIPLIER = "multiplier_change"
    UNCERTAIN = "uncertain"  # a deciding reading was of uncertain quality
    CONFLICT = "conflict"  # two values for the instant of a deciding reading


REFUSALS = (Mark.TRANSIENT, Mark.IMPLAUSIBLE, Mark.SPIKE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an auditor should see, with the readings that it is about."""

    mark: Mark
    readings: tuple[Reading, ...]

    @property
    def time_ns(self) -> int:
        """When it was: the time of its last reading (UTC)."""
        return self.readings[-1].time_ns

    @property
    def row(self) -> list[Any]:
        """The canonical form."""
        return [self.mark.value, *(reading.row for reading in self.readings)]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Finding":
        """The finding of a canonical form."""
        return cls(Mark(row[0]), tuple(Reading.of_row(reading) for reading in row[1:]))


@dataclass(slots=True)
class Findings:
    """Findings in order of time, the first `LISTED` of them; how many more there were."""

    listed: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, findings: Iterable[Finding]) -> None:
        """List them, or count them where there are many."""
        for finding in findings:
            if len(self.listed) < LISTED:
                self.listed.append(finding)
            else:
                self.more += 1

    def take(self, more: "Findings") -> None:
        """Take over another list."""
        self.add(more.listed)
        self.more += more.more

    @property
    def state(self) -> list[Any]:
        """JSON."""
        return [self.more, *(finding.row for finding in self.listed)]

    @classmethod
    def of_state(cls, state: Sequence[Any]) -> "Findings":
        """From JSON."""
        return cls([Finding.of_row(row) for row in state[1:]], state[0])
