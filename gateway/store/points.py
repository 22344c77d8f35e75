"""The integer ids of points, read from the state database of a gateway that does not run."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from gateway.core.errors import Unavailable
from gateway.store.migrate import connect_readonly


def read_ids(directory: Path, tags: Sequence[str]) -> dict[str, int]:
    """The ids of these tags; those without one are left out. Raises Unavailable where there is no database."""
    path = directory / "state.db"
    if not path.is_file():
        raise Unavailable(f"there is no data in {directory}", "start the gateway once: `park-gateway run`")
    try:
        with closing(connect_readonly(path)) as db:
            known = dict(db.execute("SELECT tag, id FROM point"))
    except sqlite3.Error as error:
        raise Unavailable(
            f"{path} cannot be read: {error}", "is it damaged? the gateway repairs it at its next start"
        ) from error
    return {tag: known[tag] for tag in tags if tag in known}
