"""The parts of a printed report, before they are laid out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names with what belongs to them."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column; widths are shares of the page."""

    name: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that comes again on every page; strong rows are totals."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Text whose every character counts."""

    text: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A QR code: rows of dark and light modules."""

    rows: tuple[tuple[bool, ...], ...]


Block = Paragraph | Pairs | Table | Code | Matrix


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a title."""

    title: str
    blocks: tuple[Block, ...]


def table(columns: Sequence[tuple[str, int, bool]], rows: Sequence[Sequence[str]], *strong: int) -> Table:
    """A table; `strong`: which rows are totals, negative ones from the end."""
    count = len(rows)
    heads = tuple(Column(name, width, is_number) for name, width, is_number in columns)
    return Table(heads, tuple(tuple(row) for row in rows), frozenset(one % count for one in strong if count))
