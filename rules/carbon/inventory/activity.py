"""Activity lines: one quantity of one emission source in one period, what factors are applied to."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rules.carbon.description import Description


class Direction(StrEnum):
    """Which way energy went, seen from the reporting unit."""

    IMPORT = "import"  # bought or burnt
    EXPORT = "export"  # sold, given back to the grid
    GENERATION = "generation"  # made on site


class Grade(StrEnum):
    """Data quality (GHG Protocol: Measurement and Estimation Uncertainty; GB/T 32150: primary, secondary, proxy)."""

    HIGH = "high"  # measured by a meter, nothing estimated
    GOOD = "good"  # an invoice or delivery note, or measured with a small estimated share
    FAIR = "fair"  # largely estimated
    POOR = "poor"  # a proxy, or a part is missing


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """What happened. `description` is complete: activity, fuel, region, days, quantity, evidence.

    A line whose meter has gaps without any reading carries what is known as its quantity, and `missing` above 0: the
    quantity is then a lower bound, and never called anything else.
    """

    id: str  # of the record, or SHA-256 over the intervals of a metered line
    source: str  # id of the emission source; one line belongs to one source
    enterprise: str  # whose; the site's id for what the park as a whole buys
    description: Description
    direction: Direction = Direction.IMPORT
    grade: Grade = Grade.HIGH
    measured: Decimal = Decimal(1)  # shares of the time; with the next two exactly 1
    estimated: Decimal = Decimal(0)
    missing: Decimal = Decimal(0)
    evidence: tuple[str, ...] = ()  # SHA-256 of the files, for zero factors and instruments
    is_non_fossil: bool = False  # electricity from renewable or nuclear sources, with evidence
    is_running: bool = False  # its month is not over: more will come
    record_ids: tuple[str, ...] = ()  # of the ledger's log, that it was made of
