"""Carbon accounts: summaries, entries, traces, periods and their closing, instruments, factors, auditors' samples."""

import asyncio
import json
import shutil
import tempfile
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.background import BackgroundTask

from gateway.accounts.carbon.answers import (
    entries_answer,
    instrument_list,
    months_answer,
    periods_answer,
    sample_answer,
    summary_answer,
    trace_answer,
)
from gateway.accounts.carbon.trace import Depth
from gateway.accounts.periods import parse_period
from gateway.accounts.records.factors import catalogue_with
from gateway.accounts.records.submissions import approved_factors
from gateway.api.access import Exporter, Reader
from gateway.api.answers import answers, file_answers
from gateway.api.context import InContext
from gateway.api.etags import is_known
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.carbon import EmissionHours, Entries, EntryShape, Factors, Instruments, Months, Periods, Trace
from gateway.api.shapes.carbon_summary import Summary
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, one_page, table_answer, table_json
from gateway.carbon.document import factor_document
from gateway.carbon.texts import parse_day
from gateway.config.types import HintedError
from gateway.core.errors import Rejected
from rules.carbon.inventory.entry import Basis

router = APIRouter(prefix="/api/v1/carbon", tags=["carbon"], route_class=ProvenRoute)
Json = dict[str, Any]
MAX_PAGE = 1_000
MAX_SAMPLES = 4  # at a time: each is a file of its own

_SAID = ("message", "hint", "exclusions", "source", "publisher", "place")
EntityName = Annotated[str | None, Query(max_length=64)]
PeriodText = Annotated[str, Query(max_length=30)]


@router.get("/summary", responses=answers(Summary, 404))
async def get_summary(
    principal: Reader,
    context: InContext,
    request: Request,
    period: PeriodText,
    entity: EntityName = None,
    basis: Annotated[list[Basis] | None, Query(max_length=len(Basis))] = None,
    as_published: bool = False,
) -> Response:
    """The figures of an enterprise or the park (default: what one may see), with everything that they rest on."""
    name = context.entity(principal, entity)
    gateway, asked = context.gateway, (context.gateway.books, name, period, context.gateway.clock.time_ns())
    parse_period(period)
    directory = gateway.plan.store.directory
    document = await context.job(summary_answer, directory, *asked, tuple(basis or ()), as_published)
    return _tagged(request, with_chinese(document, *_SAID))


@router.get("/hours", responses=answers(EmissionHours, 404))
async def get_hours(principal: Reader, context: InContext, entity: EntityName = None) -> Json:
    """Emissions of today by the hour of the site, as meters tell them; the running figures' parts."""
    return await context.accounts.hours(context.entity(principal, entity))


@router.get("/entries", responses=answers(Entries, 404, 406, files=TABLES))
async def get_entries(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    period: PeriodText,
    entity: EntityName = None,
    basis: Basis | None = None,
    source: Annotated[str | None, Query(max_length=200)] = None,
    as_published: bool = False,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 200,
) -> Response:
    """The entries of a period in the order of the calculation; `next` is the `after` of the next page.

    Of a file the header `X-Next-After` says it.
    """
    name, gateway = context.entity(principal, entity), context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns(), as_published, basis, source, after, limit)
    found = await context.job(entries_answer, gateway.plan.store.directory, *asked)
    if form is TableFormat.JSON:
        return table_json(found)
    columns = dict.fromkeys(EntryShape.model_fields, "VARCHAR") | {"scope": "BIGINT", "is_recorded": "BOOLEAN"}
    table = Table(
        "entries", columns, one_page([[_cell(entry.get(column)) for column in columns] for entry in found["entries"]])
    )
    answer = await table_answer(request, context, principal, form, table, name, {"period": period})
    if found["next"] is not None:
        answer.headers["X-Next-After"] = found["next"]
    return answer


def _cell(value: object) -> object:
    return " | ".join(str(part) for part in value) if isinstance(value, list) else value


@router.get("/trace/{entry_id}", operation_id="trace_entry", responses=answers(Trace))
async def get_trace(
    principal: Reader,
    context: InContext,
    entry_id: Annotated[str, InPath(max_length=64)],
    entity: EntityName = None,
    period: Annotated[str, Query(max_length=30)] = "",
    day: Annotated[str | None, Query(max_length=10)] = None,
    every_interval: bool = False,
) -> Json:
    """An entry back to the raw readings and the factors' documents, each link recomputed; by 8 characters or more."""
    name = "" if entity is None else context.entity(principal, entity)
    depth = Depth(None if day is None else _day("day", day), every_interval)
    gateway = context.gateway
    try:
        found = await context.job(
            trace_answer,
            gateway.plan.store.directory,
            gateway.books,
            entry_id,
            gateway.clock.time_ns(),
            principal.enterprise,
            name,
            period,
            depth,
        )
    except Rejected as error:
        raise HTTPException(404, str(error)) from None
    return with_chinese(found, "missing", "formula", "note", "title", "publisher", "place")


