"""`park-gateway run`: the gateway itself, until SIGTERM; `run --once` reads everything once and stores nothing."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from gateway.api.serve import ApiServer, listen_tcp, listen_unix
from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_UNAVAILABLE,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_table,
    say,
)
from gateway.cli.offline import points_of
from gateway.config import Loaded
from gateway.config.plan import ParkPlan
from gateway.core.clock import SystemClock
from gateway.core.errors import GatewayError
from gateway.core.ports import Source
from gateway.pipeline.engine import Gateway
from gateway.pipeline.intake import Observer
from gateway.pipeline.probe import exchange_json
from gateway.plugins import build_sources

NAME = "run"


def command(
    config: ConfigPath = DEFAULT_CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Read every device once, print, store nothing.")] = False,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log debug messages.")] = False,
) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    loaded = load_config(config)
    with errors_for_people(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if once:
            _print_once(runner.run(read_all(loaded.plan)), as_json=as_json)
        else:
            runner.run(serve(loaded))


async def serve(loaded: Loaded, observers: Sequence[Observer] = ()) -> None:
    """The gateway and its API, until SIGTERM or SIGINT. `observers` see every batch."""
    plan = loaded.plan
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = await Gateway.open(plan, [str(finding) for finding in loaded.findings], observers=observers)
    try:
        server = ApiServer(gateway, listen_tcp(plan.api.host, plan.api.port), listen_unix(plan.api.socket))
        host = f"[{plan.api.host}]" if ":" in plan.api.host else plan.api.host
        say(f"page: http://{host}:{plan.api.port}/")
        async with asyncio.TaskGroup() as group:
            group.create_task(server.run())
            group.create_task(gateway.run(stop))
            await stop.wait()
            server.stop()
    finally:
        await gateway.close()
        plan.api.socket.unlink(missing_ok=True)


async def read_all(plan: ParkPlan) -> list[dict[str, Any]]:
    """One exchange with every connected device, connections side by side, devices of one connection in turn."""
    sources = {source.name: source for source in build_sources(plan.connections, SystemClock())}
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_read_connection(sources[c.name], [(d.device.id, points_of(d)) for d in c.devices]))
            for c in plan.connections
        ]
    return [exchange for task in tasks for exchange in task.result()]


async def _read_connection(source: Source, devices: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for device, points in devices:
        try:
            found += [exchange_json(exchange, points) for exchange in await source.probe(device)]
        except GatewayError as error:
            found.append({"device": device, "error": str(error), "readings": []})
    return found


def _print_once(exchanges: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"exchanges": exchanges})
    else:
        rows = [row for exchange in exchanges for row in _rows(exchange)]
        print_table(["device", "point", "value", "unit", "quality"], rows)
    silent = {exchange["device"] for exchange in exchanges if exchange["error"]}
    if silent:
        say(f"{len(silent)} devices did not answer completely: {', '.join(sorted(silent))}")
        raise typer.Exit(EXIT_UNAVAILABLE)


def _rows(exchange: dict[str, Any]) -> list[list[object]]:
    device = exchange["device"]
    rows: list[list[object]] = [
        [device, r["point"], "no value" if r["value"] is None else r["value"], r["unit"], r["reason"] or r["level"]]
        for r in exchange["readings"]
    ]
    return rows if rows or not exchange["error"] else [[device, "", "no value", "", exchange["error"]]]


def run_arguments(config: Path) -> list[str]:
    """Arguments that run the gateway as another process."""
    return ["-m", "gateway.cli", NAME, "--config", str(config)]
