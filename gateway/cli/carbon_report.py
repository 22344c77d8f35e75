"""`park-gateway carbon report|label|statement`: files for people and auditors; no gateway needed, one may run."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.carbon_accounts import Entity, Period
from gateway.cli.console import DEFAULT_CONFIG, EXIT_USAGE, ConfigPath, errors_for_people, fail, load_config, say

Out = Annotated[Path, typer.Option("--out", help="The file to write; it must not exist.", show_default=False)]
Lang = Annotated[str, typer.Option("--lang", help="en or zh.")]
Font = Annotated[
    Path | None,
    typer.Option("--font", help="Font file for PDF; or PARK_GATEWAY_REPORT_FONT.", exists=True, dir_okay=False),
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into `park-gateway carbon`."""
    for name, command in (("report", report), ("label", label), ("statement", statement)):
        app.command(name)(command)


def report(
    period: Period,
    out: Out,
    enterprise: Entity = "",
    form: Annotated[str, typer.Option("--format", help="xlsx, csv, pdf, json, zip (all); else by --out.")] = "",
    lang: Lang = "en",
    font: Font = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write the carbon report of an enterprise or the park. A closed period gives the same bytes every time."""
    from gateway.reports.language import Language
    from gateway.reports.make import ReportFormat
    from gateway.reports.make import report as make

    wanted = _choice("--format", ReportFormat, form or out.suffix.lstrip("."))
    _write(make, config, enterprise, period, out, wanted, _choice("--lang", Language, lang), font)


def label(
    period: Period,
    out: Out,
    enterprise: Entity = "",
    product: Annotated[str, typer.Option("--product", help="For one unit of this product or denominator.")] = "",
    url: Annotated[str, typer.Option("--url", help="The gateway's public address, for the QR code.")] = "",
    form: Annotated[str, typer.Option("--format", help="html, svg, pdf; else by --out.")] = "",
    lang: Lang = "en",
    font: Font = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write a carbon label with a QR code: a figure, its ledger record, the signed root; and what that proves."""
    from gateway.reports.language import Language
    from gateway.reports.make import LabelFormat
    from gateway.reports.make import label as make

    wanted = _choice("--format", LabelFormat, form or out.suffix.lstrip("."))
    _write(make, config, enterprise, period, out, wanted, _choice("--lang", Language, lang), product, url, font)


def statement(
    period: Period,
    out: Out,
    enterprise: Entity = "",
    lang: Lang = "en",
    font: Font = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write a tenant's statement of a month as PDF."""
    from gateway.reports.language import Language
    from gateway.reports.make import statement_file

    _write(statement_file, config, enterprise, period, out, _choice("--lang", Language, lang), font)


def _choice(option: str, known: Any, text: str) -> Any:
    try:
        return known(text)
    except ValueError:
        fail(f"{option}: `{text}` is none of {', '.join(one.value for one in known)}", "write one of them", EXIT_USAGE)


def _write(
    make: Callable[..., tuple[str, bytes]], config: Path, entity: str, period: str, out: Path, *wanted: Any
) -> None:
    """Whole or not at all."""
    from gateway.accounts.owned_books import load_owned_books

    plan = load_config(config, quiet=True).plan
    books = load_owned_books(plan)
    if out.exists():
        fail(f"{out} exists already", "name another file", EXIT_USAGE)
    with errors_for_people():
        _, data = make(plan.store.directory, books, entity or books.site.id, period, time.time_ns(), *wanted)
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(data)
        part.replace(out)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}", "name a file in a folder that you may write to")
    finally:
        part.unlink(missing_ok=True)
    say(f"{out}: {len(data)} bytes")
