"""Files that survive a power cut: what was written, and under which name."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Make a file's creation, renaming or removal in this directory survive a power cut. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make what was written to a file survive a power cut. Raises OSError."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_whole(path: Path, data: bytes, mode: int) -> None:
    """A small file that is there as a whole or not at all, and on the disk when this returns. Raises OSError."""
    part = path.with_name(f"{path.name}.new")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)  # whatever the umask is
        file.write(data)
        file.flush()
        os.fsync(handle)
    part.rename(path)
    sync_directory(path.parent)
