"""Energy out of ledger.db: the intervals of registers, and sums over a time, with what is missing in it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.accounts.energy.flows import Weights
from gateway.core.clock import day_of
from gateway.core.ownership import Bounds
from gateway.store.intervals import StoredDay, days, totals
from rules.energy.allocation import in_micro
from rules.energy.quantity import IntervalQuantity

_NS = 1_000_000_000


@dataclass(slots=True)
class Amount:
    """What flowed. `known` is a lower bound where something is missing."""

    known: int = 0  # micro-units
    measured_ns: int = 0
    estimated_ns: int = 0
    missing_ns: int = 0

    @property
    def is_whole(self) -> bool:
        """True where nothing is missing."""
        return not self.missing_ns

    def add(self, other: "Amount", weight: int = 1) -> None:
        """Count another register too, `weight` times; its time counts once."""
        self.known += other.known * weight
        self.measured_ns += other.measured_ns
        self.estimated_ns += other.estimated_ns
        self.missing_ns += other.missing_ns


@dataclass(frozen=True, slots=True)
class Energy:
    """A weighted sum of registers over a time."""

    amount: Amount
    is_bound: bool  # `amount.known` is the quantity, or a lower bound of it
    lacking: tuple[str, ...]  # registers of which a part is missing


def day_start_ns(day: date, zone: ZoneInfo) -> int:
    """When a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * _NS


def course(stored: StoredDay) -> list[tuple[int, int, Amount]]:
    """(start, end, amount) of each interval of a stored day, in order."""
    if not stored.missing_ns and not stored.estimated_ns:
        return [(start, end, Amount(micro, end - start)) for start, end, micro in stored.slots() if micro is not None]
    return [
        (one.span.start_ns, one.span.end_ns, amount_of(one)) for one in stored.intervals() if one.unit == stored.unit
    ]


def known(stored: StoredDay) -> list[tuple[int, int, int]]:
    """(start, end, known micro-units) of each interval of a stored day, in order. Fast where nothing is missing."""
    if not stored.missing_ns:
        return [(start, end, micro) for start, end, micro in stored.slots() if micro is not None]
    return [(start, end, amount.known) for start, end, amount in course(stored)]


def amount_of(interval: IntervalQuantity) -> Amount:
    """One interval."""
    known = 0 if interval.known is None else in_micro(interval.known)
    return Amount(known, interval.measured_ns, interval.estimated_ns, interval.missing_ns)


def intervals(
    db: sqlite3.Connection, tag: str, start_ns: int, end_ns: int, zone: ZoneInfo, as_of_ns: int | None = None
) -> Iterator[IntervalQuantity]:
    """The intervals of a register that lie in a range, in order."""
    for stored in days(db, [tag], day_of(start_ns, zone), day_of(end_ns - 1, zone), as_of_ns=as_of_ns):
        yield from (one for one in stored.intervals() if start_ns <= one.span.start_ns and one.span.end_ns <= end_ns)


Cut = Callable[[str, Bounds], Sequence[Bounds]]
"""The parts of a time in which a register counts for who asks; of the others nothing is missing."""


def energy(
    db: sqlite3.Connection, weights: Weights, start_ns: int, end_ns: int, zone: ZoneInfo, cut: Cut | None = None
) -> Energy:
    """What flowed between two instants, from whole intervals. Whole days cost one sum in the database."""
    return weighed(weights, amounts_of(db, tuple(weights), start_ns, end_ns, zone, cut))


def weighed(weights: Weights, amounts: dict[str, Amount]) -> Energy:
    """The weighted sum: a lower bound only where nothing is missing that is taken away."""
    found = Amount()
    lacking = tuple(tag for tag in weights if not amounts[tag].is_whole)
    for tag, weight in weights.items():
        found.add(amounts[tag], weight)
    return Energy(found, all(weights[tag] > 0 for tag in lacking), lacking)


def amounts_of(
    db: sqlite3.Connection, tags: Sequence[str], start_ns: int, end_ns: int, zone: ZoneInfo, cut: Cut | None = None
) -> dict[str, Amount]:
    """Each register's sum between two instants. A day that is not stored is missing as a whole."""
    if cut is not None:
        return _cut_amounts(db, tags, (start_ns, end_ns), zone, cut)
    found = {tag: Amount() for tag in tags}
    if not tags or start_ns >= end_ns:
        return found
    first, last = day_of(start_ns, zone), day_of(end_ns - 1, zone)
    for day in {first, last}:
        if not _is_whole(day, start_ns, end_ns, zone):
            _add_part(db, found, day, (start_ns, end_ns), zone)
    one = timedelta(days=1)
    first = first if _is_whole(first, start_ns, end_ns, zone) else first + one
    last = last if _is_whole(last, start_ns, end_ns, zone) else last - one
    if first <= last:
        span_ns = day_start_ns(last + one, zone) - day_start_ns(first, zone)
        for tag, total in totals(db, list(tags), first, last, zone=zone).items():
            known_ns = total.measured_ns + total.estimated_ns
            found[tag].add(Amount(total.known_micro, total.measured_ns, total.estimated_ns, span_ns - known_ns))
    return found


def _cut_amounts(
    db: sqlite3.Connection, tags: Sequence[str], bounds: Bounds, zone: ZoneInfo, cut: Cut
) -> dict[str, Amount]:
    parts = {tag: cut(tag, bounds) for tag in tags}
    whole = amounts_of(db, [tag for tag in tags if list(parts[tag]) == [bounds]], *bounds, zone)
    found = {tag: whole.get(tag) or Amount() for tag in tags}
    for tag in tags:
        for part in parts[tag] if tag not in whole else ():
            found[tag].add(amounts_of(db, [tag], *part, zone)[tag])
    return found


def _is_whole(day: date, start_ns: int, end_ns: int, zone: ZoneInfo) -> bool:
    return start_ns <= day_start_ns(day, zone) and day_start_ns(day + timedelta(days=1), zone) <= end_ns


def _add_part(
    db: sqlite3.Connection, found: dict[str, Amount], day: date, bounds: tuple[int, int], zone: ZoneInfo
) -> None:
    """Count the part of a day that lies within the bounds, from whole intervals."""
    start_ns = max(bounds[0], day_start_ns(day, zone))
    end_ns = min(bounds[1], day_start_ns(day + timedelta(days=1), zone))
    parts = {tag: Amount(missing_ns=end_ns - start_ns) for tag in found}
    for stored in days(db, list(found), day, day):
        part = parts[stored.tag] = Amount()
        for _, _, amount in within(course(stored), start_ns, end_ns):
            part.add(amount)
        part.missing_ns = end_ns - start_ns - part.measured_ns - part.estimated_ns
    for tag, part in parts.items():
        found[tag].add(part)


def within(
    intervals: Iterable[tuple[int, int, Amount]], start_ns: int, end_ns: int
) -> Iterator[tuple[int, int, Amount]]:
    """Those that lie in a range as a whole."""
    return (one for one in intervals if start_ns <= one[0] and one[1] <= end_ns)
