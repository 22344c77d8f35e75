"""Evidence: the files behind records - photos, delivery notes, certificates - each under the SHA-256 of its bytes."""

import os
import re
import tempfile
from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from gateway.core.durable import sync_directory
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.store.space import free_bytes

MAX_BYTES = 20 * 2**20
MIN_FREE_BYTES = 256 * 2**20  # samples come first: whoever may send files may not fill the disk
_HEX = re.compile(r"[0-9a-f]{64}")


class EvidenceStore:
    """The folder `evidence/` of a data directory; a file is written once and never changed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "evidence"

    def put(self, data: bytes) -> str:
        """Keep these bytes; returns their SHA-256 in hex. On the disk when this returns; again is no harm.

        Raises Rejected for an empty or too large file, Unavailable where the disk cannot take it.
        """
        if not 0 < len(data) <= MAX_BYTES:
            raise Rejected(f"the file has {len(data)} bytes", f"a file has 1 to {MAX_BYTES // 2**20} MiB")
        digest = sha256(data).hexdigest()
        try:
            path = self.path(digest)
            if not self.is_sound(digest):
                self._need_room(len(data))
                self._write(path, data)
            for folder in (path.parent, self.directory, self.directory.parent):  # also of a try that was killed
                sync_directory(folder)
        except OSError as error:
            raise Unavailable(f"{self.directory} cannot be written: {error}", "check the gateway's disk") from error
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes. Raises Rejected where there is no such file, GatewayError where it was changed, Unavailable."""
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise Rejected(f"there is no evidence {digest}", "it names a file by its SHA-256") from None
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error}", "check the gateway's disk") from error
        if sha256(data).hexdigest() != digest:
            raise GatewayError(f"{path} was changed: its SHA-256 is no longer its name", "put it back from a backup")
        return data

    def path(self, digest: str) -> Path:
        """Where a file is or would be. Raises Rejected for what is no SHA-256 in hex."""
        if not _HEX.fullmatch(digest):
            raise Rejected("evidence is named by its SHA-256: 64 characters 0-9 a-f")
        return self.directory / digest[:2] / digest

    def is_sound(self, digest: str) -> bool:
        """True where the file is there and is what its name says."""
        try:
            with self.path(digest).open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            return False

    def digests(self) -> Iterator[str]:
        """Every file that is kept."""
        for path in sorted(self.directory.glob("??/*")):
            if _HEX.fullmatch(path.name):
                yield path.name

    def check(self) -> list[str]:
        """The files that were changed; those that are missing only the records know."""
        return [digest for digest in self.digests() if not self.is_sound(digest)]

    def _need_room(self, size: int) -> None:
        if free_bytes(self.directory.parent) - size < MIN_FREE_BYTES:
            raise Unavailable("there is no room for more files on the gateway's disk", "make room, then send it again")

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).rename(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
