"""Meters that nobody reads: virtual ones (sums and differences), and what each enterprise bears of a shared one."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from gateway.accounts.books import AllocationRule, Books
from gateway.accounts.energy.meters import series
from gateway.accounts.setup.supply import Supply
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from rules.energy.grid import Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.virtual import difference, split, summed

Series = list[IntervalQuantity]


def series_of(db: sqlite3.Connection, books: Books, tag: str, span: Span) -> Series:
    """The intervals of a meter, or of a virtual one from those of its parts. Raises Rejected for an unknown tag."""
    virtual = books.virtual.get(tag)
    if virtual is None:
        meter = books.meters.get(tag)
        if meter is None:
            raise Rejected(f"no account is made of `{tag[:200]}`", "`park-gateway energy meters` lists the meters")
        return series(db, books, meter, span)
    check_apart(books, virtual.plus)
    plus = summed(tag, {part: series_of(db, books, part, span) for part in virtual.plus})
    if not virtual.minus:
        return plus
    minus = {part: series_of(db, books, part, span) for part in virtual.minus}
    return difference(tag, (f"{tag} plus", plus), minus)


def supply_of(books: Books) -> Supply:
    """Which meter counts what another one counts already."""
    return Supply({tag: meter.under for tag, meter in books.meters.items()})


def check_apart(books: Books, tags: Sequence[str]) -> None:
    """Raises ValueError where one of these meters already counts what another one counts: their sum would double it."""
    double = supply_of(books).pair(tags)
    if double is not None:
        raise ValueError(f"{double[0]} is counted by {double[1]} already: they cannot be added")


def borne(books: Books, of: str, whole: Series) -> dict[str, Series]:
    """What each enterprise bears of a shared meter, by the rule of each interval's local day: sums exactly to it.

    Raises Rejected where an interval has no rule.
    """
    rules = sorted((rule for rule in books.allocations if rule.of == of), key=lambda rule: rule.from_day)
    zone = ZoneInfo(books.site.timezone)
    shares: dict[str, dict[Span, IntervalQuantity]] = {}
    for rule, part in groupby(whole, key=lambda one: _rule_on(rules, day_of(one.span.start_ns, zone).toordinal(), of)):
        for enterprise, found in split((of, list(part)), dict(rule.weights)).items():
            shares.setdefault(enterprise, {}).update((one.span, one) for one in found)
    return {enterprise: list(found.values()) for enterprise, found in sorted(shares.items())}


def _rule_on(rules: Sequence[AllocationRule], day: int, of: str) -> AllocationRule:
    held = [rule for rule in rules if rule.from_day <= day]
    if not held:
        raise Rejected(f"no allocation of `{of}` holds on that day", "add one to `energy: {allocations: ...}`")
    return held[-1]
