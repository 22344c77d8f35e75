"""`park-gateway energy meters | balance | recount`, and intervals out of ledger.db: beside a running gateway too."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_accounts,
    load_config,
    print_json,
    print_line,
    print_table,
)

if TYPE_CHECKING:
    from gateway.accounts.books import Books
    from gateway.accounts.energy.balances import Reconciled
    from gateway.accounts.energy.meters import MeterState
    from gateway.accounts.periods import Period
    from gateway.cli.energy import Request
    from gateway.cli.energy_show import Account
    from gateway.config.plan import ParkPlan
    from rules.energy.grid import Grid, Span
    from rules.energy.quantity import IntervalQuantity

METER_COLUMNS = ("meter", "enterprise", "last reading", "register", "last interval", "quantity", "doubts")
BALANCE_COLUMNS = ("meter", "supplied", "metered below", "unexplained", "percent", "uncertainty", "unit", "verdict")
MISSING_HINT = (
    "missing: a part of the period has no data; `park-gateway energy intervals METER` shows which, "
    "`park-gateway carbon record add` takes a reading or a correction"
)
RECOUNT_COLUMNS = ("from", "to", "stored", "method", "version", "recounted", "method")
_DAY_NS = 86_400_000_000_000
_SHOWN = 200  # differences
PeriodOption = Annotated[str, typer.Option("--period", help="`2026-10`, `2026`, or `2026-10-01..2026-10-31`.")]


def stored_accounts(asked: "Request") -> "list[Account]":
    """The intervals of the account, in the step that was asked for. Raises Rejected, Unavailable."""
    from gateway.accounts.energy.meters import coarser, series, states
    from gateway.cli.energy_show import Account
    from gateway.core.errors import Rejected
    from gateway.store.ledger import reading
    from rules.energy.totals import total_of

    books = asked.books
    if lacking := [tag for tag in asked.specs if tag not in books.meters]:
        raise Rejected(f"no account is made of {', '.join(lacking)}", "--recount calculates from the history's samples")
    if asked.grid.step_s % books.interval_s:
        hint = "--recount calculates shorter intervals from the history's samples"
        raise Rejected(f"the account's intervals are {books.interval_s} s long", hint)
    found = []
    with reading(asked.plan.store.directory) as db:
        for tag in asked.specs:
            meter = books.meters[tag]
            intervals = coarser(series(db, books, meter, asked.span), asked.grid)
            (state,) = states(db, books, [tag])
            doubts = [doubt for doubt in state.doubts if doubt.time_ns < asked.span.end_ns]
            unit = meter.spec.accounted_unit
            found.append(Account(tag, unit, intervals, total_of(intervals), doubts, 0, False, None))
    return found


def meters(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """How each meter's account is: its last reading, its last interval, what does not follow."""
    from gateway.accounts.energy.meters import states
    from gateway.store.ledger import reading

    plan = load_config(config, quiet=as_json).plan
    books = load_accounts(plan, config)
    with errors_for_people(), reading(plan.store.directory) as db:
        found = states(db, books, sorted(books.meters))
    zone = ZoneInfo(plan.site.timezone)
    if as_json:
        print_json([_state_document(state, zone) for state in found])
        return
    print_table(METER_COLUMNS, [_state_row(state, zone) for state in found])
    for state in found:
        if state.refusal:
            print_line(f"{state.meter.tag}: {state.refusal}")


def _state_row(state: "MeterState", zone: ZoneInfo) -> list[str]:
    from gateway.cli.energy_show import amount, local
    from rules.energy.reading import plain_text

    newest, last = state.newest, state.last
    return [
        state.meter.tag,
        state.meter.enterprise,
        local(newest.time_ns, zone) if newest else "by people" if state.meter.is_manual else "-",
        plain_text(newest.value) if newest else "-",
        local(last.span.start_ns, zone) if last else "-",
        f"{amount(last.quantity, last.known)} {last.unit}" if last else "-",
        str(len(state.doubts)),
    ]


def _state_document(state: "MeterState", zone: ZoneInfo) -> dict[str, Any]:
    from gateway.cli.energy_show import as_interval

    newest, meter = state.newest, state.meter
    return {
        "tag": meter.tag,
        "enterprise": meter.enterprise,
        "medium": meter.medium,
        "direction": meter.direction,
        "unit": meter.spec.accounted_unit,
        "under": list(meter.under),
        "is_manual": meter.is_manual,
        "newest": newest and newest.row,
        "last": state.last and as_interval(state.last, zone),
        "doubts": [doubt.row for doubt in state.doubts],
        "refusal": state.refusal,
    }


