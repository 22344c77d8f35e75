"""Plain files in a tar (POSIX ustar), so that any tar opens it; read so strictly that no header can do harm.

Only regular files with relative names come out of it, each of the size that its header says. Extended headers (which
may have any size), links, devices and folders are refused: nothing here writes them.
"""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from gateway.core.errors import Rejected

BLOCK = 512
_COPY_BYTES = 256 * 1024
_SUM_AT = slice(148, 156)
_REGULAR = (b"0", b"\0")
_MODE = 0o600
_LONGEST_END = 64 * BLOCK  # what tar programs pad an end with, and more


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; nothing at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the tar; its blocks are read once, before the next member is asked for."""

    name: str
    size: int
    blocks: Iterator[bytes]


def header(name: str, size: int, time_s: int) -> bytes:
    """The header of a file. Raises Rejected for a name that a tar cannot carry."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, time_s, _MODE
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except (ValueError, UnicodeError) as error:
        raise Rejected(f"`{name}` cannot be put into a backup: {error}", "give the file a shorter name") from error


def add(target: BinaryIO, name: str, size: int, source: BinaryIO, time_s: int) -> None:
    """Write a file of exactly this size. Raises Rejected where the source is shorter."""
    target.write(header(name, size, time_s))
    left = size
    while left:
        block = source.read(min(left, _COPY_BYTES))
        if not block:
            raise Rejected(f"`{name}` became shorter while it was read", "try again")
        target.write(block)
        left -= len(block)
    target.write(bytes(-size % BLOCK))


def finish(target: BinaryIO) -> None:
    """Write the end of the tar."""
    target.write(bytes(2 * BLOCK))


def members(source: Source) -> Iterator[Member]:
    """The files in their order. Raises Rejected for what is cut off or no plain tar."""
    while any(block := _exactly(source, BLOCK)):
        name, size = _read_header(block)
        blocks = _blocks(source, size)
        yield Member(name, size, blocks)
        for _ in blocks:  # what nobody wanted
            pass
        _exactly(source, -size % BLOCK)
    rest = source.read(_LONGEST_END)
    if any(rest) or source.read(1):
        raise Rejected("there is something behind the end of the backup", "it was put there afterwards: do not use it")


def _read_header(block: bytes) -> tuple[str, int]:
    if _number(block[_SUM_AT]) != sum(block) - sum(block[_SUM_AT]) + 8 * ord(" "):
        raise Rejected("the backup is damaged: a header does not fit its checksum", "copy it again")
    name, prefix = _text(block[:100]), _text(block[345:500]) if block[257:262] == b"ustar" else ""
    name = f"{prefix}/{name}" if prefix else name
    if block[156:157] not in _REGULAR:
        raise Rejected(f"`{name}` in the backup is no plain file", "it was not made by this program: do not use it")
    return name, _number(block[124:136])


def _blocks(source: Source, size: int) -> Iterator[bytes]:
    left = size
    while left:
        block = source.read(min(left, _COPY_BYTES))
        if not block:
            raise Rejected("the backup is cut off", "copy it again from where it was complete")
        yield block
        left -= len(block)


def _exactly(source: Source, size: int) -> bytes:
    return b"".join(_blocks(source, size)) if size else b""


def _number(field: bytes) -> int:
    try:
        return int(field.strip(b"\0 ").decode("ascii") or "0", 8) if field.isascii() else _no_number()
    except ValueError:
        return _no_number()


def _no_number() -> int:
    raise Rejected("the backup is damaged: a header has no size", "copy it again")


def _text(field: bytes) -> str:
    try:
        return field.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        raise Rejected("the backup is damaged: a name is no text", "copy it again") from None


def of_bytes(target: BinaryIO, name: str, data: bytes, time_s: int) -> None:
    """Write a file whose bytes are at hand."""
    add(target, name, len(data), io.BytesIO(data), time_s)
