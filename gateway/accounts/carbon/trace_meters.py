"""The bottom of a trace: the days, intervals and raw readings of a line's meters, as they were known at the run."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.carbon.gather import meter_digest
from gateway.accounts.carbon.trace_activity import Broken
from gateway.accounts.energy.energyread import day_start_ns
from gateway.accounts.energy.quantities import Quantities, Want
from gateway.core.clock import day_of, utc_text
from gateway.core.ownership import Ownership
from gateway.store.intervals import StoredDay, days
from rules.energy.allocation import in_micro
from rules.energy.quantity import IntervalQuantity

Document = dict[str, Any]


def days_steps(
    db: sqlite3.Connection,
    books: Books,
    line: Mapping[str, Any],
    as_of_ns: int | None,
    day: date | None,
    enterprise: str | None,
    *,
    now: Books,
    every_interval: bool,
) -> Iterator[Document]:
    """A step with the days of all meters, one with intervals and their readings. Raises Broken.

    Every day is unpacked and added up; shown are the intervals of one day, or all of them. `enterprise`: who asks;
    what registers of other enterprises counted is not theirs to see, by the books in force (`now`) also what they
    counted while they were somebody else's.
    """
    first, last = date.fromisoformat(line["from"]), date.fromisoformat(line["to"])
    end = last if as_of_ns is None else max(last, _day_of(books, as_of_ns))
    today = _day_of(books, as_of_ns) if as_of_ns is not None else date.fromordinal(end.toordinal() + 1)
    known = Quantities(db, books, first, last, today, as_of_ns=as_of_ns)
    rows: list[Document] = []
    stored: list[StoredDay] = []
    for part in line["meters"]:
        _check_part(known, line, part, first, last)
        for register in known.registers(part["meter"]):
            of_register = _stored(db, register, first, last, as_of_ns)
            stored += of_register
            rows += [_day(one, part["meter"]) for one in of_register]
    seen = [_may_see(now, one, enterprise) for one in stored]
    hidden = sorted({one.tag for one, is_seen in zip(stored, seen, strict=True) if not is_seen})
    rows = [row for row, is_seen in zip(rows, seen, strict=True) if is_seen]
    stored = [one for one, is_seen in zip(stored, seen, strict=True) if is_seen]
    as_of = None if as_of_ns is None else utc_text(as_of_ns)
    yield {"step": "days", "as_of": as_of, "days": rows, "not_shown": hidden}
    shown = stored if every_interval else _chosen(stored, day)
    yield {
        "step": "intervals",
        "note": "" if every_interval else "of one day of each meter; every day was added up",
        "intervals": [_interval(one.tag, interval, books) for one in shown for interval in one.intervals()],
    }


def _stored(db: sqlite3.Connection, register: str, first: date, last: date, as_of_ns: int | None) -> list[StoredDay]:
    try:
        return list(days(db, [register], first, last, as_of_ns=as_of_ns))
    except (sqlite3.Error, ValueError) as error:  # a row that is none any more
        raise Broken("days", f"{register}: a day cannot be read: {error}") from error


def _may_see(books: Books, one: StoredDay, enterprise: str | None) -> bool:
    """Of a register that has moved the whole days in which it was theirs."""
    meter = books.meters.get(one.tag)
    if enterprise is None or meter is None:
        return True
    if one.tag not in books.held:
        return meter.enterprise in (enterprise, books.site.id)
    zone = ZoneInfo(books.site.timezone)
    bounds = day_start_ns(one.day, zone), day_start_ns(one.day + timedelta(days=1), zone)
    return Ownership(books.held).spans(one.tag, enterprise, bounds) == [bounds]


def _check_part(known: Quantities, line: Mapping[str, Any], part: Mapping[str, Any], first: date, last: date) -> None:
    """The meter's days are those that the run was made of."""
    tag = part["meter"]
    found = known.days(Want(tag, line["enterprise"]))
    ordinals = range(first.toordinal(), last.toordinal() + 1)
    there = {ordinal: found[ordinal] for ordinal in ordinals if ordinal in found}
    if meter_digest(there) != part["digest"]:
        lacking = int(part["days"]) - len(there)
        what = f"{lacking} days are missing" if lacking > 0 else "the stored days are not those of the run"
        raise Broken("days", f"{tag}: {what}")
    if sum(day.known_micro for day in there.values()) != int(part["known_micro"]):
        raise Broken("days", f"{tag}: the days do not add up to {part['known_micro']} micro-{part['unit']}")


def _day(one: StoredDay, meter: str) -> Document:
    """One row; its intervals add up to it."""
    try:
        intervals = one.intervals()
    except ValueError as error:
        raise Broken("days", str(error)) from error
    known = sum(in_micro(part.known) for part in intervals if part.known is not None and part.unit == one.unit)
    if known != one.known_micro and abs(one.known_micro) < 10**15:
        raise Broken("days", f"{one.tag}, {one.day}: the intervals do not add up to the day's sum")
    return {
        "meter": meter,
        "register": one.tag,
        "day": one.day.isoformat(),
        "version": one.version,
        "known_micro": one.known_micro,
        "unit": one.unit,
        "intervals": len(intervals),
        "measured_ns": str(one.measured_ns),
        "estimated_ns": str(one.estimated_ns),
        "missing_ns": str(one.missing_ns),
        "digest": one.digest,
        "written": utc_text(one.written_ns),
    }


def _chosen(stored: Sequence[StoredDay], day: date | None) -> list[StoredDay]:
    """That day of each register; without one the first on which something is estimated or missing, else the first."""
    found: dict[str, StoredDay] = {}
    for one in stored:
        before = found.get(one.tag)
        is_telling = one.estimated_ns > 0 or one.missing_ns > 0
        if day is not None:
            if one.day == day:
                found[one.tag] = one
        elif before is None or (is_telling and not (before.estimated_ns or before.missing_ns)):
            found[one.tag] = one
    return list(found.values())


def _interval(tag: str, one: IntervalQuantity, books: Books) -> Document:
    """One interval with the readings that decided it, raw, as the register showed them."""
    zone = ZoneInfo(books.site.timezone)
    start, end = (_local(moment, zone) for moment in (one.span.start_ns, one.span.end_ns))
    return {
        "register": tag,
        "from": start,
        "to": end,
        "quantity": None if one.quantity is None else format(one.quantity, "f"),
        "known": None if one.known is None else format(one.known, "f"),
        "unit": one.unit,
        "method": one.method.value,
        "marks": [mark.value for mark in one.marks],
        "version": one.version,
        "hash": one.hash,
        "multipliers": [[str(start_ns), value] for start_ns, value in one.multipliers],
        "readings": [_reading(reading.row) for reading in one.readings],
        "findings": [finding.row for finding in one.findings],
    }


def _reading(row: Sequence[int | str]) -> list[str]:
    """Time, value, origin, and what is special; nanoseconds as text: a double does not hold them."""
    moment = datetime.fromtimestamp(int(row[0]) / 10**9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [moment, str(row[0]), *map(str, row[1:])]


def _local(time_ns: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(time_ns // 10**9, zone).isoformat()


def _day_of(books: Books, time_ns: int) -> date:
    return day_of(time_ns, ZoneInfo(books.site.timezone))
