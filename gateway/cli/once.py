"""`park-gateway run --once`: every device read once and printed; nothing is stored."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gateway.cli.console import EXIT_UNAVAILABLE, print_json, print_table, say
from gateway.cli.offline import Exchanges, failed, read_all
from gateway.cli.park import lines
from gateway.cli.peer import ask, is_running
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config.plan import DevicePlan, ParkPlan

LINES_AT_ONCE = 64
COLUMNS = ("device", "point", "value", "unit", "quality")


def read_and_print(plan: "ParkPlan", *, as_json: bool) -> None:
    """An exchange with every device as a table. Ends the command with 69 where one did not answer completely."""
    exchanges = _by_gateway(plan) if is_running(plan.api.socket) else read_all(plan)
    silent = sorted({exchange["device"] for exchange in exchanges if exchange["error"]})
    if as_json:
        print_json({"exchanges": exchanges, "silent": silent})
    else:
        print_table(COLUMNS, [row for exchange in exchanges for row in _rows(exchange)])
    if silent:
        count = "1 device" if len(silent) == 1 else f"{len(silent)} devices"
        say(f"{count} did not answer completely: {', '.join(silent)}. `park-gateway read DEVICE` shows one in full")
        raise typer.Exit(EXIT_UNAVAILABLE)


def _by_gateway(plan: "ParkPlan") -> Exchanges:
    """In turn with the polls of the running gateway, which has the lines."""
    with ThreadPoolExecutor(LINES_AT_ONCE) as threads:
        found = threads.map(partial(_read_line, plan.api.socket), [devices for _, devices in lines(plan)])
        return [exchange for line in found for exchange in line]


def _read_line(socket: Path, devices: "Sequence[DevicePlan]") -> Exchanges:
    found: Exchanges = []
    for device in devices:
        try:
            found += ask(socket, "POST", f"/api/v1/devices/{device.device.id}/read", {"points": []})["exchanges"]
        except GatewayError as error:
            found.append(failed(device.device.id, error))
    return found


def _rows(exchange: dict[str, Any]) -> list[list[object]]:
    device = exchange["device"]
    rows: list[list[object]] = [
        [device, r["point"], "no value" if r["value"] is None else r["value"], r["unit"], r["reason"] or r["level"]]
        for r in exchange["readings"]
    ]
    if exchange["error"]:
        rows.append([device, "", "no value", "", exchange["error"]])
    return rows
