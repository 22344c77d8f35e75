"""Files that take the place of others, all or none: what was there is put aside, a kill leaves the old or the new.

    staged, checked, on the disk ──▶ pointer beside park.yaml ──▶ journal (renamed: from here on it happens) ──▶ renames

Renames are repeated without harm, so whoever finds the journal finishes them: `park-gateway run` before it reads its
configuration (the pointer leads there), `park-gateway restore` before anything else. A data directory with a journal
is not opened otherwise (`DirectoryLock`).
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.durable import sync_directory, write_whole
from gateway.core.errors import GatewayError, Unavailable
from gateway.store.lock import RESTORING, DirectoryLock


@dataclass(frozen=True, slots=True)
class Move:
    """`staged` (`None`: nothing) comes to `target`; what is there goes to `aside`."""

    staged: Path | None
    target: Path
    aside: Path


def stage(directory: Path) -> Path:
    """The folder in a data directory, empty, where all is prepared. The caller holds the lock. Raises OSError."""
    folder = directory / RESTORING.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def pointer_of(config: Path) -> Path:
    """The file beside a configuration that says in which data directory a switch is under way."""
    return config.with_name(f".{config.name}.restoring")


def switch(moves: Sequence[Move], directory: Path, config: Path, staged: Sequence[Path]) -> None:
    """Make the moves; `staged` are the folders that are needed no more then. The caller holds the lock.

    Raises Unavailable where the disk fails: then nothing has happened, or it goes on at the next start.
    """
    for one in moves:
        _refuse_other_disk(one)
    rows = [[str(one.staged) if one.staged else None, str(one.target), str(one.aside)] for one in moves]
    document = {"moves": rows, "staged": [str(one) for one in staged]}
    try:
        write_whole(pointer_of(config), str(directory.resolve()).encode(), 0o600)
        write_whole(directory / RESTORING, json.dumps(document).encode(), 0o600)
    except OSError as error:
        raise Unavailable(
            f"the switch could not be prepared: {error}", "nothing was changed: check the disk"
        ) from error
    _finish(directory, config)


def finish_interrupted(config: Path) -> bool:
    """Finish a switch that was interrupted; true where there was one. Raises ConfigError, Unavailable."""
    pointer = pointer_of(config)
    try:
        directory = Path(pointer.read_text("utf-8").strip())
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"{pointer} cannot be read: {error}", "a restoration was interrupted: check the disk"
        ) from error
    if not (directory / RESTORING).exists():
        pointer.unlink(missing_ok=True)  # killed before anything happened, or after all of it
        return False
    return finish_in(directory, config)


def finish_in(directory: Path, config: Path) -> bool:
    """The same where the data directory is known. Raises ConfigError, Unavailable."""
    if not (directory / RESTORING).exists():
        return False
    lock = DirectoryLock(directory, is_restoring=True)
    try:
        _finish(directory, config)
    finally:
        lock.release()
    return True


def _finish(directory: Path, config: Path) -> None:
    journal = directory / RESTORING
    try:
        document = json.loads(journal.read_text("utf-8"))
        for staged, target, aside in document["moves"]:
            _move(Path(staged) if staged else None, Path(target), Path(aside))
        journal.unlink()
        sync_directory(journal.parent)
        for folder in document["staged"]:
            shutil.rmtree(folder, ignore_errors=True)
        pointer_of(config).unlink(missing_ok=True)
    except (OSError, ValueError, KeyError) as error:
        hint = "check the disk; it goes on with `park-gateway restore` or at the next start"
        raise Unavailable(f"the restoration is not finished: {error}", hint) from error


def _refuse_other_disk(move: Move) -> None:
    """A file cannot be renamed to another file system, and a copy would not come all at once."""
    disks = {_disk(path) for path in (move.staged, move.target, move.aside) if path is not None}
    if len(disks) > 1:
        raise Unavailable(
            f"{move.target} lies on another disk than {move.aside.parent}",
            "restore with --into a new folder, and put that in the place of the present one",
        )


def _disk(path: Path) -> int:
    there = next(one for one in (path, *path.parents) if one.exists())
    return there.stat().st_dev


def _move(staged: Path | None, target: Path, aside: Path) -> None:
    """Done already, half or not at all: afterwards it is done."""
    if staged is not None and not staged.exists():
        return
    if os.path.lexists(target):
        if os.path.lexists(aside):  # somebody put a file there after this had moved the first one
            raise GatewayError(f"{target} is there again although it was put aside", f"look at it and {aside}")
        _rename(target, aside)
    if staged is not None:
        _rename(staged, target)


def _rename(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    sync_directory(target.parent)
    sync_directory(source.parent)
