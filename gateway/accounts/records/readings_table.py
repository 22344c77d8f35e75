"""Past readings: a table of them becomes one record, for they come by the ten thousand."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.accounts.people import Actor, person
from gateway.accounts.records.field_texts import parse_amount
from gateway.accounts.records.forms import Form
from gateway.accounts.records.import_models import Imported, ImportWanted
from gateway.accounts.records.instants import parse_instant_ns
from gateway.accounts.records.register_units import own_unit
from gateway.accounts.records.submission_checks import period_text
from gateway.accounts.records.submission_log import State, Submission, submission
from gateway.accounts.records.submission_models import Fault
from gateway.accounts.records.submitting import Duplicate, KeyReused, Known, keyed_id, note_files, one_fault
from gateway.accounts.records.tables import Row
from gateway.config.problems import nearest
from gateway.config.types import HintedError
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from gateway.store.records import append, get
from rules.ledger.canonical import content_id

COLUMNS = ("meter", "time", "value", "unit", "mark")
_MARKS = ("", "final", "initial")
_AHEAD_NS = 300_000_000_000


def take_readings(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int, result: Imported
) -> None:
    """Record all rows inside the caller's transaction, unless `result` has faults now. Raises Faults, KeyReused."""
    meters = _Rows(books, actor, wanted, now_ns, result).read()
    if not meters or (result.problems and not wanted.accept_good_rows):
        return
    result.taken.append(_recorded(db, books, actor, wanted, now_ns, _past_of(books, meters)))


@dataclass(frozen=True, slots=True)
class _Past:
    """The readings of a table."""

    meters: Mapping[str, list[list[Any]]]  # [time, value, mark?] of each, by tag
    enterprise: str  # whose meters they all are
    period: str
    digest: str

    @property
    def likeness(self) -> str:
        """The same for the same readings."""
        return content_id([Form.READINGS.value, self.digest])


def _past_of(books: Books, meters: Mapping[str, list[list[Any]]]) -> _Past:
    enterprises = {books.meters[tag].enterprise for tag in meters}
    if len(enterprises) > 1:
        raise one_fault("meter", f"meters of {len(enterprises)} enterprises", "one table for each enterprise")
    zone = ZoneInfo(books.site.timezone)
    days = [day_of(row[0], zone) for rows in meters.values() for row in (rows[0], rows[-1])]
    return _Past(meters, enterprises.pop(), period_text(min(days), max(days)), content_id(meters))


def _recorded(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int, past: _Past
) -> Submission:
    """The record of the readings; what the same key has made already."""
    by, record_id = person(actor.by), keyed_id(actor, wanted.key) if wanted.key else ""
    if record_id and (before := get(db, record_id)) is not None:
        if before.body.get("rows_sha256") != past.digest:
            raise KeyReused("this idempotency key was used for another table", "take a new key for a new table")
        return submission(db, before.id)
    known = Known(db)
    replaced = _replaced(db, actor, wanted.supersedes, past.enterprise)
    place = ("reading", past.enterprise, past.period)
    if twin := known.like(place, past.likeness, (replaced,)):
        hint = f"to correct it: `supersedes: {twin}`"
        raise Duplicate(f"record {twin} has exactly these readings already", hint, twin)
    body = {
        **_body(wanted, past),
        "by": by,
        "principal": actor.document,
        "late": known.late(books, past.enterprise, past.period),
        "supersedes": replaced,
    }
    note_files(db, wanted.evidence, past.enterprise, by, now_ns)
    whose = {"enterprise": past.enterprise, "period": past.period, "about": replaced}
    return Submission(append(db, now_ns, Form.READINGS.kind, body, **whose, id=record_id), State.WAITING)


def _body(wanted: ImportWanted, past: _Past) -> dict[str, Any]:
    """What the table itself says."""
    return {
        "form": Form.READINGS.value,
        "file": wanted.evidence[0].sha256,
        "rows_sha256": past.digest,
        "count": sum(map(len, past.meters.values())),
        "meters": past.meters,
        "note": wanted.note,
        "evidence": [one.document for one in wanted.evidence],
        "warnings": [],
        "likeness": past.likeness,
        "request": past.digest,
    }


