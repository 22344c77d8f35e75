"""Reconciliation: every meter that has others under it against their sum, with what the meters' accuracy explains."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.energy.derived_meters import supply_of
from gateway.store import intervals
from rules.energy.allocation import from_micro
from rules.energy.balance import Balance, balance


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One meter against those under it, over a period."""

    parent: str  # tag
    unit: str
    result: Balance
    limit_percent: Decimal  # unexplained above it, and above the accuracy, is a matter for somebody
    is_complete: bool  # those under it are meant to count all of it

    @property
    def is_beyond(self) -> bool | None:
        """True where more is unexplained than limit and accuracy allow; `None` where that cannot be said: a meter is
        missing, or not everything under it has one, so that what is left may be used by something. That those under it
        count more than itself is never right.
        """
        percent = self.result.percent
        if percent is None or (percent >= 0 and not self.is_complete):
            return None
        return abs(percent) > self.limit_percent and self.result.is_explained is not True


def parents(books: Books) -> dict[str, tuple[str, ...]]:
    """The meters that have others right under them, by tag; a meter below two others is under the nearer ones only.

    `under` names the meters that count a meter already: those that count these in turn are not its parents. Registers
    of one device (its tariffs) are no reconciliation.
    """
    found: dict[str, list[str]] = {}
    supply = supply_of(books)
    for meter in books.meters.values():
        counting = set(meter.under)
        farther = {one for tag in counting for one in supply.above(tag)}
        for parent in sorted(counting - farther):
            found.setdefault(parent, []).append(meter.tag)
    comparable = (
        (parent, _comparable(books, parent, tags)) for parent, tags in found.items() if parent in books.meters
    )
    return {parent: tags for parent, tags in sorted(comparable) if tags}


def _comparable(books: Books, parent: str, tags: list[str]) -> tuple[str, ...]:
    """Those that count the same thing in the same unit and direction."""
    whole = books.meters[parent]
    return tuple(
        sorted(
            tag
            for tag in tags
            if (one := books.meters[tag]).spec.accounted_unit == whole.spec.accounted_unit
            and one.device != whole.device
            and (one.medium, one.direction) == (whole.medium, whole.direction)
        )
    )


def reconcile(
    books: Books, parent: str, children: tuple[str, ...], quantities: Mapping[str, Decimal | None]
) -> Reconciled:
    """One meter against those under it. A quantity that is not there is missing."""
    every = (parent, *children)
    declared = {tag: books.meters[tag].accuracy_percent for tag in every}
    accuracy = {tag: percent for tag, percent in declared.items() if percent is not None}
    result = balance(
        (parent, quantities.get(parent)),
        {tag: quantities.get(tag) for tag in children},
        accuracy if len(accuracy) == len(every) else None,
    )
    meter = books.meters[parent]
    return Reconciled(parent, meter.spec.accounted_unit, result, books.loss_limit_percent, meter.is_complete)


def balances(
    db: sqlite3.Connection, books: Books, first: date, last: date, *, as_of_ns: int | None = None
) -> list[Reconciled]:
    """Every meter with others under it, over local days, both included, from the intervals (as known at an instant)."""
    tree = parents(books)
    tags = sorted({tag for parent, children in tree.items() for tag in (parent, *children)})
    zone = ZoneInfo(books.site.timezone)
    totals = intervals.totals(db, tags, first, last, zone=zone, as_of_ns=as_of_ns) if tags else {}
    quantities = {
        tag: None
        if total.missing_ns or total.unit != books.meters[tag].spec.accounted_unit
        else from_micro(total.known_micro)
        for tag, total in totals.items()
    }
    return [reconcile(books, parent, children, quantities) for parent, children in tree.items()]
