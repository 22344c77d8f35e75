"""`park-gateway carbon record`: what people know and no meter tells - submit, import, list, approve, reject."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.record_desk import desk, read_upload
from gateway.core.errors import Rejected

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan
    from gateway.config.problems import Mark

app = typer.Typer(name="record", help="Records: submit, import, list, approve, reject.", no_args_is_help=True)
_TABLES = (".csv", ".xlsx", ".txt", ".tsv")
_SHOWN_ERRORS = 100

By = Annotated[str, typer.Option("--by", help="Who does this: the person's name.", show_default=False)]
RecordId = Annotated[str, typer.Argument(metavar="ID", help="The record's id, or enough of its beginning.")]
Json = dict[str, Any]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One record (YAML, JSON) or a table (CSV, XLSX).")],
    by: By,
    evidence: Annotated[list[Path] | None, typer.Option("--evidence", help="A photo, note, certificate.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Of a table's rows; of a record where `kind:` is not in it.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="A remark.")] = "",
    supersedes: Annotated[str, typer.Option("--supersedes", help="The record whose place this one takes.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Take it although it looks typed twice.")] = False,
    accept_good_rows: Annotated[bool, typer.Option("--accept-good-rows", help="Leave wrong rows out.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Submit a record or a table of records; somebody else approves them.

    A table is evidence of its records itself. Nothing of it is taken when one row is wrong.
    """
    from gateway.accounts.records.evidence_files import doubts_of

    plan = load_config(config, quiet=True).plan
    is_table = file.suffix.lower() in _TABLES
    if is_table and not kind:
        fail(
            "--kind is needed: what are the rows?", "park-gateway carbon record template --help lists them", EXIT_USAGE
        )
    marks: dict[str, Mark] = {}
    with errors_for_people(), _refusals(str(file), marks):
        files = [read_upload(path) for path in evidence or []]
        for one in files:
            for doubt in doubts_of(one.data, one.name):
                say(f"warning: {one.name}: {doubt}")
        with desk(plan) as where:
            if is_table:
                wanted: Json = {"kind": kind, "by": by, "note": note, "supersedes": supersedes, "force": force}
                found = where.add_table({**wanted, "accept_good_rows": accept_good_rows}, read_upload(file), files)
            else:
                given = {"kind": kind, "note": note, "supersedes": supersedes, "force": force}
                document = {key: value for key, value in given.items() if value} | _document(file, marks)
                found = where.add({**document, "by": by}, files)
    if as_json:
        print_json(found)
    elif is_table:
        _say_table(found)
    else:
        _say_record(found, plan)


@app.command("template")
def template(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="delivery, invoice, reading, readings, ...")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A .csv or .xlsx file; else stdout.")] = None,
) -> None:
    """Write a table to fill in, with an example as a remark."""
    from gateway.accounts.records.templates import form_with_table, template_csv, template_xlsx

    with errors_for_people():
        form = form_with_table(kind)
        if output is None:
            typer.echo(template_csv(form).decode("utf-8-sig"), nl=False)
            return
        data = template_xlsx(form) if output.suffix.lower() == ".xlsx" else template_csv(form)
        try:
            with output.open("xb") as file:
                file.write(data)
        except OSError as error:
            raise Rejected(f"cannot write {output}: {error.strerror}", "name another file") from None
    say(f"{output} has the columns of `{form}`; rows that begin with # are not read")


