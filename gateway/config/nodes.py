"""What was read, with positions: scalars, mappings and sequences, and the plain Python values that they mean.

Scalars mean what people mean, whatever YAML 1.1 says: `NO`, `on`, `22:22` and `012` are text, `1e3` is a number,
only `true` and `false` are truth values. Where a field wants text, a number is the text as it was written
(`gateway.config.validate` sees to that), and where a field wants a whole number, `012` is 12, never octal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.config.problems import Mark

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,38})|0x[0-9A-Fa-f]{1,32}")
_DECIMAL = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,38})(?:\.[0-9]{0,38})?|\.[0-9]{1,38})(?:[eE][-+]?[0-9]{1,2})?")
_WORDS = {
    "": None, "~": None, "null": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


@dataclass(slots=True, eq=False)
class Scalar:
    """One text as it was written, with `${...}` already replaced."""

    text: str
    mark: Mark
    is_quoted: bool = False
    template: str | None = None  # as it stands in the file, where `text` has values of the environment in it
    is_unset: bool = False  # names a variable that is not there, which has been said: `text` means nothing

    @property
    def shown(self) -> str:
        """The text for messages: never a value of the environment, nor a text too long to read."""
        text = self.text if self.template is None else self.template
        return text if len(text) <= 60 else text[:57] + "..."

    def value(self) -> bool | int | float | str | None:
        """What the text means where no type is asked for."""
        text = self.text
        if self.is_quoted:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] in "0123456789+-.":
            if _INTEGER.fullmatch(text):
                return int(text, 16) if text.startswith("0x") else int(text)
            if _DECIMAL.fullmatch(text):
                return float(text)
        return text


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys with their values and the place of each key."""

    mark: Mark
    items: "dict[str, Node]" = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)

    def put(self, key: str, value: "Node", mark: Mark) -> None:
        """Set a key."""
        self.items[key] = value
        self.keys[key] = mark

    def only(self, names: frozenset[str]) -> "Mapping":
        """The part with these keys."""
        return self._part([key for key in self.items if key in names])

    def without(self, names: frozenset[str]) -> "Mapping":
        """The part without these keys."""
        return self._part([key for key in self.items if key not in names])

    def over(self, base: "Mapping") -> "Mapping":
        """These keys, and those of `base` that are not here."""
        return Mapping(self.mark, {**base.items, **self.items}, {**base.keys, **self.keys})

    def _part(self, names: list[str]) -> "Mapping":
        return Mapping(self.mark, {key: self.items[key] for key in names}, {key: self.keys[key] for key in names})


@dataclass(slots=True, eq=False)
class Sequence:
    """Entries in order."""

    mark: Mark
    entries: "list[Node]" = field(default_factory=list)


Node = Scalar | Mapping | Sequence


def plain(node: Node) -> Plain:
    """The Python value that a node means: text, numbers, lists and dictionaries."""
    if isinstance(node, Scalar):
        return node.value()
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items.items()}
    return [plain(entry) for entry in node.entries]


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar of a tree."""
    if isinstance(node, Scalar):
        yield node
        return
    for child in node.items.values() if isinstance(node, Mapping) else node.entries:
        yield from scalars(child)
