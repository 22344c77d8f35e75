"""Hourly energy of meters, for the basis that matches instruments hour by hour."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from gateway.accounts.books import Books
from gateway.accounts.energy.quantities import Want, bearing
from gateway.store.intervals import days
from rules.energy.allocation import allocate, from_micro, in_micro

_HOUR_NS = 3_600 * 10**9


def hourly_kwh(
    db: sqlite3.Connection, books: Books, wants: Sequence[Want], first: date, last: date, *, as_of_ns: int | None = None
) -> tuple[tuple[int, Decimal], ...]:
    """(UTC hour since 1970, kWh) of these meters together; nothing where an hour of one of them is not known.

    Opens every day: asked for only with that basis. An interval longer than an hour has no hours.
    """
    total: dict[int, int] = {}
    for want in wants:
        virtual = books.virtual.get(want.tag)
        parts = (
            {want.tag: 1} if virtual is None else {**dict.fromkeys(virtual.plus, 1), **dict.fromkeys(virtual.minus, -1)}
        )
        for tag, sign in parts.items():
            for day in days(db, [tag], first, last, as_of_ns=as_of_ns):
                hours = _hours_of(day.slots())
                if hours is None:
                    return ()
                for hour, micro in _shared(books, want, day.day.toordinal(), hours).items():
                    total[hour] = total.get(hour, 0) + sign * micro
    return tuple((hour, from_micro(micro)) for hour, micro in sorted(total.items()))


def _hours_of(slots: Sequence[tuple[int, int, int | None]]) -> dict[int, int] | None:
    found: dict[int, int] = {}
    for start_ns, end_ns, micro in slots:
        if micro is None or (end_ns - 1) // _HOUR_NS != start_ns // _HOUR_NS:
            return None
        hour = start_ns // _HOUR_NS
        found[hour] = found.get(hour, 0) + micro
    return found


def _shared(books: Books, want: Want, ordinal: int, hours: Mapping[int, int]) -> Mapping[int, int]:
    """The share of who asks, hour by hour."""
    if want.enterprise == books.site.id or not any(rule.of == want.tag for rule in books.allocations):
        return hours
    weights: dict[str, Decimal | int] = dict(bearing(books, want.tag, ordinal).weights)
    if want.enterprise not in weights:
        return {}
    return {hour: in_micro(allocate(from_micro(micro), weights)[want.enterprise]) for hour, micro in hours.items()}
