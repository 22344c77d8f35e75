"""What approved records say, as accounts need it: activity lines, denominators, instruments, readings, corrections.

Only approved records that no approved one has superseded are here (`submission_log` knows the states).
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.accounts.books import Books, EmissionSource
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.steam import with_steam
from gateway.accounts.records.submission_log import Submission, approved
from gateway.store.records import Kind, Record
from gateway.store.renames import renames
from rules.carbon.description import Stated
from rules.carbon.inventory.activity import ActivityLine, Direction, Grade
from rules.carbon.inventory.instrument import CRITERIA, Allocation, Instrument
from rules.carbon.units import unit as carbon_unit
from rules.energy.reading import Event, EventKind, Reading

PART_PLACES = 9  # decimals of a quantity that is divided by days
_STATED = {"yes": True, "no": False, "disclosed": None, "not_applicable": True}


@dataclass(frozen=True, slots=True)
class Correction:
    """What an interval of a meter is set to; the raw readings stay."""

    tag: str
    start_ns: int  # of the interval, UTC
    end_ns: int
    quantity_micro: int  # in micro-units of account
    reason: str
    record: str  # id


@dataclass(frozen=True, slots=True)
class Denominator:
    """What an intensity is divided by, of days (both included)."""

    enterprise: str
    what: str  # output_value | added_value | production | area | employees | other
    product: str  # of production: which; else empty
    value: Decimal
    unit: str
    start: date
    end: date
    record: str


@dataclass(frozen=True, slots=True)
class MeasuredMasses:
    """Masses of gases that a continuous emission monitoring system measured; never added to the calculated figure."""

    source: str
    enterprise: str
    start: date
    end: date
    masses_kg: tuple[tuple[str, Decimal], ...]  # gas, kg
    hours: Decimal  # of operation
    substituted_hours: Decimal  # filled in by rule
    is_dry: bool | None  # concentration on dry gas; None: not stated
    oxygen_percent: Decimal | None  # reference; None: as measured
    record: str
    evidence: tuple[str, ...]


def approved_activities(
    db: sqlite3.Connection, books: Books, enterprise: str | None, first: date, last: date
) -> list[ActivityLine]:
    """Activity lines of the approved records that touch these days, for one enterprise or (`None`) all.

    A record of more days than asked for is divided by days, to the last digit: the parts of a partition sum to the
    record's quantity. Such a line is estimated. Records of sources that are not configured any more, or that meters
    count now, are left to `orphans`.
    """
    found = []
    for one in approved(db, Kind.ACTIVITY, enterprise, (first, last)):
        source = books.sources.get(str(one.body.get("source", "")))
        if one.form in ACTIVITIES and source is not None and not source.meters and _touches(one.body, first, last):
            found.append(_line(one, source, first, last))
    return found


def orphans(db: sqlite3.Connection, books: Books, enterprise: str | None, first: date, last: date) -> list[Submission]:
    """Approved activities of these days that nobody counts, to be told in every report: their emission source is not
    configured any more, or meters count it now and the record would count it twice."""
    counted = {source.id for source in books.sources.values() if not source.meters}
    return [
        one
        for one in approved(db, Kind.ACTIVITY, enterprise, (first, last))
        if one.form in ACTIVITIES and one.body["source"] not in counted and _touches(one.body, first, last)
    ]


def measured_masses(db: sqlite3.Connection, enterprise: str | None, first: date, last: date) -> list[MeasuredMasses]:
    """What continuous measurement gave in these days, to be shown beside the calculated figure."""
    found = []
    for one in approved(db, Kind.ACTIVITY, enterprise, (first, last)):
        body = one.body
        if one.form is Form.CEMS and _touches(body, first, last):
            masses = tuple((gas, Decimal(kg)) for gas, kg in sorted(body["masses_kg"].items()))
            oxygen = body.get("oxygen_percent")
            basis = {"dry": True, "wet": False}.get(body.get("basis", ""))
            found.append(
                MeasuredMasses(
                    body["source"],
                    one.record.enterprise,
                    *_days(body),
                    masses,
                    Decimal(body["hours"]),
                    Decimal(body["substituted_hours"]),
                    basis,
                    None if oxygen is None else Decimal(oxygen),
                    one.id,
                    one.evidence,
                )
            )
    return found


def denominators(db: sqlite3.Connection, enterprise: str | None, first: date, last: date) -> list[Denominator]:
    """Denominators of the approved records that touch these days. They are not divided: what they mean differs."""
    found = []
    for one in approved(db, Kind.DENOMINATOR, enterprise, (first, last)):
        body = one.body
        if _touches(body, first, last):
            value = Decimal(body["quantity"])
            whose, product = one.record.enterprise, body.get("product", "")
            found.append(Denominator(whose, body["what"], product, value, body["unit"], *_days(body), one.id))
    return found


def instruments(db: sqlite3.Connection) -> tuple[list[Instrument], list[Allocation]]:
    """The approved instruments of the whole park and what is allocated of them."""
    return (
        [instrument_of(one) for one in approved(db, Kind.INSTRUMENT)],
        [claimed(one.body) for one in approved(db, Kind.ALLOCATION)],
    )


def approved_factors(db: sqlite3.Connection) -> list[Record]:
    """The records of the approved custom factors (`gateway.accounts.records.factors` reads their bodies)."""
    return [one.record for one in approved(db, Kind.FACTOR)]


def manual_readings(db: sqlite3.Connection, tag: str) -> list[Reading]:
    """The readings of a register that people gave, in order of time; ends of exchanges are in `meter_events`."""
    return readings_by_meter(db).get(tag, [])


def readings_by_meter(db: sqlite3.Connection, but: str = "") -> dict[str, list[Reading]]:
    """All readings that people gave, by tag, in order of time: read once for many meters. `but`: without a record's."""
    found: dict[str, list[Reading]] = {}
    names = renames(db)
    for one in _but(approved(db, Kind.READING), but):
        for tag, time_ns, value, mark in rows_of(one.body):
            if not mark:
                found.setdefault(names.of(tag, one.record.seq), []).append(Reading(time_ns, value))
    return {tag: sorted(readings, key=lambda one: one.time_ns) for tag, readings in found.items()}


