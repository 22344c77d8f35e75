"""`park-gateway schema`: the JSON Schema of `park.yaml` or of `rules.d/*.yaml`, for editors; the API's document."""

from typing import Annotated

import typer

from gateway.cli.console import EXIT_USAGE, fail, print_json

NAME = "schema"


def command(
    rules: Annotated[bool, typer.Option("--rules", help="Of the files in rules.d instead of park.yaml.")] = False,
    openapi: Annotated[bool, typer.Option("--openapi", help="The OpenAPI document of the HTTP API instead.")] = False,
    api: Annotated[bool, typer.Option("--api", help="The reference of the HTTP API, as Markdown, instead.")] = False,
) -> None:
    """Print the JSON Schema of park.yaml; editors use it by the modeline in the first line of the examples."""
    if rules + openapi + api > 1:
        fail("one of --rules, --openapi and --api at a time", code=EXIT_USAGE)
    if openapi or api:
        _print_api(as_markdown=api)
        return
    from gateway.carbon.models import TemplateModel
    from gateway.config import rule_schema, schema
    from gateway.plugins import known_drivers

    print_json(rule_schema(known_drivers()) if rules else schema(known_drivers(), TemplateModel))


def _print_api(*, as_markdown: bool) -> None:
    from gateway.api.app import routed
    from gateway.api.reference import reference

    document = routed().openapi()
    if as_markdown:
        typer.echo(reference(document), nl=False)
    else:
        print_json(document)
