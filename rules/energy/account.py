"""A meter's account: readings and events to interval quantities, all at once or one by one with late data.

Both forms run the same machine over the same order, so both give the same intervals. The streaming form keeps the
items of the last day; a late one among them is put in its place and the machine goes over that day again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rules.energy.cutter import Cutter
from rules.energy.grid import Grid, Span
from rules.energy.levels import Levels
from rules.energy.marks import Findings
from rules.energy.quantity import IntervalQuantity, missing
from rules.energy.reading import Event, EventKind, Reading, merge, plain_text
from rules.energy.spec import MeterSpec

Item = Reading | Event
STATE = 1  # of the saved form
KEEP_NS = 86_400_000_000_000
KEEP_COUNT = 20_000


class Outcome(StrEnum):
    """What became of an item."""

    ACCEPTED = "accepted"
    KNOWN = "known"  # it was there already, nothing changes
    TOO_LATE = "too_late"  # older than what is kept: recalculate from the stored readings with `recount`


def order_of(item: Item) -> tuple[int, int, str]:
    """The place of an item: by time, an event before the reading of its instant."""
    if isinstance(item, Reading):
        return item.time_ns, 1, ""
    return item.time_ns, 0, repr(item.row)


class Machine:
    """Levels and cutter one behind the other."""

    __slots__ = ("_cutter", "_grid", "_levels", "_spec")

    def __init__(self, spec: MeterSpec, grid: Grid) -> None:
        self._spec = spec
        self._grid = grid
        self._levels = Levels(spec)
        self._cutter = Cutter(spec, grid)

    def take(self, item: Item) -> list[IntervalQuantity]:
        """The next item in order; gives the intervals that nothing but late data can change any more."""
        links = self._levels.read(item) if isinstance(item, Reading) else self._levels.happen(item)
        return [interval for link in links for interval in self._cutter.take(link)]

    def over(self) -> list[IntervalQuantity]:
        """Those of them that are over."""
        tail, end_ns = self._levels.tail, self._cutter.end_ns
        return self.preview()[:-1] if tail and end_ns is not None and tail[-1].end.time_ns >= end_ns else []

    def preview(self) -> list[IntervalQuantity]:
        """The intervals after those, as they stand, the open one last."""
        cutter = self._cutter.copy()
        found = [interval for link in self._levels.tail for interval in cutter.take(link)]
        last = cutter.open()
        return [replace(interval, is_provisional=True) for interval in (*found, *([last] if last else []))]

    def doubts(self) -> Findings:
        """Readings after the last believed one that do not follow it: refused, or a level to come."""
        return self._levels.doubts()

    def copy(self) -> "Machine":
        """Another one of the same state."""
        other = Machine(self._spec, self._grid)
        other.restore(self.state)
        return other

    @property
    def state(self) -> dict[str, Any]:
        """JSON."""
        return {"levels": self._levels.state, "cutter": self._cutter.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self._levels.restore(state["levels"])
        self._cutter.restore(state["cutter"])


def in_order(items: Iterable[Item]) -> list[Item]:
    """Items sorted, each once; several values of one instant merged to the lowest."""
    ordered: list[Item] = []
    for item in sorted(items, key=order_of):
        last = ordered[-1] if ordered else None
        if isinstance(item, Reading) and isinstance(last, Reading) and last.time_ns == item.time_ns:
            ordered[-1] = merge(last, item)
        elif item != last:
            ordered.append(item)
    return ordered


@dataclass(frozen=True, slots=True)
class Recount:
    """What a batch of readings gives."""

    intervals: list[IntervalQuantity]
    doubts: Findings  # readings at the end that do not follow: what flowed since then is missing


def recount(spec: MeterSpec, grid: Grid, items: Iterable[Item], span: Span) -> Recount:
    """Every interval that overlaps the span, in order, from readings in any order.

    Readings from before and after the span serve its first and last boundary. An interval about which nothing is known
    is there, missing.
    """
    machine = Machine(spec, grid)
    found = {interval.span: interval for item in in_order(items) for interval in machine.take(item)}
    found |= {interval.span: interval for interval in machine.preview()}
    wanted = grid.spans(span.start_ns, span.end_ns)
    return Recount([found.get(one) or missing(spec, one) for one in wanted], machine.doubts())


def quantities(spec: MeterSpec, grid: Grid, items: Iterable[Item], span: Span) -> list[IntervalQuantity]:
    """The intervals of `recount` alone."""
    return recount(spec, grid, items, span).intervals


class MeterAccount:
    """The streaming form. Bounded: it keeps items for `keep_ns` (UTC nanoseconds), never more than `keep_count`.

    `changes()` must be called now and then: intervals wait in the account until it took them.
    """

    def __init__(self, spec: MeterSpec, grid: Grid, keep_ns: int = KEEP_NS, keep_count: int = KEEP_COUNT) -> None:
        self._spec = spec
        self._grid = grid
        self._keep = keep_ns, keep_count
        self._settled = Machine(spec, grid)  # behind it nothing can be put in any more
        self._settled_ns: int | None = None
        self._items: list[Item] = []  # after it, in order
        self._head = Machine(spec, grid)  # the settled machine, and the items
        self._closed: list[IntervalQuantity] = []  # by the head, since the settled machine
        self._waiting: list[IntervalQuantity] = []  # closed by the settled machine, not yet asked for
        self._published: dict[int, tuple[int, str]] = {}  # by start: version and hash

    @property
    def items(self) -> Sequence[Item]:
        """What is kept: a late item is put in its place among these."""
        return self._items

    @property
    def settled_ns(self) -> int | None:
        """The instant up to which nothing can be put in any more; `None` before there is one."""
        return self._settled_ns

    def add(self, item: Item) -> Outcome:
        """Take a reading or an event, in any order within the time that is kept."""
        if self._settled_ns is not None and item.time_ns <= self._settled_ns:
            return Outcome.TOO_LATE
        if not self._items or item.time_ns > self._items[-1].time_ns:
            place = len(self._items)
        else:
            place = bisect_left(self._items, order_of(item), key=order_of)
        if place == len(self._items):
            self._items.append(item)
            self._closed += self._head.take(item)
        elif order_of(self._items[place]) != order_of(item):
            self._items.insert(place, item)
            self._again()
        elif not self._merge(place, item):
            return Outcome.KNOWN
        self._settle()
        return Outcome.ACCEPTED

    def _merge(self, place: int, item: Item) -> bool:
        there = self._items[place]
        if not (isinstance(item, Reading) and isinstance(there, Reading)):
            return False
        merged = merge(there, item)
        if merged == there:
            return False
        self._items[place] = merged
        self._again()
        return True

    def _again(self) -> None:
        self._head = self._settled.copy()
        self._closed = [interval for item in self._items for interval in self._head.take(item)]

    def _settle(self) -> None:
        """Move what is older than the time that is kept behind the point of no return, instant by instant."""
        keep_ns, keep_count = self._keep
        items, count = self._items, 0
        while count < len(items) and (
            items[-1].time_ns - items[count].time_ns > keep_ns or len(items) - count > keep_count
        ):
            self._settled_ns = items[count].time_ns
            while count < len(items) and items[count].time_ns == self._settled_ns:
                given = len(self._settled.take(items[count]))
                count += 1
                if given:
                    self._waiting += self._closed[:given]
                    del self._closed[:given]
        if count:
            del items[:count]

    def view(self) -> list[IntervalQuantity]:
        """The intervals of the time that is kept as they stand, the open one last, with their versions."""
        found = [*self._waiting, *self._closed, *self._head.preview()]
        return [replace(interval, version=self._version(interval)) for interval in found]

    def changes(self) -> list[IntervalQuantity]:
        """Intervals that are over and new, or another version of what was given before, in order."""
        fresh: list[IntervalQuantity] = []
        for interval in (*self._waiting, *self._closed, *self._head.over()):
            if self._hash(interval) != interval.hash:
                fresh.append(replace(interval, version=self._version(interval)))
                self._published[interval.span.start_ns] = (fresh[-1].version, interval.hash)
        for interval in self._waiting:
            self._published.pop(interval.span.start_ns, None)
        self._waiting = []
        return fresh

    def _hash(self, interval: IntervalQuantity) -> str:
        return self._published.get(interval.span.start_ns, (0, ""))[1]

    def _version(self, interval: IntervalQuantity) -> int:
        version, digest = self._published.get(interval.span.start_ns, (0, ""))
        return version if digest == interval.hash else version + 1

    def doubts(self) -> Findings:
        """Readings after the last believed one that do not follow it: what flows since then is not known yet."""
        return self._head.doubts()

    def save(self) -> dict[str, Any]:
        """Everything that `restored` needs, as JSON: exact numbers as texts."""
        return {
            "state": STATE,
            "meter": self._declared(),
            "settled": self._settled.state,
            "settled_ns": self._settled_ns,
            "items": [item.row for item in self._items],
            "waiting": [interval.state for interval in self._waiting],
            "published": [[start, *entry] for start, entry in sorted(self._published.items())],
        }

    def _declared(self) -> list[Any]:
        return [self._spec.canonical, *([start, plain_text(value)] for start, value in self._spec.multipliers)]

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` gave. Raises ValueError where the meter was declared otherwise then."""
        if state["state"] != STATE or state["meter"] != self._declared():
            raise ValueError(f"{self._spec.tag}: saved for another declaration, recalculate from the stored readings")
        self._settled.restore(state["settled"])
        self._settled_ns = state["settled_ns"]
        self._items = [_item(row) for row in state["items"]]
        self._waiting = [IntervalQuantity.of_state(interval) for interval in state["waiting"]]
        self._published = {start: (version, digest) for start, version, digest in state["published"]}
        self._again()


def _item(row: Sequence[Any]) -> Item:
    return Event.of_row(row) if row[1] in set(EventKind) else Reading.of_row(row)
