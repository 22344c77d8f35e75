"""A plan as facts: every value under a path, so that two plans can be compared and the difference shown.

Where something is written is no fact: lines that move make no other configuration. A secret is a fact that shows as
`***`, and so does text under a name that sounds like one.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from gateway.config import nodes
from gateway.config.problems import Mark
from gateway.config.redact import MASK, sounds_secret, without_secrets
from gateway.config.ruleplan import Written
from gateway.config.types import Secret

_LEAVES = bool | int | float | str | Secret | Enum | Decimal | Fraction | Path | date | datetime | time
_MARKS = ("mark", "marks", "message_mark")


class Fact(NamedTuple):
    """One value: what is compared, and what is shown."""

    value: Any
    shown: str | int | float | bool | None


def facts_of(value: object, path: str = "") -> dict[str, Fact]:
    """Every value in this object by its path (`options.host`, `points.power.divisor`)."""
    return dict(_facts(value, path))


def _facts(value: object, path: str) -> Iterator[tuple[str, Fact]]:
    if value is None or isinstance(value, _LEAVES):
        yield path, _fact(value, path)
    elif isinstance(value, Written):
        yield path, _fact(value.text, path)
    elif isinstance(value, Mark):
        return
    elif isinstance(value, Mapping):
        yield from _inside(((str(key), one) for key, one in value.items()), path)
    elif isinstance(value, Set):
        yield path, Fact(value, ", ".join(sorted(map(_text, value))))
    elif isinstance(value, Sequence):
        yield from _entries(value, path)
    else:
        yield from _inside(_members(value), path)


def _members(value: object) -> Iterator[tuple[str, object]]:
    """What an object is made of, by name."""
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, nodes.Scalar):
        yield "", value.value()
    elif isinstance(value, nodes.Mapping):
        yield from value.items.items()
    elif isinstance(value, nodes.Sequence):
        yield "", value.entries
    elif is_dataclass(value):
        yield from ((one.name, getattr(value, one.name)) for one in fields(value) if one.name not in _MARKS)
    else:
        yield "", repr(value)


def _inside(members: Iterator[tuple[str, object]], path: str) -> Iterator[tuple[str, Fact]]:
    for name, value in members:
        yield from _facts(value, f"{path}.{name}" if path and name else path or name)


def _entries(entries: Sequence[object], path: str) -> Iterator[tuple[str, Fact]]:
    """Entries under their names where they have some, and how they are ordered; else by number."""
    keys = [key_of(entry) for entry in entries]
    if not entries:
        yield path, Fact((), "")
    elif None in keys or len(set(keys)) < len(keys):
        yield from _inside(((str(i), entry) for i, entry in enumerate(entries)), path)
    else:
        yield from _inside(((str(key), _content(entry)) for key, entry in zip(keys, entries, strict=True)), path)
        yield f"{path}.order", Fact(tuple(keys), ", ".join(map(str, keys)))


def key_of(entry: object) -> str | None:
    """What an entry of a list is called; `None` where it has no name."""
    if _is_pair(entry):
        return str(entry[0])  # type: ignore[index]
    for name in ("id", "name", "point", "of"):
        found = getattr(entry, name, None)
        found = found.text if isinstance(found, Written) else found
        if isinstance(found, str) and found:
            return found
    return None


def _is_pair(entry: object) -> bool:
    """True for a name with its value."""
    return type(entry) is tuple and len(entry) == 2 and isinstance(entry[0], str | int)


def _content(entry: object) -> object:
    return entry[1] if _is_pair(entry) else entry  # type: ignore[index]


def _fact(value: object, path: str) -> Fact:
    if isinstance(value, Secret):
        return Fact(value, MASK)
    if isinstance(value, Enum):
        return Fact(value, value.value)
    if value is None or isinstance(value, bool | int | float):
        return Fact((type(value), value), value)
    text = _text(value)
    is_hidden = bool(text) and any(map(sounds_secret, path.split(".")))
    return Fact(text, MASK if is_hidden else without_secrets(text))


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)
