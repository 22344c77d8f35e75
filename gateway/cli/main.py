"""`park-gateway`: the table of commands."""

import io
import os
import sys

import typer

from gateway import __version__
from gateway.cli import (
    audit,
    backup,
    carbon,
    check,
    connectivity,
    demo,
    doctor,
    energy,
    export,
    key,
    ledger,
    notify,
    quarantine,
    read,
    reload,
    restore,
    rules,
    run,
    schema,
    status,
    trace,
    user,
)

app = typer.Typer(
    name="park-gateway",
    help="Edge monitoring gateway for an industrial park.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong arguments, 69 something does not answer, 78 wrong configuration, "
    "130 ended by Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (run, check, reload, demo, status, connectivity, read, trace, export, schema, doctor, backup, restore):
    app.command(module.NAME)(module.command)
app.add_typer(rules.app, name=rules.NAME)
app.add_typer(carbon.app, name=carbon.NAME)
app.add_typer(energy.app, name=energy.NAME)
app.add_typer(ledger.app, name=ledger.NAME)
app.add_typer(audit.app, name=audit.NAME)
app.add_typer(notify.app)
app.add_typer(quarantine.app)
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"park-gateway {__version__}")
        raise typer.Exit


@app.callback()
def top(
    _: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and exit."),
) -> None:
    """Edge monitoring gateway for an industrial park."""


def main() -> None:
    """Entry point of the installed command. It is quiet about Ctrl-C and about a reader that has gone (`| head`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that has no `³` still gets the rest
    try:
        app()
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
