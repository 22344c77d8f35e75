"""`park-gateway quarantine`: what servers refused for good, and trying it again once its cause was mended."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.peer import ask

TARGET = "/api/v1/quarantine"
PATIENCE_S = 120.0  # the gateway sends for up to a minute and a half
_CHARACTERS = 60  # of a line that are shown

app = typer.Typer(name="quarantine", help="What servers refused: a list, and trying it again.", no_args_is_help=True)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="So many, the newest first.")] = 20,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show what servers refused, with their reasons."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = ask(plan.api.socket, "GET", f"{TARGET}?limit={limit}")
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        say("no server refused anything")
        return
    zone = ZoneInfo(plan.site.timezone)
    rows = [
        [
            datetime.fromtimestamp(one["first_seen_ms"] / 1000, zone).strftime("%Y-%m-%d %H:%M:%S"),
            one["sink"],
            str(one["count"]),
            one["reason"],
            one["line"][:_CHARACTERS],
        ]
        for one in found["items"]
    ]
    print_table(["time", "sink", "samples", "reason", "what was refused"], rows)


@app.command("retry")
def retry(
    sink: Annotated[str, typer.Argument(help="The sink's name.", show_default=False)],
    reason: Annotated[str | None, typer.Option("--reason", help="Only those with exactly this reason.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Send what a sink's server refused once more, the oldest first: after the cause was mended there."""
    plan = load_config(config, quiet=True).plan
    if not is_sure and not typer.confirm(f"send what `{sink}` refused once more?", err=True):
        raise typer.Exit(1)
    body = {"sink": sink} if reason is None else {"sink": sink, "reason": reason}
    with errors_for_people():
        found = ask(plan.api.socket, "POST", f"{TARGET}/retry", body, timeout_s=PATIENCE_S)
    if as_json:
        print_json(found)
    else:
        print_line(
            f"{found['delivered']} samples delivered, {found['refused']} refused again, {found['left']} not tried"
        )
    if found["error"]:
        fail(found["error"], found["hint"])