@router.get("/periods", responses=answers(Periods, 404))
async def get_periods(principal: Reader, context: InContext, entity: EntityName = None) -> Json:
    """Where each month stands, the newest first; `due`: its data has changed since it was closed."""
    name, gateway = context.entity(principal, entity), context.gateway
    now_ns = gateway.clock.time_ns()
    found = await context.job(periods_answer, gateway.plan.store.directory, gateway.books, name, now_ns)
    return {"entity": name, "periods": found}


@router.get("/months", responses=answers(Months, 404))
async def get_months(
    principal: Reader,
    context: InContext,
    year: Annotated[int, Query(ge=1990, le=2199)],
    entity: EntityName = None,
) -> Json:
    """The months of a year of which there are figures, on the default basis; and whose figures one may ask for."""
    name, gateway = context.entity(principal, entity), context.gateway
    found = await context.job(
        months_answer, gateway.plan.store.directory, gateway.books, name, year, gateway.clock.time_ns()
    )
    known = [one for one in gateway.books.entities.values() if principal.enterprise in (None, one.id)]
    entities = [{"id": one.id, "is_park": one.is_park, "name": one.names.both(one.id)} for one in known]
    return {"entity": name, "year": year, "months": found, "entities": entities}


@router.get("/instruments", responses=answers(Instruments, 404))
async def get_instruments(principal: Reader, context: InContext, entity: EntityName = None) -> Json:
    """Contractual instruments: criteria, what is allocated of each, and what is left."""
    whose = None if entity is None and principal.enterprise is None else context.entity(principal, entity)
    return {"instruments": await context.gateway.ledger.do(lambda db: instrument_list(db, whose))}


@router.get("/factors", responses=answers(Factors))
async def get_factors(
    principal: Reader,
    context: InContext,
    at: Annotated[str | None, Query(max_length=10)] = None,
    activity: Annotated[str | None, Query(max_length=100)] = None,
    fuel: Annotated[str | None, Query(max_length=100)] = None,
    region: Annotated[str | None, Query(max_length=20)] = None,
) -> Json:
    """The factors of the catalogue with one's own, approved ones; `at`: only what is valid on this day.

    Somebody of one enterprise sees the own factors of it and of the park; the hash is that of all, as runs state it.
    """
    day = None if at is None else _day("at", at)
    books = context.gateway.books
    own = await context.gateway.ledger.do(approved_factors)
    catalogue = catalogue_with(books.catalogue, own)
    whose = {str(one.body["id"]): one.enterprise for one in own if one.enterprise not in ("", books.site.id)}
    found = [
        factor_document(one)
        for one in catalogue.factors
        if (principal.enterprise is None or whose.get(one.id, principal.enterprise) == principal.enterprise)
        and activity in (None, one.activity.value)
        and fuel in (None, one.fuel)
        and region in (None, one.region)
        and (day is None or one.holds(day, day))
    ]
    return {"catalogue_sha256": catalogue.sha256, "factors": found}


@router.get("/sample.zip", response_class=FileResponse, responses=file_answers("application/zip", more=(404,)))
async def get_sample(
    principal: Exporter,
    context: InContext,
    period: PeriodText,
    seed: Annotated[str, Query(min_length=1, max_length=200)],
    n: Annotated[int, Query(ge=1, le=200)] = 5,
    entity: EntityName = None,
) -> FileResponse:
    """An auditor's sample: entries by seed, each with its whole trace and its files."""
    name, gateway = context.entity(principal, entity), context.gateway
    parse_period(period)
    async with context.audited(principal, "export sample", name, after={"period": period, "n": n, "seed": seed}):
        folder = await asyncio.to_thread(_folder, gateway.exports)
        file = folder / "sample.zip"
        try:
            directory, now_ns = gateway.plan.store.directory, gateway.clock.time_ns()
            asked = (gateway.books, name, period, n, seed, now_ns, file, principal.enterprise)
            await gateway.jobs.run(sample_answer, directory, *asked)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
    label = f"carbon-sample-{name}-{period}.zip"
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(file, media_type="application/zip", filename=label, background=gone)


def _day(field: str, text: str) -> date:
    try:
        return parse_day(text)
    except HintedError as error:
        raise HTTPException(422, f"{field}: `{text[:20]}` is {error}; {error.hint}") from None


def _folder(parent: Path) -> Path:
    parent.mkdir(exist_ok=True)
    if len(list(parent.glob("sample-*"))) >= MAX_SAMPLES:
        raise HTTPException(
            503, f"{MAX_SAMPLES} samples are under way already; wait for one to end", {"Retry-After": "10"}
        )
    return Path(tempfile.mkdtemp(dir=parent, prefix="sample-"))


def _tagged(request: Request, document: Json) -> Response:
    """The document with an ETag, or 304 where the asker has it."""
    told = {name: value for name, value in document.items() if document["status"] == "open" or name != "checkpoint"}
    digest = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    headers = {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache"}
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return JSONResponse(document, headers=headers)
