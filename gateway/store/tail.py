"""The chunks that were committed last, kept as they came: a sink that keeps up costs no reading and no decoding."""

from collections import deque

from gateway.core.batch import Chunk

_OBJECT_FACTOR = 4  # a batch in memory takes about four times its encoded size


class Tail:
    """Of one stream: every chunk after `floor`."""

    def __init__(self) -> None:
        self.floor: int | None = None  # not known until the file was read, or until the first chunk comes
        self._bytes = 0
        self._chunks: deque[tuple[Chunk, int]] = deque()

    def add(self, chunk: Chunk, encoded: int) -> None:
        """Keep a chunk that was just committed; `encoded` is its size before compression."""
        if self.floor is None:
            self.floor = chunk.seq - 1
        self._chunks.append((chunk, encoded))
        self._bytes += encoded * _OBJECT_FACTOR

    def evict(self, to_seq: int, max_bytes: int) -> None:
        """Forget what lies at or before `to_seq`, and the oldest until at most `max_bytes` are kept."""
        while self._chunks and (self._chunks[0][0].seq <= to_seq or self._bytes > max_bytes):
            chunk, encoded = self._chunks.popleft()
            self._bytes -= encoded * _OBJECT_FACTOR
            self.floor = chunk.seq

    def has_all_after(self, seq: int) -> bool:
        """True where `after(seq)` is the whole truth."""
        return self.floor is not None and seq >= self.floor

    def after(self, seq: int, max_bytes: int) -> list[Chunk]:
        """The chunks after `seq`, at least one where there is one, then until `max_bytes` encoded bytes."""
        newer: list[tuple[Chunk, int]] = []
        for entry in reversed(self._chunks):
            if entry[0].seq <= seq:
                break
            newer.append(entry)
        chunks: list[Chunk] = []
        size = 0
        while newer and size < max_bytes:
            chunk, encoded = newer.pop()
            chunks.append(chunk)
            size += encoded
        return chunks
