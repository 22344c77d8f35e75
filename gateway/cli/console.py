"""What commands print and how they end: results on stdout, everything else on stderr, exit codes of sysexits.h."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.config import Loaded, load
from gateway.core.errors import ConfigError, GatewayError, Unavailable
from gateway.plugins import known_drivers

EXIT_FAILED = 1
EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE: a server, device or the gateway does not answer
EXIT_CONFIG = 78  # EX_CONFIG: the configuration must be changed

ConfigPath = Annotated[
    Path,
    typer.Option("--config", "-c", help="The configuration file.", envvar="PARK_GATEWAY_CONFIG", show_default=True),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DEFAULT_CONFIG = Path("park.yaml")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> None:
    """A table; its cells are text from devices and never markup."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    out.print(table)


def say(text: str) -> None:
    """A line for the person, on stderr."""
    err.print(escape(text))


def fail(message: str, hint: str = "", code: int = EXIT_FAILED) -> NoReturn:
    """End the command with what happened and what to do next."""
    err.print(f"[bold red]error:[/] {escape(message)}")
    if hint:
        err.print(f"  {escape(hint)}")
    raise typer.Exit(code)


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Turns the gateway's errors into a message and an exit code."""
    try:
        yield
    except ConfigError as error:
        fail(error.message, error.hint, EXIT_CONFIG)
    except Unavailable as error:
        fail(error.message, error.hint, EXIT_UNAVAILABLE)
    except GatewayError as error:
        fail(error.message, error.hint)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def load_config(path: Path, *, quiet: bool = False) -> Loaded:
    """The configuration; ends the command with every error at once (exit 78), warns on stderr."""
    with errors_for_people():
        loaded = load(path, known_drivers())
    if not quiet:
        for finding in loaded.findings:
            say(f"warning: {finding}")
    return loaded
