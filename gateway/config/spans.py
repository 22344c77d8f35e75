"""Where each part of a YAML text stands, to the character: what an editor needs that changes one value and no other.

The tree follows the reader's (`yamltext`): the same parser, no anchors, aliases or tags. Offsets are of the text as
`yamltext.normalised` gives it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import yaml


class Kind(StrEnum):
    """What a part is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"


@dataclass(slots=True, eq=False)
class Part:
    """A scalar, mapping or sequence with its place: `text[start:end]`, comments behind it not included."""

    kind: Kind
    start: int
    end: int
    column: int  # of its first character, from 0
    is_flow: bool = False  # `{...}`, `[...]`
    value: str = ""  # of a scalar
    pairs: "list[tuple[Part, Part]]" = field(default_factory=list)
    entries: "list[Part]" = field(default_factory=list)

    def get(self, key: str) -> "Part | None":
        """The value under a key of a mapping."""
        return next((value for name, value in self.pairs if name.value == key), None)

    @property
    def is_empty(self) -> bool:
        """True where a key has nothing behind it."""
        return self.kind is Kind.SCALAR and self.start == self.end


class Lines:
    """The lines of a text: offsets from line and column and back, both from 0."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a place."""
        return self._starts[min(line, len(self._starts) - 1)] + column

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return line, offset - self._starts[line]


def spans(text: str) -> Part | None:
    """The tree of a text that the reader takes; `None` where it is empty or cannot be read."""
    builder = _Builder(text)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.feed(event)
    except yaml.YAMLError:
        return None
    return builder.root


class _Mark(Protocol):
    line: int
    column: int


class _Builder:
    """Builds the tree from parser events."""

    def __init__(self, text: str) -> None:
        self.root: Part | None = None
        self._text = text
        self._lines = Lines(text)
        self._open: list[Part] = []
        self._keys: list[Part | None] = []  # per open mapping: the key that waits for its value

    def feed(self, event: yaml.Event) -> None:
        """Take one event in."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            is_map = isinstance(event, yaml.MappingStartEvent)
            start, column = self._at(event.start_mark)
            is_flow = bool(event.flow_style)
            part = Part(Kind.MAPPING if is_map else Kind.SEQUENCE, start, start, column, is_flow)
            self._add(part)
            self._open.append(part)
            self._keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            part = self._open.pop()
            self._keys.pop()
            self._close(part, event)

    def _at(self, mark: "_Mark | None") -> tuple[int, int]:
        assert mark is not None
        return self._lines.offset(mark.line, mark.column), mark.column

    def _scalar(self, event: yaml.ScalarEvent) -> Part:
        start, column = self._at(event.start_mark)
        end, _ = self._at(event.end_mark)
        if event.style in ("|", ">"):  # the parser counts the blank lines behind it
            end = start + len(self._text[start:end].rstrip())
        if not event.style and not event.value:  # the parser puts an empty value where the next thing begins
            start = end = self._behind_the_colon()
        return Part(Kind.SCALAR, start, end, column, value=event.value)

    def _behind_the_colon(self) -> int:
        parent = self._open[-1] if self._open else None
        key = self._keys[-1] if self._keys else None
        if key is not None:
            return self._text.find(":", key.end) + 1
        if parent is None:
            return 0
        return parent.entries[-1].end if parent.entries else parent.start

    def _add(self, part: Part) -> None:
        parent = self._open[-1] if self._open else None
        if parent is None:
            self.root = part
        elif parent.kind is Kind.SEQUENCE:
            parent.entries.append(part)
        elif self._keys[-1] is None:
            self._keys[-1] = part
        else:
            parent.pairs.append((self._keys[-1], part))
            self._keys[-1] = None

    def _close(self, part: Part, event: yaml.Event) -> None:
        if part.is_flow:
            part.end, _ = self._at(event.end_mark)
            return
        last = part.entries[-1:] or [value for _, value in part.pairs[-1:]]
        part.end = last[0].end if last else part.start