def balance(period: PeriodOption, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Every meter that has others under it against their sum: what nobody explains, and whether accuracy does."""
    from gateway.accounts.energy.balances import balances
    from gateway.accounts.periods import parse_period
    from gateway.store.ledger import reading

    plan = load_config(config, quiet=as_json).plan
    books = load_accounts(plan, config)
    with errors_for_people():
        asked = parse_period(period)
        with reading(plan.store.directory) as db:
            found = balances(db, books, asked.first, asked.last)
    if as_json:
        print_json([_balance_document(one) for one in found])
    elif found:
        print_table(BALANCE_COLUMNS, [_balance_row(one) for one in found])
        if any(one.result.missing for one in found):
            print_line(MISSING_HINT)
    else:
        print_line("no meter has another one under it (`under:` in `energy: {meters: ...}`)")


def _balance_row(one: "Reconciled") -> list[str]:
    from rules.energy.reading import plain_text

    result = one.result
    numbers = (result.supplied, result.metered, result.unexplained, result.percent, result.uncertainty)
    return [one.parent, *("-" if number is None else plain_text(number) for number in numbers), one.unit, _verdict(one)]


def _verdict(one: "Reconciled") -> str:
    if one.result.missing:
        return f"missing: {', '.join(one.result.missing)}"
    if one.is_beyond is None:
        return "nothing was supplied" if one.result.percent is None else "no limit: not all of it is metered"
    return f"beyond {one.limit_percent} %" if one.is_beyond else "ok"


def _balance_document(one: "Reconciled") -> dict[str, Any]:
    result = one.result
    names = ("supplied", "metered", "unexplained", "percent", "uncertainty")
    numbers = {name: getattr(result, name) for name in names}
    return {
        "meter": one.parent,
        "unit": one.unit,
        **{name: None if number is None else str(number) for name, number in numbers.items()},
        "limit_percent": str(one.limit_percent),
        "is_explained": result.is_explained,
        "is_beyond": one.is_beyond,
        "missing": list(result.missing),
    }


def recount(
    meter: Annotated[str, typer.Argument(help="A meter: `tx1.energy_import`.")],
    period: PeriodOption,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Calculate a meter's intervals anew from the stored readings and say what would change. Changes nothing."""
    from gateway.accounts.periods import parse_period

    plan = load_config(config, quiet=as_json).plan
    books = load_accounts(plan, config)
    with errors_for_people():
        stored, anew = _both(plan, books, meter, parse_period(period))
    zone = ZoneInfo(plan.site.timezone)
    differing = [(old, new) for old, new in zip(stored, anew, strict=True) if old.hash != new.hash]
    if as_json:
        from gateway.cli.energy_show import as_interval

        rows = [{"stored": as_interval(old, zone), "recounted": as_interval(new, zone)} for old, new in differing]
        print_json({"meter": meter, "intervals": len(stored), "differing": rows})
        return
    if differing:
        print_table(RECOUNT_COLUMNS, [_difference(old, new, zone) for old, new in differing[:_SHOWN]])
    print_line(f"{len(stored)} intervals, {len(differing)} would change")


def _difference(old: "IntervalQuantity", new: "IntervalQuantity", zone: ZoneInfo) -> list[str]:
    from gateway.cli.energy_show import amount, local

    begin, end = (local(moment, zone) for moment in (old.span.start_ns, old.span.end_ns))
    version = str(old.version)
    return [
        begin,
        end,
        amount(old.quantity, old.known),
        old.method,
        version,
        amount(new.quantity, new.known),
        new.method,
    ]


def _both(
    plan: "ParkPlan", books: "Books", tag: str, period: "Period"
) -> "tuple[list[IntervalQuantity], list[IntervalQuantity]]":
    """The stored intervals of a period that are over, and the same calculated anew."""
    from gateway.accounts.energy.meters import grid_of, series
    from gateway.accounts.energy.stored_readings import decided_by, stated_items
    from gateway.core.errors import Rejected
    from gateway.store.ledger import reading
    from rules.energy.account import quantities

    known = books.meters.get(tag)
    if known is None:
        raise Rejected(f"no account is made of `{tag[:200]}`", "`park-gateway energy meters` lists the meters")
    span = _span(period, grid_of(books), ZoneInfo(plan.site.timezone))
    bounds = max(span.start_ns - _DAY_NS, 0), span.end_ns + _DAY_NS
    with reading(plan.store.directory) as db:
        stored = series(db, books, known, span)
        zone = ZoneInfo(plan.site.timezone)
        items = [*stated_items(db, tag, bounds), *decided_by(db, tag, bounds, zone)]
    if not known.is_manual:
        items += _samples(plan, tag, bounds)
    return stored, quantities(known.spec, grid_of(books), items, span)


def _span(period: "Period", grid: "Grid", zone: ZoneInfo) -> "Span":
    """A period's time, as far as its intervals are over. Raises Rejected for one that has none yet."""
    from gateway.core.errors import Rejected
    from rules.energy.grid import Span

    ends = (period.first, period.last + timedelta(days=1))
    start, end = (int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 10**9 for day in ends)
    end = min(end, grid.span(_now_ns()).start_ns)
    if end <= start:
        raise Rejected(f"period: no interval of {period.label} is over", "choose an earlier one")
    return Span(start, end)


def _now_ns() -> int:
    return int(datetime.now(UTC).timestamp()) * 10**9


def _samples(plan: "ParkPlan", tag: str, bounds: tuple[int, int]) -> list[Any]:
    """The history's samples of a register."""
    import tempfile
    from pathlib import Path

    from gateway.cli.energy_samples import read_samples
    from gateway.cli.export import Export, fetch
    from gateway.core.history import Format

    with tempfile.TemporaryDirectory(prefix="park-gateway-") as folder:
        part = Path(folder) / "samples.csv"
        fetch(plan, Export([tag], bounds, Format.CSV), part)
        return read_samples(part).get(tag, ([], 0))[0]
