"""Samples of a span: how many should have come, how many came, and why the others did not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.connectivity.reason import Reason


@dataclass(slots=True)
class Tally:
    """A sum that grows. `expected` = `good` + `bad` + what is missing, always: it is never set by itself."""

    good: int = 0
    bad: int = 0  # came, but holds no value: the device's own "not available", no number, a wrong type
    missing: Counter[Reason] = field(default_factory=Counter)

    @property
    def received(self) -> int:
        """Samples that came in time, good or bad."""
        return self.good + self.bad

    @property
    def expected(self) -> int:
        """Samples that should have come while the gateway ran."""
        return self.good + self.bad + self.missing.total()

    @property
    def rate(self) -> float | None:
        """Good samples per expected sample, 0 to 1; `None` where none was expected."""
        expected = self.expected
        return self.good / expected if expected else None

    def add(self, other: "Tally") -> None:
        """Grow by another tally."""
        self.good += other.good
        self.bad += other.bad
        self.missing.update(other.missing)

    def __bool__(self) -> bool:
        return self.expected > 0


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of these."""
    result = Tally()
    for tally in tallies:
        result.add(tally)
    return result
