"""`park-gateway energy statement` and `usage`: a tenant's bill of a month, the figures of today, month, year."""

from datetime import timedelta
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
    load_accounts,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.core.clock import day_of

if TYPE_CHECKING:
    from gateway.accounts.books import Books
    from gateway.config.plan import ParkPlan

Json = dict[str, Any]


def statement(
    enterprise: Annotated[str, typer.Option("--enterprise", "-e", help="Id; the site's for the park.")] = "",
    period: Annotated[str, typer.Option("--period", "-p", help="A month: `2026-10`; default: the last one.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The statement of a tenant and a month by the configured tariff. Reads ledger.db, changes nothing."""
    from gateway.accounts.energy.statement import statement as make
    from gateway.accounts.energy.statement_csv import STATEMENT_COLUMNS, statement_cells
    from gateway.api.csvlines import line

    if as_csv and as_json:
        fail("--csv and --json do not go together", "choose one", EXIT_USAGE)
    plan, books = _loaded(config, quiet=as_json or as_csv)
    document = _read(
        plan,
        lambda db, now_ns: make(db, books, enterprise or plan.site.id, period or _last_month(plan, now_ns), now_ns),
    )
    if as_json:
        print_json(document)
    elif as_csv:
        typer.echo(line(STATEMENT_COLUMNS).decode(), nl=False)
        for cells in statement_cells(document):
            typer.echo(line(cells).decode(), nl=False)
    else:
        show_statement(document)


def usage(
    entity: Annotated[str, typer.Option("--enterprise", "-e", help="Id; default: the park.")] = "",
    period: Annotated[str, typer.Option("--period", "-p", help="`today`, `month`, `year`, or `2026-10`.")] = "today",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Energy, cost, CO2e of an enterprise or the park, with the period before and the year before."""
    from gateway.accounts.energy.usage import usage as make

    plan, books = _loaded(config, quiet=as_json)
    kinds = {device.id: device.kind for device in plan.devices}
    name = entity or plan.site.id
    document = _read(plan, lambda db, now_ns: make(db, books, name, period, now_ns, kinds=kinds))
    if as_json:
        print_json(document)
    else:
        show_usage(document)


def _loaded(config: Any, *, quiet: bool) -> "tuple[ParkPlan, Books]":
    plan = load_config(config, quiet=quiet).plan
    return plan, load_accounts(plan, config)


def _read(plan: "ParkPlan", make: Any) -> Json:
    """What is made from ledger.db as it is now; beside a running gateway or without one."""
    from gateway.core.clock import SystemClock
    from gateway.store.ledger import reading

    with errors_for_people(), reading(plan.store.directory) as db:
        found: Json = make(db, SystemClock().time_ns())
    return found


def _last_month(plan: "ParkPlan", now_ns: int) -> str:
    today = day_of(now_ns, ZoneInfo(plan.site.timezone))
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def show_statement(document: Json) -> None:
    """The statement as text."""
    name, period = document["enterprise"]["name"]["en"], document["period"]
    print_line(f"{name}, {period['label']} ({period['from'][:10]} to before {period['to'][:10]}, {period['zone']})")
    rows = [
        [
            line["name"]["en"] + (f" ({line['days']}/{line['month_days']} days)" if line["days"] else ""),
            line["quantity"],
            line["unit"],
            line["price"],
            line["amount"],
        ]
        for line in document["lines"]
    ]
    bound = "" if document["is_complete"] else " (lower bound)" if document["is_lower_bound"] else " (incomplete)"
    print_table(
        ["line", "quantity", "unit", "price", document["currency"]],
        [*rows, [f"total{bound}", "", "", "", document["total"]]],
    )
    if document["vat_in_total"] is not None:
        print_line(f"VAT in the total: {document['vat_in_total']} {document['currency']}")
    for tariff in document["tariffs"]:
        validity = f"{tariff['valid_from']} to {tariff['valid_to'] or 'further notice'}"
        print_line(f"tariff {tariff['id']}, {validity}: {tariff['source'] or 'no source stated'}")
    for reading in document["readings"]:
        ends = [reading[end] and reading[end]["value"] for end in ("begin", "end")]
        shown = " to ".join(one or "?" for one in ends)
        print_line(f"{reading['meter']}: {shown} {reading['unit']}, {reading['quantity']} {reading['quantity_unit']}")
    print_line(f"estimated: {document['estimated_percent']} % of the time; {document['rounding']}")
    for gap in document["missing"]:
        say(f"missing: {gap['en']}")


def show_usage(document: Json) -> None:
    """The figures as text, beside those that they compare with."""
    period = document["period"]
    print_line(f"{document['entity']['name']['en']}, {period['label']}: {period['from']} to {period['to']}")
    others = [document["comparison"][name] for name in ("previous_period", "previous_year")]
    rows = []
    for place, one in enumerate(document["energy"]):
        cells = [_quantity(figures["energy"][place]) for figures in (document, *others)]
        rows.append([f"{one['medium']}, {one['direction']}", one["unit"], *cells])
    currency = next((one["cost"]["currency"] for one in (document, *others) if one["cost"]), "")
    rows.append(["cost by the kWh", currency, *(_cost(one["cost"]) for one in (document, *others))])
    emissions = [one["emissions"] for one in (document, *others)]
    for scope in ("scope1", "scope2"):
        rows.append([f"CO2e {scope}", "kg", *(_kg(one, scope) for one in emissions)])
    print_table(["", "unit", period["label"], "before", "a year before"], rows)
    if any(one["is_lower_bound"] for one in (*document["energy"], document["emissions"])):
        say("a part is missing: figures with >= are lower bounds")
    for source in document["emissions"]["sources_not_in_it"]:
        say(f"not in CO2e: {source}; `park-gateway carbon summary` counts sources by records and shared meters")


def _quantity(figure: Json) -> str:
    if figure["quantity"] is None:
        return "not known"
    return f">= {figure['quantity']}" if figure["is_lower_bound"] else str(figure["quantity"])


def _cost(cost: Json | None) -> str:
    if cost is None:
        return "no tariff"
    if cost["amount"] is None:
        return "not known"
    return f">= {cost['amount']}" if cost["is_lower_bound"] else str(cost["amount"])


def _kg(emissions: Json, scope: str) -> str:
    kg = emissions[f"{scope}_kg"]
    if kg is None:
        return "not known"
    return f">= {kg}" if emissions[f"{scope}_is_lower_bound"] else str(kg)
