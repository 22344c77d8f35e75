"""`park-gateway connectivity`: how much of what should have come has come, and why not."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_line,
    print_table,
)
from gateway.cli.peer import ask
from gateway.cli.status import duration
from rules.connectivity.spans import Period

NAME = "connectivity"
TIMEOUT_S = 30.0
_COLUMNS = ("known", "connected", "answering", "expected", "good", "rate", "not good")

OfEnterprise = Annotated[str, typer.Option("--enterprise", "-e", help="Show the devices of this enterprise (its id).")]
InPeriod = Annotated[Period, typer.Option("--period", "-p", help="The running period of the site's clock.")]


def command(
    config: ConfigPath = DEFAULT_CONFIG,
    enterprise: OfEnterprise = "",
    period: InPeriod = Period.DAY,
    as_json: AsJson = False,
) -> None:
    """Show the connectivity of the park and its enterprises, or of one enterprise and its devices."""
    plan = load_config(config, quiet=True).plan
    path = f"/enterprises/{quote(enterprise, safe='')}" if enterprise else ""
    with errors_for_people():
        target = f"/api/v1/connectivity{path}?period={period.value}"
        found = ask(plan.api.socket, "GET", target, timeout_s=TIMEOUT_S)
    if as_json:
        print_json(found)
    elif enterprise:
        _print_enterprise(found, period)
    else:
        _print_park(found, period)


def _print_park(found: dict[str, Any], period: Period) -> None:
    rows = [["park", *_cells(found["park"])], *([one["id"], *_cells(one)] for one in found["enterprises"])]
    print_table([f"this {period.value}", *_COLUMNS], rows)
    _print_down(found["park"], period)


def _print_enterprise(found: dict[str, Any], period: Period) -> None:
    rows = [[device["id"], _rate(device), _not_good(device), device["sentence"]["en"]] for device in found["devices"]]
    print_line(f"{found['id']}: {_rate(found)} this {period.value}, {found['answering']} of {found['known']} answer")
    print_line("")
    print_table(["device", "rate", "not good", "now"], rows)
    _print_down(found, period)


def _print_down(figure: dict[str, Any], period: Period) -> None:
    if figure["gateway_down_s"]:
        print_line("")
        down = duration(figure["gateway_down_s"])
        print_line(f"the gateway itself did not run for {down} of this {period.value}; that counts against nobody")


def _cells(figure: dict[str, Any]) -> list[object]:
    numbers = [figure[key] for key in ("known", "connected", "answering", "expected", "good")]
    return [*numbers, _rate(figure), _not_good(figure)]


def _rate(figure: dict[str, Any]) -> str:
    """Cut, not rounded up: 100 % only where nothing is missing."""
    rate = figure["rate"]
    return "-" if rate is None else f"{int(rate * 10_000 + 1e-6) / 100:.2f} %"


def _not_good(figure: dict[str, Any]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in figure["reasons"].items()) or "-"
