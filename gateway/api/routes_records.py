"""Records by people: submit with files, import tables, list, approve, reject, withdraw; templates and evidence."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from sqlite3 import Connection
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from gateway.accounts.carbon.answers import plausibility_answer
from gateway.accounts.people import Actor
from gateway.accounts.records.approvals import NotAllowed, approve, reject, withdraw
from gateway.accounts.records.evidence_files import doubts_of, keep
from gateway.accounts.records.forms import Form
from gateway.accounts.records.import_models import ImportWanted, TableRefused, imported_document
from gateway.accounts.records.imports import take_table
from gateway.accounts.records.plausible import plausibility
from gateway.accounts.records.record_document import record_document
from gateway.accounts.records.submission_log import NoRecord, State, submission, submissions, waiting
from gateway.accounts.records.submission_models import Faults, form_named
from gateway.accounts.records.submitting import Duplicate, KeyReused, note_files, submit, wanted_of
from gateway.accounts.records.tables import read_table
from gateway.accounts.records.templates import columns, example, form_with_table, needed, template_csv, template_xlsx
from gateway.api.access import Approver, Principal, Reader, RecordKeeper
from gateway.api.actors import actor_of
from gateway.api.answers import BINARY, CSV, answers, body, file_answers
from gateway.api.bodies import RECORD, TABLE, form
from gateway.api.context import Context, InContext
from gateway.api.problems import ProblemResponse, problem
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.records import (
    EmissionSources,
    Forms,
    KeptEvidence,
    Records,
    RecordShape,
    RecordTaken,
    RecordWithPlausibility,
    Rehearsal,
    TableTaken,
)
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, one_page, table_answer, table_json
from gateway.api.uploads import files_of, posted, read_body, table_of
from gateway.api.views import names
from gateway.config.problems import ConfigErrors
from gateway.core.errors import Rejected
from gateway.pipeline.audit import Entry
from gateway.store.evidence import MAX_BYTES

router = APIRouter(prefix="/api/v1/carbon", tags=["records"], route_class=ProvenRoute)
Json = dict[str, Any]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
_COLUMNS = (
    "id", "seq", "kind", "state", "enterprise", "period", "source", "meter", "what", "number", "from", "to", "time",
    "quantity", "value", "energy_mwh", "unit", "document", "note", "by", "decided_by", "remark", "supersedes",
    "evidence",
)  # fmt: skip
_SAID = ("warnings", "forced", "objections", "message", "hint", "notes")
_PUT_DOWN = ("id", "kind", "state", "enterprise", "period", "supersedes", "forced", "records", "rows")
_TABLE_TIMEOUT_S = 120.0
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORM = "multipart/form-data"
_FILE = body({"application/octet-stream": BINARY}, "The file itself, not a form.")
_RECORD = body({"application/json": RECORD, _FORM: form("record", "file")}, "A record; as a form with its files.")
_REHEARSAL = body({"application/json": RECORD}, "A record, as it would be submitted.")
_TABLE = body({_FORM: form("import", "table", "file"), "application/json": TABLE}, "What the table is, and the table.")


class TemplateFormat(StrEnum):
    """How a template is written."""

    CSV = "csv"
    XLSX = "xlsx"


class _NotKept(Exception):
    """Ends the transaction of a rehearsal."""


class Decision(BaseModel):
    """Who decides: whoever signed in; over the Unix socket the name that is stated."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    reason: Annotated[str, Field(max_length=1000)] = ""
    force: bool = False  # approve although values of a register do not follow those before


@router.get("/sources", responses=answers(EmissionSources))
def sources(principal: Reader, context: InContext) -> Json:
    """The emission sources, for forms: those with meters take no records of quantities."""
    items = [
        {
            "id": one.id,
            "name": names(one.names, one.id),
            "enterprise": one.enterprise,
            "meters": list(one.meters),
        }
        for one in context.gateway.books.sources.values()
        if principal.enterprise in (None, one.enterprise)
    ]
    return {"items": items, "total": len(items)}


