"""Whose figures are asked for, and from what; the days and months of a stretch of time."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.accounts.books import Books, Entity
from gateway.accounts.energy.emission_rates import EmissionRates, Month
from gateway.accounts.energy.energyread import day_start_ns
from gateway.accounts.energy.payers import Payer, zone_of
from gateway.accounts.energy.windows import Window
from gateway.accounts.held import spans_of
from gateway.core.clock import day_of
from gateway.core.ownership import Bounds


@dataclass(frozen=True, slots=True)
class Question:
    """Whose figures, from what."""

    db: sqlite3.Connection
    books: Books
    payer: Payer
    rates: EmissionRates

    @property
    def entity(self) -> Entity:
        """Whose."""
        return self.payer.entity

    def cut(self, tag: str, bounds: Bounds) -> list[Bounds]:
        """The parts of a time in which a register counts for it."""
        return spans_of(self.books, tag, self.entity.id, bounds)

    def counts(self, tag: str, time_ns: int) -> bool:
        """True where a register counts for it at this instant."""
        return tag not in self.books.held or bool(self.cut(tag, (time_ns, time_ns + 1)))


def months_of(window: Window, ask: Question) -> Iterator[tuple[Month, tuple[int, int]]]:
    """The calendar months of a window, with their bounds within it."""
    zone = zone_of(ask.books)
    at_ns = window.start_ns
    while at_ns < window.end_ns:
        day = day_of(at_ns, zone)
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        end_ns = min(day_start_ns(following, zone), window.end_ns)
        yield (day.year, day.month), (at_ns, end_ns)
        at_ns = end_ns


def days_of(window: Window, books: Books) -> tuple[date, date]:
    """The first and the last local day that a window touches."""
    zone = zone_of(books)
    return day_of(window.start_ns, zone), day_of(max(window.end_ns - 1, window.start_ns), zone)
