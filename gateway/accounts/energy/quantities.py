"""Quantities of meters by local day, real, virtual or shared: from the sums of their days, exact.

    meter ─▶ its days        virtual ─▶ sum of some less others, day by day        shared ─▶ each day by weight

A day on which a part of a difference is missing is looked at interval by interval: the parts that are there count.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from gateway.accounts.books import AllocationRule, Books, Entity
from gateway.accounts.held import spans_of
from gateway.accounts.periods import Period
from gateway.core.ownership import Bounds
from gateway.store.day_sums import DaySum, day_sums
from gateway.store.intervals import StoredDay, days
from rules.energy.allocation import allocate, from_micro, in_micro

Days = Mapping[int, DaySum]
"""By the ordinal of the local day; a day that is not there has no data."""


@dataclass(frozen=True, slots=True)
class Want:
    """A meter as somebody uses it: who decides which share of a shared one."""

    tag: str
    enterprise: str  # of the emission source; the site's id: the park, which bears all of it


class Quantities:
    """The days of all meters that a calculation needs, read once."""

    def __init__(
        self, db: sqlite3.Connection, books: Books, first: date, last: date, today: date, *, as_of_ns: int | None = None
    ) -> None:
        self._db = db
        self._today = today.toordinal()
        self._books = books
        self._span = first, last
        self._as_of_ns = as_of_ns
        self._zone = ZoneInfo(books.site.timezone)
        self._raw: dict[str, Days] = {}
        self._lengths: dict[int, int] = {}
        self._made: dict[Want, Days] = {}

    def registers(self, tag: str) -> tuple[str, ...]:
        """The meters that a meter consists of; itself where it is none that is computed."""
        return parts_of(self._books, tag)

    def read(self, tags: Sequence[str]) -> None:
        """Read the days of these meters in one go."""
        wanted = {part for tag in tags for part in self.registers(tag)} - self._raw.keys()
        self._raw |= day_sums(self._db, sorted(wanted), *self._span, as_of_ns=self._as_of_ns)

    def days(self, want: Want) -> Days:
        """Its days."""
        if want not in self._made:
            self.read([want.tag])
            whole = self._virtual(want.tag) if want.tag in self._books.virtual else self._raw[want.tag]
            self._made[want] = self._own(want, self._share(want, whole))
        return self._made[want]

    def expected_ns(self, ordinal: int, parts: Iterable[DaySum]) -> int:
        """How much time should be there: the local day; of today as much as the furthest of its parts has."""
        if ordinal >= self._today:
            return max((one.measured_ns + one.estimated_ns + one.missing_ns for one in parts), default=0)
        if ordinal not in self._lengths:
            start, end = (date.fromordinal(ordinal + step) for step in (0, 1))
            self._lengths[ordinal] = self._start_ns(end) - self._start_ns(start)
        return self._lengths[ordinal]

    def expected_of(self, want: Want, ordinal: int, parts: Iterable[DaySum]) -> int:
        """The same of a meter as somebody uses it: of a time in which it was not theirs nothing is missing."""
        whole_ns = self.expected_ns(ordinal, parts)
        if want.tag not in self._books.held:
            return whole_ns
        return min(whole_ns, sum(end - start for start, end in self._spans(want, ordinal)))

    def _start_ns(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp()) * 10**9

    # Shared meters

    def _share(self, want: Want, whole: Days) -> Days:
        if want.enterprise == self._books.site.id or not any(rule.of == want.tag for rule in self._books.allocations):
            return whole
        return {
            ordinal: _shared(day, bearing(self._books, want.tag, ordinal), want.enterprise)
            for ordinal, day in whole.items()
        }

    # Meters that have gone from one enterprise to another

    def is_held(self, want: Want, period: Period) -> bool:
        """True where the meter was theirs in some part of a period, or has never moved."""
        ordinals = range(period.first.toordinal(), period.last.toordinal() + 1)
        return want.tag not in self._books.held or any(self._spans(want, ordinal) for ordinal in ordinals)

    def _spans(self, want: Want, ordinal: int) -> list[Bounds]:
        """The parts of a local day in which the meter was theirs."""
        start, end = (self._start_ns(date.fromordinal(ordinal + step)) for step in (0, 1))
        return spans_of(self._books, want.tag, want.enterprise, (start, end))

    def _own(self, want: Want, whole: Days) -> Days:
        if want.tag not in self._books.held or any(rule.of == want.tag for rule in self._books.allocations):
            return whole
        found: dict[int, DaySum] = {}
        for ordinal, day in whole.items():
            spans = self._spans(want, ordinal)
            length_ns = sum(end - start for start, end in spans)
            is_all = length_ns == self._start_ns(date.fromordinal(ordinal + 1)) - self._start_ns(
                date.fromordinal(ordinal)
            )
            if spans:
                found[ordinal] = day if is_all else self._part(want.tag, ordinal, spans, day)
        return found

    def _part(self, tag: str, ordinal: int, spans: Sequence[Bounds], whole: DaySum) -> DaySum:
        """The intervals of a day that lie in these times."""
        day = date.fromordinal(ordinal)
        stored = next(iter(days(self._db, [tag], day, day, as_of_ns=self._as_of_ns)), None)
        inside = [
            one
            for one in ([] if stored is None else stored.intervals())
            if one.unit == whole.unit
            and any(start <= one.span.start_ns and one.span.end_ns <= end for start, end in spans)
        ]
        mark = sha256(f"{whole.mark};{spans}".encode()).hexdigest()
        return DaySum(
            sum(in_micro(one.known) for one in inside if one.known is not None),
            sum(one.measured_ns for one in inside),
            sum(one.estimated_ns for one in inside),
            sum(one.missing_ns for one in inside),
            whole.unit,
            f"part:{mark}",
        )

    # Virtual meters

    def _virtual(self, tag: str) -> Days:
        meter = self._books.virtual[tag]
        parts = [*meter.plus, *meter.minus]
        everywhere = {ordinal for part in parts for ordinal in self._raw[part]}
        found: dict[int, DaySum] = {}
        for ordinal in sorted(everywhere):
            of_day = {part: self._raw[part].get(ordinal) for part in parts}
            there = {part: day for part, day in of_day.items() if day is not None}
            expected_ns = self.expected_ns(ordinal, there.values())
            is_whole = len(there) == len(parts) and not any(_lacking_ns(one, expected_ns) for one in there.values())
            if is_whole or not meter.minus:
                lacks_all = len(there) < len(parts)
                found[ordinal] = _sum(there, meter.minus, expected_ns, lacks_all=lacks_all)
            else:
                found[ordinal] = self._by_interval(meter.plus, meter.minus, there, ordinal, expected_ns)
        return found

    def _by_interval(
        self, plus: Sequence[str], minus: Sequence[str], there: Mapping[str, DaySum], ordinal: int, expected_ns: int
    ) -> DaySum:
        """The sum over those intervals of which every part is known."""
        day = date.fromordinal(ordinal)
        stored = {one.tag: one for one in days(self._db, there, day, day, as_of_ns=self._as_of_ns)}
        slots = [_slots(stored.get(part)) for part in (*plus, *minus)]
        common = set(slots[0]).intersection(*slots[1:]) if slots else set()
        known = sum(
            (1 if place < len(plus) else -1) * part[span] for place, part in enumerate(slots) for span in common
        )
        covered_ns = sum(end - start for start, end in common)
        estimated_ns = min(max((one.estimated_ns for one in there.values()), default=0), covered_ns)
        missing_ns = max(expected_ns - covered_ns, 0)
        return DaySum(known, covered_ns - estimated_ns, estimated_ns, missing_ns, _unit(there), _mark(there))


def parts_of(books: Books, tag: str) -> tuple[str, ...]:
    """The meters that a meter consists of; itself where it is none that is computed."""
    virtual = books.virtual.get(tag)
    return (tag,) if virtual is None else (*virtual.plus, *virtual.minus)


def registers_of(books: Books, entity: Entity) -> list[str]:
    """Every meter that an entity's figures are made of, real ones only."""
    sources = [books.sources[name] for name in entity.sources]
    tags = {tag for source in sources for tag in (*source.meters, *source.exports, *source.generation)}
    return sorted({part for tag in tags for part in parts_of(books, tag)})


