"""`park-gateway status`: how a running gateway is."""

from datetime import UTC, datetime
from typing import Any

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_line,
    print_table,
)
from gateway.cli.peer import ask

NAME = "status"
TIMEOUT_S = 15.0
_SINK_COLUMNS = (
    "sink",
    "state",
    "accepted",
    "delivered",
    "buffered",
    "quarantined",
    "dropped",
    "adds up",
    "last error",
)


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show connections, sinks with their accounts and device counts of the running gateway."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        status = ask(plan.api.socket, "GET", "/api/v1/status", timeout_s=TIMEOUT_S)
    if as_json:
        print_json(status)
        return
    devices = status["devices"]
    print_line(f"park-gateway {status['version']}, up {duration(status['uptime_s'])}")
    print_line(
        "devices: {answering} answering, {silent} silent, {connected} connected of {known} known".format(**devices)
    )
    if certificate := status.get("certificate"):
        ends = datetime.fromtimestamp(certificate["ends_ms"] / 1000, UTC)
        print_line(f"certificate: SHA-256 {certificate['fingerprint_sha256']}, until {ends:%Y-%m-%d}")
    print_line("")
    print_table(["connection", "driver", "state", "devices", "last error"], [_source(s) for s in status["sources"]])
    print_line("")
    print_table(_SINK_COLUMNS, [_sink(sink) for sink in status["sinks"]])
    for finding in status["findings"]:
        print_line(f"finding: {finding}")


def duration(seconds: float) -> str:
    """`3 d 4 h`, `5 min 7 s`: the two largest units."""
    left = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def _source(source: dict[str, Any]) -> list[object]:
    return [source["name"], source["driver"], source["state"], source["devices"], _error(source)]


def _sink(sink: dict[str, Any]) -> list[object]:
    dropped = ", ".join(f"{count} {cause}" for cause, count in sink["dropped"].items()) or 0
    numbers = [sink["accepted"], sink["delivered"], sink["buffered"], sink["quarantined"], dropped]
    return [sink["name"], sink["state"], *numbers, "yes" if sink["balanced"] else "NO", _error(sink)]


def _error(state: dict[str, Any]) -> str:
    text = state["error"] or ""
    return f"{text} ({state['hint']})" if text and state["hint"] else text