@app.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help="waiting, approved, rejected, withdrawn, superseded.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only of this kind.")] = "",
    enterprise: Annotated[str | None, typer.Option("--enterprise", help="Only of this enterprise.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many at most.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List records, the newest first."""
    from gateway.accounts.records.record_document import record_document
    from gateway.accounts.records.submission_log import State, submissions
    from gateway.accounts.records.templates import form_with_table
    from gateway.store.ledger import reading

    plan = load_config(config, quiet=True).plan
    if state and state not in list(State):
        fail(f"--state: there is no `{state}`", f"there is: {', '.join(State)}", EXIT_USAGE)
    with errors_for_people(), reading(plan.store.directory) as db:
        forms = (form_with_table(kind),) if kind else ()
        wanted = State(state) if state else None
        found = submissions(db, enterprise=enterprise, forms=forms, state=wanted, limit=limit)
        documents = [record_document(one) for one in found]
    if as_json:
        print_json({"items": documents})
        return
    columns = ["id", "kind", "state", "enterprise", "period", "what", "by", "decided by"]
    print_table(columns, [_row(document) for document in documents])


@app.command("show")
def show(record_id: RecordId, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one record: what was filled in, its files, what became of it, and what readings would give."""
    from gateway.accounts.owned_books import load_owned_books
    from gateway.accounts.records.plausible import plausibility
    from gateway.accounts.records.record_document import record_document
    from gateway.accounts.records.submission_log import submission
    from gateway.store.ledger import reading

    plan = load_config(config, quiet=True).plan
    with errors_for_people(), reading(plan.store.directory) as db:
        one = submission(db, record_id)
        found = {**record_document(one), "plausibility": plausibility(db, load_owned_books(plan), one)}
        replaced = record_document(submission(db, one.record.about)) if one.record.about else None
    if as_json:
        print_json(found)
        return
    _say_record(found, plan)
    if replaced is not None:
        print_line(f"  {'which is':22}{replaced['kind']}, {replaced['state']}, {replaced['period']}: {_what(replaced)}")


@app.command("approve")
def approve(
    record_id: RecordId,
    by: By,
    note: Annotated[str, typer.Option("--note", help="A remark.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Although a register does not go on from before.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Approve a record that somebody else prepared: from now on it counts. What its readings give is said."""
    _decide("approve", record_id, {"by": by, "note": note, "force": force}, config, as_json=as_json)


@app.command("reject")
def reject(
    record_id: RecordId,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="What is wrong with it.", show_default=False)],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Reject a record that somebody else prepared."""
    _decide("reject", record_id, {"by": by, "reason": reason}, config, as_json=as_json)


@app.command("withdraw")
def withdraw(
    record_id: RecordId,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Withdraw a record that one prepared oneself and nobody has decided on."""
    _decide("withdraw", record_id, {"by": by, "reason": reason}, config, as_json=as_json)


def _decide(what: str, record_id: str, words: Mapping[str, Any], config: Path, *, as_json: bool) -> None:
    plan = load_config(config, quiet=True).plan
    with errors_for_people(), desk(plan) as where:
        found = where.decide(what, record_id, words)
    if as_json:
        print_json(found)
        return
    print_line(f"{found['id']} is {found['state']}")
    _say_values(found)
    if found["decision"] and found["decision"]["late"]:
        say(f"note: {', '.join(found['decision']['late'])} is closed: this leads to a restatement")


def _document(file: Path, marks: "dict[str, Mark]") -> Json:
    """The fields of a file as texts; their places go into `marks`. Raises ConfigErrors, Rejected."""
    from gateway.config.nodes import Mapping as Keys
    from gateway.config.nodes import Scalar
    from gateway.config.problems import Report
    from gateway.config.yamltext import parse_yaml

    try:
        text = read_upload(file).data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected(f"{file} is not UTF-8 text", "save the file as UTF-8") from None
    report = Report()
    tree = parse_yaml(text.replace("\t", " ") if file.suffix == ".json" else text, str(file), report, lambda _: None)
    report.raise_problems()
    if not isinstance(tree, Keys):
        raise Rejected(f"{file} is no record", "keys with values: `kind: delivery`, ...; many records are a table")
    for name, node in tree.items.items():
        marks[name] = tree.keys[name]
        if not isinstance(node, Scalar):
            report.error(tree.keys[name], f"`{name}` is no single value")
    report.raise_problems()
    return {name: node.text for name, node in tree.items.items() if isinstance(node, Scalar)}


@contextmanager
def _refusals(file: str, marks: "Mapping[str, Mark]") -> Iterator[None]:
    """Errors of fields and rows as lines that begin with their place."""
    from gateway.accounts.records.import_models import TableRefused
    from gateway.accounts.records.submission_models import Faults
    from gateway.cli.peer import Refused
    from gateway.config.problems import ConfigErrors

    try:
        yield
    except Faults as error:
        errors: list[Json] = [{"field": one.field, "message": one.message, "hint": one.hint} for one in error.faults]
    except TableRefused as error:
        errors = [dict(one.as_json()) for one in error.imported.problems]
    except Refused as error:
        errors = error.errors
    except ConfigErrors as error:
        errors = [dict(one.as_json()) for one in error.problems]
    else:
        return
    for one in errors[:_SHOWN_ERRORS]:
        say(_line(one, file, marks))
    fail(f"{len(errors)} error{'s' * (len(errors) > 1)}: nothing was recorded", _next(errors))


def _line(one: Mapping[str, Any], file: str, marks: "Mapping[str, Mark]") -> str:
    hint = f" ({one['hint']})" if one.get("hint") else ""
    if "line" in one:
        return f"{one['file']}:{one['line']}:{one['column']}: {one['message']}{hint}"
    field = str(one.get("field", ""))
    place = str(marks.get(field.split(".", maxsplit=1)[0], f"{file}:1:1"))
    return f"{place}: {field}: {one['message']}{hint}" if field else f"{place}: {one['message']}{hint}"


def _next(errors: list[Any]) -> str:
    if len(errors) > _SHOWN_ERRORS:
        return f"the first {_SHOWN_ERRORS} are shown; --json of the API lists all"
    return "put them right and try again" + ("; or --accept-good-rows" if "line" in errors[0] else "")


def _row(document: Json) -> list[object]:
    decision = document["decision"]
    return [
        document["id"],
        document["kind"],
        document["state"],
        document["enterprise"],
        document["period"],
        _what(document),
        document["by"],
        decision["by"] if decision else "",
    ]


def _what(document: Json) -> str:
    """What a record is about, in a few words; of a void, what it takes back."""
    fields = document["fields"]
    what = fields.get("source") or fields.get("meter") or fields.get("number") or fields.get("what") or ""
    amount = fields.get("quantity") or fields.get("value") or fields.get("energy_mwh") or fields.get("count") or ""
    taken_back = document["supersedes"] if document["kind"] == "void" else None
    return " ".join(map(str, filter(None, (what, amount, fields.get("unit"), fields.get("document"), taken_back))))


def _shown(fields: Json, zone: ZoneInfo) -> Json:
    """The fields as people read them: instants in local time; what is there in micro-units too is there in units."""
    from gateway.cli.energy_show import local

    found = {name: value for name, value in fields.items() if not name.endswith(("_ns", "_micro"))}
    moments = {name: value for name, value in fields.items() if name.endswith("_ns")}
    return found | {name.removesuffix("_ns"): local(int(value), zone) for name, value in moments.items()}


def _say_record(found: Json, plan: "ParkPlan") -> None:
    print_line(f"{found['id']}  {found['kind']}, {found['state']}, by {found['by']}")
    for name, value in _shown(found["fields"], ZoneInfo(plan.site.timezone)).items():
        print_line(f"  {name:22}{value}")
    if found["supersedes"]:
        print_line(f"  {'voids' if found['kind'] == 'void' else 'supersedes':22}{found['supersedes']}")
    for file in found["evidence"]:
        print_line(f"  {'evidence':22}{file['sha256']}  {file['name']}, {file['media_type']}, {file['size']} bytes")
    if found["decision"]:
        decision = found["decision"]
        print_line(f"  {decision['what']:22}by {decision['by']}  {decision['note']}")
    for warning in found["warnings"]:
        say(f"warning: {warning}")
    if found["late"]:
        say(f"note: {', '.join(found['late'])} is closed: approving this leads to a restatement")
    _say_values(found)


def _say_values(found: Json) -> None:
    """What values of registers give."""
    for row in (found.get("plausibility") or {"rows": []})["rows"]:
        given = "" if row["quantity"] is None else f"{row['quantity']} {row['unit']}, {row['per_day']} a day"
        usual = "" if row["usual_per_day"] is None else f" (usually {row['usual_per_day']})"
        notes = "; ".join(note["en"] for note in row["notes"])
        value = " ".join(filter(None, (row["mark"], row["value"] or "not known")))
        print_line(f"  {row['time']}  {row['meter']}  {value}  {given}{usual}{'  ! ' if notes else ''}{notes}")


def _say_table(found: Json) -> None:
    for one in found["errors"]:
        say(f"left out: {one['file']}:{one['line']}:{one['column']}: {one['message']}")
    for note in found["notes"]:
        say(f"note: {note}")
    print_line(
        f"{found['rows']} rows, {found['taken']} record{'s' * (found['taken'] != 1)} submitted, waiting for approval"
    )
    if found["taken"] == 1:
        print_line(found["records"][0])
