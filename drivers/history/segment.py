"""Rows in memory: parallel columns of one day that never change once they are made."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
COLUMNS = (("time_ns", "q"), ("point_id", "i"), ("value", "d"), ("quality", "B"))
"""Names and array types of the columns, in the order of the table."""

_ROW_BYTES = 21
_ODD_BYTES = 200  # a text or big integer with its tuple, roughly

Odd = tuple[int, int, str, int]
"""(time_ns, point id, text or decimal digits, quality) of a value that a double cannot hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows of one day, and beside them the few values that a double cannot hold."""

    day: int  # days since 1970
    hours: frozenset[int]  # hours since 1970 that have rows here
    times: "array[int]"
    ids: "array[int]"
    values: "array[float]"  # 0 where the quality is bad
    qualities: "array[int]"
    texts: Sequence[Odd] = ()
    integers: Sequence[Odd] = ()
    whole: frozenset[int] = frozenset()  # ids of the points whose type is int or bool

    @property
    def columns(self) -> tuple["array[int]", "array[int]", "array[float]", "array[int]"]:
        """As `COLUMNS` names them."""
        return self.times, self.ids, self.values, self.qualities

    @property
    def count(self) -> int:
        """Samples."""
        return len(self.times) + len(self.texts) + len(self.integers)

    @property
    def size(self) -> int:
        """Roughly what it takes in memory, in bytes."""
        return len(self.times) * _ROW_BYTES + (len(self.texts) + len(self.integers)) * _ODD_BYTES

    def joined(self, other: "Segment") -> "Segment":
        """A new segment with the rows of both."""
        return Segment(
            self.day,
            self.hours | other.hours,
            self.times + other.times,
            self.ids + other.ids,
            self.values + other.values,
            self.qualities + other.qualities,
            (*self.texts, *other.texts),
            (*self.integers, *other.integers),
            self.whole | other.whole,
        )
