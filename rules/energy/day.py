"""Packs intervals of one meter without loss: plain ones in columns, remarkable ones whole.

    intervals ─▶ plain, one after the other ─▶ Stretch (rules/energy/stretch.py)  ─┐
              └▶ everything else            ─▶ JSON, compressed                    ├─▶ payload, digest
                                                hashes only where they do not follow ┘

A plain interval is one that is put together again from its columns to exactly the same; that is tried, not argued.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from rules.energy.allocation import in_micro
from rules.energy.columns import LARGEST
from rules.energy.quantity import IntervalQuantity, hash_of
from rules.energy.stretch import Context, Pair, Stretch, decoded, is_storable, joined, pair_at, places_of, scaled

FORM = 1
MOST = 2_000  # intervals: a day of minutes has 1,500 at most
_HEAD = struct.Struct("<BHII")  # form, stretches, bytes of contexts, bytes of remarkable intervals
_ODD_BYTES = 2**26  # of remarkable intervals, unpacked: more is not what this wrote


class PackedDay(NamedTuple):
    """Intervals of one meter and local day, packed. Sums are of the intervals in `unit`. A tuple: many cross a pipe."""

    unit: str  # of the last interval
    known_micro: int
    measured_ns: int
    estimated_ns: int
    missing_ns: int  # within the intervals that are there
    digest: bytes  # SHA-256 of the payload
    payload: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a payload holds."""

    contexts: tuple[Context, ...]
    stretches: tuple[Stretch, ...]
    odd: tuple[dict[str, Any], ...]

    def intervals(self, unit: str) -> list[IntervalQuantity]:
        """All intervals, in order."""
        found = [one for part in self.stretches for one in part.intervals(unit, self.contexts[part.context])]
        found += [_of_row(row, unit, self.contexts) for row in self.odd]
        return sorted(found, key=lambda interval: interval.span.start_ns)

    def sums(self, unit: str) -> tuple[int, int, int, int]:
        """What `totals_of` says of its intervals; of a plain day without making them."""
        if self.odd or not self.stretches:
            return totals_of(self.intervals(unit))
        return sum(sum(part.micro) for part in self.stretches), sum(p.end_ns - p.start_ns for p in self.stretches), 0, 0


def pack(intervals: Iterable[IntervalQuantity], meters: Sequence[str] = ()) -> PackedDay:
    """Intervals, each span once. `meters` are digests of the declarations that they may come from: with the right one
    a hash needs no room. Raises ValueError for too many, or a span that comes twice.
    """
    ordered = sorted(intervals, key=lambda interval: interval.span.start_ns)
    if not ordered or len(ordered) > MOST or len({one.span.start_ns for one in ordered}) < len(ordered):
        raise ValueError(f"a day holds 1 to {MOST} intervals, each once")
    return sealed(_content(ordered, meters), ordered[-1].unit, totals_of(ordered))


def extended(day: PackedDay, intervals: Sequence[IntervalQuantity], meters: Sequence[str] = ()) -> PackedDay:
    """The day with intervals after its last one: what is packed stays as it is, so this is much less work.

    Raises ValueError where they are of another unit, or too many.
    """
    if any(one.unit != day.unit for one in intervals):
        raise ValueError(f"the day is in {day.unit}")
    old, new = open_payload(day.payload), _content(intervals, meters)
    if len(old.odd) + len(new.odd) + sum(len(one.micro) for one in (*old.stretches, *new.stretches)) > MOST:
        raise ValueError(f"a day holds {MOST} intervals at most")
    content = _together(old, new)
    totals = (day.known_micro, day.measured_ns, day.estimated_ns, day.missing_ns)
    both = zip(totals, totals_of(intervals), strict=True)
    known, measured, estimated, missing = (one + other for one, other in both)
    return sealed(content, day.unit, (known, measured, estimated, missing))


def _together(old: Content, new: Content) -> Content:
    contexts = [*old.contexts, *(one for one in new.contexts if one not in old.contexts)]
    places = [contexts.index(one) for one in new.contexts]
    added = [replace(one, context=places[one.context]) for one in new.stretches]
    odd = (*old.odd, *({**row, "context": places[row["context"]]} for row in new.odd))
    return gathered(contexts, [*old.stretches, *added], odd)


def gathered(contexts: Iterable[Context], stretches: Iterable[Stretch], odd: Sequence[dict[str, Any]]) -> Content:
    """A content whose stretches, in order, are as few as they can be."""
    few: list[Stretch] = []
    for one in stretches:
        both = joined(few[-1], one) if few else None
        few[-1:] = [both] if both else [*few[-1:], one]
    return Content(tuple(contexts), tuple(few), tuple(odd))


