"""Disk space: how much is left, and the ballast that makes room for trimming on a completely full disk."""

import os
from pathlib import Path

from gateway.core.durable import sync_directory


def free_bytes(directory: Path) -> int:
    """What an ordinary user may still write on the directory's file system."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


class Ballast:
    """A preallocated file beside a database.

    On a full disk SQLite can neither delete a row nor checkpoint. Giving up this file lets it do both once.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._size = size

    @property
    def is_present(self) -> bool:
        """True where the file exists in its full size."""
        try:
            return self.path.stat().st_size >= self._size
        except OSError:
            return False

    def release(self) -> bool:
        """Give the space up. False where there was nothing to give."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def ensure(self) -> bool:
        """Create the file unless it is there, but only where twice its size is free: else the next commit needs it.

        Returns whether it is there afterwards; never raises.
        """
        if self.is_present:
            return True
        try:
            if free_bytes(self.path.parent) < 2 * self._size:
                return False
            with self.path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            sync_directory(self.path.parent)
        except OSError:
            self.release()
            return False
        return True
