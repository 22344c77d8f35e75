"""Activity lines of an entity: per emission source, direction and month from its meters, and from approved records.

    sources ─▶ meters ─▶ days (sums, digests) ─┐
            └▶ approved records ───────────────┴─▶ Origin: an ActivityLine and what it was made of

A line's id is SHA-256 over what it was made of: meters, their days with versions and digests, records.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, EmissionSource, Entity
from gateway.accounts.carbon.frozen import frozen
from gateway.accounts.energy.quantities import Days, Quantities, Want
from gateway.accounts.periods import Period, month_of
from gateway.accounts.records.submissions import approved_activities
from gateway.core.clock import day_of
from gateway.store.day_sums import DaySum
from rules.carbon.description import Stated
from rules.carbon.inventory.activity import ActivityLine, Direction, Grade
from rules.carbon.numbers import plain
from rules.carbon.uncertainty import of_sum
from rules.carbon.units import unit as carbon_unit
from rules.energy.allocation import MICRO, from_micro, largest_remainder
from rules.ledger.canonical import content_id

_LITTLE = Decimal("0.05")  # of the time estimated: still good
_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Gap:
    """Days, both included, on which a meter has no data or estimated data."""

    meter: str
    first: date
    last: date
    how: str  # missing | estimated

    @property
    def document(self) -> dict[str, str]:
        """JSON."""
        return {"meter": self.meter, "from": self.first.isoformat(), "to": self.last.isoformat(), "how": self.how}


@dataclass(frozen=True, slots=True)
class MeterPart:
    """What a meter gave to a line."""

    meter: str
    unit: str
    known_micro: int
    measured_ns: int
    estimated_ns: int
    missing_ns: int
    days: int  # that have data
    digest: str  # SHA-256 over the days with their versions and digests


@dataclass(frozen=True, slots=True)
class Origin:
    """A line and what it was made of."""

    line: ActivityLine
    meters: tuple[MeterPart, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """What a run freezes of it."""
        line, description = self.line, self.line.description
        return {
            "id": line.id,
            "source": line.source,
            "enterprise": line.enterprise,
            "direction": line.direction.value,
            "description": frozen(description),
            "quantity": plain(description.quantity.value),
            "unit": "" if description.quantity.unit is None else description.quantity.unit.name,
            "from": description.start.isoformat(),
            "to": description.end.isoformat(),
            "grade": line.grade.value,
            "shares": {name: format(getattr(line, name), "f") for name in ("measured", "estimated", "missing")},
            "time_ns": self.times_ns,
            "is_non_fossil": line.is_non_fossil,
            "evidence": list(line.evidence),
            "records": list(line.record_ids),
            "meters": [frozen(part) for part in self.meters],
            "gaps": [gap.document for gap in self.gaps],
        }

    @property
    def times_ns(self) -> dict[str, int]:
        """Measured, estimated and missing time of its meters, or of the days of its record."""
        if self.meters:
            names = ("measured", "estimated", "missing")
            return {name: sum(getattr(part, f"{name}_ns") for part in self.meters) for name in names}
        line = self.line
        days = (line.description.end - line.description.start).days + 1
        parts = largest_remainder(
            days * _DAY_NS, [Fraction(line.measured), Fraction(line.estimated), Fraction(line.missing)]
        )
        return dict(zip(("measured", "estimated", "missing"), parts, strict=True))


def gather(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    parts: Sequence[Period],
    now_ns: int,
    *,
    as_of_ns: int | None = None,
) -> Iterator[tuple[Period, list[Origin]]]:
    """The lines of each part, sorted by source, direction and id; quantities as they were known at an instant.

    Days that are still to come have no lines. In one entity no meter counts twice: that is checked with the books.
    """
    if not parts:
        return
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    first, last = min(part.first for part in parts), max(part.last for part in parts)
    known = Quantities(db, books, first, last, today, as_of_ns=as_of_ns)
    sources = [books.sources[name] for name in entity.sources]
    known.read([tag for source in sources for tag in (*source.meters, *source.exports, *source.generation)])
    for part in parts:
        gatherer = _Gatherer(db, books, known, part, today, as_of_ns)
        metered = [origin for source in sources for origin in gatherer.metered(source)]
        recorded = [Origin(line) for line in recorded_lines(db, books, entity, part)]
        yield part, sorted([*metered, *recorded], key=lambda one: (one.line.source, one.line.direction, one.line.id))


def recorded_lines(db: sqlite3.Connection, books: Books, entity: Entity, part: Period) -> list[ActivityLine]:
    """The lines of approved records, cut to the part."""
    lines = approved_activities(db, books, None, part.first, part.last)
    return [line for line in lines if line.source in entity.sources]


@dataclass(frozen=True, slots=True)
class _Gatherer:
    """Makes the lines of one part."""

    db: sqlite3.Connection
    books: Books
    known: Quantities
    part: Period
    today: date
    as_of_ns: int | None

    def metered(self, source: EmissionSource) -> Iterator[Origin]:
        """A line for each direction in which the source has meters."""
        if self.part.first > self.today:
            return
        ways = (Direction.IMPORT, source.meters), (Direction.EXPORT, source.exports)
        for direction, tags in (*ways, (Direction.GENERATION, source.generation)):
            theirs = [tag for tag in tags if self.known.is_held(Want(tag, source.enterprise), self.part)]
            if theirs:
                yield self._line(source, direction, theirs)

    def _line(self, source: EmissionSource, direction: Direction, tags: Sequence[str]) -> Origin:
        wants = [Want(tag, source.enterprise) for tag in tags]
        counted = [self._part(want) for want in wants]
        parts = tuple(part for part, _ in counted)
        gaps = tuple(gap for _, found in counted for gap in found)
        shares = [from_micro(one) for one in _shares(parts)]
        made_of = {
            "source": source.id,
            "direction": direction.value,
            "from": self.part.first.isoformat(),
            "to": self.part.last.isoformat(),
            "meters": [[part.meter, part.unit, part.known_micro, part.digest] for part in parts],
        }
        description = replace(
            source.template, quantity=self._stated(source, parts), start=self.part.first, end=self.part.last
        )
        line = ActivityLine(
            id=content_id(made_of),
            source=source.id,
            enterprise=source.enterprise,
            description=description,
            direction=direction,
            grade=self._grade(parts, *shares[1:]),
            measured=shares[0],
            estimated=shares[1],
            missing=shares[2],
            evidence=source.template.evidence,
            is_running=month_of(self.part.last).last >= self.today,
        )
        return Origin(line, parts, gaps)

    def _ordinals(self) -> range:
        return range(self.part.first.toordinal(), min(self.part.last, self.today).toordinal() + 1)

    def _part(self, want: Want) -> tuple[MeterPart, list[Gap]]:
        """What a meter gives, and the runs of days on which something is missing, or else estimated. One pass: it
        goes over every day of every meter.
        """
        days, expected_of = self.known.days(want), self.known.expected_of
        known = measured = estimated = missing = 0
        there: dict[int, DaySum] = {}
        gaps: list[Gap] = []
        for ordinal in self._ordinals():
            day = days.get(ordinal)
            covered = 0
            if day is not None:
                there[ordinal] = day
                known += day.known_micro
                measured += day.measured_ns
                estimated += day.estimated_ns
                covered = day.measured_ns + day.estimated_ns
            lacking = expected_of(want, ordinal, () if day is None else (day,)) - covered
            if lacking > 0:
                missing += lacking
                _note(gaps, want.tag, ordinal, "missing")
            elif day is not None and day.estimated_ns:
                _note(gaps, want.tag, ordinal, "estimated")
        times = measured, estimated, missing
        return MeterPart(want.tag, self._unit(want.tag), known, *times, len(there), meter_digest(there)), gaps

    def _unit(self, tag: str) -> str:
        virtual = self.books.virtual.get(tag)
        return virtual.unit if virtual is not None else self.books.meters[tag].spec.accounted_unit

    def _stated(self, source: EmissionSource, parts: Sequence[MeterPart]) -> Stated:
        """The sum of the meters, in the unit that they count in."""
        micro = sum(part.known_micro for part in parts)
        unit = source.template.quantity.unit or carbon_unit(parts[0].unit)
        value = Fraction(micro, MICRO)
        text = f"{plain(value)} {unit.name}"
        return Stated(
            value, text, f"meters {', '.join(part.meter for part in parts)}", unit, None, self._accuracy(parts)
        )

    def _accuracy(self, parts: Sequence[MeterPart]) -> Fraction | None:
        """Of the sum, 95 %, by the classes of the meters (IPCC 2006 vol. 1 ch. 3, equation 3.2)."""
        pairs: list[tuple[Fraction, Fraction | None]] = []
        for part in parts:
            for tag in self.known.registers(part.meter):
                percent = self.books.meters[tag].accuracy_percent
                pairs.append((Fraction(part.known_micro, MICRO), None if percent is None else Fraction(percent)))
        return of_sum(pairs) if len(pairs) == len(parts) else None  # of a computed meter: not known by part

    def _grade(self, parts: Sequence[MeterPart], estimated: Decimal, missing: Decimal) -> Grade:
        if missing:
            return Grade.POOR
        is_read_by_people = any(
            self.books.meters[tag].is_manual for part in parts for tag in self.known.registers(part.meter)
        )
        if estimated > _LITTLE:
            return Grade.FAIR
        return Grade.GOOD if estimated or is_read_by_people else Grade.HIGH


def _note(gaps: list[Gap], tag: str, ordinal: int, how: str) -> None:
    """One more day of a run, or the first of another."""
    day = date.fromordinal(ordinal)
    if gaps and gaps[-1].how == how and gaps[-1].last.toordinal() == ordinal - 1:
        gaps[-1] = Gap(tag, gaps[-1].first, day, how)
    else:
        gaps.append(Gap(tag, day, day, how))


def meter_digest(days: Days) -> str:
    """SHA-256 over days with their versions and digests: a line `ordinal version:digest` for each, in order."""
    return sha256("".join(f"{ordinal} {days[ordinal].mark}\n" for ordinal in sorted(days)).encode()).hexdigest()


def _shares(parts: Sequence[MeterPart]) -> list[int]:
    """Measured, estimated, missing in micro-parts of the time; all missing where no time has passed."""
    times = [sum(getattr(part, f"{name}_ns") for part in parts) for name in ("measured", "estimated", "missing")]
    if not sum(times):
        return [0, 0, MICRO]
    found = largest_remainder(MICRO, times)
    if times[2] and not found[2]:  # a quarter of an hour among many meters: too little to be a share, and not nothing
        found[found.index(max(found))] -= 1
        found[2] = 1
    return found
