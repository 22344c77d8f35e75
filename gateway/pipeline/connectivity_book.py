"""The book of connectivity: increments on their way to state.db, and sums over what is there and what is on its way."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeVar

from gateway.store import connectivity as stored
from gateway.store.state import State
from rules.connectivity.reason import FLAWS, Reason
from rules.connectivity.silence import Outage
from rules.connectivity.spans import Kind, Place, whole_spans
from rules.connectivity.tally import Tally

T = TypeVar("T")
MOST_UNWRITTEN = 200_000  # accounts of a device and an hour that wait for a disk that takes nothing; then the oldest go


@dataclass(slots=True)
class Figures:
    """What a range of time holds."""

    tallies: dict[str, Tally] = field(default_factory=dict)  # by device
    down_ns: int = 0  # the gateway did not run


@dataclass(slots=True)
class Series:
    """The same, span by span."""

    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)  # by device and start of span (UTC, ns)
    down_ns: dict[int, int] = field(default_factory=dict)  # by start of span


@dataclass(frozen=True, slots=True)
class _Page:
    """What is written at once; not changed any more."""

    number: int
    time_ns: int
    counts: Mapping[tuple[Place, str], Tally]
    down_ns: Mapping[Place, int]
    outages: Mapping[tuple[str, int], Outage]

    def counts_by_key(self) -> dict[stored.Key, stored.Counts]:
        """By kind of span, its start, and device."""
        sums: dict[stored.Key, Tally] = {}
        for (place, device), tally in self.counts.items():
            for kind, from_ns in ((Kind.HOUR, place.hour_ns), (Kind.DAY, place.day_ns)):
                sums.setdefault((kind.value, from_ns, device), Tally()).add(tally)
        return {key: _counts(tally) for key, tally in sums.items()}

    def down_by_key(self) -> dict[tuple[str, int], int]:
        """By kind of span and its start."""
        sums: Counter[tuple[str, int]] = Counter()
        for place, length_ns in self.down_ns.items():
            sums[Kind.HOUR.value, place.hour_ns] += length_ns
            sums[Kind.DAY.value, place.day_ns] += length_ns
        return dict(sums)

    def increment(self) -> stored.Increment:
        """As the store takes it."""
        rows = [_row(outage) for outage in self.outages.values()]
        return stored.Increment(self.time_ns, self.number, self.counts_by_key(), self.down_by_key(), rows)


class Book:
    """Accounts of devices by local hour and day."""

    def __init__(self, state: State, zone: tzinfo) -> None:
        self.time_ns = 0  # UTC: until when everything is accounted for
        self._state = state
        self._zone = zone
        self._number = 0
        self._counts: dict[tuple[Place, str], Tally] = {}
        self._down_ns: Counter[Place] = Counter()
        self._outages: dict[tuple[str, int], Outage] = {}
        self._sending: _Page | None = None  # may be in the file or not: it is written again until it is
        self._lock = asyncio.Lock()
        self.listener: Callable[[str, Tally], None] | None = None  # hears what is booked of each device

    def begin(self, number: int) -> None:
        """Go on after this write."""
        self._number = number

    def add(self, place: Place, device: str, tally: Tally) -> None:
        """Book samples."""
        key = place, device
        if key not in self._counts and len(self._counts) >= MOST_UNWRITTEN:
            del self._counts[next(iter(self._counts))]
        self._counts.setdefault(key, Tally()).add(tally)
        if self.listener is not None:
            self.listener(device, tally)

    def add_down(self, place: Place, length_ns: int) -> None:
        """Book time in which the gateway did not run."""
        self._down_ns[place] += length_ns

    def add_outage(self, outage: Outage) -> None:
        """An outage began, ended, or is known better."""
        key = outage.device, outage.from_ns
        if key not in self._outages and len(self._outages) >= MOST_UNWRITTEN:
            del self._outages[next(iter(self._outages))]
        self._outages[key] = outage

    async def write(self) -> None:
        """Write everything in one transaction. Raises Unavailable: it is kept, and written the next time."""
        async with self._lock:
            if self._sending is not None:
                await self._send(self._sending)
            self._number += 1
            page = self._sending = self._page()
            self._counts, self._down_ns, self._outages = {}, Counter(), {}
            await self._send(page)

    async def _send(self, page: _Page) -> None:
        await self._state.do(lambda db: stored.store(db, page.increment(), self._state.write(db)))
        self._sending = None

    def _page(self) -> _Page:
        return _Page(self._number, self.time_ns, self._counts, self._down_ns, self._outages)

    # -- reading ------------------------------------------------------------------------------------------------------

    async def figures(self, from_ns: int, to_ns: int) -> Figures:
        """Sums over a range of whole local hours, by device. Raises Unavailable."""
        spans = [(kind.value, start_ns, end_ns) for kind, start_ns, end_ns in whole_spans(from_ns, to_ns, self._zone)]
        async with self._lock:
            (sums, down), pages = await self._read(lambda db: (stored.sums(db, spans), stored.down(db, spans)))
            found = Figures({device: _tally(counts) for device, counts in sums.items()}, sum(down.values()))
            for page in pages:
                for key, counts in page.counts_by_key().items():
                    if _is_in(key[:2], spans):
                        found.tallies.setdefault(key[2], Tally()).add(_tally(counts))
                found.down_ns += sum(ns for key, ns in page.down_by_key().items() if _is_in(key, spans))
            return found

    async def series(self, kind: Kind, from_ns: int, to_ns: int, devices: Collection[str]) -> Series:
        """The hours or days that start in a range, of these devices. Raises Unavailable."""
        span = kind.value, from_ns, to_ns
        async with self._lock:
            (read, down), pages = await self._read(
                lambda db: (stored.series(db, span, devices), stored.down(db, [span]))
            )
            found = Series({key: _tally(one) for key, one in read.items()}, {key[1]: ns for key, ns in down.items()})
            for page in pages:
                for key, counts in page.counts_by_key().items():
                    if _is_in(key[:2], [span]) and key[2] in devices:
                        found.tallies.setdefault((key[2], key[1]), Tally()).add(_tally(counts))
                for (kind_name, start_ns), length_ns in page.down_by_key().items():
                    if _is_in((kind_name, start_ns), [span]):
                        found.down_ns[start_ns] = found.down_ns.get(start_ns, 0) + length_ns
            return found

    async def outages(self, from_ns: int, to_ns: int, devices: Iterable[str], most: int) -> list[Outage]:
        """Outages with a part in this range, at most `most` of each device, newest first. Raises Unavailable."""
        wanted = set(devices)
        async with self._lock:
            rows = await self._state.do(lambda db: stored.outages(db, from_ns, to_ns, wanted, most))
            waiting = {**({} if self._sending is None else self._sending.outages), **self._outages}
        found = {(row[0], row[1]): _outage(row) for row in rows}
        found.update((key, one) for key, one in waiting.items() if _is_asked(one, from_ns, to_ns, wanted))
        return sorted(found.values(), key=lambda one: -one.from_ns)

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> tuple[T, Sequence[_Page]]:
        """What the file says, and what is not in it."""
        result, number = await self._state.do(lambda db: (query(db), stored.number(db)))
        sending = self._sending
        return result, [self._page(), *([sending] if sending is not None and sending.number > number else [])]


def _is_in(key: tuple[str, int], spans: Iterable[stored.Span]) -> bool:
    return any(key[0] == kind and from_ns <= key[1] < to_ns for kind, from_ns, to_ns in spans)


def _is_asked(outage: Outage, from_ns: int, to_ns: int, devices: Collection[str]) -> bool:
    is_over = outage.to_ns is not None and outage.to_ns <= from_ns
    return outage.device in devices and outage.from_ns < to_ns and not is_over


def _counts(tally: Tally) -> stored.Counts:
    return stored.Counts(tally.good, tally.bad.total(), {why.value: n for why, n in tally.reasons.items()})


def _tally(counts: stored.Counts) -> Tally:
    reasons = {Reason(why): samples for why, samples in counts.reasons.items()}
    bad = Counter({why: samples for why, samples in reasons.items() if why in FLAWS})
    if unsaid := counts.bad - bad.total():  # of accounts that booked no reason for what came bad
        bad[Reason.NO_VALUE] += unsaid
    return Tally(counts.good, bad, Counter({why: n for why, n in reasons.items() if why not in FLAWS}))


def _row(outage: Outage) -> stored.OutageRow:
    reason = outage.reason.value
    return outage.device, outage.from_ns, outage.to_ns, reason, outage.message, outage.down_ns


def _outage(row: stored.OutageRow) -> Outage:
    return Outage(row[0], row[1], row[2], Reason(row[3]), row[4], row[5])
