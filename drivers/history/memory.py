"""The newest samples, in columns, between the forwarder and the block that is written to disk.

The loop appends; nothing here makes an object per value. A chunk is taken in slices into segments of its own and then
adopted at once: from then on its segments never change, so the DuckDB thread reads their arrays in place. While a block
is being written nothing is adopted (the sink waits), so that thread may drop what it has committed.
"""

import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
_MERGE_ROWS = 4_096  # chunks of a small park are joined up to this
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
    def size(self) -> int:
        """Roughly what the segment takes in memory, in bytes."""
        return len(self.times) * ROW_BYTES + (len(self.texts) + len(self.integers)) * ODD_BYTES

    def joined(self, other: "Segment") -> "Segment":
        """A new segment with the rows of both."""
        both = Segment(self.day)
        both.hours = self.hours | other.hours
        both.times, both.ids = self.times + other.times, self.ids + other.ids
        both.values, both.qualities = self.values + other.values, self.qualities + other.qualities
        both.texts, both.integers = self.texts + other.texts, self.integers + other.integers
        return both

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


class Intake:
    """The segments of one chunk, while it is taken in (in slices). Dropped as a whole where that is cut short."""

    def __init__(self, layouts: dict[Block, Layout]) -> None:
        self.skipped: Counter[str] = Counter()  # samples that have no form here, by cause
        self.full: list[Segment] = []
        self._layouts = layouts
        self._open: dict[int, Segment] = {}  # by day

    def append(self, batch: Batch) -> None:
        """Take a batch in."""
        layout = self._layout(batch.block)
        if layout.width != len(batch.values):
            self.skipped["no_point_id"] += batch.count
            return
        day = batch.time_ns // DAY_NS
        segment = self._open.get(day)
        if segment is None:
            segment = self._open[day] = Segment(day)
        if lost := segment.append(layout, batch):
            self.skipped["integer"] += lost
        if len(segment.times) >= SEGMENT_ROWS:
            self.full.append(self._open.pop(day))

    @property
    def segments(self) -> list[Segment]:
        """All of them; they never change again."""
        return [*self.full, *self._open.values()]

    def _layout(self, block: Block) -> Layout:
        layout = self._layouts.get(block)
        if layout is None:
            if len(self._layouts) >= _MAX_LAYOUTS:  # blocks that came and went with configurations
                self._layouts.clear()
            layout = self._layouts[block] = Layout(block)
        return layout


class Memory:
    """The block that is being filled: segments, and which chunks they came from."""

    def __init__(self) -> None:
        self.segments: tuple[Segment, ...] = ()  # replaced, never changed: the DuckDB thread may be walking it
        self.spans: dict[Stream, Span] = {}
        self.size = 0
        self._layouts: dict[Block, Layout] = {}

    def intake(self) -> Intake:
        """Where the batches of a chunk are collected."""
        return Intake(self._layouts)

    def adopt(self, chunk: Chunk, intake: Intake) -> None:
        """The chunk is in, all of it."""
        for segment in intake.segments:
            last = self.segments[-1] if self.segments else None
            if last is not None and last.day == segment.day and len(last.times) + len(segment.times) <= _MERGE_ROWS:
                self.segments = (*self.segments[:-1], last.joined(segment))
            else:
                self.segments = (*self.segments, segment)
            self.size += segment.size
        span = self.spans.get(chunk.stream)
        self.spans[chunk.stream] = span_of(chunk) if span is None else span.with_chunk(chunk)

    def holds(self, chunk: Chunk) -> bool:
        """True where the chunk was taken since the last block was written."""
        span = self.spans.get(chunk.stream)
        return span is not None and span.holds(chunk)

    def drop(self, day: int) -> None:
        """Forget the rows of a day that are committed. Called on the DuckDB thread while nothing is adopted."""
        self.segments = tuple(segment for segment in self.segments if segment.day != day)
        self.size = sum(segment.size for segment in self.segments)
