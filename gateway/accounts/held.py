"""Meters that have gone from one enterprise to another: each one's figures have the part in which the meter was theirs.

The interval in which a meter changes hands is the former's as a whole. Who has it now takes it over in the
configuration; the one before keeps what it counted for it, in the electricity that roles of meters tell.

A meter is divided only where nothing can fall between the two. As a whole, by the configuration of today, counts one
that several bear, one of a declared source, which says itself what it counts, and one whose former enterprise is
no longer configured.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from gateway.accounts.books import Books, EmissionSource, Entity, Meter
from gateway.core.device import MeterRole
from gateway.core.ownership import EVER_NS, Bounds, Ownership, Stretch, Stretches
from rules.carbon.factor import Activity

_ELECTRICITY = "{}-electricity"  # the id of what the roles of meters tell of an enterprise


def dated(books: Books, ownership: Ownership) -> Books:
    """The books with whose their meters were when; the same object where no meter has moved."""
    step_ns = books.interval_s * 1_000_000_000
    held = {
        tag: _on_grid(ownership.stretches[meter.device], step_ns)
        for tag, meter in books.meters.items()
        if meter.device in ownership.stretches
    }
    if not held:
        return books
    undivided = frozenset(tag for tag, known in held.items() if not _is_divided(books, tag, known))
    sources = _with_former(books, {tag: known for tag, known in held.items() if tag not in undivided})
    entities = {name: _with_sources(books, entity, sources) for name, entity in books.entities.items()}
    return replace(books, held=held, undivided=undivided, sources=sources, entities=entities)


def spans_of(books: Books, tag: str, whose: str, bounds: Bounds) -> list[Bounds]:
    """The parts of a time in which a meter counts for an enterprise; all of it for the park, and where it never
    moved. An enterprise that never had it counts it because the configuration says so: all of it, too."""
    known = None if tag in books.undivided else books.held.get(tag)
    if known is None or all(one.enterprise != whose for one in known):
        return [bounds] if bounds[0] < bounds[1] else []
    return Ownership({tag: known}).spans(tag, whose, bounds)


def begun_ns(books: Books, tags: Iterable[str], whose: str) -> int:
    """From when on all of these meters count for an enterprise that has them now; those that never moved since ever."""
    parts = (
        part
        for tag in tags
        for one in [books.virtual.get(tag)]
        for part in ((tag,) if one is None else (*one.plus, *one.minus))
    )
    begins = (one.from_ns for part in parts for one in books.held.get(part, ())[-1:] if one.enterprise == whose)
    return max(begins, default=EVER_NS)


def cut_of(books: Books, whose: str) -> Callable[[str, Bounds], list[Bounds]]:
    """`spans_of` for one enterprise, or the park."""
    return lambda tag, bounds: spans_of(books, tag, whose, bounds)


def _is_divided(books: Books, tag: str, known: Stretches) -> bool:
    """True where each enterprise that had the meter has a source that takes its part."""
    own = _ELECTRICITY.format(books.meters[tag].enterprise)
    counting = {one.id for one in books.sources.values() if tag in (*one.meters, *one.exports, *one.generation)}
    is_shared = any(rule.of == tag for rule in books.allocations)
    return not is_shared and counting <= {own} and all(one.enterprise in books.entities for one in known)


def _on_grid(known: Stretches, step_ns: int) -> Stretches:
    return tuple(Stretch(-(-one.from_ns // step_ns) * step_ns, one.enterprise) for one in known)


def _with_former(books: Books, held: Mapping[str, Stretches]) -> dict[str, EmissionSource]:
    """The sources, with meters that enterprises had before."""
    found = dict(books.sources)
    for tag, known in held.items():
        meter = books.meters[tag]
        now = books.sources.get(_ELECTRICITY.format(meter.enterprise))
        for former in {one.enterprise for one in known} - {meter.enterprise}:
            if now is not None:
                _give(found, books, former, now, meter)
    return found


def _give(found: dict[str, EmissionSource], books: Books, former: str, now: EmissionSource, meter: Meter) -> None:
    """Let a meter count in the electricity of a former owner as it does in the present one's."""
    name = _ELECTRICITY.format(former)
    there = found.get(name) or replace(now, id=name, enterprise=former, meters=(), exports=(), generation=())
    if meter.tag in now.meters and not _is_of_other_role(books, there, meter):
        there = replace(there, meters=(*there.meters, meter.tag))
    if meter.tag in now.exports:
        there = replace(there, exports=(*there.exports, meter.tag))
    if meter.tag in now.generation:
        there = replace(there, generation=(*there.generation, meter.tag))
    if there.meters:
        found[name] = there


def _is_of_other_role(books: Books, source: EmissionSource, meter: Meter) -> bool:
    """True where it would count twice: a sub-meter beside main meters, or a main meter beside what was under it."""
    roles = {books.meters[tag].role for tag in source.meters if tag in books.meters}
    return bool(roles) and (meter.role is MeterRole.MAIN) != (MeterRole.MAIN in roles)


def _with_sources(books: Books, entity: Entity, sources: Mapping[str, EmissionSource]) -> Entity:
    """The entity with sources that are there for what was before: its own, of the park those beside what it sums."""
    is_summed = any(
        one.enterprise != entity.id and one.template.activity is Activity.ELECTRICITY
        for one in (books.sources[name] for name in entity.sources)
    )
    new = tuple(
        one.id
        for name, one in sources.items()
        if name not in books.sources and (one.enterprise == entity.id or (entity.is_park and is_summed))
    )
    return replace(entity, sources=(*entity.sources, *new)) if new else entity
