"""What is declared about a meter: everything besides its readings that decides on its quantities."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from rules.energy.reading import plain_text
from rules.energy.units import accounted

Factors = tuple[tuple[int, Fraction], ...]
"""(valid from, quantity per step of the register), ascending."""


@dataclass(frozen=True, slots=True)
class MeterSpec:
    """A register as it is declared. Raises ValueError for what cannot be."""

    tag: str
    unit: str = "kWh"  # of the register
    modulus: Decimal | None = None  # register value at which it rolls over, in its unit; None: never
    multipliers: tuple[tuple[int, Decimal], ...] = ((0, Decimal(1)),)  # CT/PT: (valid from, UTC ns), ascending
    rated: Decimal | None = None  # the most that can flow, unit of account per hour (kW); None: not checked
    margin: Decimal = Decimal("1.2")  # of the rated flow
    slack_ns: int = 60_000_000_000  # a register is refreshed late: so much more time is granted
    resolution: Decimal = Decimal(0)  # one step of the register, in its unit
    confirm: int = 3  # rising readings that make a new level believed
    gap_ns: int = 900_000_000_000  # readings further apart leave a gap

    def __post_init__(self) -> None:
        starts = [start for start, _ in self.multipliers]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError(f"{self.tag}: multipliers need ascending dates of validity, the first of them 0")
        if any(not value.is_finite() or value <= 0 for _, value in self.multipliers):
            raise ValueError(f"{self.tag}: a multiplier is a number above 0")
        for name, number in (("modulus", self.modulus), ("rated", self.rated), ("margin", self.margin)):
            if number is not None and (not number.is_finite() or number <= 0):
                raise ValueError(f"{self.tag}: {name} must be above 0")
        if not self.resolution.is_finite() or self.resolution < 0:
            raise ValueError(f"{self.tag}: resolution must not be negative")
        if self.confirm < 2 or self.gap_ns <= 0 or self.slack_ns < 0:
            raise ValueError(f"{self.tag}: confirm is 2 at least, gap above 0, slack not negative")

    @property
    def accounted_unit(self) -> str:
        """The unit of the quantities."""
        return accounted(self.unit)[0]

    def factors(self) -> Factors:
        """Quantity per step of the register: CT/PT multiplier times the factor of the unit, (valid from, factor)."""
        unit = accounted(self.unit)[1]
        return tuple((start, Fraction(value) * unit) for start, value in self.multipliers)

    def held(self, start_ns: int, end_ns: int) -> tuple[tuple[int, str], ...]:
        """The multipliers that hold between two instants: (valid from, exact text)."""
        ends = [start for start, _ in self.multipliers[1:]]
        return tuple(
            (start, plain_text(value))
            for place, (start, value) in enumerate(self.multipliers)
            if start < end_ns and (place == len(ends) or ends[place] > start_ns)
        )

    @property
    def canonical(self) -> str:
        """The text of this declaration: JSON in UTF-8, sorted keys, no spaces, numbers as texts.

        Without the multipliers: a new one leaves what was before it as it is (`held` goes into each interval's hash).
        """
        numbers = {"margin": self.margin, "modulus": self.modulus, "rated": self.rated, "resolution": self.resolution}
        document = {name: None if value is None else plain_text(value) for name, value in numbers.items()} | {
            "tag": self.tag,
            "unit": self.unit,
            "confirm": self.confirm,
            "gap_ns": self.gap_ns,
            "slack_ns": self.slack_ns,
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def digest(self) -> str:
        """SHA-256 of that text, as hexadecimal text: it goes into the hash of every interval."""
        return sha256(self.canonical.encode()).hexdigest()


def factor_at(factors: Factors, time_ns: int) -> Fraction:
    """The factor that holds at this instant."""
    if len(factors) == 1:
        return factors[0][1]
    place = bisect_right(factors, time_ns, key=lambda version: version[0]) - 1
    return factors[max(place, 0)][1]
