"""`park-gateway status`: how a running gateway is."""

from typing import Any

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    out,
    print_json,
    print_table,
)
from gateway.cli.peer import ask

NAME = "status"


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show connections, sinks with their accounts and device counts of the running gateway."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        status = ask(plan.api.socket, "GET", "/api/v1/status")
    if as_json:
        print_json(status)
        return
    devices = status["devices"]
    out.print(f"park-gateway {status['version']}, up {status['uptime_s']:.0f} s")
    out.print(
        "devices: {answering} answering, {silent} silent, {connected} connected of {known} known".format(**devices)
    )
    print_table(["connection", "driver", "state", "devices", "last error"], [_source(s) for s in status["sources"]])
    columns = ["sink", "state", "accepted", "delivered", "buffered", "quarantined", "dropped", "adds up", "last error"]
    print_table(columns, [_sink(sink) for sink in status["sinks"]])
    for finding in status["findings"]:
        out.print(f"finding: {finding}", markup=False)


def _source(source: dict[str, Any]) -> list[object]:
    return [source["name"], source["driver"], source["state"], source["devices"], source["error"] or ""]


def _sink(sink: dict[str, Any]) -> list[object]:
    dropped = ", ".join(f"{count} {cause}" for cause, count in sink["dropped"].items()) or 0
    numbers = [sink["accepted"], sink["delivered"], sink["buffered"], sink["quarantined"], dropped]
    return [sink["name"], sink["state"], *numbers, "yes" if sink["balanced"] else "NO", sink["error"] or ""]
