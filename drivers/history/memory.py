"""The newest samples, in columns, between the forwarder and the block that is written to disk.

The loop appends; nothing here makes an object per value. A segment that is full, or that somebody wants to read, is
sealed: from then on it never changes, so the DuckDB thread reads its arrays in place. While a block is being written
nothing is appended (the sink waits), so that thread may drop what it has committed.
"""

import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress

from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.point import Value, ValueType

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
EXACT = 2**53  # a double holds every integer up to here
LARGEST = 2**127 - 1  # of DuckDB's HUGEINT
SEGMENT_ROWS = 32_768  # keeps the re-allocation of growing arrays in the microseconds
ROW_BYTES = 21
ODD_BYTES = 200  # a text or big integer with its tuple, roughly
_BITS = bytes.maketrans(b"01", b"\x00\x01")
_MAX_LAYOUTS = 100_000
_TIME = struct.Struct("q")

Odd = tuple[int, int, str, int]
"""(time_ns, point id, text or decimal digits, quality) of a value that a double cannot hold."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of chunks of one stream. Sequence numbers alone do not identify a chunk: a new outbox starts at 1 again."""

    stream: Stream
    seq_first: int
    seq_last: int
    t_first_ns: int
    t_last_ns: int

    def holds(self, chunk: Chunk) -> bool:
        """True where the chunk is one of this run."""
        return (
            chunk.stream == self.stream
            and self.seq_first <= chunk.seq <= self.seq_last
            and self.t_first_ns <= chunk.t_first_ns
            and chunk.t_last_ns <= self.t_last_ns
        )

    def with_chunk(self, chunk: Chunk) -> "Span":
        """The run with one more chunk."""
        return Span(
            self.stream,
            min(self.seq_first, chunk.seq),
            max(self.seq_last, chunk.seq),
            min(self.t_first_ns, chunk.t_first_ns),
            max(self.t_last_ns, chunk.t_last_ns),
        )


def span_of(chunk: Chunk) -> Span:
    """The run that is this chunk alone."""
    return Span(chunk.stream, chunk.seq, chunk.seq, chunk.t_first_ns, chunk.t_last_ns)


