"""Recalculating intervals from stored readings: what is to be done for a meter, with which readings, and what is kept.

Stored are: the samples in the history, as long as it keeps them; as long as the account the readings that decided each
interval; what people said. All of them together are taken; a reading that is there twice counts once. Where the history
has nothing the stored intervals are cut anew (`recut`): what lay between their deciding readings stays as it was.
"""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from gateway.accounts.energy.stored_readings import decided_by
from gateway.core.clock import day_of
from gateway.pipeline.energy_meter import MeterEntry
from gateway.store import intervals
from rules.energy.account import Item, quantities
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity, Method
from rules.energy.reading import Origin, Reading
from rules.energy.recut import recut
from rules.energy.spec import MeterSpec

MARGIN_NS = 86_400_000_000_000  # before and after: boundaries, and what a level follows from
_CLUSTER_NS = 6 * 3_600_000_000_000  # changes that are nearer to each other are recalculated together


@dataclass(frozen=True, slots=True)
class Task:
    """A stretch of one meter's time to be recalculated."""

    tag: str
    spec: MeterSpec
    first_ns: int  # what changed: from, to before
    end_ns: int
    bounds: tuple[int, int]  # of the samples that are needed from the history
    items: tuple[Item, ...]  # what is known besides the history
    has_history: bool
    stored: tuple[IntervalQuantity, ...] = ()  # around it, or to be stored with the next commit
    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()


def tasks_of(db: sqlite3.Connection, entry: MeterEntry, zone: tzinfo) -> list[Task]:
    """What is to be recalculated of a meter, in as few stretches as there are."""
    late = [item for item in entry.late if not (isinstance(item, Reading) and _says_nothing(db, entry, item, zone))]
    changed = [*entry.spans, *((item.time_ns, item.time_ns + 1) for item in late)]
    return [_task(db, entry, span, late, zone) for span in _clusters(changed)]


def known(db: sqlite3.Connection, entry: MeterEntry, bounds: tuple[int, int], zone: tzinfo) -> list[Item]:
    """What is known of a meter besides its history: what decided stored intervals and those that are to be stored,
    what its account keeps, what came late, what people said; without what they took back."""
    gone = {(one.time_ns, one.value) for one in entry.gone if isinstance(one, Reading)}
    held = (*entry.account.items, *entry.late, *(reading for one in entry.fresh for reading in one.readings))
    own = (
        item
        for item in held
        if isinstance(item, Reading)
        and item.origin is Origin.METER
        and not item.evidence
        and (item.time_ns, item.value) not in gone
    )
    within = [item for item in (*own, *entry.stated.items) if bounds[0] <= item.time_ns < bounds[1]]
    return [*decided_by(db, entry.meter.tag, bounds, zone, entry.gone), *within]


def recalculated(task: Task, samples: Iterable[Reading], grid: Grid) -> list[IntervalQuantity]:
    """The intervals that the change reaches: from the reading before it to the reading after it, and on either side as
    far as they are others than the stored ones. For the jobs process.

    An interval that is not over by the last reading is left out.
    """
    known = list(samples)
    if task.has_history and not _covers(known, task):
        return _recut(task, grid)
    items = [*task.items, *known]
    if not items:
        return []
    before = max((one.time_ns for one in items if one.time_ns < task.first_ns), default=task.first_ns)
    after = min((one.time_ns for one in items if one.time_ns >= task.end_ns), default=task.end_ns)
    newest_ns = max(one.time_ns for one in items)
    near = Span(before, max(after, before + 1))
    if not task.stored:
        return [one for one in quantities(task.spec, grid, items, near) if one.span.end_ns <= newest_ns]
    oldest_ns = min(before, *(one.time_ns for one in items))
    found = quantities(task.spec, grid, items, Span(oldest_ns, max(near.end_ns, newest_ns)))
    whole = [one for one in found if one.span.end_ns <= newest_ns]
    return _reached(whole, near, {one.span: one for one in task.stored}, oldest_ns)


def _reached(
    found: Sequence[IntervalQuantity], near: Span, stored: Mapping[Span, IntervalQuantity], oldest_ns: int
) -> list[IntervalQuantity]:
    """Those that touch `near`, and on either side all up to the first that is as it was: a reading that was refused may
    be believed now, and then the intervals from the last believed one before it are others too."""
    first = bisect_right(found, near.start_ns, key=lambda one: one.span.end_ns)
    last = bisect_left(found, near.end_ns, key=lambda one: one.span.start_ns)
    while first and found[first - 1].span.start_ns >= oldest_ns and _is_other(found[first - 1], stored):
        first -= 1
    while last < len(found) and _is_other(found[last], stored):
        last += 1
    return list(found[first:last])


def _is_other(fresh: IntervalQuantity, stored: Mapping[Span, IntervalQuantity]) -> bool:
    """True where something else is stored. What was never stored, and what people corrected, is no other."""
    old = stored.get(fresh.span)
    return old is not None and old.method is not Method.CORRECTED and _facts(old) != _facts(fresh)


def _facts(one: IntervalQuantity) -> tuple[object, ...]:
    return one.quantity, one.known, one.measured_ns, one.estimated_ns, one.unit


