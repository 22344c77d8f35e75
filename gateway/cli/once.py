"""`park-gateway run --once`: every device read once and printed; nothing is stored."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gateway.cli.console import EXIT_UNAVAILABLE, print_json, print_table, say
from gateway.cli.offline import Exchanges, failed, read_all
from gateway.cli.peer import ask, is_running
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config.plan import ConnectionPlan, ParkPlan

LINES_AT_ONCE = 16


async def _read_all(plan: "ParkPlan") -> Exchanges:
    return await read_all(plan)


def read_once(plan: "ParkPlan") -> Exchanges:
    """An exchange with every device: by the running gateway in turn with its polls, else over own connections."""
    import asyncio

    if not is_running(plan.api.socket):
        return asyncio.run(read_all(plan))
    with ThreadPoolExecutor(LINES_AT_ONCE) as threads:
        lines = threads.map(partial(_by_gateway, plan.api.socket), plan.connections)
        return [exchange for line in lines for exchange in line]


def _by_gateway(socket: Path, connection: "ConnectionPlan") -> Exchanges:
    found: Exchanges = []
    for device in connection.devices:
        try:
            found += ask(socket, "POST", f"/api/v1/devices/{device.device.id}/read", {"points": []})["exchanges"]
        except GatewayError as error:
            found.append(failed(device.device.id, error))
    return found
