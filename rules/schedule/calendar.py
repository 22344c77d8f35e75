"""Which days people work: weekends, holidays, and exchanged days."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekend days, holidays and working days by exchange (China: a Saturday that is worked for a bridge day)."""

    name: str = ""
    weekend: frozenset[int] = frozenset({6, 7})  # ISO weekdays
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)  # worked although weekend
    covers: frozenset[int] = field(default_factory=frozenset)  # years whose holidays are known; empty: needs none

    def is_workday(self, day: date) -> bool:
        """True where people work on this day; one that is listed as both is worked. In a year that is not covered
        weekends alone decide."""
        if day in self.workdays:
            return True
        return day not in self.holidays and day.isoweekday() not in self.weekend

    def missing_year(self, day: date) -> int | None:
        """The day's year where its holidays should be known but are not (nobody has published or entered them yet);
        `None`: nothing is missing."""
        return day.year if self.covers and day.year not in self.covers else None