def meter_events(db: sqlite3.Connection, tag: str) -> list[Event]:
    """Exchanges and resets of a register, in order of time."""
    return events_by_meter(db).get(tag, [])


def events_by_meter(db: sqlite3.Connection, but: str = "") -> dict[str, list[Event]]:
    """All exchanges and resets that people gave, by tag, in order of time. `but`: without a record's."""
    found: dict[str, list[Event]] = {}
    names = renames(db)
    for one in _but(approved(db, Kind.METER_EVENT), but):
        found.setdefault(names.of(one.body["meter"], one.record.seq), []).append(event_of(one))
    for one in _but(approved(db, Kind.READING), but):
        finals: dict[str, Decimal] = {}
        for tag, time_ns, value, mark in rows_of(one.body):
            if mark == "final":
                finals[tag] = value
            elif mark == "initial":
                event = Event(time_ns, EventKind.EXCHANGE, finals.pop(tag, None), value, f"record {one.id}")
                found.setdefault(names.of(tag, one.record.seq), []).append(event)
    return {tag: sorted(events, key=lambda one: one.time_ns) for tag, events in found.items()}


def corrections(db: sqlite3.Connection, tag: str | None = None) -> list[Correction]:
    """The approved corrections of single intervals, of one register or (`None`) of all, in order of time."""
    names = renames(db)
    known = ((names.of(one.body["meter"], one.record.seq), one) for one in approved(db, Kind.CORRECTION))
    found = [_correction(present, one.body, one.id) for present, one in known]
    return sorted((one for one in found if tag in (None, one.tag)), key=lambda one: (one.start_ns, one.tag))


def rows_of(body: dict[str, Any]) -> Iterator[tuple[str, int, Decimal, str]]:
    """(tag, time, value in the register's unit, `` | `final` | `initial`) of a record of readings, in order of time."""
    if body["form"] == Form.READING:
        yield body["meter"], int(body["time_ns"]), Decimal(body["value"]), ""
        return
    for tag, rows in body["meters"].items():
        for time_ns, value, *mark in rows:
            yield tag, int(time_ns), Decimal(value), "".join(mark)