def _content(ordered: Sequence[IntervalQuantity], meters: Sequence[str]) -> Content:
    builder = _Builder(meters, ordered[-1].unit)
    for interval in ordered:
        builder.add(interval)
    return builder.content()


def sealed(content: Content, unit: str, totals: tuple[int, int, int, int]) -> PackedDay:
    """The payload and its digest."""
    contexts = json.dumps(
        [[one.meter, one.multipliers] for one in content.contexts], separators=(",", ":"), ensure_ascii=False
    ).encode()
    odd = b""
    if content.odd:
        odd = zlib.compress(json.dumps(content.odd, separators=(",", ":"), ensure_ascii=False).encode(), 6)
    head = _HEAD.pack(FORM, len(content.stretches), len(contexts), len(odd))
    payload = b"".join([head, contexts, *(one.encoded() for one in content.stretches), odd])
    return PackedDay(unit, *totals, sha256(payload).digest(), payload)


def totals_of(intervals: Sequence[IntervalQuantity]) -> tuple[int, int, int, int]:
    """Known micro-units, measured, estimated and missing time of those in the unit of the last."""
    same = [one for one in intervals if one.unit == intervals[-1].unit]
    known = sum(in_micro(one.known) for one in same if one.known is not None)
    times = ((one.measured_ns, one.estimated_ns, one.missing_ns) for one in same)
    measured, estimated, missing = (sum(part) for part in zip(*times, strict=True))
    return known, measured, estimated, missing


def open_payload(payload: bytes) -> Content:
    """What a payload holds. Raises ValueError where it is none."""
    try:
        form, count, size, odd_size = _HEAD.unpack_from(payload)
    except struct.error as error:
        raise ValueError("not a packed day") from error
    if form != FORM:
        raise ValueError(f"a packed day of form {form}, this program knows {FORM}")
    place = _HEAD.size + size
    contexts = _contexts(payload[_HEAD.size : place])
    stretches: list[Stretch] = []
    for _ in range(count):
        stretch, place = decoded(payload, place)
        stretches.append(stretch)
    if place + odd_size != len(payload) or any(one.context >= len(contexts) for one in stretches):
        raise ValueError("a packed day of another length")
    return Content(contexts, tuple(stretches), _odd(payload[place:]) if odd_size else ())


def unpack(payload: bytes, unit: str) -> list[IntervalQuantity]:
    """The intervals, in order, as they were packed. Raises ValueError where the payload is none."""
    return open_payload(payload).intervals(unit)


def quantities(payload: bytes, unit: str) -> list[tuple[int, int, int | None]]:
    """(start, end, micro-units) of each interval, in order; `None` where a part is missing or the unit another one.

    Much faster than `unpack`: no readings, no hashes.
    """
    content = open_payload(payload)
    found: list[tuple[int, int, int | None]] = []
    for one in content.stretches:
        starts = range(one.start_ns, one.end_ns, one.step_ns)
        found += zip(starts, range(one.start_ns + one.step_ns, one.end_ns + 1, one.step_ns), one.micro, strict=True)
    if not content.odd:
        return found
    for interval in (_of_row(row, unit, content.contexts) for row in content.odd):
        is_whole = interval.quantity is not None and interval.unit == unit
        micro = in_micro(interval.quantity) if is_whole and interval.quantity is not None else None
        found.append((interval.span.start_ns, interval.span.end_ns, micro))
    return sorted(found, key=lambda one: one[0])


@lru_cache(maxsize=2_000)
def _contexts(text: bytes) -> tuple[Context, ...]:
    try:
        rows = json.loads(text)
        return tuple(Context(meter, tuple((start, value) for start, value in held)) for meter, held in rows)
    except (ValueError, TypeError) as error:
        raise ValueError("not the contexts of a packed day") from error


def _odd(data: bytes) -> tuple[dict[str, Any], ...]:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, _ODD_BYTES)
        if not unpacker.eof:
            raise ValueError("too long")
        return tuple(json.loads(text))
    except (zlib.error, ValueError) as error:
        raise ValueError("not the remarkable intervals of a packed day") from error


