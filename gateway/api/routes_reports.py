"""Reports as files: carbon reports in five formats, carbon labels, statements as PDF; made in the jobs process."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from gateway.accounts.periods import parse_period
from gateway.api.access import Exporter
from gateway.api.answers import file_answers
from gateway.api.context import Context, InContext
from gateway.api.proven import ProvenRoute
from gateway.reports.label import checked_url
from gateway.reports.language import Language
from gateway.reports.make import MEDIA_TYPES, LabelFormat, ReportFormat, label, report, statement_file

router = APIRouter(prefix="/api/v1", tags=["reports"], route_class=ProvenRoute)
TIMEOUT_S = 300.0
_REPORTS = tuple(MEDIA_TYPES[one.value].split(";")[0] for one in ReportFormat)
_LABELS = tuple(MEDIA_TYPES[one.value].split(";")[0] for one in LabelFormat)
_LABEL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"  # a page without script

PeriodText = Annotated[str, Query(max_length=30)]
EntityName = Annotated[str | None, Query(max_length=64)]


@router.get("/carbon/report", response_class=Response, responses=file_answers(*_REPORTS, more=(404,)))
async def get_report(
    principal: Exporter,
    context: InContext,
    period: PeriodText,
    entity: EntityName = None,
    form: Annotated[ReportFormat, Query(alias="format")] = ReportFormat.PDF,
    lang: Language = Language.EN,
) -> Response:
    """The carbon report of an enterprise or the park (default: what one may see) and a period."""
    name = context.entity(principal, entity)
    parse_period(period)
    told = {"period": period, "format": form.value, "lang": lang.value}
    async with context.audited(principal, "export carbon report", name, after=told):
        return await _file(context, report, name, period, form, lang)


@router.get("/carbon/label", response_class=Response, responses=file_answers(*_LABELS, more=(404,)))
async def get_label(
    principal: Exporter,
    context: InContext,
    period: PeriodText,
    entity: EntityName = None,
    form: Annotated[LabelFormat, Query(alias="format")] = LabelFormat.HTML,
    lang: Language = Language.EN,
    product: Annotated[str, Query(max_length=200)] = "",
    url: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """A carbon label with its QR code; `product`: for one unit of it; `url`: the gateway's public address."""
    name = context.entity(principal, entity)
    parse_period(period)
    told = {"period": period, "format": form.value, "lang": lang.value, "product": product}
    async with context.audited(principal, "export carbon label", name, after=told):
        return await _file(context, label, name, period, form, lang, product, checked_url(url))


@router.get(
    "/energy/statement.pdf",
    operation_id="statement_file",
    response_class=Response,
    responses=file_answers("application/pdf", more=(404,)),
)
async def get_statement(
    principal: Exporter,
    context: InContext,
    period: PeriodText,
    enterprise: EntityName = None,
    lang: Language = Language.EN,
) -> Response:
    """The statement of an enterprise and a month as PDF."""
    name = context.entity(principal, enterprise)
    parse_period(period)
    told = {"period": period, "lang": lang.value}
    async with context.audited(principal, "export statement", name, after=told):
        return await _file(context, statement_file, name, period, lang)


async def _file(
    context: Context, make: Callable[..., tuple[str, bytes]], name: str, period: str, *wanted: Any
) -> Response:
    """Made in the child process, under a file name of plain characters."""
    gateway = context.gateway
    now_ns, directory = gateway.clock.time_ns(), gateway.plan.store.directory
    file, data = await context.job(make, directory, gateway.books, name, period, now_ns, *wanted, timeout_s=TIMEOUT_S)
    ending = PurePath(file).suffix[1:]
    headers = {
        "Content-Disposition": f'{"inline" if ending in ("html", "svg") else "attachment"}; filename="{file}"',
        "Cache-Control": "private, no-store",
    }
    if ending in ("html", "svg"):
        headers["Content-Security-Policy"] = _LABEL_POLICY
    return Response(data, media_type=MEDIA_TYPES[ending], headers=headers)
