"""`park-gateway read DEVICE [POINT ...]`: one exchange - raw bytes, registers, value, time taken."""

import asyncio
from typing import Annotated, Any

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_UNAVAILABLE,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    out,
    print_json,
    print_table,
)
from gateway.cli.offline import check_points, find_device, points_of, probe
from gateway.cli.peer import ask, is_running
from gateway.pipeline.probe import exchange_json

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
        connection, device_plan = find_device(plan, device_id)
        check_points(device_plan, wanted)
        if is_running(plan.api.socket):
            exchanges = ask(plan.api.socket, "POST", f"/api/v1/devices/{device_id}/read", json={"points": wanted})[
                "exchanges"
            ]
        else:
            known = points_of(device_plan)
            exchanges = [exchange_json(e, known) for e in asyncio.run(probe(connection, device_id, wanted))]
    if as_json:
        print_json({"device": device_id, "exchanges": exchanges})
    else:
        _show(exchanges)
    if any(exchange["error"] for exchange in exchanges):
        raise typer.Exit(EXIT_UNAVAILABLE)


def _show(exchanges: list[dict[str, Any]]) -> None:
    for exchange in exchanges:
        out.print(f"sent      {exchange['request']}", markup=False)
        out.print(f"received  {exchange['response'] or 'nothing'}", markup=False)
        out.print(f"took      {exchange['elapsed_ms']} ms")
        if exchange["error"]:
            out.print(f"error     {exchange['error']}", markup=False)
        print_table(["point", "raw", "value", "unit", "quality"], [_row(reading) for reading in exchange["readings"]])


def _row(reading: dict[str, Any]) -> list[object]:
    value = "no value" if reading["value"] is None else reading["value"]
    quality = reading["level"] + (f": {reading['reason']}" if reading["reason"] else "")
    return [reading["point"], reading["raw"], value, reading["unit"], quality]