def _lacking_ns(day: DaySum, expected_ns: int) -> int:
    return max(expected_ns - day.measured_ns - day.estimated_ns, 0)


def _sum(there: Mapping[str, DaySum], minus: Sequence[str], expected_ns: int, *, lacks_all: bool) -> DaySum:
    """The parts of a day added up; its times are those of the worst part. `lacks_all`: a part has no data at all."""
    known = sum(-day.known_micro if part in minus else day.known_micro for part, day in there.items())
    missing_ns = expected_ns if lacks_all else max(_lacking_ns(day, expected_ns) for day in there.values())
    estimated_ns = min(max(day.estimated_ns for day in there.values()), expected_ns - missing_ns)
    return DaySum(known, expected_ns - missing_ns - estimated_ns, estimated_ns, missing_ns, _unit(there), _mark(there))


def bearing(books: Books, tag: str, ordinal: int) -> AllocationRule:
    """By which rule a shared meter is borne on a day: before the first one by its owner alone.

    So no two enterprises ever count the whole of it.
    """
    rule = rule_on([one for one in books.allocations if one.of == tag], ordinal)
    meter = books.virtual.get(tag) or books.meters[tag]
    return rule or AllocationRule(tag, "owner", 0, ((meter.enterprise, Decimal(1)),), "")


def rule_on(rules: Sequence[AllocationRule], ordinal: int) -> AllocationRule | None:
    """The rule that holds on a day; before the first one there is none, and the meter is not shared."""
    holding = [rule for rule in rules if rule.from_day <= ordinal]
    return max(holding, key=lambda rule: rule.from_day) if holding else None


def _shared(day: DaySum, rule: AllocationRule, enterprise: str) -> DaySum:
    """Its part of a day, by the largest remainder: all parts are the whole, to the last digit."""
    weights: dict[str, Decimal | int] = dict(rule.weights)
    part = in_micro(allocate(from_micro(day.known_micro), weights)[enterprise]) if enterprise in weights else 0
    text = ",".join(f"{name}={weight:f}" for name, weight in rule.weights)
    mark = sha256(f"{day.mark};{rule.by};{text}".encode()).hexdigest()
    return DaySum(part, day.measured_ns, day.estimated_ns, day.missing_ns, day.unit, f"share:{mark}")


def _slots(day: StoredDay | None) -> dict[tuple[int, int], int]:
    if day is None:
        return {}
    return {(start, end): micro for start, end, micro in day.slots() if micro is not None}


def _unit(there: Mapping[str, DaySum]) -> str:
    return next(iter(there.values())).unit


def _mark(there: Mapping[str, DaySum]) -> str:
    text = "\n".join(f"{part} {day.mark}" for part, day in sorted(there.items()))
    return f"sum:{sha256(text.encode()).hexdigest()}"
