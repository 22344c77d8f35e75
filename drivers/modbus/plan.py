"""Which registers go into one read: spans merged over small gaps, no value cut, and what refusals taught. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

REGISTER_SPACE = 65536  # addresses of a table are 16 bits wide
MAX_REGISTERS = 125  # function codes 3 and 4 (Modbus Application Protocol V1.1b3, 6.3 and 6.4)
MAX_BITS = 2000  # function codes 1 and 2 (ibid., 6.1 and 6.2)


class Table(StrEnum):
    """The four tables of a device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def is_bits(self) -> bool:
        """True where an address is one bit, not a register."""
        return self in {Table.COIL, Table.DISCRETE}

    @property
    def function(self) -> int:
        """The function code that reads it."""
        return {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}[self]


class Place(Protocol):
    """What planning needs to know of a point: `PointAddress` has it."""

    @property
    def table(self) -> Table: ...
    @property
    def address(self) -> int: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one read may cover."""

    max_registers: int = MAX_REGISTERS
    max_gap: int = 8  # unused registers that a read may carry along, in a row
    readable: tuple[tuple[Table, int, int], ...] = ()  # table, start, end (exclusive): instead of `max_gap`

    def max_count(self, table: Table) -> int:
        """Most addresses in one read of this table: a bit table's is the same number of bytes."""
        return min(MAX_BITS, self.max_registers * 16) if table.is_bits else self.max_registers

    def may_read(self, table: Table, start: int, end: int) -> bool:
        """False where ranges are declared for the table and none of them holds this span."""
        ranges = [(first, last) for one, first, last in self.readable if one is table]
        return not ranges or any(first <= start and end <= last for first, last in ranges)

    def may_bridge(self, table: Table, gap: int) -> bool:
        """True where a read may carry `gap` unused addresses along: any gap within a declared range."""
        if any(one is table for one, _, _ in self.readable):
            return True
        return gap <= (self.max_gap * 16 if table.is_bits else self.max_gap)


@dataclass(frozen=True, slots=True)
class Field:
    """Addresses that belong together and are never cut; `points` are the positions of the points that use them."""

    start: int
    end: int  # exclusive
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """One request: the fields of one table that it covers."""

    table: Table
    fields: tuple[Field, ...]  # sorted by start, at least one

    @property
    def start(self) -> int:
        """First address."""
        return self.fields[0].start

    @property
    def end(self) -> int:
        """One past the last address."""
        return max(field.end for field in self.fields)

    @property
    def count(self) -> int:
        """Addresses in the request."""
        return self.end - self.start

    @property
    def data_bytes(self) -> int:
        """Bytes of data in the answer."""
        return -(-self.count // 8) if self.table.is_bits else 2 * self.count

    @property
    def points(self) -> tuple[int, ...]:
        """Positions of the points that it reads, in the order of their addresses."""
        return tuple(point for field in self.fields for point in field.points)

    def halves(self) -> tuple["Read", "Read"]:
        """Two reads cut between two fields; only where there are at least two."""
        middle = len(self.fields) // 2
        return Read(self.table, self.fields[:middle]), Read(self.table, self.fields[middle:])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A span of several fields that the device refused to read in one go."""

    start: int
    end: int
    is_quantity: bool  # exception 3: perhaps too many addresses at once


@dataclass(frozen=True, slots=True)
class Learned:
    """What refusals taught about the fields of one read."""

    refusals: tuple[Refusal, ...] = ()
    absent: tuple[Field, ...] = ()  # fields that cannot be read even alone

    def without(self, back: tuple[Field, ...]) -> "Learned":
        """The same when these fields can be read again, and with them what they explained."""
        refusals = tuple(
            one for one in self.refusals if not any(one.start <= field.start and field.end <= one.end for field in back)
        )
        return Learned(refusals, tuple(field for field in self.absent if field not in back))

    def unexplained(self) -> list[Refusal]:
        """Refusals that no absent field explains: a hole between fields, or too many addresses."""
        return [
            refusal
            for refusal in self.refusals
            if not any(refusal.start <= field.start and field.end <= refusal.end for field in self.absent)
        ]


def fields_of(places: Sequence[Place], table: Table) -> list[Field]:
    """The distinct spans of a table's points, sorted; points with the same span share a field."""
    spans: dict[tuple[int, int], list[int]] = {}
    for position, place in enumerate(places):
        if place.table is table:
            spans.setdefault((place.address, place.address + place.size), []).append(position)
    return [Field(start, end, tuple(points)) for (start, end), points in sorted(spans.items())]


def merge(table: Table, fields: Iterable[Field], limits: Limits, learned: Learned | None = None) -> Iterator[Read]:
    """Reads that cover sorted `fields`: as few as gaps, the longest read, declared ranges and refusals allow."""
    rule = _Rule.of(table, limits, learned or Learned())
    run: list[Field] = []
    end = 0
    for field in fields:
        if run and not rule.may_join(run[0].start, end, field):
            yield Read(table, tuple(run))
            run = []
        end = max(end, field.end) if run else field.end
        run.append(field)
    if run:
        yield Read(table, tuple(run))


@dataclass(frozen=True, slots=True)
class _Rule:
    """Whether a field may be read together with those before it."""

    table: Table
    limits: Limits
    most: int  # addresses in one read
    barriers: tuple[tuple[int, int], ...]  # spans that no read may contain

    @classmethod
    def of(cls, table: Table, limits: Limits, learned: Learned) -> "_Rule":
        refusals = learned.unexplained()
        most = min([limits.max_count(table), *((one.end - one.start) // 2 for one in refusals if one.is_quantity)])
        spans = [(one.start, one.end) for one in refusals] + [(one.start, one.end) for one in learned.absent]
        return cls(table, limits, most, tuple(spans))

    def may_join(self, start: int, end: int, field: Field) -> bool:
        """True where `field` may follow a run from `start` to `end`."""
        new_end = max(end, field.end)
        return (
            new_end - start <= self.most
            and self.limits.may_bridge(self.table, field.start - end)
            and self.limits.may_read(self.table, start, new_end)
            and not any(start <= first and last <= new_end for first, last in self.barriers)
        )


def plan_reads(places: Sequence[Place], limits: Limits) -> list[Read]:
    """The reads that cover every place: table by table, by address. Positions in them are positions in `places`."""
    return [read for table in Table for read in merge(table, fields_of(places, table), limits)]
