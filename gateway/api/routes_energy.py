"""Energy: intervals, usage, days, statements, balances, flows, tariffs. Decimals are texts, never floats."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from gateway.accounts.energy.energy_answers import balances_answer, days_answer, flows_answer, intervals_answer
from gateway.accounts.energy.figures import window_json
from gateway.accounts.energy.intervalrows import COLUMNS, STEPS
from gateway.accounts.energy.payers import zone_of
from gateway.accounts.energy.statement import statement_answer, tariff_json
from gateway.accounts.energy.statement_csv import STATEMENT_COLUMNS, statement_cells
from gateway.accounts.energy.usage import usage, usage_answer
from gateway.accounts.energy.windows import window_of
from gateway.accounts.periods import parse_period
from gateway.api.access import Principal, Reader
from gateway.api.context import Context, InContext
from gateway.api.csvlines import BOM, line
from gateway.api.periods import parse_range_ns, parse_time_ns
from gateway.api.views import names
from rules.energy.reading import plain_text

router = APIRouter(prefix="/api/v1/energy", tags=["energy"])
Json = dict[str, Any]
PAGE_ROWS = 5_000
LONGEST_S = 366 * 86_400
DAY_COLUMNS = (
    "day", "quantity", "unit", "is_lower_bound", "measured_percent", "estimated_percent", "missing_percent",
)  # fmt: skip
TODAY = "today"  # short enough for the ledger's own thread
_LOCAL = "ISO 8601; without a zone it is the site's local time (of an hour that comes twice, the first)."
LocalStart = Annotated[
    str | None, Query(alias="from", max_length=40, description=f"{_LOCAL} Default: 24 h before `to`.")
]
LocalEnd = Annotated[str | None, Query(alias="to", max_length=40, description=f"{_LOCAL} Default: now.")]
LocalAsOf = Annotated[str | None, Query(max_length=40, description=f"{_LOCAL} Default: as known now.")]
PeriodText = Annotated[str, Query(max_length=30)]
EntityName = Annotated[str | None, Query(max_length=64)]


class Written(StrEnum):
    """How an answer is written."""

    JSON = "json"
    CSV = "csv"


class Step(StrEnum):
    """How intervals are put together: those of the account, or sums by local hour, day or month."""

    QUARTER = "15min"
    HOUR = "1h"
    DAY = "1d"
    MONTH = "1mo"


@router.get("/meters")
async def meters(principal: Reader, context: InContext, enterprise: EntityName = None) -> Json:
    """Every register and computed meter that is accounted."""
    books = context.gateway.books
    wanted = enterprise if principal.enterprise is None else principal.enterprise
    items = [
        {
            "tag": meter.tag,
            "name": names(meter.names, meter.tag),
            "enterprise": meter.enterprise,
            "device": meter.device,
            "medium": meter.medium.value,
            "direction": meter.direction.value,
            "role": meter.role and meter.role.value,
            "unit": meter.spec.accounted_unit,
            "accuracy_percent": meter.accuracy_percent and plain_text(meter.accuracy_percent),
            "under": list(meter.under),
            "is_manual": meter.is_manual,
            "is_virtual": False,
        }
        for meter in books.meters.values()
        if wanted in (None, meter.enterprise)
    ]
    items += [
        {
            "tag": meter.tag,
            "name": names(meter.names, meter.tag),
            "enterprise": meter.enterprise,
            "medium": meter.medium.value,
            "unit": meter.unit,
            "plus": list(meter.plus),
            "minus": list(meter.minus),
            "is_virtual": True,
        }
        for meter in books.virtual.values()
        if wanted in (None, meter.enterprise)
    ]
    return {"items": items, "total": len(items)}


@router.get("/intervals")
async def intervals(
    request: Request,
    principal: Reader,
    context: InContext,
    meter: Annotated[str, Query(max_length=200)],
    start: LocalStart = None,
    end: LocalEnd = None,
    step: Step = Step.QUARTER,
    as_of: LocalAsOf = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_ROWS)] = PAGE_ROWS,
) -> Any:
    """Intervals of a meter: quantity, unit, method, shares, hash, version. CSV where `Accept: text/csv` asks for it.

    `as_of`: as known at that time. `next_from` begins the next page. Times without a zone are the site's, as in bills
    and reports; those of the history (`/points`, `/export`) are UTC.
    """
    _check_meter(principal, context, meter)
    now_ns, zone = context.gateway.clock.time_ns(), zone_of(context.gateway.books)
    from_ns, to_ns = parse_range_ns(start, end, now_ns, 86_400.0, zone)
    if to_ns - from_ns > LONGEST_S * 1_000_000_000:
        raise HTTPException(422, "the range is longer than 366 days; ask in parts")
    as_of_ns = None if as_of is None else parse_time_ns(as_of, "as_of", zone)
    books = context.gateway.books
    asked = (books, meter, (from_ns, to_ns), STEPS[step.value], limit, as_of_ns)
    page = await context.gateway.jobs.run(intervals_answer, context.gateway.plan.store.directory, *asked)
    if "text/csv" in request.headers.get("accept", ""):
        rows = [[row[column] for column in COLUMNS] for row in page.rows]
        link = {} if page.next_from is None else {"X-Next-From": page.next_from}
        return StreamingResponse(_csv(COLUMNS, rows), media_type="text/csv; charset=utf-8", headers=link)
    return {"meter": meter, "step": step.value, "items": page.rows, "next_from": page.next_from}


@router.get("/usage")
async def usage_of(
    principal: Reader, context: InContext, entity: EntityName = None, period: PeriodText = "today"
) -> Json:
    """Energy, cost, CO2e, demand, base load, self-use of an entity; `today`, `month`, `year`, or a period's text."""
    name = _entity(principal, context, entity)
    accounts, gateway = context.accounts, context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns())
    schedule, kinds = accounts.working(name), accounts.kinds()
    if period != TODAY:
        return await gateway.jobs.run(usage_answer, gateway.plan.store.directory, *asked, schedule, kinds)
    is_working = None if schedule is None else schedule.is_active
    return await gateway.ledger.do(
        lambda db: usage(db, *asked, rates=accounts.rates, is_working=is_working, kinds=kinds)
    )


