"""The newest samples, between the forwarder and the block that is written to disk.

A chunk is taken in slices into segments of its own and then adopted at once. Segments never change, so the DuckDB
thread reads them in place. While a block is being written nothing is adopted (the sink waits), so that thread may drop
what it has committed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.history.intake import Intake, Layout
from drivers.history.segment import Segment
from gateway.core.batch import Block, Chunk, Stream

_MERGE_ROWS = 4_096  # chunks of a small park are joined up to this


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

    def joined(self, other: "Span | None") -> "Span":
        """The run from the first of both to the last of both."""
        if other is None:
            return self
        return Span(
            self.stream,
            min(self.seq_first, other.seq_first),
            max(self.seq_last, other.seq_last),
            min(self.t_first_ns, other.t_first_ns),
            max(self.t_last_ns, other.t_last_ns),
        )


def span_of(chunk: Chunk) -> Span:
    """The run that is this chunk alone."""
    return Span(chunk.stream, chunk.seq, chunk.seq, chunk.t_first_ns, chunk.t_last_ns)


class Memory:
    """The block that is being filled: segments, and which chunks they came from."""

    def __init__(self) -> None:
        self.segments: tuple[Segment, ...] = ()  # replaced, never changed: the DuckDB thread may be walking it
        self.spans: dict[Stream, Span] = {}  # of the chunks in it
        self.written: dict[Stream, Span] = {}  # of the chunks that this process has made durable
        self.size = 0
        self.removed: frozenset[int] = frozenset()  # days of segments that go into a roll-up: the samples are gone
        self._layouts: dict[Block, Layout] = {}

    def intake(self) -> Intake:
        """Where the batches of a chunk are collected."""
        return Intake(self._layouts)

    @property
    def raw_segments(self) -> tuple[Segment, ...]:
        """Those whose samples will be on disk one by one."""
        return tuple(segment for segment in self.segments if segment.day not in self.removed)

    def adopt(self, chunk: Chunk, intake: Intake, removed: Iterable[int] = ()) -> None:
        """The chunk is in, all of it. Of the days in `removed` there is only the roll-up."""
        self.removed |= frozenset(removed)
        for segment in intake.segments():
            last = self.segments[-1] if self.segments else None
            if last is not None and last.day == segment.day and len(last.times) + len(segment.times) <= _MERGE_ROWS:
                self.segments = (*self.segments[:-1], last.joined(segment))
            else:
                self.segments = (*self.segments, segment)
            self.size += segment.size
        self.spans[chunk.stream] = span_of(chunk).joined(self.spans.get(chunk.stream))

    def has_taken(self, chunk: Chunk) -> bool:
        """True where this process took the chunk before, whether it is on disk by now or not."""
        spans = (self.spans.get(chunk.stream), self.written.get(chunk.stream))
        return any(span is not None and span.holds(chunk) for span in spans)

    def complete(self) -> None:
        """All chunks taken so far are durable. Called on the DuckDB thread while nothing is adopted."""
        for stream, span in self.spans.items():
            self.written[stream] = span.joined(self.written.get(stream))
        self.spans = {}

    def drop(self, day: int) -> None:
        """Forget the rows of a day that are committed. Called on the DuckDB thread while nothing is adopted."""
        self.segments = tuple(segment for segment in self.segments if segment.day != day)
        self.removed -= {day}
        self.size = sum(segment.size for segment in self.segments)
