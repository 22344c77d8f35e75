"""Samples of a span: how many should have come, how many came good, and why the others did not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.connectivity.reason import Reason


@dataclass(slots=True)
class Tally:
    """A sum that grows. `expected` = `good` + all `reasons`, always: it is never set by itself."""

    good: int = 0
    bad: Counter[Reason] = field(default_factory=Counter)  # came, but holds no value
    missing: Counter[Reason] = field(default_factory=Counter)  # did not come

    @property
    def received(self) -> int:
        """Samples that came in time, good or bad."""
        return self.good + self.bad.total()

    @property
    def reasons(self) -> Counter[Reason]:
        """Why samples are not good, whether they came or not."""
        return self.bad + self.missing

    @property
    def expected(self) -> int:
        """Samples that should have come while the gateway ran."""
        return self.received + self.missing.total()

    @property
    def rate(self) -> float | None:
        """Good samples per expected sample, 0 to 1; `None` where none was expected."""
        expected = self.expected
        return self.good / expected if expected else None

    def add(self, other: "Tally") -> None:
        """Grow by another tally."""
        self.good += other.good
        self.bad.update(other.bad)
        self.missing.update(other.missing)

    def __bool__(self) -> bool:
        return self.expected > 0


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of these."""
    result = Tally()
    for tally in tallies:
        result.add(tally)
    return result
