"""Chunk codec: batches to bytes in slices as they arrive (msgpack, zstd), and back.

A chunk is a row of frames, each `length (4 bytes, big endian) | msgpack array of records`, compressed as one. A record
is `[layout hash, time_ns, values, quality bytes or nil, presence mask or nil]`. Frames stay small because one decoding
call cannot be interrupted and would hold the event loop.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import zstandard

from gateway.core.batch import Batch, Block, Stream
from gateway.core.point import Value
from gateway.core.quality import Quality

CODEC = 1
FRAME_BYTES = 64 * 1024  # about 7,000 floats, 0.3 ms to decode
CHUNK_BYTES = 2**20  # encoded: a chunk is closed at about this size
_HEAD = struct.Struct(">IBI")  # length of what follows, msgpack array32 marker, number of records
_ARRAY32 = 0xDD
_INT64_MAX = 2**63 - 1
_BIG_INTEGER, _BROKEN_TEXT = 1, 2  # msgpack extension types
_QUALITIES = {int(quality): quality for quality in Quality}


class Undecodable(Exception):
    """The bytes are not a chunk, or not of a codec that this version knows."""


class ChunkWriter:
    """Batches on their way into one chunk; `batches` are kept beside the bytes for sinks that are up to date."""

    __slots__ = ("_buffer", "_closed", "_closed_bytes", "_encode", "_frames", "batches", "is_full")

    def __init__(self) -> None:
        self.is_full = False  # large enough to be closed
        self._encode = msgspec.msgpack.Encoder().encode_into
        self._frames: list[bytearray] = []
        self._buffer = bytearray(_HEAD.size)
        self._closed = 0  # batches in closed frames
        self._closed_bytes = 0
        self.batches: list[Batch] = []

    @property
    def size(self) -> int:
        """Encoded bytes so far, before compression; 0: no batch."""
        return self._closed_bytes + len(self._buffer) - _HEAD.size

    def add(self, layout: int, batch: Batch) -> int:
        """Encode one batch; returns its bytes."""
        buffer = self._buffer
        before = len(buffer)
        values, quality, mask = batch.values, batch.quality, batch.present
        grades = None if quality is None else bytes(quality)
        if mask is not None and mask > _INT64_MAX:
            mask = _mask_bytes(mask)
        try:
            self._encode((layout, batch.time_ns, values, grades, mask), buffer, -1)
        except (OverflowError, UnicodeEncodeError):
            del buffer[before:]
            self._encode((layout, batch.time_ns, _extended(values), grades, mask), buffer, -1)
        self.batches.append(batch)
        after = len(buffer)
        if after >= FRAME_BYTES:
            self._close_frame()
        return after - before

    def _close_frame(self) -> None:
        records = len(self.batches) - self._closed
        _HEAD.pack_into(self._buffer, 0, len(self._buffer) - 4, _ARRAY32, records)
        self._frames.append(self._buffer)
        self._closed += records
        self._closed_bytes += len(self._buffer) - _HEAD.size
        self.is_full = self._closed_bytes >= CHUNK_BYTES
        self._buffer = bytearray(_HEAD.size)

    def raw(self) -> bytes:
        """Everything so far as one run of frames. Nothing may be added afterwards."""
        if len(self.batches) > self._closed:
            self._close_frame()
        return b"".join(self._frames)


@dataclass(frozen=True, slots=True)
class Packed:
    """A chunk as it is stored."""

    stream: Stream
    count: int  # samples
    t_first_ns: int
    t_last_ns: int
    codec: int
    crc32: int
    payload: bytes


def pack(stream: Stream, writer: ChunkWriter) -> Packed:
    """Compress and describe a chunk; meant for the outbox's thread. The writer has at least one batch."""
    times = [batch.time_ns for batch in writer.batches]
    count, first, last = sum(batch.count for batch in writer.batches), min(times), max(times)
    payload = zstandard.ZstdCompressor(level=1).compress(writer.raw())
    return Packed(stream, count, first, last, CODEC, checksum(payload, stream, count, first, last, CODEC), payload)


def checksum(payload: bytes, *columns: str | int) -> int:
    """CRC-32 over a row's payload and its stream, count, first and last time and codec, in this order.

    A flipped bit in the count would falsify the account.
    """
    return zlib.crc32(payload, zlib.crc32(" ".join(map(str, columns)).encode()))


def unpack(codec: int, payload: bytes, block_of: Callable[[int], Block]) -> tuple[list[Batch], int]:
    """The batches of a payload and their encoded size in bytes. Raises Undecodable."""
    if codec != CODEC:
        raise Undecodable(f"codec {codec} is not known")
    try:
        raw = zstandard.ZstdDecompressor().decompress(payload)
        return _batches(memoryview(raw), block_of), len(raw)
    except (
        zstandard.ZstdError,
        msgspec.DecodeError,
        struct.error,
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
    ) as error:
        raise Undecodable(str(error)) from error


def _batches(raw: memoryview, block_of: Callable[[int], Block]) -> list[Batch]:
    batches: list[Batch] = []
    blocks: dict[int, Block] = {}
    decoder = msgspec.msgpack.Decoder(
        list[tuple[int, int, tuple[Any, ...], bytes | None, int | bytes | None]], ext_hook=_from_extension
    )
    at = 0
    while at < len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        for layout, time_ns, values, grades, mask in decoder.decode(raw[at + 4 : at + 4 + length]):
            block = blocks.get(layout)
            if block is None:
                block = blocks[layout] = block_of(layout)
            quality = None if grades is None else tuple([_QUALITIES[grade] for grade in grades])
            present = int.from_bytes(mask) if isinstance(mask, bytes) else mask
            batches.append(Batch(block, values, time_ns, quality, present))
        at += 4 + length
    return batches


def _mask_bytes(mask: int) -> Any:
    """A mask of more than 63 points; msgpack has no integers of that size."""
    return mask.to_bytes(mask.bit_length() // 8 + 1)


def _extended(values: Sequence[Value | None]) -> tuple[object, ...]:
    """Values that msgpack has no form for: integers beyond 64 bits, and text with half a surrogate pair."""
    return tuple([_to_extension(value) for value in values])


def _to_extension(value: Value | None) -> object:
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return msgspec.msgpack.Ext(_BIG_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return msgspec.msgpack.Ext(_BROKEN_TEXT, value.encode("utf-8", "surrogatepass"))
    return value


def _from_extension(code: int, data: memoryview) -> Value:
    if code == _BIG_INTEGER:
        return int.from_bytes(data, signed=True)
    if code == _BROKEN_TEXT:
        return bytes(data).decode("utf-8", "surrogatepass")
    raise ValueError(f"extension type {code} is not known")
