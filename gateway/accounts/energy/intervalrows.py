"""Intervals of a meter as rows, as they are or added up by local hour, day or month; in pages."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.energy.energyread import intervals
from gateway.accounts.energy.payers import zone_of
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import plain_text
from rules.energy.totals import total_of
from rules.energy.virtual import difference, summed

Json = dict[str, Any]
STEPS = {"15min": "", "1h": "%Y-%m-%dT%H%z", "1d": "%Y-%m-%d", "1mo": "%Y-%m"}
"""By which part of the local time intervals are added up; empty: not at all. An hour that comes twice is two hours."""
COLUMNS = (
    "meter", "from", "to", "quantity", "known", "unit", "method", "measured", "estimated", "missing", "version",
    "provisional", "hash",
)  # fmt: skip
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order; where the next page begins, `None` where there is none."""

    rows: list[Json]
    next_from: str | None


def interval_rows(
    db: sqlite3.Connection,
    books: Books,
    tag: str,
    bounds: tuple[int, int],
    step: str,
    limit: int,
    as_of_ns: int | None = None,
) -> Page:
    """The intervals of a real or computed meter that lie between two instants. A sum with a gap has no quantity."""
    zone = zone_of(books)
    course = _course(db, books, tag, bounds, zone, as_of_ns)
    rows = (_row(tag, one, zone) for one in course) if not step else _sums(tag, course, step, zone)
    page = list(islice(rows, limit + 1))
    return Page(page[:limit], page[limit]["from"] if len(page) > limit else None)


def _course(
    db: sqlite3.Connection, books: Books, tag: str, bounds: tuple[int, int], zone: ZoneInfo, as_of_ns: int | None
) -> Iterator[IntervalQuantity]:
    virtual = books.virtual.get(tag)
    if virtual is None:
        yield from intervals(db, tag, *bounds, zone, as_of_ns)
        return
    parts = {
        part: {one.span: one for one in intervals(db, part, *bounds, zone, as_of_ns)}
        for part in (*virtual.plus, *virtual.minus)
    }
    spans = set.intersection(*(set(one) for one in parts.values()))
    series = {
        part: [found[span] for span in sorted(spans, key=lambda span: span.start_ns)] for part, found in parts.items()
    }
    plus = summed(tag, {part: series[part] for part in virtual.plus})
    if virtual.minus:
        plus = difference(tag, ("+".join(virtual.plus), plus), {part: series[part] for part in virtual.minus})
    yield from plus


def _row(tag: str, one: IntervalQuantity, zone: ZoneInfo) -> Json:
    shares = one.shares
    return {
        "meter": tag,
        "from": _iso(one.span.start_ns, zone),
        "to": _iso(one.span.end_ns, zone),
        "quantity": None if one.quantity is None else plain_text(one.quantity),
        "known": None if one.known is None else plain_text(one.known),
        "unit": one.unit,
        "method": one.method.value,
        "measured": plain_text(shares.measured),
        "estimated": plain_text(shares.estimated),
        "missing": plain_text(shares.missing),
        "version": one.version,
        "provisional": one.is_provisional,
        "hash": one.hash,
    }


def _sums(tag: str, course: Iterator[IntervalQuantity], step: str, zone: ZoneInfo) -> Iterator[Json]:
    """One row for each hour, day or month of the local clock that has an interval; a hole in it leaves no quantity."""
    for _, part in groupby(course, key=lambda one: _local(one.span.start_ns, zone).strftime(step)):
        found = list(part)
        total = total_of(found)
        has_hole = any(one.span.end_ns != other.span.start_ns for one, other in pairwise(found))
        yield {
            "meter": tag,
            "from": _iso(found[0].span.start_ns, zone),
            "to": _iso(found[-1].span.end_ns, zone),
            "quantity": None if total.quantity is None or has_hole else plain_text(total.quantity),
            "known": None if total.known is None else plain_text(total.known),
            "unit": found[0].unit,
            "method": "sum",
            "measured": plain_text(total.shares.measured),
            "estimated": plain_text(total.shares.estimated),
            "missing": plain_text(total.shares.missing),
            "version": max(one.version for one in found),
            "provisional": any(one.is_provisional for one in found),
            "hash": "",
        }


def _local(time_ns: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_ns // _NS, zone)


def _iso(time_ns: int, zone: ZoneInfo) -> str:
    return _local(time_ns, zone).isoformat()
