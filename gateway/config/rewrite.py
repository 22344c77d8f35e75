"""Puts a new file in the place of an old one so that there is always one of them, and keeps copies of the old ones."""

import glob
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from gateway.core.durable import sync_directory
from gateway.core.errors import Rejected, Unavailable

KEPT_COPIES = 10


class Changed(Rejected):
    """The file is not what it was when it was read."""


def replace_file(path: Path, before: bytes, after: bytes, now: datetime) -> Path:
    """Write `after` in the place of `before`; the answer is the copy of the old file that is kept beside it.

    Mode and, where that is allowed, owner stay. Raises Changed where the file is not `before` any more, Unavailable
    where it cannot be written: then the old one is untouched.
    """
    path = path.resolve()  # a link stays a link
    copy = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S%fZ}.bak")
    try:
        if path.read_bytes() != before:
            raise Changed(f"`{path.name}` was changed meanwhile", "load it again and look at what has changed")
        _put(copy, before, path)
        _put(path, after, path)
        sync_directory(path.parent)
    except OSError as error:
        copy.unlink(missing_ok=True)
        hint = f"let the gateway's user write in `{path.parent}`, or write the lines shown there yourself"
        raise Unavailable(f"cannot write `{path.name}`: {error.strerror}", hint) from None
    for old in sorted(path.parent.glob(f"{glob.escape(path.name)}.*.bak"))[:-KEPT_COPIES]:
        with suppress(OSError):
            old.unlink()
    return copy


def _put(path: Path, data: bytes, like: Path) -> None:
    """A whole file under this name, or none: it is written under another name first."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _look_like(file.fileno(), like)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _look_like(descriptor: int, like: Path) -> None:
    there = like.stat()
    try:
        os.fchown(descriptor, there.st_uid, there.st_gid)
    except PermissionError:
        with suppress(PermissionError):  # one's own file may be given to a group that one is in
            os.fchown(descriptor, -1, there.st_gid)
    os.fchmod(descriptor, there.st_mode & 0o7777)
