"""`park-gateway schema`: the JSON Schema of `park.yaml`, for editors."""

from gateway.cli.console import print_json

NAME = "schema"


def command() -> None:
    """Print the JSON Schema of park.yaml; editors use it by the modeline in the first line of the examples."""
    from gateway.config import schema
    from gateway.plugins import known_drivers

    print_json(schema(known_drivers()))
