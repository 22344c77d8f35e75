"""From batches to columns, on the loop: no object per value where a batch is all numbers, and none is copied twice.

Per batch four byte strings are appended to lists (two of them the same for every batch of a block); a segment's columns
are joined from them once. Growing arrays instead would copy every byte some sixteen times.
"""

import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress
from math import isfinite

from drivers.history.segment import DAY_NS, HOUR_NS, Odd, Segment
from gateway.core.batch import Batch, Block
from gateway.core.point import Value, ValueType

EXACT = 2**53  # a double holds every integer up to here
LARGEST = 2**127 - 1  # of DuckDB's HUGEINT
SEGMENT_ROWS = 32_768  # joining that many takes 0.1 ms

_BITS = bytes.maketrans(b"01", b"\x00\x01")
_MAX_LAYOUTS = 100_000
_WHOLE = {ValueType.INT, ValueType.BOOL}
_TIME = struct.Struct("q")


class Layout:
    """What is constant about a block's rows."""

    __slots__ = ("_all", "good", "ids", "is_float", "packed_ids", "whole", "width")

    def __init__(self, block: Block) -> None:
        self.width = len(block.ids)
        self.ids = block.ids
        self.packed_ids = array("i", block.ids).tobytes()
        self.good = bytes(self.width)
        self._all = struct.Struct(f"{self.width}d")
        self.is_float = all(point.type is ValueType.FLOAT for point in block.points)
        self.whole = [number for number, point in zip(block.ids, block.points, strict=False) if point.type in _WHOLE]

    def pack(self, values: Sequence[Value | None]) -> bytes | None:
        """The values as doubles; `None` where one of them is no number that a double holds.

        `struct` takes 9 ns a value, `array.extend` 45.
        """
        try:
            # said so that a NaN in front, which compares with nothing, takes the long way
            if not self.is_float and values and not (min(values) >= -EXACT and max(values) <= EXACT):  # type: ignore[type-var, operator]
                return None
            return self._all.pack(*values) if len(values) == self.width else struct.pack(f"{len(values)}d", *values)
        except (struct.error, TypeError, OverflowError):  # a text, or an integer beyond every double
            return None


class Columns:
    """A segment that is being filled."""

    __slots__ = ("_ids", "_integers", "_layouts", "_qualities", "_texts", "_times", "_values", "hours", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.hours: set[int] = set()
        self._times: list[bytes] = []
        self._ids: list[bytes] = []
        self._values: list[bytes] = []
        self._qualities: list[bytes] = []
        self._texts: list[Odd] = []
        self._integers: list[Odd] = []
        self._layouts: set[Layout] = set()

    def append(self, layout: Layout, batch: Batch) -> int:
        """Take a batch in; returns how many samples have no form here (integers beyond 128 bits)."""
        self.hours.add(batch.time_ns // HOUR_NS)
        self._layouts.add(layout)
        if batch.present is None and batch.quality is None and (data := layout.pack(batch.values)):
            self._append(layout.packed_ids, data, layout.good, batch.time_ns)
            return 0
        return self._append_mixed(layout, batch)

    def segment(self, day: int) -> Segment:
        """The columns, joined."""
        times, ids, values, qualities = array("q"), array("i"), array("d"), array("B")
        times.frombytes(b"".join(self._times))
        ids.frombytes(b"".join(self._ids))
        values.frombytes(b"".join(self._values))
        qualities.frombytes(b"".join(self._qualities))
        whole = frozenset(number for layout in self._layouts for number in layout.whole)
        return Segment(day, frozenset(self.hours), times, ids, values, qualities, self._texts, self._integers, whole)

    def _append(self, ids: bytes, values: bytes, qualities: bytes, time_ns: int) -> None:
        self._ids.append(ids)
        self._values.append(values)
        self._qualities.append(qualities)
        self._times.append(_TIME.pack(time_ns) * len(qualities))
        self.rows += len(qualities)

    def _append_mixed(self, layout: Layout, batch: Batch) -> int:
        """Some are absent, bad, or no numbers."""
        present = b"\x01" * layout.width if batch.present is None else selector(batch.present)
        ids = list(compress(layout.ids, present))
        values = tuple(0.0 if value is None else value for value in compress(batch.values, present))
        qualities = bytes(compress(batch.quality or layout.good, present))
        data, skipped = layout.pack(values), 0
        if data is None:
            odd = [is_odd(value) for value in values]
            rows = zip(ids, values, qualities, strict=True)
            skipped = sum(self._append_odd(batch.time_ns, *row) for row in compress(rows, odd))
            plain = [not flag for flag in odd]
            ids, qualities = list(compress(ids, plain)), bytes(compress(qualities, plain))
            data = struct.pack(f"{len(ids)}d", *compress(values, plain))
        self._append(array("i", ids).tobytes(), data, qualities, batch.time_ns)
        return skipped

    def _append_odd(self, time_ns: int, point_id: int, value: Value, quality: int) -> int:
        if isinstance(value, str):
            self._texts.append((time_ns, point_id, value, quality))
        elif abs(value) <= LARGEST:
            self._integers.append((time_ns, point_id, str(value), quality))
        else:
            return 1
        return 0


def is_odd(value: Value) -> bool:
    """True for texts and for integers that a double cannot hold."""
    return isinstance(value, str) or (isinstance(value, int) and not -EXACT <= value <= EXACT)


def selector(present: int) -> bytes:
    """A bit mask as bytes of 0 and 1, bit 0 first, for `itertools.compress`."""
    return bin(present)[:1:-1].encode().translate(_BITS)


def only_rolled(batch: Batch) -> Batch:
    """The batch with those samples alone that a roll-up has a place for: finite numbers of the doubles' size."""
    present = (1 << len(batch.values)) - 1 if batch.present is None else batch.present
    for position, value in enumerate(batch.values):
        if value is None or isinstance(value, str) or abs(value) > LARGEST or not isfinite(value):
            present &= ~(1 << position)
    return replace(batch, present=present)


class Intake:
    """The segments of one chunk, while it is taken in (in slices). Dropped as a whole where that is cut short."""

    def __init__(self, layouts: dict[Block, Layout]) -> None:
        self.skipped: Counter[str] = Counter()  # samples that have no form here, by cause
        self._layouts = layouts
        self._full: list[Segment] = []
        self._open: dict[int, Columns] = {}  # by day

    def append(self, batch: Batch) -> None:
        """Take a batch in."""
        layout = self._layout(batch.block)
        if layout.width != len(batch.values):
            self.skipped["no_point_id"] += batch.count
            return
        day = batch.time_ns // DAY_NS
        columns = self._open.get(day)
        if columns is None:
            columns = self._open[day] = Columns()
        if lost := columns.append(layout, batch):
            self.skipped["integer"] += lost
        if columns.rows >= SEGMENT_ROWS:
            self._full.append(self._open.pop(day).segment(day))

    def segments(self) -> Iterable[Segment]:
        """All that was taken in."""
        yield from self._full
        yield from (columns.segment(day) for day, columns in self._open.items())

    def _layout(self, block: Block) -> Layout:
        layout = self._layouts.get(block)
        if layout is None:
            if len(self._layouts) >= _MAX_LAYOUTS:  # blocks that came and went with configurations
                self._layouts.clear()
            layout = self._layouts[block] = Layout(block)
        return layout
