"""The file of a backup: a tar of the manifest and the files, zstd, and with a passphrase sealed.

Reading trusts nothing: the manifest comes first and bounds everything after it, every file is of the size and SHA-256
that it says, in its order, and nothing is written outside of the folder that is given. Everything here blocks.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import zstandard

from gateway.backup import manifest as manifests
from gateway.backup import tarball
from gateway.backup.manifest import Entry, Manifest
from gateway.backup.seal import COPY_AGAIN, CUT_OFF, MAGIC, Sealer, Unsealer, is_sealed
from gateway.core.durable import sync_directory
from gateway.core.errors import Rejected, Unavailable
from gateway.store.space import free_bytes

SUFFIX, SEALED_SUFFIX = ".tar.zst", ".tar.zst.sealed"
RESERVE_BYTES = 64 * 2**20  # stays free on the disk that something is unpacked to
_LEVEL = 3
_WINDOW_BYTES = 32 * 2**20  # of what is read: a hostile file may not ask for all memory
_ZSTD = b"\x28\xb5\x2f\xfd"

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Item:
    """A file that goes into a backup, under a name."""

    name: str
    path: Path


def entries_of(items: Sequence[Item]) -> tuple[Entry, ...]:
    """Size and SHA-256 of every file. Raises Unavailable."""
    return tuple(_entry(item) for item in items)


def _entry(item: Item) -> Entry:
    with _readable(item.path) as file:
        return Entry(item.name, os.fstat(file.fileno()).st_size, file_digest(file, "sha256").hexdigest())


def write(
    target: Path, manifest: Manifest, items: Sequence[Item], passphrase: str | None, progress: Progress | None = None
) -> None:
    """Make the file, for this user alone and on the disk when this returns. Raises Unavailable, Rejected."""
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            _write(file, manifest, items, passphrase, progress)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        sync_directory(target.parent)
    except OSError as error:
        hint = "choose another place, or free some space"
        raise Unavailable(f"{target} cannot be written: {error.strerror or error}", hint) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _write(
    file: BinaryIO, manifest: Manifest, items: Sequence[Item], passphrase: str | None, progress: Progress | None
) -> None:
    sealer = Sealer(file, passphrase) if passphrase else None
    time_s = manifest.time_ns // 10**9
    sizes = {entry.name: entry.size for entry in manifest.files}
    done, whole = 0, manifest.size
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with compressor.stream_writer(cast("BinaryIO", sealer or file), closefd=False) as packed:
        tar = cast("BinaryIO", packed)
        tarball.of_bytes(tar, manifests.NAME, manifest.encoded(), time_s)
        for item in items:
            with _readable(item.path) as source:
                tarball.add(tar, item.name, sizes[item.name], source, time_s)
            done += sizes[item.name]
            if progress is not None:
                progress(done, whole)
        tarball.finish(tar)
    if sealer is not None:
        sealer.close()


def read_manifest(path: Path, passphrase: str | None) -> Manifest:
    """What a backup says of itself. Raises Unavailable, Rejected, ConfigError."""
    with _opened(path, passphrase) as members:
        return _manifest(members)


def unpack(
    path: Path, passphrase: str | None, into: Path, progress: Progress | None = None, *, only: str = ""
) -> Manifest:
    """Check the whole file and put its contents into the folder `into`, which is empty; `only`: names beginning so.

    Raises Rejected for what is damaged or no backup, ConfigError for one of a newer version, Unavailable where the
    disk cannot take it. Then something may lie in the folder.
    """
    with _opened(path, passphrase) as members:
        manifest = _manifest(members)
        _need_room(into, sum(entry.size for entry in manifest.files if entry.name.startswith(only)))
        try:
            _unpack(members, manifest, into, only, progress)
        except OSError as error:
            raise Unavailable(f"{into} cannot be written: {error.strerror or error}", "free some space") from error
    return manifest


def _unpack(
    members: Iterator[tarball.Member], manifest: Manifest, into: Path, only: str, progress: Progress | None
) -> None:
    done = 0
    for entry in manifest.files:
        member = next(members, None)
        if member is None or (member.name, member.size) != (entry.name, entry.size):
            found = "ends" if member is None else f"goes on with `{member.name[:200]}`"
            raise Rejected(f"the backup {found} where `{entry.name}` should be", "copy it again, or use another one")
        if entry.name.startswith(only):
            _take(member, entry, into / entry.name)
        done += entry.size
        if progress is not None:
            progress(done, manifest.size)
    more = next(members, None)
    if more is not None:
        raise Rejected(f"`{more.name[:200]}` in the backup is not in its manifest", "do not use it")


def _take(member: tarball.Member, entry: Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for block in member.blocks:
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != entry.sha256:
        raise Rejected(f"`{entry.name}` in the backup is damaged: its SHA-256 is another", "copy it again")


def _manifest(members: Iterator[tarball.Member]) -> Manifest:
    first = next(members, None)
    if first is None or first.name != manifests.NAME:
        raise Rejected("this is no backup of a park-gateway: it has no manifest", "`park-gateway backup` makes one")
    if first.size > manifests.MAX_BYTES:
        raise Rejected("the backup's manifest is too large to be one", "do not use it")
    return manifests.decoded(b"".join(first.blocks))


@contextmanager
def _opened(path: Path, passphrase: str | None) -> Iterator[Iterator[tarball.Member]]:
    with _readable(path) as file:
        beginning = file.read(max(len(MAGIC), len(_ZSTD)))
        file.seek(0)
        source: tarball.Source = file
        if is_sealed(beginning):
            if passphrase is None:
                raise Rejected(f"{path.name} is sealed", "give the passphrase: --passphrase-file FILE")
            source = Unsealer(file, passphrase, _ZSTD)
        elif MAGIC.startswith(beginning) or _ZSTD.startswith(beginning):
            raise Rejected(CUT_OFF, COPY_AGAIN)
        elif not beginning.startswith(_ZSTD):
            raise Rejected(f"{path.name} is no backup of a park-gateway", "`park-gateway backup` makes one")
        decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        try:
            with decompressor.stream_reader(cast("BinaryIO", source), closefd=False) as packed:
                yield tarball.members(cast("tarball.Source", packed))
        except zstandard.ZstdError as error:
            raise Rejected(f"the backup is damaged: {error}", "copy it again from where it was whole") from error


@contextmanager
def _readable(path: Path) -> Iterator[BufferedReader]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}", "check the path and the disk") from error
    with file:
        yield file


def _need_room(folder: Path, size: int) -> None:
    free = free_bytes(folder)
    if size + RESERVE_BYTES > free:
        raise Unavailable(
            f"the backup needs {size // 2**20} MiB, and {folder} has {free // 2**20} MiB free", "free some space"
        )