def _recut(task: Task, grid: Grid) -> list[IntervalQuantity]:
    """From the stored intervals; with those that people just corrected, as they are below that."""
    around = Span(*task.bounds)
    found = recut(task.spec, grid, list(task.stored), around, added=task.added, removed=task.removed)
    newest_ns = max((one.span.end_ns for one in task.stored), default=0)
    anew = {one.span: one for one in task.stored if _is_within(one, task) and one.method is not Method.CORRECTED}
    anew |= {one.span: one for one in found if one.span.end_ns <= newest_ns}
    return list(anew.values())


def _is_within(interval: IntervalQuantity, task: Task) -> bool:
    return task.first_ns <= interval.span.start_ns and interval.span.end_ns <= task.end_ns


def _covers(samples: Sequence[Reading], task: Task) -> bool:
    """True where there are samples on both sides of what changed."""
    times = [one.time_ns for one in samples]
    return bool(times) and min(times) < task.first_ns and max(times) >= task.end_ns


def _says_nothing(db: sqlite3.Connection, entry: MeterEntry, reading: Reading, zone: tzinfo) -> bool:
    """True where the interval is measured as a whole, and the reading lies between those within it that decided it:
    nearer to a boundary than these it decides how much was on either side.
    """
    if entry.meter.is_manual:
        return False
    day = day_of(reading.time_ns, zone)
    for stored in intervals.days(db, [entry.meter.tag], day, day):
        for one in stored.intervals():
            if one.span.start_ns <= reading.time_ns < one.span.end_ns:
                values = [other.value for other in one.readings]
                times = [other.time_ns for other in one.readings if other.time_ns in range(*_ends(one))]
                is_whole = one.quantity is not None and not one.estimated_ns
                is_inside = bool(times) and min(times) <= reading.time_ns <= max(times)
                return is_whole and is_inside and min(values) <= reading.value <= max(values)
    return False


def _ends(interval: IntervalQuantity) -> tuple[int, int]:
    """Of the instants that a reading within it may have: at its end it is its own and the next one's."""
    return interval.span.start_ns, interval.span.end_ns + 1


def _clusters(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first_ns, end_ns in sorted(spans):
        if found and first_ns - found[-1][1] <= _CLUSTER_NS:
            found[-1] = found[-1][0], max(found[-1][1], end_ns)
        else:
            found.append((first_ns, end_ns))
    return found


def _task(db: sqlite3.Connection, entry: MeterEntry, span: tuple[int, int], late: Sequence[Item], zone: tzinfo) -> Task:
    meter, (first_ns, end_ns) = entry.meter, span
    if meter.is_manual:
        return Task(meter.tag, meter.spec, first_ns, end_ns, span, tuple(entry.stated.items), has_history=False)
    bounds = _bounds(db, entry, span, zone)
    mine = [item for item in late if bounds[0] <= item.time_ns < bounds[1]]
    stored = _stored(db, entry, bounds, zone)
    said = [item for item in entry.stated.items if first_ns <= item.time_ns < end_ns]
    gone = [item for item in entry.gone if first_ns <= item.time_ns < end_ns]
    items = tuple(known(db, entry, bounds, zone))
    return Task(meter.tag, meter.spec, first_ns, end_ns, bounds, items, True, stored, (*mine, *said), tuple(gone))


def _stored(
    db: sqlite3.Connection, entry: MeterEntry, bounds: tuple[int, int], zone: tzinfo
) -> tuple[IntervalQuantity, ...]:
    """The intervals of these days, stored or to be stored, and those before them from the first of their readings on:
    what was said of a gap stands in the interval in which it begins."""
    first, last = (day_of(at_ns, zone) for at_ns in bounds)
    found = _by_start(db, entry, first, last)
    began = min((reading.time_ns for one in found.values() for reading in one.readings), default=bounds[0])
    if day_of(began, zone) < first:
        found = _by_start(db, entry, day_of(began, zone), last)
    return tuple(found[start] for start in sorted(found))


def _by_start(db: sqlite3.Connection, entry: MeterEntry, first: date, last: date) -> dict[int, IntervalQuantity]:
    found = {
        one.span.start_ns: one for day in intervals.days(db, [entry.meter.tag], first, last) for one in day.intervals()
    }
    return found | {one.span.start_ns: one for one in entry.fresh}


def _bounds(db: sqlite3.Connection, entry: MeterEntry, span: tuple[int, int], zone: tzinfo) -> tuple[int, int]:
    """A day more than the span, and than the readings around it that decided what is stored: a gap may be longer."""
    ends = {day_of(at_ns, zone) for at_ns in span}
    stored = [one for end in ends for day in intervals.days(db, [entry.meter.tag], end, end) for one in day.intervals()]
    around = [
        reading.time_ns
        for one in (*stored, *entry.fresh)
        if one.span.start_ns <= span[1] and span[0] <= one.span.end_ns
        for reading in one.readings
    ]
    return max(min([span[0], *around]) - MARGIN_NS, 0), max([span[1], *around]) + MARGIN_NS


def local_midnight_ns(time_ns: int, zone: tzinfo, days_before: int) -> int:
    """The start of the local day so many days before the one of this instant."""
    day = day_of(time_ns, zone) - timedelta(days=days_before)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000_000
