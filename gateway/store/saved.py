"""A database saved as another file, whole and as of one moment, by the thread that has it open."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.core.durable import sync_file
from gateway.core.errors import Unavailable
from gateway.store.findings import one_line
from gateway.store.migrate import FileErrors, connect


def save(db: sqlite3.Connection, target: Path) -> None:
    """Write what the database holds now to the new file `target`. Raises Unavailable where that fails.

    Never one of `FileErrors`: a full disk at the target is no reason to mend the database.
    """
    try:
        db.execute("VACUUM INTO ?", (str(target),))
        sync_file(target)  # SQLite before 3.43 does not
    except FileErrors as error:
        raise Unavailable(f"{target} cannot be written: {one_line(str(error))}", "free some space") from error


def save_file(source: Path, target: Path) -> None:
    """The same of a file that nobody has open; the caller holds the directory's lock. Raises Unavailable."""
    if not source.is_file():
        raise Unavailable(f"there is no {source}", "start the gateway once: `park-gateway run`")
    try:
        with closing(connect(source)) as db:
            save(db, target)
    except FileErrors as error:
        hint = "start the gateway: it repairs what it can"
        raise Unavailable(f"{source} cannot be read: {one_line(str(error))}", hint) from error
