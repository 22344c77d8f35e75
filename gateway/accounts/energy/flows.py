"""What flows into, out of and within an enterprise or the park: which registers add up to it, and which take away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.accounts.books import Books, Entity, Meter, VirtualMeter
from gateway.accounts.setup.supply import Supply
from gateway.config.accountplan import Direction, Medium
from gateway.core.device import MeterRole
from gateway.core.errors import Rejected

Weights = Mapping[str, int]
"""Tag of a register -> how often it counts; below zero: it is taken away."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One medium in one direction, as a sum of registers."""

    medium: Medium
    direction: Direction
    unit: str
    weights: tuple[tuple[str, int], ...]  # sorted by tag


def entity_of(books: Books, name: str) -> Entity:
    """The reporting unit. Raises Rejected where there is none of this id."""
    found = books.entities.get(name)
    if found is not None:
        return found
    if name == books.site.id:
        return Entity(name, books.site.names, True, ())
    for enterprise in books.enterprises:
        if enterprise.id == name:
            return Entity(name, enterprise.names, False, ())
    known = ", ".join([books.site.id, *(one.id for one in books.enterprises)][:12])
    raise Rejected(f"no enterprise `{name[:64]}`", f"known: {known}")


def flows_of(books: Books, entity: Entity) -> tuple[Flow, ...]:
    """What an entity takes, gives back and makes. In none of them a register counts twice.

    The emission sources decide which meters count for it. A medium and direction that no source names (water, product)
    is counted by the meters that no other meter of the entity already counts. What an enterprise bears of a shared
    meter is not in it: `shared_by`.
    """
    found: dict[tuple[Medium, Direction, str], dict[str, int]] = {}
    for tag, direction in dict.fromkeys(_of_sources(books, entity)):  # parts of a shared meter are one meter
        if entity.is_park or not is_shared(books, tag):
            _add(found, books, tag, direction)
    taken = {(medium, direction) for medium, direction, _ in found}
    for tag, meter in _tops(books, entity).items():
        if (meter.medium, meter.direction) not in taken:
            _add(found, books, tag, meter.direction)
    ordered = sorted(
        found.items(), key=lambda item: (list(Medium).index(item[0][0]), list(Direction).index(item[0][1]))
    )
    return tuple(Flow(*key, tuple(sorted(weights.items()))) for key, weights in ordered)


def registers_of(books: Books, tag: str) -> dict[str, int]:
    """The registers that a meter, real or virtual, is made of; a virtual meter is made of real ones."""
    virtual = books.virtual.get(tag)
    if virtual is None:
        return {tag: 1}
    return dict.fromkeys(virtual.plus, 1) | dict.fromkeys(virtual.minus, -1)


def unit_of(books: Books, tag: str) -> str:
    """The unit of account of a meter."""
    virtual = books.virtual.get(tag)
    return virtual.unit if virtual is not None else books.meters[tag].spec.accounted_unit


def medium_of(books: Books, tag: str) -> Medium:
    """What flows through a meter, real or virtual."""
    return _meter(books, tag).medium


def _meter(books: Books, tag: str) -> Meter | VirtualMeter:
    return books.virtual[tag] if tag in books.virtual else books.meters[tag]


def _of_sources(books: Books, entity: Entity) -> Iterable[tuple[str, Direction]]:
    for name in entity.sources:
        source = books.sources[name]
        parts = (source.meters, Direction.IMPORT), (source.exports, Direction.EXPORT)
        for tags, direction in (*parts, (source.generation, Direction.GENERATION)):
            yield from ((tag, direction) for tag in tags)


def _add(found: dict[tuple[Medium, Direction, str], dict[str, int]], books: Books, tag: str, way: Direction) -> None:
    weights = found.setdefault((medium_of(books, tag), way, unit_of(books, tag)), {})
    for register, weight in registers_of(books, tag).items():
        weights[register] = weights.get(register, 0) + weight


