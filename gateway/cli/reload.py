"""`park-gateway reload`: the running gateway takes the changed configuration in; `--preview` only shows it."""

from typing import Annotated, Any

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_all,
    print_json,
    print_line,
    say,
)
from gateway.cli.peer import Refused, ask

NAME = "reload"
PATIENCE_S = 300.0
FIELDS_SHOWN = 20  # of one entry
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def command(
    config: ConfigPath = DEFAULT_CONFIG,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let the running gateway take the changed configuration in; only what is other is begun anew."""
    plan = load_all(config).plan
    with errors_for_people():
        found = _ask(plan.api.socket, "preview", None)
        if not as_json:
            show(found)
        if not preview and (not found["effects"] or found["effects"][0]["kind"] != "refused"):
            found = _ask(plan.api.socket, "reload", {"version": found["version"]})
            say("taken in")
    if as_json:
        print_json(found)
    for effect in found["effects"]:
        if effect["kind"] == "refused":
            fail(f"{effect['name']} cannot change while the gateway runs: nothing was taken in", "restart the gateway")


def _ask(socket: Any, action: str, body: Any) -> Any:
    try:
        return ask(socket, "POST", f"/api/v1/configuration/{action}", body, timeout_s=PATIENCE_S)
    except Refused as refused:
        for one in refused.errors:
            say(f"{one['file']}:{one['line']}:{one['column']}: {one['message']}")
        fail(refused.message, refused.hint, EXIT_CONFIG)


def show(found: Any) -> None:
    """The difference, entry by entry, and what happens."""
    for change in found["changes"]:
        print_line(f"{_SIGNS[change['kind']]} {change['part']} {change['id']}".rstrip())
        for field in change["fields"][:FIELDS_SHOWN]:
            print_line(f"    {field['path']}: {_shown(field['old'])} -> {_shown(field['new'])}")
        if len(change["fields"]) > FIELDS_SHOWN:
            print_line(f"    ... and {len(change['fields']) - FIELDS_SHOWN} more")
    if not found["changes"]:
        print_line("no difference to what is in force")
    for effect in found["effects"]:
        print_line(f"=> {effect['text']}")
    if found["changes"]:
        print_line("alarms: {added} added, {changed} changed, {removed} removed, {kept} kept".format(**found["rules"]))


def _shown(value: object) -> str:
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
