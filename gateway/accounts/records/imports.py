"""Tables of records: every row's errors at once; nothing is taken when one is wrong, unless asked for."""

import sqlite3
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.people import Actor, person
from gateway.accounts.records.cems_hours import COLUMNS as CEMS_COLUMNS
from gateway.accounts.records.cems_hours import CemsHours
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.import_models import Imported, ImportWanted, TableRefused
from gateway.accounts.records.readings_table import COLUMNS as READINGS_COLUMNS
from gateway.accounts.records.readings_table import take_readings
from gateway.accounts.records.submission_models import Fault, Faults, field_names
from gateway.accounts.records.submitting import (
    Duplicate,
    KeyReused,
    Known,
    Wanted,
    judged,
    one_fault,
    submit,
)
from gateway.config.problems import Mark, nearest

MAX_RECORDS = 10_000  # of one table; past readings are one record
_TABLE_COLUMNS = {Form.READINGS: READINGS_COLUMNS, Form.CEMS_HOURS: CEMS_COLUMNS}
_BESIDE_THE_TABLE = (Form.INSTRUMENT, Form.FACTOR)  # a table is no certificate and no source document


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
            take_readings(db, books, actor, wanted, now_ns, result)
        elif wanted.form is Form.CEMS_HOURS:
            _take_hours(db, books, actor, wanted, now_ns, result)
        else:
            _take_rows(db, books, actor, wanted, now_ns, result)
    elif wanted.form not in _TABLE_COLUMNS:
        _judge_known_columns(db, books, actor, wanted, now_ns, result, names)
    if result.problems and not (wanted.accept_good_rows and result.taken):
        raise TableRefused(result)
    return result


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
