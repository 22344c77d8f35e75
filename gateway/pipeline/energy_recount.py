"""Recalculating intervals from stored readings: what is to be done for a meter, with which readings, and what is kept.

Stored are: the samples in the history, as long as it keeps them; as long as the account the readings that decided each
interval; what people said. All of them together are taken; a reading that is there twice counts once. Where the history
has nothing the stored intervals are cut anew (`recut`): what lay between their deciding readings stays as it was.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from gateway.accounts.energy.stored_readings import decided_by
from gateway.pipeline.energy_days import day_of
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
    items: tuple[Item, ...]  # what is known besides the history
    has_history: bool
    stored: tuple[IntervalQuantity, ...] = ()  # around it, or to be stored with the next commit
    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()

    @property
    def bounds(self) -> tuple[int, int]:
        """Of the samples that are needed from the history."""
        return max(self.first_ns - MARGIN_NS, 0), self.end_ns + MARGIN_NS


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
    """The intervals that the change reaches: from the reading before it to the reading after it. For the jobs process.

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
    found = quantities(task.spec, grid, items, Span(before, max(after, before + 1)))
    return [one for one in found if one.span.end_ns <= newest_ns]


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
        return Task(meter.tag, meter.spec, first_ns, end_ns, tuple(entry.stated.items), has_history=False)
    bounds = max(first_ns - MARGIN_NS, 0), end_ns + MARGIN_NS
    mine = [item for item in late if bounds[0] <= item.time_ns < bounds[1]]
    days = intervals.days(db, [meter.tag], day_of(bounds[0], zone), day_of(bounds[1], zone))
    there = {one.span.start_ns: one for day in days for one in day.intervals()}
    there |= {one.span.start_ns: one for one in entry.fresh}
    stored = tuple(there[start] for start in sorted(there))
    said = [item for item in entry.stated.items if first_ns <= item.time_ns < end_ns]
    gone = [item for item in entry.gone if first_ns <= item.time_ns < end_ns]
    items = tuple(known(db, entry, bounds, zone))
    return Task(meter.tag, meter.spec, first_ns, end_ns, items, True, stored, (*mine, *said), tuple(gone))


def local_midnight_ns(time_ns: int, zone: tzinfo, days_before: int) -> int:
    """The start of the local day so many days before the one of this instant."""
    day = day_of(time_ns, zone) - timedelta(days=days_before)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000_000
