"""One meter of the energy consumer: its account, what waits to be stored, and its state as a row of ledger.db."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from gateway.accounts.books import Meter
from gateway.accounts.energy.meters import packed_state
from gateway.accounts.records.submissions import Correction
from rules.energy.account import Item, MeterAccount, Outcome
from rules.energy.corrected import corrected
from rules.energy.grid import Grid
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Event, EventKind, Reading

KEEP_NS = 3_600_000_000_000  # readings kept to put late ones in their place; what comes later is recalculated
KEEP_COUNT = 400  # what is kept is walked over by the garbage collector, which holds the loop
_EVENTS = frozenset(EventKind)


@dataclass(frozen=True, slots=True)
class Stated:
    """What people said about a meter, approved: it is part of the meter's readings."""

    items: frozenset[Item] = frozenset()
    corrections: frozenset[Correction] = frozenset()


@dataclass(slots=True)
class MeterEntry:
    """A meter as the consumer has it. Used in the ledger's thread only."""

    meter: Meter
    number: int  # id in ledger.db
    account: MeterAccount
    stated: Stated = field(default_factory=Stated)
    fresh: list[IntervalQuantity] = field(default_factory=list)  # not yet stored
    blob: bytes | None = None  # the state that goes with them
    late: list[Item] = field(default_factory=list)  # too old for the account: recalculated with the next commit
    spans: list[tuple[int, int]] = field(default_factory=list)  # to be recalculated, from and to
    gone: list[Item] = field(default_factory=list)  # what people said and took back, until that is recalculated
    is_dirty: bool = False
    newest_ns: int = 0  # of its readings
    turns_ns: int = 0  # where the interval of that reading ends

    def add(self, item: Item, grid: Grid) -> bool:
        """Take an item in; true where it is the first of another interval."""
        if not self.meter.is_manual and self.account.add(item) is not Outcome.TOO_LATE:
            self.is_dirty = True
        else:
            self.late.append(item)
        self.newest_ns = max(self.newest_ns, item.time_ns)
        if item.time_ns < self.turns_ns:
            return False
        is_turn = self.turns_ns > 0
        self.turns_ns = grid.span(item.time_ns).end_ns
        return is_turn

    def prepare(self) -> None:
        """Work out what is to be stored."""
        self.put(self.account.changes())
        self.blob = packed_state(document_of(self))

    def put(self, intervals: Iterable[IntervalQuantity]) -> None:
        """Store these with the next commit: of each span the one that was put last."""
        found = {one.span.start_ns: one for one in self.fresh}
        found |= {one.span.start_ns: replace(one, is_provisional=False) for one in intervals}
        self.fresh = list(found.values())

    def is_reached_by(self, recalculated: Sequence[IntervalQuantity], grid: Grid) -> bool:
        """True where what was recalculated touches an interval that the account itself can still give: it lacks the
        late reading, and its part and the recalculated one would not add up to what the register counted."""
        settled_ns = self.account.settled_ns
        if settled_ns is None or self.meter.is_manual:
            return False
        return not recalculated or recalculated[-1].span.end_ns >= grid.span(settled_ns).start_ns

    def settled(self) -> None:
        """It is stored."""
        self.fresh, self.blob, self.is_dirty = [], None, False

    def with_corrections(self, intervals: Iterable[IntervalQuantity]) -> list[IntervalQuantity]:
        """The intervals as people corrected them."""
        by_start = {one.start_ns: one for one in self.stated.corrections}
        return [
            corrected(interval, one.quantity_micro, one.record)
            if (one := by_start.get(interval.span.start_ns)) and one.end_ns == interval.span.end_ns
            else interval
            for interval in intervals
        ]


def document_of(entry: MeterEntry) -> dict[str, Any]:
    """The state as JSON."""
    corrections = sorted(entry.stated.corrections, key=lambda one: one.start_ns)
    return {
        "account": entry.account.save(),
        "stated": sorted((item.row for item in entry.stated.items), key=repr),
        "corrections": [
            [one.tag, one.start_ns, one.end_ns, one.quantity_micro, one.reason, one.record] for one in corrections
        ],
        "newest_ns": entry.newest_ns,
    }


def restore(entry: MeterEntry, document: dict[str, Any]) -> None:
    """Go on from a stored state. Raises ValueError where the meter was declared otherwise then."""
    entry.stated = Stated(
        frozenset(item_of(row) for row in document["stated"]),
        frozenset(Correction(entry.meter.tag, *row[1:]) for row in document["corrections"]),
    )
    entry.newest_ns = int(document["newest_ns"])
    entry.account.restore(document["account"])


def item_of(row: Sequence[Any]) -> Item:
    """The reading or event of a canonical form."""
    return Event.of_row(row) if row[1] in _EVENTS else Reading.of_row(row)


def renamed(document: dict[str, Any], spec_canonical: str) -> dict[str, Any]:
    """The state of a meter that has another tag now, and is declared the same otherwise; any other as it is."""
    account = dict(document["account"])
    before = msgspec.json.decode(str(account["meter"][0]).encode())
    now = msgspec.json.decode(spec_canonical.encode())
    if before == now or {**before, "tag": now["tag"]} != now:
        return document
    account["meter"] = [spec_canonical, *account["meter"][1:]]
    return {**document, "account": account}
