"""`park-gateway user`: accounts, one-time links, sessions."""

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    print_line,
    print_table,
)
from gateway.cli.desk import checked, done
from gateway.cli.listing import moment, print_items

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

TARGET = "/api/v1/users"
RIGHTS = ("name", "display", "role", "enterprise", "until", "state")
SESSIONS = ("id", "begun", "last seen", "ends", "from", "browser")
Json = dict[str, Any]
Name = Annotated[str, typer.Argument(help="The log-in name: `li.wei`.", show_default=False)]
ROLE_HELP = "viewer, operator, engineer, administrator, enterprise or auditor."
UNTIL_HELP = "The last day, in the site's zone: 2026-12-31. `none` takes it away."
Hours = Annotated[int, typer.Option("--hours", min=1, max=336, help="How long the link is valid.")]

app = typer.Typer(name="user", help="Accounts: who may sign in, and as what.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show every account."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = done(plan, "GET", TARGET, None, lambda desk: desk.users())
    if_none = "nobody may sign in yet: park-gateway user add NAME --role administrator"
    print_items(plan, found, (*RIGHTS, "signed in", "sessions", "keys"), _row, as_json=as_json, if_none=if_none)


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", "-r", help=ROLE_HELP, show_default=False)],
    display: Annotated[str, typer.Option("--display", "-d", help="The person's name.")] = "",
    enterprise: Annotated[
        str, typer.Option("--enterprise", "-e", help="Whose devices it sees (role enterprise).")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="The last day: 2026-12-31. An auditor has one.")] = "",
    wall: Annotated[bool, typer.Option("--wall", help="A screen on the wall: it only looks, and stays.")] = False,
    hours: Hours = 24,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make an account, and print the one-time link by which its owner signs in. The first is an administrator's."""
    plan = load_config(config, quiet=True).plan
    body: Json = {"name": name, "role": role, "display": display, "wall": wall, "link_valid_s": hours * 3600}
    body |= {"enterprise": enterprise} if enterprise else {}
    body |= {"valid_until": until} if until else {}

    from gateway.api.routes_users import UserWanted

    with errors_for_people():
        account = checked(UserWanted, body).account()
        found = done(plan, "POST", TARGET, body, lambda desk: desk.add(account, with_link=True, valid_s=hours * 3600))
    if as_json:
        print_json(found)
        return
    print_line(f"{found['name']} ({found['role']}) may sign in, once, by this link; then let them set a password:")
    print_line(address(plan, found["link"]["path"]))


@app.command()
def change(
    name: Name,
    role: Annotated[str | None, typer.Option("--role", "-r", help=ROLE_HELP)] = None,
    display: Annotated[str | None, typer.Option("--display", "-d", help="The person's name.")] = None,
    enterprise: Annotated[str | None, typer.Option("--enterprise", "-e", help="Whose devices it sees.")] = None,
    until: Annotated[str | None, typer.Option("--until", help=UNTIL_HELP)] = None,
    disabled: Annotated[bool | None, typer.Option("--disabled/--enabled", help="Whether it may sign in.")] = None,
    wall: Annotated[bool | None, typer.Option("--wall/--no-wall", help="A screen on the wall.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Change an account. Its sessions end at once."""
    plan = load_config(config, quiet=True).plan
    given = {"role": role, "display": display, "enterprise": enterprise, "disabled": disabled, "wall": wall}
    body: Json = {key: value for key, value in given.items() if value is not None}
    body |= {} if until is None else {"valid_until": None if until == "none" else until}
    if not body:
        fail("nothing is to be changed", "name what: `--role operator`, `--disabled`, ...", EXIT_USAGE)

    from gateway.api.routes_users import UserChange

    with errors_for_people():
        fields = checked(UserChange, body).fields()
        target = f"{TARGET}/{quote(name, safe='')}"
        found = done(plan, "PATCH", target, body, lambda desk: desk.change(name, fields))
    if as_json:
        print_json(found)
        return
    print_table(RIGHTS, [_rights(found)])


@app.command()
def remove(name: Name, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Remove an account with its sessions and keys. What it did stays in the audit log."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = done(plan, "DELETE", f"{TARGET}/{quote(name, safe='')}", None, lambda desk: desk.remove(name))
    if as_json:
        print_json(found)
        return
    print_line(f"{found['name']} is removed")


@app.command()
def link(
    name: Name,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the password and end every session.")] = False,
    hours: Hours = 24,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print a link that signs in as this account, once; with --reset for a password that was forgotten."""
    plan = load_config(config, quiet=True).plan
    target, body = f"{TARGET}/{quote(name, safe='')}/link", {"valid_s": hours * 3600, "reset": reset}
    with errors_for_people():
        found = done(plan, "POST", target, body, lambda desk: desk.link(name, valid_s=hours * 3600, is_reset=reset))
    if as_json:
        print_json(found)
        return
    print_line(address(plan, found["path"]))


@app.command()
def sessions(
    name: Name,
    end: Annotated[str, typer.Option("--end", help="End this session, or `all`.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the sessions of an account, or end them."""
    plan = load_config(config, quiet=True).plan
    target = f"{TARGET}/{quote(name, safe='')}/sessions"
    which = "" if end == "all" else end
    with errors_for_people():
        if end:
            query = f"?id={quote(which, safe='')}" if which else ""
            found = done(plan, "DELETE", target + query, None, lambda desk: desk.end_sessions(name, which))
        else:
            found = done(plan, "GET", target, None, lambda desk: desk.sessions(name))
    if end and not as_json:
        print_line(f"ended: {found['ended']}")
    else:
        print_items(plan, found, SESSIONS, _session, as_json=as_json)


def address(plan: "ParkPlan", path: str) -> str:
    """A path of the page as something to open, as far as the configuration tells where that is."""
    host = next(iter(plan.api.hosts), plan.api.host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if plan.api.has_tls else 'http'}://{shown}:{plan.api.port}{path}"


def _rights(one: Json) -> list[object]:
    state = "disabled" if one["disabled"] else "ok" if one["usable"] else "ended"
    return [one["name"], one["display"], one["role"], one["enterprise"] or "", one["valid_until"] or "", state]


def _row(one: Json, zone: ZoneInfo) -> list[object]:
    return [*_rights(one), moment(one["signed_in_ms"], zone), one["sessions"], one["keys"]]


def _session(one: Json, zone: ZoneInfo) -> list[object]:
    times = [moment(one[name], zone) for name in ("created_ms", "seen_ms", "expires_ms")]
    return [one["id"], *times, one["origin"], one["agent"]]