class Layout:
    """What is constant about a block's rows."""

    __slots__ = ("_all", "good", "ids", "is_float", "width")

    def __init__(self, block: Block) -> None:
        self.width = len(block.ids)
        self.ids = array("i", block.ids)
        self.good = array("B", bytes(self.width))
        self._all = struct.Struct(f"{self.width}d")
        self.is_float = all(point.type is ValueType.FLOAT for point in block.points)

    def pack(self, values: Sequence[Value | None]) -> bytes | None:
        """The values as doubles; `None` where one of them is no number that a double holds.

        `struct` takes 9 ns a value, `array.extend` 45.
        """
        try:
            if not self.is_float and values and (min(values) < -EXACT or max(values) > EXACT):  # type: ignore[type-var, operator]
                return None
            return self._all.pack(*values) if len(values) == self.width else struct.pack(f"{len(values)}d", *values)
        except (struct.error, TypeError, OverflowError):  # a text, or an integer beyond every double
            return None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The present samples of a batch."""

    ids: "array[int]"
    values: tuple[Value | None, ...]
    qualities: "array[int]"

    def chosen(self, flags: Sequence[bool]) -> Iterable[tuple[int, Value | None, int]]:
        return compress(zip(self.ids, self.values, self.qualities, strict=True), flags)


class Segment:
    """Rows of one day: parallel columns, and beside them the few values that a double cannot hold."""

    __slots__ = ("day", "hours", "ids", "integers", "qualities", "texts", "times", "values")

    def __init__(self, day: int) -> None:
        self.day = day  # days since 1970
        self.hours: set[int] = set()  # hours since 1970 that have rows here
        self.times = array("q")
        self.ids = array("i")
        self.values = array("d")  # 0 where the quality is bad
        self.qualities = array("B")
        self.texts: list[Odd] = []
        self.integers: list[Odd] = []

    @property
    def columns(self) -> tuple["array[int]", "array[int]", "array[float]", "array[int]"]:
        """The four columns, in the order of the table."""
        return self.times, self.ids, self.values, self.qualities

    @property
    def bytes(self) -> int:
        """Roughly what the segment takes in memory."""
        return len(self.times) * ROW_BYTES + (len(self.texts) + len(self.integers)) * ODD_BYTES

    def append(self, layout: Layout, batch: Batch) -> int:
        """Take a batch in; returns how many samples have no form here (integers beyond 128 bits)."""
        self.hours.add(batch.time_ns // HOUR_NS)
        if batch.present is None and batch.quality is None and (data := layout.pack(batch.values)):
            self._append_rows(layout.ids, data, layout.good, batch.time_ns)
            return 0
        ids, values, qualities = layout.ids, batch.values, array("B", batch.quality or layout.good)
        if batch.present is not None:
            chosen = selector(batch.present)
            ids, qualities = array("i", compress(ids, chosen)), array("B", compress(qualities, chosen))
            values = tuple(compress(values, chosen))
        return self._append_mixed(layout, _Rows(ids, values, qualities), batch.time_ns)

    def _append_mixed(self, layout: Layout, rows: "_Rows", time_ns: int) -> int:
        numbers = tuple(0.0 if value is None else value for value in rows.values)
        data = layout.pack(numbers)
        skipped = 0
        if data is None:
            odd = [is_odd(value) for value in numbers]
            skipped = sum(self._append_odd(time_ns, row) for row in rows.chosen(odd))
            plain = [not flag for flag in odd]
            numbers = tuple(compress(numbers, plain))
            rows = _Rows(array("i", compress(rows.ids, plain)), (), array("B", compress(rows.qualities, plain)))
            data = struct.pack(f"{len(numbers)}d", *numbers)
        self._append_rows(rows.ids, data, rows.qualities, time_ns)
        return skipped

    def _append_rows(self, ids: "array[int]", values: bytes, qualities: "array[int]", time_ns: int) -> None:
        self.ids.extend(ids)
        self.values.frombytes(values)
        self.qualities.extend(qualities)
        self.times.frombytes(_TIME.pack(time_ns) * len(ids))

    def _append_odd(self, time_ns: int, row: tuple[int, Value | None, int]) -> int:
        point_id, value, quality = row
        if isinstance(value, str):
            self.texts.append((time_ns, point_id, value, quality))
        elif isinstance(value, int) and abs(value) <= LARGEST:
            self.integers.append((time_ns, point_id, str(value), quality))
        else:
            return 1
        return 0


def is_odd(value: Value | None) -> bool:
    """True for texts and for integers that a double cannot hold."""
    return isinstance(value, str) or (isinstance(value, int) and not -EXACT <= value <= EXACT)


def selector(present: int) -> bytes:
    """A bit mask as bytes of 0 and 1, bit 0 first, for `itertools.compress`."""
    return bin(present)[:1:-1].encode().translate(_BITS)


@dataclass(slots=True)
class Memory:
    """The block that is being filled."""

    open: dict[int, Segment] = field(default_factory=dict)  # by day
    sealed: list[Segment] = field(default_factory=list)
    spans: dict[Stream, Span] = field(default_factory=dict)  # the chunks that are in it
    sealed_bytes: int = 0
    layouts: dict[Block, Layout] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Roughly what the samples take."""
        return self.sealed_bytes + sum(segment.bytes for segment in self.open.values())

    def append(self, batch: Batch, skipped: Counter[str]) -> None:
        """Take a batch in; what has no form here is added to `skipped` by cause."""
        layout = self._layout(batch.block)
        if layout.width != len(batch.values):
            skipped["no_point_id"] += batch.count
            return
        day = batch.time_ns // DAY_NS
        segment = self.open.get(day)
        if segment is None:
            segment = self.open[day] = Segment(day)
        if lost := segment.append(layout, batch):
            skipped["integer"] += lost
        if len(segment.times) >= SEGMENT_ROWS:
            self._seal(self.open.pop(day))

    def take(self, chunk: Chunk) -> None:
        """Note that the chunk's batches are in."""
        span = self.spans.get(chunk.stream)
        self.spans[chunk.stream] = span_of(chunk) if span is None else span.with_chunk(chunk)

    def holds(self, chunk: Chunk) -> bool:
        """True where the chunk was taken since the last block was written."""
        span = self.spans.get(chunk.stream)
        return span is not None and span.holds(chunk)

    def seal(self) -> None:
        """Make everything readable for the DuckDB thread. Called on the loop."""
        for segment in self.open.values():
            self._seal(segment)
        self.open = {}

    def drop(self, day: int) -> None:
        """Forget the rows of a day that are committed. Called on the DuckDB thread while nothing is appended."""
        self.sealed = [segment for segment in self.sealed if segment.day != day]
        self.sealed_bytes = sum(segment.bytes for segment in self.sealed)

    def _seal(self, segment: Segment) -> None:
        self.sealed = [*self.sealed, segment]  # a new list: the DuckDB thread may be walking the old one
        self.sealed_bytes += segment.bytes

    def _layout(self, block: Block) -> Layout:
        layout = self.layouts.get(block)
        if layout is None:
            if len(self.layouts) >= _MAX_LAYOUTS:
                self.layouts.clear()
            layout = self.layouts[block] = Layout(block)
        return layout