@router.get("/days")
async def days_of(
    request: Request,
    principal: Reader,
    context: InContext,
    entity: EntityName = None,
    period: PeriodText = "month",
    format: Written = Written.JSON,  # noqa: A002
) -> Any:
    """Bought energy of each local day, with how much of its time is measured, estimated, missing; or as CSV."""
    name = _entity(principal, context, entity)
    gateway = context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns())
    found = await gateway.jobs.run(days_answer, gateway.plan.store.directory, *asked)
    if not _wants_csv(request, format):
        return found
    return _csv_file(DAY_COLUMNS, [[item[column] for column in DAY_COLUMNS] for item in found["items"]], "days")


@router.get("/statement")
async def statement_of(
    request: Request,
    principal: Reader,
    context: InContext,
    enterprise: EntityName = None,
    period: PeriodText = "",
    format: Written = Written.JSON,  # noqa: A002
) -> Any:
    """The statement of an enterprise and a month; CSV where `format` or `Accept: text/csv` asks for it."""
    name = _entity(principal, context, enterprise)
    now_ns = context.gateway.clock.time_ns()
    gateway = context.gateway
    found = await gateway.jobs.run(statement_answer, gateway.plan.store.directory, gateway.books, name, period, now_ns)
    if not _wants_csv(request, format):
        return found
    return _csv_file(STATEMENT_COLUMNS, statement_cells(found), "statement")


@router.get("/balance")
async def balance_of(principal: Reader, context: InContext, period: PeriodText = "month") -> Json:
    """Every meter that has others under it, against their sum. A tenant sees those of its own meters."""
    books = context.gateway.books
    zone = zone_of(books)
    if period in ("today", "month", "year"):
        window = window_of(period, context.gateway.clock.time_ns(), zone)
        text = f"{window_json(window, books)['from'][:10]}..{window_json(window, books)['to'][:10]}"
    else:
        text = period
    days = parse_period(text)
    directory = context.gateway.plan.store.directory
    found = await context.gateway.jobs.run(balances_answer, directory, books, days.first, days.last)
    items = [
        {
            "meter": one.parent,
            "unit": one.unit,
            **{
                name: None if value is None else plain_text(value)
                for name, value in (
                    ("supplied", one.result.supplied),
                    ("metered", one.result.metered),
                    ("unexplained", one.result.unexplained),
                    ("percent", one.result.percent),
                    ("uncertainty", one.result.uncertainty),
                )
            },
            "missing": list(one.result.missing),
            "is_explained": one.result.is_explained,
            "limit_percent": plain_text(one.limit_percent),
            "is_beyond": one.is_beyond,
        }
        for one in found
        if principal.enterprise in (None, books.meters[one.parent].enterprise)
    ]
    return {"period": {"label": days.label, "from": str(days.first), "to": str(days.last)}, "items": items}


@router.get("/flows")
async def flows(principal: Reader, context: InContext, entity: EntityName = None, period: PeriodText = "today") -> Json:
    """PV, grid, export, battery: self-consumption and autarky."""
    name = _entity(principal, context, entity)
    gateway = context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns(), context.accounts.kinds())
    return await gateway.jobs.run(flows_answer, gateway.plan.store.directory, *asked)


@router.get("/tariffs")
async def tariffs(principal: Reader, context: InContext) -> Json:
    """The versions of tariffs; a tenant sees those that hold for it."""
    shown = [
        tariff_json(tariff)
        | {
            "enterprises": list(tariff.enterprises) if principal.enterprise is None else [],
            "times": [
                {
                    "months": sorted(times.months),
                    "days": sorted(kind.value for kind in times.day_types),
                    "periods": [[_clock(start), _clock(end), band.value] for start, end, band in times.spans],
                    "prices": {band.value: plain_text(price) for band, price in times.prices},
                }
                for times in tariff.times
            ],
        }
        for tariff in context.gateway.books.tariffs
        if principal.enterprise is None or not tariff.enterprises or principal.enterprise in tariff.enterprises
    ]
    return {"items": shown, "total": len(shown)}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _entity(principal: Principal, context: Context, name: str | None) -> str:
    """Whose figures: a tenant's own, else what was asked for, else the park's. 404 for what is not theirs."""
    found = name or principal.enterprise or context.gateway.plan.site.id
    known = {context.gateway.plan.site.id, *(one.id for one in context.gateway.plan.enterprises)}
    if found not in known or principal.enterprise not in (None, found):
        raise HTTPException(404, f"no enterprise `{found[:64]}`; GET /api/v1/park lists them")
    return found


def _check_meter(principal: Principal, context: Context, tag: str) -> None:
    books = context.gateway.books
    meter = books.meters.get(tag) or books.virtual.get(tag)
    if meter is None or principal.enterprise not in (None, meter.enterprise):
        raise HTTPException(404, f"no meter `{tag[:200]}`; GET /api/v1/energy/meters lists them")


def _wants_csv(request: Request, written: Written) -> bool:
    return written is Written.CSV or "text/csv" in request.headers.get("accept", "")


def _csv_file(columns: tuple[str, ...], rows: list[list[object]], name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(_csv(columns, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(columns: tuple[str, ...], rows: list[list[object]]) -> Iterator[bytes]:
    yield BOM + line(columns)
    for row in rows:
        yield line(row)
