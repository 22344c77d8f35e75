"""Tables of records: every row's errors at once; nothing is taken when one is wrong, unless asked for."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.accounts.people import Actor, person
from gateway.accounts.records.cems_hours import COLUMNS as CEMS_COLUMNS
from gateway.accounts.records.cems_hours import CemsHours
from gateway.accounts.records.evidence_files import EvidenceFile
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.instants import parse_instant_ns
from gateway.accounts.records.register_units import own_unit
from gateway.accounts.records.submission_checks import period_text
from gateway.accounts.records.submission_log import State, Submission, submission
from gateway.accounts.records.submission_models import Fault, Faults, field_names, parse_amount
from gateway.accounts.records.submitting import (
    Duplicate,
    KeyReused,
    Known,
    Submitted,
    Wanted,
    judged,
    keyed_id,
    note_files,
    one_fault,
    submit,
)
from gateway.accounts.records.tables import Row, Table
from gateway.config.problems import Mark, Problem, nearest
from gateway.config.types import HintedError
from gateway.core.errors import Rejected
from gateway.store.records import append, get
from rules.ledger.canonical import content_id

MAX_RECORDS = 10_000  # of one table; past readings are one record
_READINGS_COLUMNS = ("meter", "time", "value", "unit", "mark")
_TABLE_COLUMNS = {Form.READINGS: _READINGS_COLUMNS, Form.CEMS_HOURS: CEMS_COLUMNS}
_MARKS = ("", "final", "initial")
_BESIDE_THE_TABLE = (Form.INSTRUMENT, Form.FACTOR)  # a table is no certificate and no source document
_MOST_PROBLEMS = 1000
_AHEAD_NS = 300_000_000_000


@dataclass(slots=True)
class Imported:
    """What became of a table."""

    rows: int = 0
    taken: list[Submission] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0  # that are not listed
    notes: list[str] = field(default_factory=list)
    broken: frozenset[tuple[int, int]] = frozenset()  # line and column of cells that cannot be read

    @property
    def count(self) -> int:
        """Of all problems."""
        return len(self.problems) + self.more_problems

    def wrong(self, mark: Mark, fault: Fault) -> None:
        """Note a fault at its place; of a cell that cannot be read that is told already."""
        if (mark.line, mark.column) in self.broken:
            return
        if len(self.problems) >= _MOST_PROBLEMS:
            self.more_problems += 1
            return
        message = f"{fault.field}: {fault.message}" if fault.field else fault.message
        self.problems.append(Problem(*mark, message, fault.hint))


class TableRefused(Rejected):
    """Rows are wrong and nothing was taken."""

    def __init__(self, imported: Imported) -> None:
        count = imported.count
        hint = "put them right; or take the good rows alone: `accept_good_rows`"
        super().__init__(f"{count} error{'s' * (count > 1)} in the table: nothing was taken", hint)
        self.imported = imported


@dataclass(frozen=True, slots=True)
class ImportWanted:
    """A table that somebody wants to have recorded. The first of `evidence` is the table itself."""

    form: Form
    table: Table
    evidence: tuple[EvidenceFile, ...]
    note: str = ""
    supersedes: str = ""  # of past readings: the table whose place this one takes
    key: str = ""
    accept_good_rows: bool = False
    is_forced: bool = False


def take_table(db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int) -> Imported:
    """Record a table inside the caller's transaction, which has to be rolled back when this raises.

    Raises TableRefused with every row's errors, Faults for what is wrong with the table as a whole, KeyReused.
    """
    person(actor.by)
    names = _TABLE_COLUMNS.get(wanted.form) or tuple(_columns(wanted.form))
    result = Imported(rows=len(wanted.table.rows), notes=list(wanted.table.notes))
    for one in wanted.table.problems:
        result.wrong(Mark(one.file, one.line, one.column), Fault("", one.message, one.hint))
    result.broken = frozenset((one.line, one.column) for one in wanted.table.problems)
    before = result.count
    _check_header(wanted, names, result)
    is_readable = result.count == before
    if is_readable:
        if wanted.form is Form.READINGS:
            _take_readings(db, books, actor, wanted, now_ns, result)
        elif wanted.form is Form.CEMS_HOURS:
            _take_hours(db, books, actor, wanted, now_ns, result)
        else:
            _take_rows(db, books, actor, wanted, now_ns, result)
    elif wanted.form not in _TABLE_COLUMNS:
        _judge_known_columns(db, books, actor, wanted, now_ns, result, names)
    if result.problems and not (wanted.accept_good_rows and result.taken):
        raise TableRefused(result)
    return result


def imported_document(done: Imported) -> dict[str, Any]:
    """What became of a table."""
    return {
        "rows": done.rows,
        "taken": len(done.taken),
        "records": [one.id for one in done.taken],
        "notes": done.notes,
        "errors": [one.as_json() for one in done.problems],
        "more_errors": done.more_problems,
    }


def _columns(form: Form) -> list[str]:
    return [*field_names(form), "period", "date"]


def _check_header(wanted: ImportWanted, names: tuple[str, ...], result: Imported) -> None:
    for row in wanted.table.rows[:1]:
        for name in row.columns:
            if name and name not in names:
                fault = Fault("", f"unknown column `{name[:40]}`", nearest(name, names))
                result.wrong(Mark(wanted.table.file, 1, row.columns[name]), fault)


def _take_rows(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int, result: Imported
) -> None:
    """One record of each row."""
    if len(wanted.table.rows) > MAX_RECORDS:
        raise one_fault("file", f"more than {MAX_RECORDS} rows", "split the table")
    if wanted.form in _BESIDE_THE_TABLE and len(wanted.evidence) < 2:
        raise one_fault("evidence", "is needed beside the table", "the certificates, or the document of the factors")
    known, file = Known(db), wanted.table.file
    lines: dict[str, int] = {}  # of the rows that became records now, by id
    unread = {line for line, _ in result.broken}
    for row in wanted.table.rows:
        key = f"{wanted.key}#{row.line}" if wanted.key else ""
        one = Wanted(wanted.form, {"note": wanted.note} | row.cells, wanted.evidence, key, wanted.is_forced)
        try:
            if row.line in unread:
                raise Faults(judged(db, books, actor, one, now_ns, known)[0].faults)
            done = submit(db, books, actor, one, now_ns, known).submission
            result.taken.append(done)
            lines[done.id] = row.line
        except Faults as error:
            for fault in error.faults:
                result.wrong(row.mark(file, fault.field), fault)
        except KeyReused:
            raise
        except Duplicate as error:
            first = lines.get(error.twin)
            fault = Fault("", error.message, error.hint) if first is None else _twin_fault(wanted.form, first)
            result.wrong(row.mark(file, ""), fault)


def _twin_fault(form: Form, first: int) -> Fault:
    if form in ACTIVITIES or form is Form.ALLOCATION:
        hint = "leave one of them out; `force` where both are real"
        return Fault("", f"says the same as line {first}: source, days, quantity and document number", hint)
    return Fault("", f"is about the same as line {first}", "leave one of them out")


def _judge_known_columns(
    db: sqlite3.Connection,
    books: Books,
    actor: Actor,
    wanted: ImportWanted,
    now_ns: int,
    result: Imported,
    names: tuple[str, ...],
) -> None:
    """What is wrong with the rows besides the columns that nobody knows; what is missing may be in one of those."""
    known = Known(db)
    for row in wanted.table.rows[:MAX_RECORDS]:
        cells = {name: text for name, text in row.cells.items() if name in names}
        one = Wanted(wanted.form, cells, wanted.evidence)
        for fault in judged(db, books, actor, one, now_ns, known)[0].faults:
            if fault.field in cells:
                result.wrong(row.mark(wanted.table.file, fault.field), fault)


def _take_hours(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int, result: Imported
) -> None:
    """One record of all rows: the masses of a gas over some days."""
    table = CemsHours(ZoneInfo(books.site.timezone))
    table.read(wanted.table.rows)
    for row, fault in table.faults:
        result.wrong(row.mark(wanted.table.file, fault.field), fault)
    if not table.hours or result.broken or (result.problems and not wanted.accept_good_rows):
        return
    fields = {**table.fields(), "note": wanted.note, "supersedes": wanted.supersedes}
    one = Wanted(Form.CEMS, fields, wanted.evidence, wanted.key, wanted.is_forced)
    result.taken.append(submit(db, books, actor, one, now_ns).submission)


def _take_readings(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: ImportWanted, now_ns: int, result: Imported
) -> None:
    """One record of all rows: past readings come by the ten thousand."""
    meters = _Readings(books, actor, wanted, now_ns, result).read()
    if not meters or (result.problems and not wanted.accept_good_rows):
        return
    enterprises = {books.meters[tag].enterprise for tag in meters}
    if len(enterprises) > 1:
        raise one_fault("meter", f"meters of {len(enterprises)} enterprises", "one table for each enterprise")
    record = _readings_record(db, books, actor, wanted, now_ns, meters, enterprises.pop())
    result.taken.append(record.submission)


def _readings_record(
    db: sqlite3.Connection,
    books: Books,
    actor: Actor,
    wanted: ImportWanted,
    now_ns: int,
    meters: Mapping[str, list[list[Any]]],
    enterprise: str,
) -> Submitted:
    by, record_id = person(actor.by), keyed_id(actor, wanted.key) if wanted.key else ""
    rows_hash = content_id(meters)
    if record_id and (before := get(db, record_id)) is not None:
        if before.body.get("rows_sha256") != rows_hash:
            raise KeyReused("this idempotency key was used for another table", "take a new key for a new table")
        return Submitted(submission(db, before.id), is_new=False)
    known = Known(db)
    replaced = _replaced(db, actor, wanted.supersedes, enterprise)
    zone = ZoneInfo(books.site.timezone)
    days = [
        datetime.fromtimestamp(row[0] // 10**9, zone).date() for rows in meters.values() for row in (rows[0], rows[-1])
    ]
    period = period_text(min(days), max(days))
    place, likeness = ("reading", enterprise, period), content_id([Form.READINGS.value, rows_hash])
    twin = known.like(place, likeness, () if replaced is None else (replaced.id,))
    if twin:
        raise Duplicate(
            f"record {twin} has exactly these readings already", f"to correct it: `supersedes: {twin}`", twin
        )
    body = {
        "form": Form.READINGS.value,
        "file": wanted.evidence[0].sha256,
        "rows_sha256": rows_hash,
        "count": sum(map(len, meters.values())),
        "meters": meters,
        "note": wanted.note,
        "by": by,
        "principal": actor.document,
        "evidence": [one.document for one in wanted.evidence],
        "warnings": [],
        "late": known.late(books, enterprise, period),
        "likeness": likeness,
        "request": rows_hash,
        "supersedes": "" if replaced is None else replaced.id,
    }
    note_files(db, wanted.evidence, enterprise, by, now_ns)
    record = append(
        db,
        now_ns,
        Form.READINGS.kind,
        body,
        enterprise=enterprise,
        period=period,
        about="" if replaced is None else replaced.id,
        id=record_id,
    )
    return Submitted(Submission(record, State.WAITING))


def _replaced(db: sqlite3.Connection, actor: Actor, record_id: str, enterprise: str) -> Submission | None:
    if not record_id:
        return None
    try:
        replaced = submission(db, record_id, actor.enterprise)
    except Rejected as error:
        raise one_fault("supersedes", error.message, error.hint) from None
    is_fit = replaced.form is Form.READINGS and replaced.record.enterprise == enterprise
    if not is_fit or replaced.state not in (State.WAITING, State.APPROVED):
        raise one_fault("supersedes", f"record {replaced.id} is no living table of readings of this enterprise")
    return replaced


@dataclass(slots=True)
class _Readings:
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
