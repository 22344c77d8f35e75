"""`park-gateway`: the table of commands."""

import typer

from gateway import __version__
from gateway.cli import check, demo, doctor, export, read, run, schema, status, trace

app = typer.Typer(
    name="park-gateway",
    help="Edge monitoring gateway for an industrial park.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (run, check, demo, status, read, trace, export, schema, doctor):
    app.command(module.NAME)(module.command)


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
    """Entry point of the installed command."""
    app()