@router.get("/templates", responses=answers(Forms))
def templates(_: Reader) -> Json:
    """What can be recorded: the fields of each kind, those that are needed, an example."""
    return {
        "items": [
            {"kind": form.value, "fields": columns(form), "needed": needed(form), "example": example(form)}
            for form in Form
        ]
    }


@router.get("/templates/{kind}", response_class=Response, responses=file_answers(CSV, _XLSX))
def template(_: Reader, kind: str, format: TemplateFormat = TemplateFormat.CSV) -> Response:  # noqa: A002
    """A table to fill in, with an example as a remark."""
    form = form_with_table(kind)
    headers = {"Content-Disposition": f'attachment; filename="{form.value}.{format.value}"'}
    if format is TemplateFormat.CSV:
        return Response(template_csv(form), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(template_xlsx(form), media_type=_XLSX, headers=headers)


@router.post("/evidence", status_code=201, openapi_extra=_FILE, responses=answers(KeptEvidence, 413, 415, status=201))
async def add_evidence(
    principal: RecordKeeper, context: InContext, request: Request, name: Annotated[str, Query(max_length=300)] = "file"
) -> Json:
    """Keep a file, the body as it is; the answer's `sha256` goes into `evidence` of a record.

    `warnings`: the bytes are not what the name says. What the bytes are is what counts.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise HTTPException(415, "the body is the file itself, not a form: `curl --data-binary @note.jpg`")
    data = await read_body(request, MAX_BYTES)
    ledger, now_ns = context.gateway.ledger, context.gateway.clock.time_ns()

    def write(db: Connection) -> Json:
        file = keep(ledger.evidence, data, name)
        if principal.enterprise is not None:  # from now on it may name this file
            with ledger.write(db):
                note_files(db, (file,), principal.enterprise, principal.name, now_ns)
        return {**file.document, "warnings": doubts_of(data, name)}

    async with context.audited(principal, "evidence add", name, after={"bytes": len(data)}) as entry:
        kept = await ledger.do(write)
        entry.after = kept
    return with_chinese(kept, "warnings")


@router.get("/records", responses=answers(Records, 404, 406, files=TABLES))
async def records(
    request: Request,
    principal: Reader,
    context: InContext,
    tables: InFormat,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    state: State | None = None,
    enterprise: Annotated[str | None, Query(max_length=64)] = None,
    source: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Records, the newest first, in pages (`next_before`; of a file the header `X-Next-Before`).

    `waiting`: how many wait for approval.
    """
    if principal.enterprise is not None and enterprise not in (None, principal.enterprise):
        raise HTTPException(404, f"no enterprise `{enterprise[:100]}`")
    whose = principal.enterprise or enterprise
    forms = () if kind is None else (form_with_table(kind),)

    def read(db: Connection) -> Json:
        found = submissions(
            db, enterprise=whose, forms=forms, state=state, source=source, limit=limit, before_seq=before
        )
        return {
            "items": [record_document(one) for one in found],
            "waiting": waiting(db, whose),
            "next_before": found[-1].record.seq if len(found) == limit else None,
        }

    found = await context.gateway.ledger.do(read)
    if tables is TableFormat.JSON:
        return table_json(with_chinese(found, *_SAID))
    told = {"kind": kind, "state": state, "enterprise": whose}
    table = Table("records", dict.fromkeys(_COLUMNS, "VARCHAR"), one_page([_cells(item) for item in found["items"]]))
    answer = await table_answer(request, context, principal, tables, table, "records", told)
    if found["next_before"] is not None:
        answer.headers["X-Next-Before"] = str(found["next_before"])
    return answer


def _cells(item: Json) -> list[object]:
    decision = item["decision"] or {"by": "", "note": ""}
    fields = item["fields"]
    said = [item[name] for name in _COLUMNS[:6]] + [fields.get(name, "") for name in _COLUMNS[6:-5]]
    files = " ".join(file["sha256"] for file in item["evidence"])
    return [*said, item["by"], decision["by"], decision["note"], item["supersedes"] or "", files]


@router.get("/records/{record_id}", responses=answers(RecordWithPlausibility))
async def record(principal: Reader, context: InContext, record_id: str) -> Any:
    """One record with its files; of readings and exchanges, what quantities they would give."""

    gateway = context.gateway
    try:
        one = await gateway.ledger.do(lambda db: submission(db, record_id, principal.enterprise))
    except Rejected as error:
        return _refusal(error)
    shown = None
    if one.form in (Form.READING, Form.READINGS, Form.METER_EVENT):  # tens of thousands of them take seconds
        shown = await gateway.jobs.run(plausibility_answer, gateway.plan.store.directory, gateway.books, one.id)
    return with_chinese({**record_document(one), "plausibility": shown}, *_SAID)


@router.post("/records", status_code=201, openapi_extra=_RECORD, responses=answers(RecordTaken, 409, 413, status=201))
async def add_record(principal: RecordKeeper, context: InContext, request: Request, key: Key = "") -> Any:
    """Submit one record: JSON, or a form with `record` (JSON) and its files (`file`, several). It waits for approval.

    `kind` says which form; `by` who prepared it; `evidence` the SHA-256 of files that were sent before.
    """
    try:
        async with posted(request, "record") as (document, parts):
            stored = await files_of(principal, context, document, parts)
        wanted = wanted_of(document, stored, key, is_forced=document.get("force") in (True, "yes", "true"))
    except (Faults, Rejected) as error:
        return _refusal(error)
    actor = actor_of(principal, document.get("by"))

    def write(db: Connection) -> Json:
        with context.gateway.ledger.write(db):
            done = submit(db, context.gateway.books, actor, wanted, context.gateway.clock.time_ns())
        shown = plausibility(db, context.gateway.books, done.submission)
        return {**record_document(done.submission), "is_new": done.is_new, "plausibility": shown}

    what = str(document.get("document") or wanted.form.value)
    async with context.audited(principal, "record submit", what, after=document) as entry:
        return await _answered(context, write, entry)


@router.post("/rehearsals", openapi_extra=_REHEARSAL, responses=answers(Rehearsal, 409, 413))
async def rehearse_record(principal: RecordKeeper, context: InContext, request: Request) -> Any:
    """What a record would be told and what its readings would give; nothing is kept. JSON as for a record."""
    try:
        async with posted(request, "record") as (document, _):
            stored = await files_of(principal, context, document, None)
        wanted = wanted_of(document, stored, is_forced=document.get("force") is True)
    except (Faults, Rejected) as error:
        return _refusal(error)
    actor = actor_of(principal, document.get("by") or (principal.person or "rehearsal"))

    def rehearse(db: Connection) -> Json:
        found: Json = {}
        with suppress(_NotKept), context.gateway.ledger.write(db):
            one = submit(db, context.gateway.books, actor, wanted, context.gateway.clock.time_ns()).submission
            found = {"warnings": one.body["warnings"], "late": one.body["late"]}
            found["plausibility"] = plausibility(db, context.gateway.books, one)
            raise _NotKept
        return found

    async with context.audited(principal, "record rehearse", wanted.form.value) as entry:
        return await _answered(context, rehearse, entry)


@router.post("/imports", status_code=201, openapi_extra=_TABLE, responses=answers(TableTaken, 409, 413, status=201))
async def add_table(principal: RecordKeeper, context: InContext, request: Request, key: Key = "") -> Any:
    """Submit a table (CSV or XLSX): a form with `import` (JSON), `table` and files, or JSON with `table` a SHA-256.

    `kind`, `by`, `note`, `supersedes` (past readings), `accept_good_rows`, `force`.
    """
    try:
        async with posted(request, "import") as (document, parts):
            form = form_named(document.get("kind"))
            table_file, data = await table_of(principal, context, document, parts)
            stored = await files_of(principal, context, document, parts)
        table = await context.gateway.jobs.run(read_table, data, table_file.name, timeout_s=_TABLE_TIMEOUT_S)
    except (Faults, Rejected, ConfigErrors) as error:
        return _refusal(error)
    wanted = ImportWanted(
        form,
        table,
        (table_file, *stored),
        str(document.get("note", "")),
        str(document.get("supersedes", "")),
        key,
        document.get("accept_good_rows") is True,
        document.get("force") is True,
    )
    actor = actor_of(principal, document.get("by"))
    told = {"kind": form.value, "by": actor.by, "sha256": table_file.sha256, "note": wanted.note}

    def write(db: Connection) -> Json:
        with context.gateway.ledger.write(db):
            done = take_table(db, context.gateway.books, actor, wanted, context.gateway.clock.time_ns())
        return imported_document(done)

    async with context.audited(principal, "record import", table_file.name, after=told) as entry:
        return await _answered(context, write, entry)


@router.post("/records/{record_id}/approve", responses=answers(RecordWithPlausibility, 409))
async def approve_record(principal: Approver, context: InContext, record_id: str, wanted: Decision) -> Any:
    """Approve a record that somebody else prepared: from now on it counts. The answer says what its readings give.

    409 where a register falls without an exchange, or the final value of an old one does not follow: `force` insists.
    """

    def act(db: Connection, actor: Actor, now_ns: int) -> Json:
        books = context.gateway.books
        return approve(db, books, actor, record_id, now_ns, wanted.note, is_forced=wanted.force).document

    return await _decide(principal, context, "approve", record_id, wanted, act)


@router.post("/records/{record_id}/reject", responses=answers(RecordShape, 409))
async def reject_record(principal: Approver, context: InContext, record_id: str, wanted: Decision) -> Any:
    """Reject a record that somebody else prepared, with a reason."""
    return await _decide(
        principal,
        context,
        "reject",
        record_id,
        wanted,
        lambda db, actor, now_ns: record_document(reject(db, actor, record_id, wanted.reason, now_ns)),
    )


@router.post("/records/{record_id}/withdraw", responses=answers(RecordShape, 409))
async def withdraw_record(principal: RecordKeeper, context: InContext, record_id: str, wanted: Decision) -> Any:
    """Withdraw a record that one prepared oneself and nobody has decided on."""
    return await _decide(
        principal,
        context,
        "withdraw",
        record_id,
        wanted,
        lambda db, actor, now_ns: record_document(withdraw(db, actor, record_id, now_ns, wanted.reason)),
    )


async def _decide(
    principal: Principal,
    context: Context,
    what: str,
    record_id: str,
    wanted: Decision,
    act: Callable[[Connection, Actor, int], Json],
) -> Any:
    actor = actor_of(principal, wanted.by)

    def write(db: Connection) -> Json:
        with context.gateway.ledger.write(db):
            return act(db, actor, context.gateway.clock.time_ns())

    told = wanted.model_dump(exclude_defaults=True)
    async with context.audited(principal, f"record {what}", record_id, after=told) as entry:
        return await _answered(context, write, entry)


async def _answered(context: Context, op: Callable[[Connection], Json], entry: Entry) -> Json | ProblemResponse:
    """What the ledger says, or why it refuses; the entry of the audit log gets what was said of the object."""
    try:
        said = await context.gateway.ledger.do(op)
    except (Faults, Rejected) as error:
        entry.refuse(str(error.faults[0]) if isinstance(error, Faults) else error.message)
        return _refusal(error)
    told = cast("Json", entry.after or {})
    entry.after = {**told, **{name: said[name] for name in _PUT_DOWN if name in said}}
    return with_chinese(said, *_SAID)


def _refusal(error: Exception) -> ProblemResponse:
    """What is wrong, for a form: each field with its pointer, each row with its place."""
    if isinstance(error, Faults):
        errors = [
            {"pointer": f"/{one.field.replace('.', '/')}", "field": one.field, "message": one.message, "hint": one.hint}
            for one in error.faults
        ]
        return problem(422, str(error.faults[0]), "put the fields right that `errors` names", errors)
    if isinstance(error, TableRefused):
        return problem(422, error.message, error.hint, [one.as_json() for one in error.imported.problems])
    if isinstance(error, ConfigErrors):
        return problem(422, "the table cannot be read", "", [one.as_json() for one in error.problems])
    assert isinstance(error, Rejected)
    status = 404 if isinstance(error, NoRecord) else 422
    if isinstance(error, NotAllowed | Duplicate | KeyReused):
        status = 409
    return problem(status, error.message, error.hint)
