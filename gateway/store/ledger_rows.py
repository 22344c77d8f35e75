"""Are the interval rows of a ledger what was written? Sums, versions, and the digests that the log's records hold."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any

from gateway.core.errors import Unavailable
from gateway.store import intervals, records
from gateway.store.ledger_check import Fault, Named
from gateway.store.renames import Renames, renames

_ROW = re.compile(r"(?P<tag>.+), (?P<day>\d{4}-\d{2}-\d{2}), version \d+: ")
_VERSIONS = """SELECT meter.tag, day, version, replaced_ns, row_number() OVER days AS place,
    lead(version) OVER days AS next, lead(written_ns) OVER days AS next_ns
    FROM meter_day JOIN meter ON meter.id = meter
    WINDOW days AS (PARTITION BY meter, day ORDER BY version)"""
_OUT_OF_LINE = f"""SELECT tag, day, version FROM ({_VERSIONS})
    WHERE version <> place OR replaced_ns IS NOT next_ns OR (next IS NULL) <> (replaced_ns IS NULL)"""  # noqa: S608
_UNREADABLE = (ValueError, TypeError, AssertionError, OverflowError)


def row_faults(db: sqlite3.Connection, days: dict[str, list[Named]]) -> Iterator[Fault]:
    """Everything about them. `days`: the records of a local day's intervals, oldest first."""
    yield from _content_faults(db, days)
    yield from _version_faults(db, days)
    yield from _record_faults(db, days)


def _content_faults(db: sqlite3.Connection, days: dict[str, list[Named]]) -> Iterator[Fault]:
    """Rows that are not what was written, each with the record of its day where there is one."""
    try:
        for text in intervals.faults(db):
            match = _ROW.match(text)
            of_day = days.get(match["day"], []) if match else []
            yield of_day[-1].fault(f"interval row {text}") if of_day else Fault(f"interval row {text}")
    except _UNREADABLE as error:
        yield Fault(f"the interval rows cannot be read: {error or type(error).__name__}")


def _version_faults(db: sqlite3.Connection, days: dict[str, list[Named]]) -> Iterator[Fault]:
    """Versions count from 1, each was replaced when the next was written, and the newest holds: else another one is
    summed than was recorded.
    """
    for tag, ordinal, version in db.execute(_OUT_OF_LINE):
        try:
            day = str(date.fromordinal(ordinal))
        except _UNREADABLE:
            day = str(ordinal)
        where = f"interval row {tag}, {day}, version {version}"
        text = f"{where} was changed: it does not follow on the version before it, or another one holds"
        of_day = days.get(day, [])
        yield of_day[-1].fault(text) if of_day else Fault(text)


def _record_faults(db: sqlite3.Connection, days: dict[str, list[Named]]) -> Iterator[Fault]:
    """Rows that are not those whose digests were recorded. What a later record says of the same row counts."""
    names = renames(db)
    for day, of_day in days.items():
        newest = _recorded(db, of_day, names)
        try:
            stored = {
                (one.tag, one.version): one for tag in {key[0] for key in newest} for one in _versions(db, tag, day)
            }
        except _UNREADABLE:
            continue  # said by `_content_faults`
        for (tag, version), (named, said) in newest.items():
            row = stored.get((tag, version))
            where = f"interval row {tag}, {day}, version {version}"
            if row is None:
                yield named.fault(f"{where} is missing: record {named.seq} has its digest")
            elif (row.digest, row.unit) != (said.get("digest"), said.get("unit", row.unit)):
                yield named.fault(f"{where} was changed: record {named.seq} has another digest or unit")
        for tag, version in sorted(stored.keys() - newest.keys()):
            last, (named, _) = max((item for item in newest.items() if item[0][0] == tag), key=lambda item: item[0][1])
            if version > last[1]:  # a version is recorded together with being stored
                yield named.fault(f"interval row {tag}, {day}, version {version} was added: no record has its digest")


def _recorded(
    db: sqlite3.Connection, of_day: list[Named], names: Renames
) -> dict[tuple[str, int], tuple[Named, dict[str, Any]]]:
    """What the records of a day say of its rows, by meter and version."""
    newest: dict[tuple[str, int], tuple[Named, dict[str, Any]]] = {}
    for named in of_day:
        try:
            record = records.at(db, named.seq)
            for tag, said in record.body["meters"].items() if record else ():
                newest[names.of(tag, named.seq), int(said["version"])] = (named, said)
        except (Unavailable, ValueError, KeyError, TypeError, AttributeError):
            continue  # the record itself was changed, which is a fault already
    return newest


def _versions(db: sqlite3.Connection, tag: str, day: str) -> list[intervals.StoredDay]:
    return intervals.versions(db, tag, date.fromisoformat(day))
