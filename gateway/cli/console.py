"""What commands print and how they end: results on stdout, everything else on stderr, exit codes of sysexits.h."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from gateway.core.errors import ConfigError, GatewayError, Unavailable

if TYPE_CHECKING:
    from gateway.accounts.books import Books
    from gateway.config import Loaded
    from gateway.config.plan import ParkPlan
    from gateway.config.problems import Finding
    from gateway.pipeline.configuration import Configuration
    from gateway.rulebook import Rulebook

EXIT_FAILED = 1
EXIT_USAGE = 2  # the arguments do not fit
EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE: a server, device or the gateway does not answer
EXIT_CONFIG = 78  # EX_CONFIG: the configuration must be changed
PIPED_WIDTH = 4000  # a program reads it: one line per row, however long

ConfigPath = Annotated[
    Path,
    typer.Option("--config", "-c", help="The configuration file.", envvar="PARK_GATEWAY_CONFIG", show_default=True),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DEFAULT_CONFIG = Path("park.yaml")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def printable(text: object) -> str:
    """The text without control characters: what a device or a server says may not steer the terminal."""
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf") else "\ufffd"
        for character in str(text)
    )


def print_line(text: str) -> None:
    """A line of the result, on stdout; never markup."""
    out.print(printable(text), markup=False)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; its cells are text from devices and never markup."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold", min_width=len(column))
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    console = out if out.is_terminal else Console(file=out.file, width=PIPED_WIDTH, highlight=False)
    console.print(table)


def say(text: str) -> None:
    """A line for the person, on stderr."""
    err.print(printable(text), markup=False)


def fail(message: str, hint: str = "", code: int = EXIT_FAILED) -> NoReturn:
    """End the command with what happened and what to do next."""
    err.print(f"[bold red]error:[/] {escape(printable(message))}")
    if hint:
        err.print(f"  {escape(printable(hint))}")
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


def load_config(path: Path, *, quiet: bool = False) -> "Loaded":
    """The configuration; ends the command with every error at once (exit 78), warns on stderr."""
    from gateway.config import load
    from gateway.plugins import known_drivers

    with errors_with_places(path):
        loaded = load(path, known_drivers())
    _warn([] if quiet else loaded.findings)
    return loaded


def load_rules(path: Path, *, quiet: bool = False) -> "tuple[Loaded, Rulebook]":
    """The configuration with its rules compiled; ends the command like `load_config`."""
    from gateway.plugins import known_drivers
    from gateway.rulebook import load_park

    with errors_with_places(path):
        loaded, rulebook = load_park(path, known_drivers())
    _warn([] if quiet else [*loaded.findings, *rulebook.findings])
    return loaded, rulebook


def load_accounts(plan: "ParkPlan", path: Path = DEFAULT_CONFIG) -> "Books":
    """What is accounted, compiled; ends the command like `load_config`. What should be looked at is in its findings."""
    from gateway.accounts.owned_books import load_owned_books

    with errors_with_places(path):
        return load_owned_books(plan)


def load_all(path: Path) -> "Configuration":
    """The configuration with its rules and accounts compiled; ends the command like `load_config`."""
    from gateway.pipeline.configuration import load_configuration

    with errors_with_places(path):
        found = load_configuration(path)
    _warn(found.findings)
    return found


@contextmanager
def errors_with_places(path: Path) -> Iterator[None]:
    """Ends the command with every mistake of the configuration, each with its place (exit 78)."""
    from gateway.config import ConfigErrors

    try:
        yield
    except ConfigErrors as errors:
        for problem in errors.problems:
            say(str(problem))  # each on a line of its own that begins with its place, as editors expect it
        count = len(errors.problems)
        fail(f"{count} error{'s' * (count > 1)} in the configuration", _next_step(path), EXIT_CONFIG)


def _warn(findings: "Sequence[Finding]") -> None:
    for finding in findings:
        say(f"warning: {finding}")


def _next_step(path: Path) -> str:
    if path.exists():
        return f"put them right, then: park-gateway check --config {path}"
    return "name the file with --config or PARK_GATEWAY_CONFIG; to look around first: park-gateway demo"
