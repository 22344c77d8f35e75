"""A second opinion on interval quantities: slow, from the truth behind a trace, without rules.energy's logic."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from rules.energy.account import Item
from rules.energy.reading import Event, EventKind, Reading

SECOND = 1_000_000_000
QUARTER = 900 * SECOND


@dataclass
class Trace:
    """What a meter said, and what is true: (time, total that has really flowed) wherever it can be believed.

    A break between two truths stands for a time in which nobody can know what flowed.
    """

    items: list[Item] = field(default_factory=list)
    truths: list[tuple[int, Fraction]] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)  # truths (by time) that do not follow the one before
    total: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)  # register = total - offset
    modulus: Fraction | None = None
    time_ns: int = 0

    @property
    def register(self) -> Decimal:
        value = self.total - self.offset
        value = value % self.modulus if self.modulus else value
        return Decimal(value.numerator) / Decimal(value.denominator)

    def pass_time(self, seconds: int, flow: int) -> None:
        """Time passes and thousandths of a unit flow, unseen."""
        self.time_ns += seconds * SECOND
        self.total += Fraction(flow, 1000)

    def read(self) -> None:
        self.items.append(Reading(self.time_ns, self.register))
        self.truths.append((self.time_ns, self.total))

    def lie(self, value: Decimal) -> None:
        """A reading that says nothing."""
        self.items.append(Reading(self.time_ns, value))

    def count(self, steps: list[tuple[int, int]]) -> None:
        for seconds, flow in steps:
            self.pass_time(seconds, flow)
            self.read()

    def start_again(self, at: int) -> None:
        """The register leaps without anybody's note: its next reading is a truth, but not the time before it."""
        self.offset = self.total - at
        self.pass_time(10, 7)
        self.breaks.add(self.time_ns)
        self.read()

    def exchange(self, at: int, *, is_noted: bool = True) -> None:
        """Another meter, with or without a note of both registers."""
        final, initial = self.register, Decimal(at)
        self.offset = self.total - at
        if is_noted:
            self.items.append(Event(self.time_ns, EventKind.EXCHANGE, final, initial, "work order 7"))
            self.truths.append((self.time_ns, self.total))
        else:
            self.items.append(Event(self.time_ns, EventKind.EXCHANGE))
            self.pass_time(20, 9)
            self.breaks.add(self.time_ns)
            self.read()


def micro(value: Fraction) -> int:
    """Rounded to millionths, halves upwards."""
    return int((value * 1_000_000 + Fraction(1, 2)) // 1)


@dataclass
class Expected:
    """What an interval must say."""

    known: Decimal | None
    missing_ns: int

    @property
    def quantity(self) -> Decimal | None:
        return None if self.missing_ns else self.known


def expect(trace: Trace, start_ns: int, end_ns: int) -> Expected:
    """Add up, pair by pair of truths, what flowed in the interval; count the time for which there is none."""
    total, covered = 0, 0
    for (one_ns, one), (other_ns, other) in pairwise(trace.truths):
        begin, end = max(one_ns, start_ns), min(other_ns, end_ns)
        if other_ns in trace.breaks or begin >= end:
            continue
        slope = (other - one) / (other_ns - one_ns)
        total += micro(one + slope * (end - one_ns)) - micro(one + slope * (begin - one_ns))
        covered += end - begin
    return Expected(Decimal(total) / 1_000_000 if covered else None, end_ns - start_ns - covered)
