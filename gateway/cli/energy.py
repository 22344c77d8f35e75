"""`park-gateway energy intervals`: what counters counted, interval by interval, and how well that is known."""

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_CONFIG,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    say,
)
from gateway.cli.energy_ledger import balance, meters, recount
from gateway.cli.energy_statement import statement, usage
from gateway.cli.export import Export, bounds_of, fetch
from gateway.cli.park import find_tags

if TYPE_CHECKING:
    from gateway.accounts.books import Books, Meter
    from gateway.accounts.setup.registers import Register
    from gateway.cli.energy_check import PowerSource
    from gateway.cli.energy_meters import MeterModel
    from gateway.cli.energy_show import Account
    from gateway.config.plan import ParkPlan
    from rules.energy.grid import Grid, Span
    from rules.energy.reading import Reading
    from rules.energy.spec import MeterSpec

NAME = "energy"
MARGIN_NS = 86_400_000_000_000  # readings this long before and after serve the boundaries
_NS = 1_000_000_000
app = typer.Typer(name=NAME, help="Energy: quantities of intervals.", no_args_is_help=True)
app.command("statement")(statement)
app.command("usage")(usage)
app.command("meters")(meters)
app.command("balance")(balance)
app.command("recount")(recount)


@app.callback()
def top() -> None:
    """Energy: what counters counted, exactly, and how that is known."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, once it is known to make sense."""

    plan: "ParkPlan"
    specs: dict[str, "MeterSpec"]  # by tag
    meters: dict[str, "MeterModel"]
    grid: "Grid"
    span: "Span"
    zone: ZoneInfo
    powers: dict[str, "PowerSource"]  # by the tag of the register that is checked with it
    books: "Books"


