"""Meters out of ledger.db: their intervals over a time, in coarser steps too, and how each of them is."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import zstandard

from gateway.accounts.books import Books, Meter
from gateway.core.clock import day_of
from gateway.store.intervals import days
from rules.energy.account import MeterAccount
from rules.energy.grid import Grid, Span
from rules.energy.marks import LISTED, Finding, Mark
from rules.energy.quantity import CANON, IntervalQuantity, Method, digest_of, missing
from rules.energy.reading import Reading
from rules.energy.totals import total_of

STATE = 1  # of the stored form
_WEAKNESS = (
    Method.MEASURED, Method.INTERPOLATED, Method.VIRTUAL, Method.EXCHANGE, Method.GAP_ESTIMATED, Method.CORRECTED,
)  # fmt: skip


def grid_of(books: Books) -> Grid:
    """The intervals of the account."""
    return Grid(ZoneInfo(books.site.timezone), books.interval_s)


def series(db: sqlite3.Connection, books: Books, meter: Meter, span: Span) -> list[IntervalQuantity]:
    """Every interval that overlaps the span, in order; one that is not stored is missing."""
    zone = ZoneInfo(books.site.timezone)
    first, last = day_of(span.start_ns, zone), day_of(span.end_ns - 1, zone)
    stored = {one.span: one for day in days(db, [meter.tag], first, last) for one in day.intervals()}
    return [stored.get(one) or missing(meter.spec, one) for one in grid_of(books).spans(span.start_ns, span.end_ns)]


def coarser(intervals: Sequence[IntervalQuantity], grid: Grid) -> list[IntervalQuantity]:
    """The same in longer steps, whose quantities are the exact sums. Raises ValueError where that cannot be."""
    found: list[IntervalQuantity] = []
    place = 0
    while place < len(intervals):
        span = grid.span(intervals[place].span.start_ns)
        end = place
        while end < len(intervals) and intervals[end].span.start_ns < span.end_ns:
            end += 1
        part = intervals[place:end]
        if part[0].span.start_ns != span.start_ns or part[-1].span.end_ns != span.end_ns:
            raise ValueError("intervals are longer than the step, or do not fill it")
        found.append(part[0] if len(part) == 1 else _together(span, part))
        place = end
    return found


def _together(span: Span, part: Sequence[IntervalQuantity]) -> IntervalQuantity:
    total = total_of(part)
    findings = [finding for one in part for finding in one.findings]
    marks = {mark for one in part for mark in one.marks}
    lacking = Method.MISSING if total.known is None else Method.PARTIAL
    method = lacking if total.quantity is None else max((one.method for one in part), key=_WEAKNESS.index)
    held = dict(version for one in part for version in one.multipliers)
    return replace(
        part[0],
        span=span,
        quantity=total.quantity,
        known=total.known,
        method=method,
        measured_ns=sum(one.measured_ns for one in part),
        estimated_ns=sum(one.estimated_ns for one in part),
        marks=tuple(mark for mark in Mark if mark in marks),
        findings=tuple(findings[:LISTED]),
        more_findings=sum(one.more_findings for one in part) + len(findings[LISTED:]),
        readings=tuple(dict.fromkeys(reading for one in part for reading in one.readings)),
        multipliers=tuple(sorted(held.items())),
        hash=digest_of({"canon": CANON, "together": [one.hash for one in part]}),
        is_provisional=any(one.is_provisional for one in part),
        version=max(one.version for one in part),
    )


@dataclass(frozen=True, slots=True)
class MeterState:
    """How the account of a meter is."""

    meter: Meter
    newest: Reading | None  # the last one that was taken in
    last: IntervalQuantity | None  # the last interval that is over
    doubts: tuple[Finding, ...]  # readings at the end that do not follow those before
    refusal: str = ""  # why the state cannot be gone on with


def states(db: sqlite3.Connection, books: Books, tags: Iterable[str]) -> list[MeterState]:
    """How these meters are, as of the last commit."""
    return [_state(db, books, books.meters[tag]) for tag in tags]


def _state(db: sqlite3.Connection, books: Books, meter: Meter) -> MeterState:
    last = _last(db, meter.tag)
    query = "SELECT state FROM meter_state WHERE meter = (SELECT id FROM meter WHERE tag = ?)"
    row = db.execute(query, (meter.tag,)).fetchone()
    if row is None:
        return MeterState(meter, None, last, ())
    account = MeterAccount(meter.spec, grid_of(books))
    try:
        document = unpacked_state(row[0])
        account.restore(document["account"])
    except (ValueError, KeyError, TypeError) as error:
        return MeterState(meter, None, last, (), str(error))
    rows = [one for one in document["account"]["items"] if one[2] == "meter"]
    return MeterState(meter, Reading.of_row(rows[-1]) if rows else None, last, tuple(account.doubts().listed))


def _last(db: sqlite3.Connection, tag: str) -> IntervalQuantity | None:
    query = "SELECT max(day) FROM meter_day WHERE meter = (SELECT id FROM meter WHERE tag = ?)"
    found = db.execute(query, (tag,)).fetchone()[0]
    if found is None:
        return None
    (day,) = days(db, [tag], date.fromordinal(found), date.fromordinal(found))
    return day.intervals()[-1]


def packed_state(document: dict[str, Any]) -> bytes:
    """A meter's state as it is stored: JSON, compressed."""
    return zstandard.ZstdCompressor(level=1).compress(msgspec.json.encode({**document, "v": STATE}))


def unpacked_state(blob: bytes) -> dict[str, Any]:
    """The document of a stored state. Raises ValueError where it is none."""
    try:
        document = msgspec.json.decode(zstandard.ZstdDecompressor().decompress(blob))
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"the stored state of a meter cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("v") != STATE:
        raise ValueError("the stored state of a meter is of another version")
    return document
