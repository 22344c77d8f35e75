"""The audit log: who changed what, one entry with its values, whether the chain holds, archives."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from sqlite3 import Connection
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, HTTPException, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import AuditReader, BackupKeeper, Permission, Principal, refused
from gateway.api.answers import CSV, answers, file_answers
from gateway.api.context import Context, InContext
from gateway.api.csvlines import BOM, line
from gateway.api.periods import End, Start, parse_time_ns
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.audit import ArchiveDone, AuditChain, AuditDetail, AuditPage
from gateway.pipeline.audit import Entry
from gateway.pipeline.report import ms
from gateway.store import audit, audit_archive, checkpoints
from gateway.store.audit import AuditQuery, AuditRow, Result
from gateway.store.audit_anchor import first_anchor_behind
from gateway.store.audit_chain import AuditVerdict

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], route_class=ProvenRoute)
Json = dict[str, Any]
LINES = "application/jsonl"
EXPORT_ROWS = 500
_COLUMNS = (
    "id", "time", "who", "role", "via", "origin", "action", "target", "result", "reason", "request_id", "before",
    "after", "hash",
)  # fmt: skip
Number = Annotated[int, Path(ge=1, lt=2**62)]
Upto = Annotated[int, Query(ge=1, lt=2**62)]
Short = Annotated[str | None, Query(max_length=300)]


class Steps(StrEnum):
    """Which entries of a request: every one, or without what was asked and has its result behind it."""

    ALL = "all"
    LAST = "last"


class ListFormat(StrEnum):
    """How a list is written."""

    JSON = "json"
    CSV = "csv"


class ArchiveWanted(BaseModel):
    """Let the entries up to `upto` go; `sha256` of their archive proves that it was received whole."""

    model_config = ConfigDict(extra="forbid")

    upto: Annotated[int, Field(ge=1, lt=2**62)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@router.get("", responses=answers(AuditPage, 406, files=(CSV,)))
async def audit_log(
    principal: AuditReader,
    context: InContext,
    who: Short = None,
    action: Short = None,
    target: Short = None,
    result: Result | None = None,
    start: Start = None,
    end: End = None,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    steps: Steps = Steps.ALL,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    format: ListFormat | None = None,  # noqa: A002  the parameter's public name
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Any:
    """Entries, the newest first, in pages (`next_before`); `action` may end in `*`. As CSV the whole range."""
    from_ns = None if start is None else parse_time_ns(start, "from")
    to_ns = None if end is None else parse_time_ns(end, "to")
    query = AuditQuery(from_ns, to_ns, who, action, target, result, before, steps is Steps.LAST)
    if format is ListFormat.CSV or (format is None and CSV in accept):
        return await _csv_answer(principal, context, query)
    state = context.gateway.audit.state

    def page(db: Connection) -> tuple[list[AuditRow], list[Json]]:
        return audit.read(db, query, limit), audit_archive.archives(db)

    rows, archives = await state.do(page)
    answer = {
        "items": [_brief(row) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
        "chain": _chain(context),
        "archives": [{"time_ms": ms(one.pop("time_ns")), **one} for one in archives],
    }
    return with_chinese(answer, "reason", "text")


@router.post("/verify", responses=answers(AuditChain))
async def verify_audit(principal: AuditReader, context: InContext) -> Json:
    """Work the chain out anew from the first entry that is kept, and compare it with the ledger."""
    async with context.audited(principal, "audit verify", "audit log") as entry:
        found = (await context.gateway.audit.proof.verify()).verdict
        faults = [one.text for one in found.faults[:5]]
        entry.after = {"good": found.is_good, "entries": found.entries, "faults": faults}
    return with_chinese(_chain(context), "text")


@router.get("/export", response_class=StreamingResponse, responses=file_answers(LINES))
async def export_audit(principal: AuditReader, context: InContext, upto: Upto = 2**62 - 1) -> StreamingResponse:
    """The entries that are kept, up to this one, as JSON lines with the chain: an archive."""
    _may_export(principal)
    entry = await context.audited(principal, "export audit", "audit log", after={"upto": upto}).ask()
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(_lines(context, upto, entry), media_type=LINES, headers=headers)


@router.post("/archive", responses=answers(ArchiveDone, 409))
async def archive_audit(principal: BackupKeeper, context: InContext, wanted: ArchiveWanted) -> Json:
    """Let entries go that were exported: a checkpoint is signed over them first. For administrators."""
    async with context.audited(principal, "audit archive", "audit log", after=wanted.model_dump()) as entry:
        count = await context.gateway.audit.proof.remove(wanted.upto, wanted.sha256)
        await context.gateway.audit.measure()
        entry.after = {**wanted.model_dump(), "removed": count}
    return {"removed": count}


@router.get("/{number}", responses=answers(AuditDetail))
async def audit_entry(principal: AuditReader, context: InContext, number: Number) -> Json:
    """One entry: what was before and after, the other steps of the request, what speaks for it."""

    def read(db: Connection) -> tuple[AuditRow, bytes, list[AuditRow]] | None:
        row = audit.get(db, number)
        return None if row is None else (row, audit.hash_before(db, number), audit.of_request(db, row.request_id))

    found = await context.gateway.audit.state.do(read)
    if found is None:
        raise HTTPException(404, f"no entry {number} in the audit log; GET /api/v1/audit lists them")
    row, hash_before, steps = found

    def proof(db: Connection) -> Json:
        anchor = first_anchor_behind(db, number)
        newest = checkpoints.newest(db)
        is_signed = anchor is not None and newest is not None and anchor <= newest.size
        return {"anchor": anchor, "signed": is_signed}

    answer = {
        **_brief(row),
        "before": _value(row.before),
        "after": _value(row.after),
        "steps": [_brief(step) for step in steps if step.id != row.id],
        "proof": {"chained": row.is_behind(hash_before), **await context.gateway.ledger.do(proof)},
    }
    return with_chinese(answer, "reason")


async def _csv_answer(principal: Principal, context: Context, query: AuditQuery) -> StreamingResponse:
    _may_export(principal)
    told = {name: value for name in query.__slots__ if (value := getattr(query, name)) is not None}
    entry = await context.audited(principal, "export audit", "audit log", after=told).ask()
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_csv(context, query, entry), media_type=f"{CSV}; charset=utf-8", headers=headers)


async def _csv(context: Context, query: AuditQuery, entry: Entry) -> AsyncIterator[bytes]:
    """The newest first, a page at a time; nothing in a cell is a formula for a spreadsheet."""
    count, told, before = 0, cast("Json", entry.after), query.before_id
    async with entry:
        yield BOM + line(_COLUMNS)
        while True:
            page = partial(audit.read, query=query.up_to(before), limit=EXPORT_ROWS)
            rows = await context.gateway.audit.state.do(page)
            count += len(rows)
            entry.after = {**told, "rows": count}
            yield b"".join(line(_cells(row)) for row in rows)
            if len(rows) < EXPORT_ROWS:
                return
            before = rows[-1].id


async def _lines(context: Context, upto: int, entry: Entry) -> AsyncIterator[bytes]:
    count, told = 0, cast("Json", entry.after)
    async with entry:
        async for block in context.gateway.audit.proof.lines(upto):
            count += block.count(b"\n")
            entry.after = {**told, "rows": count - 1}
            yield block


def _may_export(principal: Principal) -> None:
    if not principal.may(Permission.EXPORT):
        raise refused(principal, Permission.EXPORT)


def _chain(context: Context) -> Json:
    keeper = context.gateway.audit
    checked = keeper.proof.checked
    verdict = AuditVerdict() if checked is None else checked.verdict
    known = {name: value for name, value in verdict.document.items() if name != "good"}
    return {
        "state": "unchecked" if checked is None else "good" if verdict.is_good else "broken",
        "checked_ms": None if checked is None else ms(checked.time_ns),
        **known,
        "fill": round(keeper.fill, 4),
    }


def _brief(row: AuditRow) -> Json:
    names = ("id", "who", "role", "via", "origin", "action", "target", "result", "reason", "request_id")
    return {
        **{name: getattr(row, name) for name in names},
        "time_ms": ms(row.time_ns),
        "monotonic_ns": str(row.monotonic_ns),  # beyond what a double holds
        "has_values": row.before is not None or row.after is not None,
        "hash": row.hash.hex(),
    }


def _value(text: str | None) -> Any:
    """As it was put down; a text that somebody changed so that it is no JSON is shown as text."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return text


def _cells(row: AuditRow) -> list[object]:
    moment = datetime.fromtimestamp(row.time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    names = ("who", "role", "via", "origin", "action", "target", "result", "reason", "request_id", "before", "after")
    return [row.id, moment, *(getattr(row, name) for name in names), row.hash.hex()]
