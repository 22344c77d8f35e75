"""What a run freezes, as JSON without floats: policy, boundary, lines, factors; and entries read back from it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from gateway.accounts.books import AllocationRule, Books, EmissionSource, Entity, VirtualMeter
from gateway.accounts.held import spans_of
from gateway.config.accountplan import Medium
from gateway.core.ownership import END_NS, EVER_NS, Stretch, Stretches
from gateway.core.point import Names
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.numbers import plain
from rules.carbon.units import Unit

_DAYS = ("start", "end")
_DECIMALS = ("quantity", "mass_kg")
_LISTS = ("factors", "working", "flags")


def frozen(value: Any) -> Any:
    """A value as JSON: numbers that are no counts as exact texts; what says nothing (none, empty) is left out."""
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Unit):
        return value.name
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Fraction):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        said = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: frozen(one) for name, one in said.items() if one not in (None, "", ())}
    if isinstance(value, Mapping):
        return {str(key): frozen(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [frozen(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no place in an account")  # a float, above all


def boundary_document(books: Books, entity: Entity) -> dict[str, Any]:
    """What belongs to the entity: its approach, its sources with their meters, what is left out."""
    sources = [books.sources[name] for name in entity.sources]
    tags = {tag for source in sources for tag in (*source.meters, *source.exports, *source.generation)}
    held = [one for source in sources for one in _held(books, source)]
    return {
        "entity": entity.id,
        "approach": books.policy.approach,
        "sources": [frozen(source) for source in sources],
        "virtual": [frozen(meter) for tag, meter in sorted(books.virtual.items()) if tag in tags],
        "allocations": [frozen(rule) for rule in books.allocations if rule.of in tags],
        "exclusions": list(books.exclusions),
        "responsible": books.responsible,
        "standards": list(books.standards),
        **({"held": held} if held else {}),
    }


def _held(books: Books, source: EmissionSource) -> Iterator[dict[str, str]]:
    """The times in which meters of a source were its enterprise's, of those that have gone to another one."""
    for tag in (*source.meters, *source.exports, *source.generation):
        if tag in books.held and tag not in books.undivided:
            for start_ns, end_ns in spans_of(books, tag, source.enterprise, (EVER_NS, END_NS)):
                ends = {name: str(ns) for name, ns in (("from_ns", start_ns), ("to_ns", end_ns))}
                yield {"meter": tag, "enterprise": source.enterprise, **ends}


def _held_then(boundary: Mapping[str, Any]) -> dict[str, Stretches]:
    """Whose the meters were; where nothing is told of a time they were nobody's."""
    found: dict[str, dict[int, str]] = {}
    for one in boundary.get("held", ()):
        begins = found.setdefault(one["meter"], {})
        begins.setdefault(int(one["to_ns"]), "")
        begins[int(one["from_ns"])] = one["enterprise"]
    return {tag: tuple(Stretch(*one) for one in sorted(begins.items())) for tag, begins in found.items()}


def books_then(books: Books, boundary: Mapping[str, Any]) -> Books:
    """The books with computed and shared meters as they were when the boundary was frozen."""
    virtual = {
        one["tag"]: VirtualMeter(
            one["tag"],
            one["enterprise"],
            Names(),
            Medium(one["medium"]),
            one["unit"],
            tuple(one.get("plus", ())),
            tuple(one.get("minus", ())),
        )
        for one in boundary["virtual"]
    }
    rules = tuple(
        AllocationRule(
            one["of"],
            one.get("by", ""),
            one["from_day"],
            tuple((name, Decimal(weight)) for name, weight in one["weights"]),
            one.get("evidence", ""),
        )
        for one in boundary["allocations"]
    )
    return replace(books, virtual=virtual, allocations=rules, held=_held_then(boundary), undivided=frozenset())


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The entry that an `Entry.document` was made of. Raises KeyError or ValueError for another document."""
    read = dict(document)
    read |= {name: date.fromisoformat(read[name]) for name in _DAYS}
    read |= {name: Decimal(read[name]) for name in _DECIMALS}
    read |= {name: tuple(read[name]) for name in _LISTS}
    for name in ("co2e_kg", "uncertainty_percent"):
        read[name] = None if read[name] is None else Decimal(read[name])
    return Entry(**(read | {"basis": Basis(read["basis"])}))
