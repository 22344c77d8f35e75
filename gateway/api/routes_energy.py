"""Energy: intervals, usage, days, statements, balances, flows, tariffs. Decimals are texts, never floats."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from gateway.accounts.books import Books
from gateway.accounts.energy.balances import parents
from gateway.accounts.energy.energy_answers import balances_answer, days_answer, flows_answer, intervals_answer
from gateway.accounts.energy.figures import window_json
from gateway.accounts.energy.intervalrows import COLUMNS, STEPS
from gateway.accounts.energy.payers import zone_of
from gateway.accounts.energy.statement import statement_answer, tariff_json
from gateway.accounts.energy.statement_csv import STATEMENT_COLUMNS, statement_cells
from gateway.accounts.energy.usage import usage, usage_answer
from gateway.accounts.energy.windows import bounds_ns, window_of
from gateway.accounts.held import begun_ns
from gateway.accounts.periods import Period, parse_period
from gateway.api.access import Principal, Reader
from gateway.api.answers import answers
from gateway.api.context import Context, InContext
from gateway.api.periods import parse_range_ns, parse_time_ns
from gateway.api.problems import Refusal
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.bills import Statement, Tariffs
from gateway.api.shapes.energy import Balances, Days, Flows, Intervals, Meters, Usage
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, one_page, table_answer, table_json
from gateway.api.views import names
from rules.energy.reading import plain_text

router = APIRouter(prefix="/api/v1/energy", tags=["energy"], route_class=ProvenRoute)
Json = dict[str, Any]
PAGE_ROWS = 5_000
LONGEST_S = 366 * 86_400
DAY_COLUMNS = (
    "day", "quantity", "unit", "is_lower_bound", "measured_percent", "estimated_percent", "missing_percent",
)  # fmt: skip
USAGE_COLUMNS = (
    "what", "medium", "direction", "quantity", "unit", "is_lower_bound", "measured_percent", "estimated_percent",
    "missing_percent",
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


class Step(StrEnum):
    """How intervals are put together: those of the account, or sums by local hour, day or month."""

    QUARTER = "15min"
    HOUR = "1h"
    DAY = "1d"
    MONTH = "1mo"


@router.get("/meters", responses=answers(Meters))
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


@router.get("/intervals", responses=answers(Intervals, 404, 406, files=TABLES))
async def intervals(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    meter: Annotated[str, Query(max_length=200)],
    start: LocalStart = None,
    end: LocalEnd = None,
    step: Step = Step.QUARTER,
    as_of: LocalAsOf = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_ROWS)] = PAGE_ROWS,
) -> Any:
    """Intervals of a meter: quantity, unit, method, shares, hash, version.

    `as_of`: as known at that time. `next_from` (of a file the header `X-Next-From`) begins the next page. Times without
    a zone are the site's, as in bills and reports; those of the history (`/points`, `/export`) are UTC.
    """
    _check_meter(principal, context, meter)
    now_ns, zone = context.gateway.clock.time_ns(), zone_of(context.gateway.books)
    from_ns, to_ns = parse_range_ns(start, end, now_ns, 86_400.0, zone)
    if to_ns - from_ns > LONGEST_S * 1_000_000_000:
        raise Refusal(422, "the range is longer than 366 days", "ask in parts")
    as_of_ns = None if as_of is None else parse_time_ns(as_of, "as_of", zone)
    books = context.gateway.books
    if principal.enterprise is not None:  # from when on the meter is theirs
        from_ns = min(max(from_ns, begun_ns(books, [meter], principal.enterprise)), to_ns)
    asked = (books, meter, (from_ns, to_ns), STEPS[step.value], limit, as_of_ns)
    page = await context.job(intervals_answer, context.gateway.plan.store.directory, *asked)
    if form is TableFormat.JSON:
        return table_json({"meter": meter, "step": step.value, "items": page.rows, "next_from": page.next_from})
    rows = [[row[column] for column in COLUMNS] for row in page.rows]
    told = {"from_ns": from_ns, "to_ns": to_ns, "step": step.value}
    answer = await _table(request, context, principal, form, "intervals", COLUMNS, rows, meter, told)
    if page.next_from is not None:
        answer.headers["X-Next-From"] = page.next_from
    return answer


@router.get("/usage", responses=answers(Usage, 404, 406, files=TABLES))
async def usage_of(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    entity: EntityName = None,
    period: PeriodText = "today",
) -> Response:
    """Energy, cost, CO2e, demand, base load, self-use of an entity; `today`, `month`, `year`, or a period's text.

    As CSV or Parquet energy, cost and CO2e.
    """
    name = _entity(principal, context, entity)
    accounts, gateway = context.accounts, context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns())
    schedule, kinds = accounts.working(name), accounts.kinds()
    if period != TODAY:
        found = await context.job(usage_answer, gateway.plan.store.directory, *asked, schedule, kinds)
    else:
        is_working = None if schedule is None else schedule.is_active
        found = await gateway.ledger.do(
            lambda db: usage(db, *asked, rates=accounts.rates, is_working=is_working, kinds=kinds)
        )
    if form is TableFormat.JSON:
        return table_json(found)
    rows = list(_usage_rows(found))
    return await _table(request, context, principal, form, "usage", USAGE_COLUMNS, rows, name, {"period": period})


@router.get("/days", responses=answers(Days, 404, 406, files=TABLES))
async def days_of(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    entity: EntityName = None,
    period: PeriodText = "month",
) -> Response:
    """Bought energy of each local day, with how much of its time is measured, estimated, missing; or as CSV."""
    name = _entity(principal, context, entity)
    gateway = context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns())
    found = await context.job(days_answer, gateway.plan.store.directory, *asked)
    if form is TableFormat.JSON:
        return table_json(found)
    rows = [[item[column] for column in DAY_COLUMNS] for item in found["items"]]
    return await _table(request, context, principal, form, "days", DAY_COLUMNS, rows, name, {"period": period})


@router.get("/statement", responses=answers(Statement, 404, 406, files=TABLES))
async def statement_of(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    enterprise: EntityName = None,
    period: PeriodText = "",
) -> Response:
    """The statement of an enterprise and a month; as CSV or Parquet its lines."""
    name = _entity(principal, context, enterprise)
    now_ns = context.gateway.clock.time_ns()
    gateway = context.gateway
    found = await context.job(statement_answer, gateway.plan.store.directory, gateway.books, name, period, now_ns)
    if form is TableFormat.JSON:
        return table_json(with_chinese(found, "unit"))
    rows, told = statement_cells(found), {"period": period}
    return await _table(request, context, principal, form, "statement", STATEMENT_COLUMNS, rows, name, told)


@router.get("/balance", responses=answers(Balances))
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
    directory, tree = context.gateway.plan.store.directory, parents(books)
    found = await context.job(balances_answer, directory, books, days.first, days.last)
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
        and _is_theirs(principal, books, (one.parent, *tree[one.parent]), days)
    ]
    return {"period": {"label": days.label, "from": str(days.first), "to": str(days.last)}, "items": items}


@router.get("/flows", responses=answers(Flows, 404))
async def flows(principal: Reader, context: InContext, entity: EntityName = None, period: PeriodText = "today") -> Json:
    """PV, grid, export, battery: self-consumption and autarky."""
    name = _entity(principal, context, entity)
    gateway = context.gateway
    asked = (gateway.books, name, period, gateway.clock.time_ns(), context.accounts.kinds())
    return await context.job(flows_answer, gateway.plan.store.directory, *asked)


@router.get("/tariffs", responses=answers(Tariffs))
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


def _is_theirs(principal: Principal, books: Books, tags: Iterable[str], period: Period) -> bool:
    """False where one of the meters was somebody else's in a part of the period."""
    start_ns, _ = bounds_ns(period, zone_of(books))
    return principal.enterprise is None or begun_ns(books, tags, principal.enterprise) <= start_ns


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


def _usage_rows(found: Json) -> Iterator[list[object]]:
    for flow in found["energy"]:
        yield ["energy", *(flow[column] for column in USAGE_COLUMNS[1:])]
    cost, emissions = found["cost"], found["emissions"]
    nothing = [None] * 3
    if cost is not None:
        yield ["cost", None, None, cost["amount"], cost["currency"], cost["is_lower_bound"], *nothing]
    for scope in ("scope1", "scope2", "total"):
        yield [f"co2e {scope}", None, None, emissions[f"{scope}_kg"], "kg", emissions["is_lower_bound"], *nothing]


async def _table(
    request: Request,
    context: Context,
    principal: Principal,
    form: TableFormat,
    kind: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    target: str,
    told: Mapping[str, object],
) -> Response:
    """A file. Decimals stay the exact texts that they are in JSON."""
    table = Table(kind, dict.fromkeys(columns, "VARCHAR"), one_page(rows))
    return await table_answer(request, context, principal, form, table, target, told)