def _of_row(row: dict[str, Any], unit: str, contexts: Sequence[Context]) -> IntervalQuantity:
    """An interval from its row: the state without what follows from the day. Raises ValueError where it is none."""
    try:
        context = contexts[row["context"]]
        state = {"unit": unit, "hash": "", **row, "multipliers": context.multipliers}
        interval = IntervalQuantity.of_state(state)
    except (KeyError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError("not the remarkable intervals of a packed day") from error
    return interval if interval.hash else _hashed(interval, context.meter)


def _hashed(interval: IntervalQuantity, meter: str) -> IntervalQuantity:
    state = {**interval.state, "hash": _hash(interval, meter)}
    return IntervalQuantity.of_state(state)


def _hash(one: IntervalQuantity, meter: str) -> str:
    return hash_of(meter, one.span, one.multipliers, one.readings, one.findings, one.more_findings)


class _Builder:
    """Sorts intervals into stretches and remarkable ones."""

    def __init__(self, meters: Sequence[str], unit: str) -> None:
        self._meters = meters
        self._unit = unit
        self._contexts: dict[Context, int] = {}
        self._done: list[Stretch] = []
        self._odd: list[dict[str, Any]] = []
        self._open: list[IntervalQuantity] = []  # of a stretch in the making
        self._context = 0  # of it
        self._pairs: list[Pair] = []  # of its boundaries

    def add(self, interval: IntervalQuantity) -> None:
        """The next one in order."""
        meter = next((one for one in self._meters if _hash(interval, one) == interval.hash), "")
        context = self._contexts.setdefault(Context(meter, interval.multipliers), len(self._contexts))
        pairs = self._plain_pairs(interval, meter, context) if meter else None
        if pairs is None:
            self._close()
            self._odd.append(self._row(interval, context, has_hash=not meter))
            return
        if not self._continues(interval, pairs, context):
            self._close()
            self._context, self._pairs = context, [pairs[0]]
        self._open.append(interval)
        self._pairs.append(pairs[1])

    def content(self) -> Content:
        """Everything that was added."""
        self._close()
        return Content(tuple(self._contexts), tuple(self._done), tuple(self._odd))

    def _plain_pairs(self, interval: IntervalQuantity, meter: str, context: int) -> tuple[Pair, Pair] | None:
        """The readings at its boundaries, where the columns of these give exactly this interval again."""
        if interval.unit != self._unit or interval.quantity is None or not all(map(is_storable, interval.readings)):
            return None
        first = pair_at(interval.readings, interval.span.start_ns)
        last = pair_at(interval.readings, interval.span.end_ns)
        if first is None or last is None or abs(in_micro(interval.quantity)) >= LARGEST // 2:
            return None
        again = _stretch([interval], [first, last], context)
        is_same = again.intervals(self._unit, Context(meter, interval.multipliers)) == [interval]
        return (first, last) if is_same else None

    def _continues(self, interval: IntervalQuantity, pairs: tuple[Pair, Pair], context: int) -> bool:
        if not self._open or self._pairs[-1] != pairs[0] or self._context != context:
            return False
        last = self._open[-1]
        of_last, of_this = (
            (one.span.end_ns - one.span.start_ns, one.version, one.is_provisional) for one in (last, interval)
        )
        return last.span.end_ns == interval.span.start_ns and of_last == of_this

    def _close(self) -> None:
        if self._open:
            self._done.append(_stretch(self._open, self._pairs, self._context))
        self._open, self._pairs = [], []

    def _row(self, interval: IntervalQuantity, context: int, *, has_hash: bool) -> dict[str, Any]:
        row = {**interval.state, "context": context}
        del row["multipliers"]
        if interval.unit == self._unit:
            del row["unit"]
        if not has_hash:
            del row["hash"]
        return row


def _stretch(intervals: Sequence[IntervalQuantity], pairs: Sequence[Pair], context: int) -> Stretch:
    first = intervals[0]
    step_ns = first.span.end_ns - first.span.start_ns
    scale = max(places_of(reading.value) for pair in pairs for reading in pair)
    bounds = [first.span.start_ns, *(one.span.end_ns for one in intervals)]
    before = [scaled(one.value, scale) for one, _ in pairs]
    return Stretch(
        first.span.start_ns,
        step_ns,
        [in_micro(one.quantity) for one in intervals if one.quantity is not None],
        [one.time_ns - bound_ns for (one, _), bound_ns in zip(pairs, bounds, strict=True)],
        [other.time_ns - bound_ns for (_, other), bound_ns in zip(pairs, bounds, strict=True)],
        before,
        [scaled(other.value, scale) - low for (_, other), low in zip(pairs, before, strict=True)],
        scale,
        context,
        first.version,
        first.is_provisional,
    )
