"""Stored intervals back to the links that they were cut from, and links around readings that came late.

Between two deciding readings of a stored interval lay others, each of which followed the one before; they are not kept,
so their link is `dense`. What was decided about the register's levels stays decided, except between the readings around
what is put in or taken out: there the levels are found anew.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rules.energy.account import Item, in_order, order_of
from rules.energy.draft import ORDER
from rules.energy.levels import Levels
from rules.energy.link import Join, Link
from rules.energy.marks import Findings, Mark
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Event, EventKind, Origin, Reading
from rules.energy.spec import MeterSpec

_JOIN_OF = {
    Mark.ROLLOVER: Join.ROLLOVER,
    Mark.RESET: Join.RESET,
    Mark.JUMP: Join.JUMP,
    Mark.EXCHANGE: Join.EXCHANGE,
    Mark.OPERATOR_RESET: Join.OPERATOR_RESET,
}
_BY_READINGS = (Join.RISE, Join.ROLLOVER, Join.RESET, Join.JUMP)
_KIND_OF = {Join.EXCHANGE: EventKind.EXCHANGE, Join.OPERATOR_RESET: EventKind.RESET}
_REFUSED = (Mark.TRANSIENT, Mark.IMPLAUSIBLE, Mark.SPIKE, Mark.FINAL_UNFIT)


@dataclass(frozen=True, slots=True)
class Chain:
    """Believed readings one after the other. The first link is of the first reading with itself."""

    links: tuple[Link, ...]
    is_baseline: bool  # nothing was known before its first reading; else its links were cut off there


def chains_of(intervals: Sequence[IntervalQuantity]) -> list[Chain]:
    """The chains that gave these intervals, which are in order. A baseline, and a hole in time, begin another one."""
    found: list[Chain] = []
    part: list[IntervalQuantity] = []
    for interval in intervals:
        has_baseline = any(finding.mark is Mark.FIRST_READING for finding in interval.findings)
        if part and (has_baseline or part[-1].span.end_ns != interval.span.start_ns):
            found += _chain(part)
            part = []
        part.append(interval)
    return found + _chain(part)


def _chain(intervals: Sequence[IntervalQuantity]) -> list[Chain]:
    every = dict.fromkeys(reading for interval in intervals for reading in interval.readings)
    readings = sorted(every, key=_place)
    if not readings:
        return []
    findings = [finding for interval in intervals for finding in interval.findings]
    is_baseline = any(finding.mark is Mark.FIRST_READING for finding in findings)
    joins = {(one.readings[0], one.readings[-1]): _JOIN_OF[one.mark] for one in findings if one.mark in _JOIN_OF}
    gaps = {(one.readings[0], one.readings[-1]) for one in findings if one.mark is Mark.GAP}
    refused = sorted((one for one in findings if one.mark in _REFUSED), key=lambda one: _place(one.readings[-1]))
    places = [_place(one.readings[-1]) for one in refused]
    links = [Link(readings[0], readings[0], Join.FIRST)]
    for both in pairwise(readings):
        start, end = (bisect_left(places, _place(one)) for one in both)
        join = joins.get(both, Join.RISE)
        links.append(Link(*both, join, Findings(refused[start:end]), is_dense=both not in gaps))
    return [Chain(tuple(links), is_baseline)]


def _place(reading: Reading) -> tuple[int, int]:
    return reading.time_ns, ORDER.index(reading.origin)


def relinked(spec: MeterSpec, chain: Chain, added: Iterable[Item], removed: Iterable[Item]) -> Chain:
    """The chain with these items put in, and those taken out: levels are found anew around them, nowhere else."""
    added, removed = in_order(added), list(removed)
    times = [item.time_ns for item in (*added, *removed)]
    if not times:
        return chain
    if not chain.links:
        levels = Levels(spec)
        final = [link for item in added for link in _taken(levels, item)]
        return Chain((*final, *levels.tail), is_baseline=True)
    ends = [link.end.time_ns for link in chain.links]
    first = max(0, bisect_left(ends, min(times)) - 1)  # the link whose end is the last reading before
    last = bisect_right(ends, max(times))
    old = [_without(link, removed) for link in chain.links]
    links = tuple(_releveled(spec, old, (first, last), added, removed))
    return Chain(links, chain.is_baseline or links[0] != chain.links[0])


def _without(link: Link, removed: Sequence[Item]) -> Link:
    kept = [one for one in link.refused.listed if not _is_gone(one.readings[-1], removed)]
    return link if len(kept) == len(link.refused.listed) else replace(link, refused=Findings(kept, link.refused.more))


def _taken(levels: Levels, item: Item) -> list[Link]:
    return levels.read(item) if isinstance(item, Reading) else levels.happen(item)


def _releveled(
    spec: MeterSpec, links: Sequence[Link], bounds: tuple[int, int], added: Sequence[Item], removed: Sequence[Item]
) -> list[Link]:
    """The links anew between two places, and on until both ways meet again in a reading."""
    first, last = bounds
    dense = [(one.start.time_ns, one.end.time_ns) for one in links[first:] if one.is_dense and one.join is Join.RISE]
    begin = links[first].end
    levels = Levels(spec, dense)
    is_before = begin.time_ns < min(item.time_ns for item in (*added, *removed))
    found = list(links[: first + 1]) if is_before else []
    if is_before:
        levels.read(begin)
    kept = [item for item in _items(links[first:]) if not _is_gone(item, removed)]
    old = {link.end: link for link in links[first + 1 :] if link.join in _BY_READINGS}
    lost = [link for link in links[first:] if link.refused.listed]  # what was refused stays refused
    for item in in_order([*added, *kept]):
        if is_before and order_of(item) <= order_of(begin):
            continue
        link = old.get(item) if isinstance(item, Reading) else None
        if link is not None and levels.base == link.start and not levels.is_broken:
            found += levels.accept(link)
        else:
            found += _taken(levels, item)
        place = _meeting(links, levels, item, last)
        if place is not None:
            lost = [one for one in lost if one.end.time_ns <= item.time_ns]
            return _dense(_refused([*found, *levels.tail], lost), dense) + list(links[place + 1 :])
    return _dense(_refused([*found, *levels.tail], lost), dense)


def _refused(links: Sequence[Link], old: Sequence[Link]) -> list[Link]:
    """The links with what was refused in the old ones, each where it lies in time."""
    findings = [one for link in old for one in link.refused.listed if one.readings[-1].origin is Origin.METER]
    found = []
    for link in links:
        mine = [one for one in findings if _place(link.start) <= _place(one.readings[-1]) < _place(link.end)]
        new = [one for one in mine if one not in link.refused.listed]
        every = sorted([*link.refused.listed, *new], key=lambda one: _place(one.readings[-1]))
        found.append(replace(link, refused=Findings(every, link.refused.more)) if new else link)
    return found


def _meeting(links: Sequence[Link], levels: Levels, item: Item, last: int) -> int | None:
    """The link from whose end on everything is as it was; `None` before that."""
    if not levels.is_settled or levels.base is None or item.time_ns < links[min(last, len(links) - 1)].end.time_ns:
        return None
    place = bisect_left(links, item.time_ns, key=lambda link: link.end.time_ns)
    while place < len(links) and links[place].end.time_ns == item.time_ns:
        if links[place].end == levels.base:
            return place
        place += 1
    return None


def _dense(links: Iterable[Link], spans: Sequence[tuple[int, int]]) -> list[Link]:
    """A link within a time that was dense is dense."""
    found = []
    for link in links:
        is_dense = any(start <= link.start.time_ns and link.end.time_ns <= end for start, end in spans)
        found.append(replace(link, is_dense=True) if is_dense and link.join is Join.RISE else link)
    return found


def _items(links: Sequence[Link]) -> list[Item]:
    """What the links were made of: believed readings, and events."""
    found: list[Item] = []
    for link in links:
        refused = [finding.readings[-1] for finding in link.refused.listed]
        found += [link.end] if link.end.origin is Origin.METER else []
        kind = _KIND_OF.get(link.join)
        if kind is not None:
            found.append(_event(link, refused, kind, links))
    return found


def _event(link: Link, refused: Sequence[Reading], kind: EventKind, links: Sequence[Link]) -> Event:
    """The event that an operator's link came from."""
    unfit = next((one for one in refused if one.origin is Origin.FINAL), None)
    final = link.start if link.start.origin is Origin.FINAL else unfit
    first = link.end if link.end.origin is Origin.INITIAL else None
    said = first or final
    time_ns = said.time_ns if said else link.end.time_ns
    final_value = final.value if final is not None and final.time_ns == time_ns else None
    return Event(time_ns, kind, final_value, first.value if first else None, said.evidence if said else "")


def _is_gone(item: Item, removed: Sequence[Item]) -> bool:
    """Whether it is one of those, or an event of that instant and kind."""
    for one in removed:
        if isinstance(one, Event) and isinstance(item, Event) and (one.time_ns, one.kind) == (item.time_ns, item.kind):
            return True
        if (
            isinstance(one, Reading)
            and isinstance(item, Reading)
            and (one.time_ns, one.value)
            == (
                item.time_ns,
                item.value,
            )
        ):
            return True
    return False
