"""`park-gateway key`: API keys for programs."""

from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_line,
    say,
)
from gateway.cli.desk import checked, done
from gateway.cli.listing import moment, print_items

TARGET = "/api/v1/keys"
COLUMNS = ("id", "name", "account", "scopes", "enterprise", "expires", "valid", "last used", "from")
Json = dict[str, Any]

app = typer.Typer(name="key", help="API keys: for programs that ask the gateway.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show every key, without its secret."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = done(plan, "GET", TARGET, None, lambda desk: desk.keys())
    if_none = "there are no keys: park-gateway key add NAME --account NAME --scope read --days 365"
    print_items(plan, found, COLUMNS, _row, as_json=as_json, if_none=if_none)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is for: `Grafana`.", show_default=False)],
    account: Annotated[str, typer.Option("--account", "-a", help="Whose rights it has.", show_default=False)],
    scope: Annotated[
        list[str], typer.Option("--scope", "-s", help="What it may: read, export, metrics, ...; several times.")
    ],
    days: Annotated[int, typer.Option("--days", help="How long it is valid; at most 731.", show_default=False)],
    enterprise: Annotated[str, typer.Option("--enterprise", "-e", help="It sees only this enterprise's.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: it is shown this once."""
    plan = load_config(config, quiet=True).plan
    body: Json = {"name": name, "account": account, "scopes": scope, "days": days}
    body |= {"enterprise": enterprise} if enterprise else {}

    from gateway.api.routes_keys import NewKey

    with errors_for_people():
        wanted = checked(NewKey, body).wanted(account)
        found = done(plan, "POST", TARGET, body, lambda desk: desk.add_key(wanted))
    if as_json:
        print_json(found)
        return
    print_line(found["key"])
    say(f"this is shown once; it is valid until {moment(found['expires_ms'], ZoneInfo(plan.site.timezone))}")
    say("send it with each request: Authorization: Bearer pg_...")


@app.command()
def remove(
    key_id: Annotated[str, typer.Argument(help="The key's id: what is between the underscores.", show_default=False)],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make a key worthless at once."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        target = f"{TARGET}/{quote(key_id, safe='')}"
        found = done(plan, "DELETE", target, None, lambda desk: desk.remove_key(key_id))
    if as_json:
        print_json(found)
        return
    print_line(f"key {found['removed']} is removed")


def _row(one: Json, zone: ZoneInfo) -> list[object]:
    head = [one["id"], one["name"], one["account"], " ".join(one["scopes"]), one["enterprise"] or ""]
    used = moment(one["used_ms"], zone)
    return [*head, moment(one["expires_ms"], zone), "yes" if one["valid"] else "no", used, one["used_origin"] or ""]