def _tops(books: Books, entity: Entity) -> dict[str, Meter]:
    """The meters of an entity that no other of its meters counts; reactive registers are not energy."""
    own = {
        tag: meter
        for tag, meter in books.meters.items()
        if (entity.is_park or _is_of_one(books, entity, tag, meter)) and not is_reactive(meter)
    }
    supply = Supply({tag: meter.under for tag, meter in books.meters.items()})
    found = {tag: meter for tag, meter in own.items() if not supply.above(tag) & own.keys()}
    leading = MeterRole.GRID if entity.is_park else MeterRole.MAIN
    led = {(one.medium, one.direction) for one in found.values() if one.role is leading}
    return {
        tag: meter
        for tag, meter in found.items()
        if meter.role is leading or (meter.medium, meter.direction) not in led
    }


def _is_of_one(books: Books, entity: Entity, tag: str, meter: Meter) -> bool:
    """True for an enterprise's own meter; an incomer counts what others use too, whoever it is configured for."""
    is_incomer = meter.role is MeterRole.GRID and any(one.enterprise != entity.id for one in books.meters.values())
    return meter.enterprise == entity.id and not is_incomer and not is_shared(books, tag)


def is_shared(books: Books, tag: str) -> bool:
    """True for a meter that several enterprises bear."""
    return any(rule.of == tag for rule in books.allocations)


def not_counted(books: Books, tags: Iterable[str], direction: str, counted: set[tuple[str, str]]) -> list[str]:
    """The meters of a source without the shared ones that another source of the same entity has told already, which
    `counted` keeps: the park's sources name a meter once for each enterprise that bears it."""
    found = [tag for tag in tags if (tag, direction) not in counted]
    counted.update((tag, direction) for tag in found if is_shared(books, tag))
    return found


def shared_by(books: Books, entity: Entity) -> tuple[str, ...]:
    """The shared meters of electrical energy of which an enterprise bears a part; the park bears all: none here."""
    if entity.is_park:
        return ()
    tags = {rule.of for rule in books.allocations if any(name == entity.id for name, _ in rule.weights)}
    return tuple(
        sorted(tag for tag in tags if medium_of(books, tag) is Medium.ELECTRICITY and unit_of(books, tag) == "kWh")
    )


def shared_flow(books: Books, entity: Entity) -> Flow | None:
    """The electricity of the meters that an enterprise owns and several bear: in no enterprise's own flows.

    A meter that another one than an incomer counts already is in the flow of whom that one belongs to.
    """
    supply = Supply({tag: meter.under for tag, meter in books.meters.items()})
    tags = [
        tag
        for tag, meter in sorted(books.meters.items())
        if not entity.is_park
        and meter.enterprise == entity.id
        and is_shared(books, tag)
        and (meter.medium, meter.direction) == (Medium.ELECTRICITY, Direction.IMPORT)
        and meter.spec.accounted_unit == "kWh"
        and all(books.meters[one].role is MeterRole.GRID for one in supply.above(tag))
    ]
    return Flow(Medium.ELECTRICITY, Direction.IMPORT, "kWh", tuple((tag, 1) for tag in tags)) if tags else None


def is_reactive(meter: Meter) -> bool:
    """True for registers of reactive or apparent energy."""
    return meter.spec.accounted_unit in ("kvarh", "kVAh")


def reactive_of(books: Books, entity: Entity) -> tuple[str, ...]:
    """The registers of reactive energy (import and export) of the devices whose active energy the entity buys."""
    bought = [flow for flow in flows_of(books, entity) if _is_bought(flow)]
    devices = {books.meters[tag].device for flow in bought for tag, weight in flow.weights if weight > 0}
    lacking = [device for device in sorted(devices) if not _reactive(books, device)]
    return () if lacking else tuple(tag for device in sorted(devices) for tag in _reactive(books, device))


def _is_bought(flow: Flow) -> bool:
    return flow.medium is Medium.ELECTRICITY and flow.direction is Direction.IMPORT


def _reactive(books: Books, device: str) -> list[str]:
    return sorted(
        tag for tag, meter in books.meters.items() if meter.device == device and meter.spec.accounted_unit == "kvarh"
    )
