"""`park-gateway carbon calc|factors|factor`: one calculation with its working, and the catalogue; no gateway needed."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import carbon_accounts, carbon_record, carbon_report
from gateway.cli.console import (
    EXIT_CONFIG,
    EXIT_USAGE,
    AsJson,
    fail,
    print_json,
    print_line,
    print_table,
    say,
)

if TYPE_CHECKING:
    from gateway.config.problems import Problem
    from rules.carbon.catalogue import Catalogue
    from rules.carbon.factor import Factor

NAME = "carbon"
app = typer.Typer(name=NAME, help="Carbon: accounts, records, factors, calculations.", no_args_is_help=True)
app.add_typer(carbon_record.app)
carbon_accounts.add_to(app)
carbon_report.add_to(app)


@app.command("calc")
def calc(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The description, YAML or JSON.")],
    as_json: AsJson = False,
) -> None:
    """Calculate one emission from a description: per gas, in all, every step, every source. Exit code 78 for mistakes.

    A description: `{activity: stationary_combustion, fuel: diesel, region: CN, date: 2026-10-31, quantity: 1200 kg}`.
    """
    from gateway.carbon.catalogue import load_catalogue
    from gateway.carbon.description import calculate_file
    from gateway.carbon.document import result_document, result_lines
    from gateway.config.problems import ConfigErrors

    try:
        result = calculate_file(file, load_catalogue())
    except ConfigErrors as errors:
        _refuse(errors.problems, as_json=as_json)
        return
    if as_json:
        print_json(result_document(result))
        return
    for line in result_lines(result):
        print_line(line)


def _refuse(problems: "list[Problem]", *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "errors": [problem.as_json() for problem in problems]})
        raise typer.Exit(EXIT_CONFIG)
    for problem in problems:
        say(str(problem))  # each on a line of its own that begins with its place, as editors expect it
    fail(f"{len(problems)} error{'s' * (len(problems) > 1)}: nothing was calculated", code=EXIT_CONFIG)


@app.command("factors")
def factors(
    activity: Annotated[str | None, typer.Option("--activity", help="Only of this activity.")] = None,
    fuel: Annotated[str | None, typer.Option("--fuel", help="Only of this fuel, source of energy or gas.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only of this region, as `CN-ZJ`.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="Only what is valid on this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the factors of the catalogue: value, validity, review status, source."""
    from gateway.carbon.document import factor_document

    catalogue = _catalogue()
    found = list(catalogue.factors)
    for option, wanted in (("activity", activity), ("fuel", fuel), ("region", region)):
        if wanted is not None:
            found = _only(catalogue, found, option, wanted)
    if day is not None:
        moment = _day(day)
        found = [factor for factor in found if factor.holds(moment, moment)]
    if as_json:
        print_json({"catalogue_sha256": catalogue.sha256, "factors": [factor_document(factor) for factor in found]})
        return
    rows = [(one.id, one.fuel, one.region, one.shown, one.validity, one.review.value) for one in found]
    print_table(["id", "fuel", "region", "value", "valid", "review"], rows)
    print_line("")
    print_line(f"{len(found)} of {len(catalogue.factors)} values, catalogue SHA-256 {catalogue.sha256}")


@app.command("factor")
def factor(factor_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Show one factor with everything that is known of it: document, place, validity, basis, review."""
    from gateway.carbon.document import factor_document
    from gateway.config.problems import nearest

    catalogue = _catalogue()
    found = catalogue.factor(factor_id)
    if found is None:
        hint = nearest(factor_id, (one.id for one in catalogue.factors)) or "park-gateway carbon factors lists them"
        fail(f"there is no factor `{factor_id}`", hint)
    if as_json:
        print_json({"catalogue_sha256": catalogue.sha256, "factor": factor_document(found)})
        return
    for line in _lines(found):
        print_line(line)


def _catalogue() -> "Catalogue":
    from gateway.carbon.catalogue import load_catalogue
    from gateway.config.problems import ConfigErrors

    try:
        return load_catalogue()
    except ConfigErrors as errors:
        _refuse(errors.problems, as_json=False)
        raise


def _only(catalogue: "Catalogue", found: "list[Factor]", option: str, wanted: str) -> "list[Factor]":
    """Those with this value. A value that no factor has is a mistake, not an empty list."""
    from gateway.config.problems import nearest

    known = {str(getattr(one, option)) for one in catalogue.factors}
    if wanted not in known:
        fail(f"--{option}: no factor has `{wanted}`", nearest(wanted, known), EXIT_USAGE)
    return [one for one in found if str(getattr(one, option)) == wanted]


def _day(text: str) -> date:
    from gateway.carbon.texts import parse_day
    from gateway.config.types import HintedError

    try:
        return parse_day(text)
    except HintedError as error:
        fail(f"--date: `{text}` is {error}", error.hint, EXIT_USAGE)


def _lines(found: "Factor") -> list[str]:
    source = found.source
    said = {
        "id": found.id,
        "value": found.shown,
        "95 % interval": ""
        if found.low is None or found.high is None
        else f"{float(found.low):g} to {float(found.high):g}",
        "activity": found.activity.value,
        "fuel": found.fuel,
        "sectors": ", ".join(found.sectors),
        "region": found.region,
        "series": found.series,
        "valid": found.validity,
        "basis": "" if found.per is None else found.per.dimension.value,
        "GWP set": found.gwp_set,
        "assumes": found.assumes,
        "review": found.review.value,
        "document": source.title,
        "publisher": f"{source.publisher} {source.year}".strip(),
        "place": found.place,
        "read in": found.read_in,
        "address": source.url,
        "SHA-256": source.sha256,
        "gap before": found.gap,
        "note": found.note,
    }
    width = max(map(len, said))
    return [f"{name:{width}}  {value}" for name, value in said.items() if value]
