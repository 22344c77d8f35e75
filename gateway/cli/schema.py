"""`park-gateway schema`: the JSON Schema of `park.yaml` or of `rules.d/*.yaml`, for editors."""

from typing import Annotated

import typer

from gateway.cli.console import print_json

NAME = "schema"


def command(
    rules: Annotated[bool, typer.Option("--rules", help="Of the files in rules.d instead of park.yaml.")] = False,
) -> None:
    """Print the JSON Schema of park.yaml; editors use it by the modeline in the first line of the examples."""
    from gateway.carbon.models import TemplateModel
    from gateway.config import rule_schema, schema
    from gateway.plugins import known_drivers

    print_json(rule_schema(known_drivers()) if rules else schema(known_drivers(), TemplateModel))