def _replaced(db: sqlite3.Connection, actor: Actor, record_id: str, enterprise: str) -> str:
    """The id of the record whose place this one takes, in full; empty: none. Raises Faults."""
    if not record_id:
        return ""
    try:
        replaced = submission(db, record_id, actor.enterprise)
    except Rejected as error:
        raise one_fault("supersedes", error.message, error.hint) from None
    is_fit = replaced.form is Form.READINGS and replaced.record.enterprise == enterprise
    if not is_fit or replaced.state not in (State.WAITING, State.APPROVED):
        raise one_fault("supersedes", f"record {replaced.id} is no living table of readings of this enterprise")
    return replaced.id


@dataclass(slots=True)
class _Rows:
    """The rows of a table, read: each cell that is wrong becomes a fault of the result."""

    books: Books
    actor: Actor
    wanted: ImportWanted
    now_ns: int
    result: Imported
    unread: set[int] = field(init=False)  # lines with a cell that cannot be read

    def __post_init__(self) -> None:
        self.unread = {line for line, _ in self.result.broken}

    def read(self) -> dict[str, list[list[Any]]]:
        """[time, value, mark?] of each meter in order of time; two values for one instant are a fault."""
        zone = ZoneInfo(self.books.site.timezone)
        found: dict[str, dict[tuple[int, str], tuple[list[Any], Row]]] = {}
        for row in self.wanted.table.rows:
            read = self.row(row, zone)
            if read is None:
                continue
            tag, entry = read
            place = (entry[0], "final" if entry[2:] == ["final"] else "")
            twin = found.setdefault(tag, {}).get(place)
            if twin is not None and twin[0] != entry:
                self.wrong(row, "time", f"line {twin[1].line} has another value for this instant")
            elif twin is None:
                found[tag][place] = (entry, row)
        ordered = {
            tag: sorted(entries.values(), key=lambda one: (one[0][0], one[0][2:] != ["final"]))
            for tag, entries in sorted(found.items())
        }
        for entries in ordered.values():
            self.pairs(entries)
        return {tag: [entry for entry, _ in entries] for tag, entries in ordered.items()}

    def row(self, row: Row, zone: ZoneInfo) -> tuple[str, list[Any]] | None:
        """One row, or `None` after its faults."""
        before = self.result.count
        tag, mark = row.cells.get("meter", ""), row.cells.get("mark", "").lower()
        meter = self.books.meters.get(tag)
        if meter is None or self.actor.enterprise not in (None, meter.enterprise):
            self.wrong(row, "meter", f"there is no meter `{tag[:80]}`", nearest(tag, self.books.meters))
        if mark not in _MARKS:
            self.wrong(row, "mark", f"`{mark[:40]}` is not known", "`final`, `initial`, or nothing")
        time_ns = 0
        try:
            time_ns = parse_instant_ns(row.cells.get("time", ""), zone)
            if time_ns > self.now_ns + _AHEAD_NS:
                self.wrong(row, "time", "is still to come")
        except HintedError as error:
            self.wrong(row, "time", str(error), error.hint)
        value = self.value(row, meter)
        if self.result.count > before or row.line in self.unread:
            return None
        return tag, [time_ns, value, *([mark] if mark else [])]

    def value(self, row: Row, meter: Meter | None) -> str:
        """The value in the register's own unit; empty after its faults."""
        text, unit = "0", row.cells.get("unit", "")
        try:
            text = parse_amount(row.cells.get("value", ""))
        except HintedError as error:
            self.wrong(row, "value", str(error), error.hint)
        if meter is None:
            return ""
        value = own_unit(meter, text, unit) or ""
        if not value:
            self.wrong(row, "unit", f"`{unit[:40]}` is not {meter.spec.unit}, the register's unit")
        elif value.startswith("-") or (meter.spec.modulus is not None and Decimal(value) >= meter.spec.modulus):
            self.wrong(row, "value", "outside of what the register can show")
        return value

    def pairs(self, entries: "Iterable[tuple[list[Any], Row]]") -> None:
        """After a final value comes the initial one of the new register, and before an initial a final."""
        last: Row | None = None
        for entry, row in entries:
            mark = "".join(entry[2:])
            if last is not None and mark != "initial":
                self.wrong(last, "mark", "no initial value of the new register follows this final one")
            if last is None and mark == "initial":
                self.wrong(row, "mark", "no final value of the old register comes before this initial one")
            last = row if mark == "final" else None
        if last is not None:
            self.wrong(last, "mark", "no initial value of the new register follows this final one")

    def wrong(self, row: Row, name: str, message: str, hint: str = "") -> None:
        """A fault of a cell."""
        self.result.wrong(row.mark(self.wanted.table.file, name), Fault(name, message, hint))
