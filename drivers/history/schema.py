"""Tables and version of the history's files: made once, checked before every use.

A table that came later is made when its file is next written; until then a reader has to do without it (`has_table`).
"""
# ruff: noqa: S608 - statements are put together from this package's constants

from collections.abc import Sequence
from pathlib import Path

from drivers.history.client import Damaged, Session
from gateway.core.errors import Unavailable

VERSION = 1

TABLES: dict[str, Sequence[str]] = {
    "day": (
        "sample (time_ns BIGINT, point_id INTEGER, value DOUBLE, quality UTINYINT)",
        "big_integer (time_ns BIGINT, point_id INTEGER, value HUGEINT, quality UTINYINT)",
        "text (time_ns BIGINT, point_id INTEGER, value VARCHAR, quality UTINYINT)",
        "block (stream VARCHAR, seq_first BIGINT, seq_last BIGINT, t_first_ns BIGINT, t_last_ns BIGINT)",
        "stale_hour (hour BIGINT)",
        "whole_number (point_id INTEGER)",
    ),
    "rollup": (
        "bucket (point_id INTEGER, time_ns BIGINT, minimum DOUBLE, mean DOUBLE, maximum DOUBLE, "
        "count UINTEGER, last DOUBLE, last_ns BIGINT)",
        "late_block (day INTEGER, stream VARCHAR, seq_first BIGINT, seq_last BIGINT, t_first_ns BIGINT, "
        "t_last_ns BIGINT)",
    ),
}
"""By the name under which a file is attached."""

_LATER = {"whole_number", "late_block"}  # files of the first builds do not have them
_TABLES_OF = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"


def has_table(session: Session, alias: str, table: str) -> bool:
    """True where the attached file has this table."""
    return (table,) in session.execute(_TABLES_OF, [alias])


def is_made(session: Session, file: Path, alias: str) -> bool:
    """False where the attached file has no tables yet (new, or its maker was killed before they were committed).

    Raises `Damaged` where it is a database of something else, `Unavailable` where a newer version wrote it.
    """
    found = {name for (name,) in session.execute(_TABLES_OF, [alias])}
    if not found:
        return False
    first = {table.split()[0] for table in TABLES[alias]} - _LATER
    if not first | {"meta"} <= found:
        raise Damaged(file, "it has tables, but not those of the history")
    ((version,),) = session.execute(f"SELECT max(version) FROM {alias}.meta")
    if version > VERSION:
        hint = "start the newer version again, or move the file away"
        raise Unavailable(f"{file.name} was written by a newer version of the gateway", hint)
    return True


def make(session: Session, file: Path, alias: str) -> None:
    """Make those tables that an attached file does not have. Raises as `is_made`."""
    is_made(session, file, alias)
    with session.transaction():
        for table in TABLES[alias]:
            session.execute(f"CREATE TABLE IF NOT EXISTS {alias}.{table}")
        session.execute(f"CREATE TABLE IF NOT EXISTS {alias}.meta AS SELECT {VERSION} AS version")