@app.command("intervals")
def intervals(
    points: Annotated[list[str], typer.Argument(help="Counters or devices: `tx1.energy_import`, `tx1`.")],
    start: Annotated[
        str | None, typer.Option("--from", help="ISO time, the site's where it has no zone; default: 24 h before.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO time; default: now.")] = None,
    step: Annotated[str, typer.Option("--step", help="A divisor of a day: 5min, 15min, 1h, 1d.")] = "15min",
    is_recount: Annotated[
        bool, typer.Option("--recount", help="Calculate anew from the history's samples, not out of the account.")
    ] = False,
    meters: Annotated[
        Path | None, typer.Option("--meters", help="Recount with this: rated flow, multipliers, exchanges (YAML).")
    ] = None,
    with_check: Annotated[
        bool, typer.Option("--check", help="Recount, and compare `energy_import` with the integral of `power_active`.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """What counters counted in each interval of local time, out of the account in ledger.db. Changes nothing.

    The range is widened to whole intervals. A quantity stands only where the whole interval is known.
    """
    from gateway.cli.energy_ledger import stored_accounts
    from gateway.cli.energy_show import as_document, csv_lines, show

    if as_csv and as_json:
        fail("--csv and --json do not go together", "choose one", EXIT_USAGE)
    plan = load_config(config, quiet=as_json or as_csv).plan
    with errors_for_people():
        asked = _request(plan, points, (start, end), step, meters, with_check=with_check)
        is_recount = is_recount or meters is not None or with_check
        accounts = _recounted(asked) if is_recount else stored_accounts(asked)
    if as_json:
        print_json([as_document(account, asked) for account in accounts])
    elif as_csv:
        for line in csv_lines(accounts, asked):
            typer.echo(line, nl=False)
    else:
        show(accounts, asked)
    if unrated := [tag for tag, spec in asked.specs.items() if spec.rated is None]:
        say(
            f"note: no rated flow is declared for {', '.join(unrated)}: a leap upwards counts as consumption (--meters)"
        )


def _recounted(asked: Request) -> "list[Account]":
    """From the history's samples."""
    from gateway.cli.energy_show import account_of
    from gateway.core.errors import Rejected

    if by_people := [tag for tag in asked.specs if tag in asked.books.meters and asked.books.meters[tag].is_manual]:
        hint = "`park-gateway energy recount` calculates from what they entered"
        raise Rejected(f"history holds no samples of {', '.join(by_people)}: people read it", hint)
    samples = _samples(asked)
    if not any(samples[tag].readings for tag in asked.specs):
        fail(f"no readings of {', '.join(asked.specs)} in that time", "`park-gateway status` says what history holds")
    return [account_of(asked, tag, samples) for tag in asked.specs]


def _request(
    plan: "ParkPlan",
    points: list[str],
    times: tuple[str | None, str | None],
    step: str,
    path: Path | None,
    *,
    with_check: bool,
) -> Request:
    from gateway.accounts.setup.compile import load_books
    from gateway.cli.energy_check import power_sources
    from gateway.core.errors import Rejected
    from rules.energy.grid import Grid, Span

    zone = ZoneInfo(plan.site.timezone)
    try:
        grid = Grid(zone, _step_s(step))
    except ValueError as error:
        fail(f"--step: {error}", "write 15min, 30min, 1h, 6h or 1d", EXIT_USAGE)
    first_ns, last_ns = bounds_of(*(_placed(text, zone) for text in times))
    span = Span(grid.span(first_ns).start_ns, grid.span(last_ns - 1).end_ns)
    books = load_books(plan)
    by_people = _read_by_people(books, points)
    counters = _counters(plan, _connected(plan, points, by_people))
    if not counters and not by_people:
        raise Rejected(f"{', '.join(points)} has no counter", "see `kind: counter` in park.yaml")
    meters = _meters(path, counters, plan)
    declared = {tag: meter.spec for tag, meter in books.meters.items()}
    specs = {tag: _spec(one, declared.get(tag), meters.get(tag), zone) for tag, one in counters.items()}
    specs |= {tag: meter.spec for tag, meter in by_people.items()}
    return Request(plan, specs, meters, grid, span, zone, power_sources(plan, specs) if with_check else {}, books)


def _step_s(text: str) -> int:
    from gateway.config.types import parse_quantity

    units = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
    step = parse_quantity(text, units, "15 min")
    if step != int(step):
        raise ValueError(f"{text} is no whole number of seconds")
    return int(step)


def _placed(text: str | None, zone: ZoneInfo) -> str | None:
    """A time without a zone is the site's; what is no time is left for the message that says so."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return text
    return moment.isoformat() if moment.tzinfo else moment.replace(tzinfo=zone).isoformat()


def _counters(plan: "ParkPlan", points: list[str]) -> dict[str, "Register"]:
    """The counters that are meant."""
    from gateway.accounts.setup.registers import registers
    from gateway.core.errors import Rejected

    known = registers(plan)
    found = {tag: known[tag] for tag in find_tags(plan, points)}
    for tag in points:
        if tag in found and not found[tag].is_counter:
            kind = found[tag].point.kind
            raise Rejected(f"`{tag}` is a {kind}, not a counter", "intervals come from registers that count on")
    return {tag: register for tag, register in found.items() if register.is_counter}


def _read_by_people(books: "Books", points: list[str]) -> "dict[str, Meter]":
    """The meters that are meant, by tag or device, and that no connection reads."""
    return {tag: one for tag, one in books.meters.items() if one.is_manual and {tag, one.device} & set(points)}


def _connected(plan: "ParkPlan", points: list[str], by_people: "dict[str, Meter]") -> list[str]:
    """The names that are of registers: not those that people read, nor devices that have nothing else."""
    from gateway.accounts.setup.registers import registers

    there = {register.device.id for register in registers(plan).values()}
    without = {meter.device for meter in by_people.values()} - there
    return [name for name in points if name not in by_people and name not in without]


def _meters(path: Path | None, counters: dict[str, "Register"], plan: "ParkPlan") -> dict[str, "MeterModel"]:
    from gateway.cli.energy_meters import read_meters
    from gateway.config import ConfigErrors

    try:
        meters = read_meters(path)
    except ConfigErrors as errors:
        for problem in errors.problems:
            say(str(problem))
        raise typer.Exit(EXIT_CONFIG) from None
    find_tags(plan, [tag for tag in meters if tag not in counters])  # a name that does not exist is an error
    return meters


def _spec(
    register: "Register", declared: "MeterSpec | None", meter: "MeterModel | None", zone: ZoneInfo
) -> "MeterSpec":
    """What park.yaml declares of a register, and over it what --meters says."""
    from gateway.accounts.setup.registers import spec_of
    from gateway.core.errors import Rejected

    try:
        spec = declared or spec_of(register)
        if meter is None:
            return spec
        multipliers = meter.versions(zone) if meter.states_multipliers else spec.multipliers
        return replace(spec, rated=meter.rated or spec.rated, multipliers=multipliers)
    except ValueError as error:
        raise Rejected(str(error), "see --meters") from error


@dataclass(frozen=True, slots=True)
class Samples:
    """What history holds of one point, with a margin on both sides."""

    readings: list["Reading"]
    ignored: int  # bad ones


def _samples(asked: Request) -> dict[str, Samples]:
    from gateway.cli.energy_samples import read_samples
    from gateway.core.history import Format

    bounds = max(asked.span.start_ns - MARGIN_NS, 0), asked.span.end_ns + MARGIN_NS
    with tempfile.TemporaryDirectory(prefix="park-gateway-") as folder:
        part = Path(folder) / "samples.csv"
        tags = [*asked.specs, *(source.tag for source in asked.powers.values())]
        fetch(asked.plan, Export(tags, bounds, Format.CSV), part)
        found = read_samples(part)
    return {tag: Samples(*found.get(tag, ([], 0))) for tag in tags}
