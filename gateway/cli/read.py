"""`park-gateway read DEVICE [POINT ...]`: one exchange - raw bytes, registers, value, time taken."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_UNAVAILABLE,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.offline import Exchanges, read_device
from gateway.cli.park import check_points, find_device
from gateway.cli.peer import ask, is_running

if TYPE_CHECKING:
    from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan

NAME = "read"


def command(
    device: Annotated[str, typer.Argument(help="Device id, or a tag: `tx1` or `tx1.power_active`.")],
    points: Annotated[list[str] | None, typer.Argument(help="Point names; all where none is named.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read a device once and show what it said: in turn with a running gateway's polls, else on a line of its own."""
    device_id, _, point = device.partition(".")
    wanted = [*([point] if point else []), *(name.removeprefix(f"{device_id}.") for name in points or [])]
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        connection, known = find_device(plan, device_id)
        check_points(known, wanted)
        exchanges, way = _read(plan, connection, known, wanted)
    if as_json:
        print_json({"device": device_id, "way": way, "exchanges": exchanges})
    else:
        say(f"{device_id}, read {_WAYS[way]}")
        _show(exchanges)
    if any(exchange["error"] for exchange in exchanges):
        say(f"not everything was answered: check power, wiring and address ({known.device.address});")
        say(f"`park-gateway trace {device_id}` shows its frames as they pass")
        raise typer.Exit(EXIT_UNAVAILABLE)


_WAYS = {"gateway": "by the running gateway, in turn with its polls", "direct": "over a connection of its own"}


def _read(
    plan: "ParkPlan", connection: "ConnectionPlan", device: "DevicePlan", wanted: list[str]
) -> tuple[Exchanges, str]:
    if is_running(plan.api.socket):
        found = ask(plan.api.socket, "POST", f"/api/v1/devices/{device.device.id}/read", {"points": wanted})
        return found["exchanges"], "gateway"
    return read_device(connection, device, wanted), "direct"


def _show(exchanges: Exchanges) -> None:
    for number, exchange in enumerate(exchanges):
        if number:
            print_line("")
        print_line(f"sent      {exchange['request'] or 'nothing'}")
        print_line(f"received  {exchange['response'] or 'nothing'}")
        print_line(f"took      {exchange['elapsed_ms']} ms")
        if exchange["error"]:
            print_line(f"error     {exchange['error']}")
        print_table(["point", "raw", "value", "unit", "quality"], [_row(reading) for reading in exchange["readings"]])


def _row(reading: dict[str, Any]) -> list[object]:
    value = "no value" if reading["value"] is None else reading["value"]
    quality = reading["level"] + (f": {reading['reason']}" if reading["reason"] else "")
    return [reading["point"], reading["raw"], value, reading["unit"], quality]