def instrument_of(one: Submission) -> Instrument:
    """The instrument of a record."""
    body = one.body
    retired = body.get("retired_on")
    return Instrument(
        id=body["number"],
        kind=body["what"],
        energy_mwh=Decimal(body["energy_mwh"]),
        factor_kg_per_kwh=Decimal(body["factor_kg_per_kwh"]),
        start=date.fromisoformat(body["from"]),
        end=date.fromisoformat(body["to"]),
        market=body["market"],
        beneficiary=one.record.enterprise,
        retired_on=None if retired is None else date.fromisoformat(retired),
        criteria=tuple(_STATED[body[f"criterion_{number}"]] for number in range(1, CRITERIA + 1)),
        evidence=one.evidence,
        energy_source=body.get("energy_source", ""),
        is_compliant_green=bool(body.get("is_compliant_green", False)),
    )


def claimed(body: dict[str, Any]) -> Allocation:
    """The allocation that a record says."""
    return Allocation(body["instrument"], body["source"], *_days(body), Decimal(body["energy_mwh"]))


def part_of(quantity: Decimal, start: date, end: date, first: date, last: date) -> Decimal:
    """The part of a quantity of the days `start` to `end` that lies in `first` to `last`, by days.

    Cut at running totals that are rounded half up to nine decimals, so that parts that follow each other sum exactly.
    """
    days = (end - start).days + 1
    before = max((first - start).days, 0)
    until = min((last - start).days + 1, days)
    if before <= 0 and until >= days:
        return quantity
    return _running(quantity, until, days) - _running(quantity, before, days)


def _running(quantity: Decimal, count: int, days: int) -> Decimal:
    if count == days:
        return quantity
    scaled = Fraction(quantity) * count / days * 10**PART_PLACES
    sign = -1 if scaled < 0 else 1
    return Decimal(sign * int(abs(scaled) + Fraction(1, 2))).scaleb(-PART_PLACES)


def _line(one: Submission, source: EmissionSource, first: date, last: date) -> ActivityLine:
    body = one.body
    start, end = _days(body)
    whole = Decimal(body["quantity"])
    quantity = part_of(whole, start, end, first, last)
    is_whole = first <= start and end <= last
    text = f"{quantity:f} {body['unit']}"
    if not is_whole:
        days = (min(end, last) - max(start, first)).days + 1
        text += f" ({days} of {(end - start).days + 1} days of {body['quantity']} {body['unit']})"
    percent = body.get("uncertainty_percent")
    said = " ".join(filter(None, (str(one.form), str(body.get("document", "")), f"record {one.id}")))
    stated = Stated(
        Fraction(quantity), text, said, carbon_unit(body["unit"]), None, None if percent is None else Fraction(percent)
    )
    description = replace(
        with_steam(source.template, body),
        quantity=stated,
        start=max(start, first),
        end=min(end, last),
        evidence=(*source.template.evidence, *one.evidence),
    )
    return ActivityLine(
        id=one.id if is_whole else f"{one.id}:{max(start, first)}..{min(end, last)}",
        source=source.id,
        enterprise=source.enterprise,
        description=description,
        direction=Direction(body.get("direction", "import")),
        grade=Grade.GOOD if is_whole else Grade.FAIR,
        measured=Decimal(int(is_whole)),
        estimated=Decimal(int(not is_whole)),
        evidence=one.evidence,
        is_non_fossil=bool(body.get("is_non_fossil", False)),
        record_ids=(one.id, *(() if one.decision is None else (one.decision.id,))),
    )


def _but(found: Iterable[Submission], record_id: str) -> Iterator[Submission]:
    return (one for one in found if one.id != record_id)


def event_of(one: Submission) -> Event:
    """The exchange or reset of a record."""
    body = one.body
    final, initial = (None if body.get(key) is None else Decimal(body[key]) for key in ("final", "initial"))
    return Event(int(body["time_ns"]), EventKind(body["what"]), final, initial, f"record {one.id}")


def _correction(tag: str, body: dict[str, Any], record_id: str) -> Correction:
    start_ns, end_ns, micro = (int(body[key]) for key in ("start_ns", "end_ns", "quantity_micro"))
    return Correction(tag, start_ns, end_ns, micro, body["reason"], record_id)


def _touches(body: dict[str, Any], first: date, last: date) -> bool:
    start, end = _days(body)
    return start <= last and end >= first


def _days(body: dict[str, Any]) -> tuple[date, date]:
    return date.fromisoformat(body["from"]), date.fromisoformat(body["to"])
