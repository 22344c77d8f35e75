"""Devices without a running gateway: the drivers' own sources, built for one command."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli.park import lines, points_of
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
    from gateway.core.ports import Source

Exchanges = list[dict[str, Any]]


def read_device(connection: "ConnectionPlan", device: "DevicePlan", points: Sequence[str]) -> Exchanges:
    """One real exchange on a connection of its own."""
    import asyncio

    async def read() -> Exchanges:
        (source,) = _sources([connection])
        return await _probe(source, device, points)

    return asyncio.run(read())


def read_all(plan: "ParkPlan") -> Exchanges:
    """One exchange with every connected device, side by side; in turn where they share a line."""
    import asyncio

    return asyncio.run(_read_lines(plan))


async def _read_lines(plan: "ParkPlan") -> Exchanges:
    import asyncio

    sources = {source.name: source for source in _sources(plan.connections)}
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_read_line(sources[c.name], devices)) for c, devices in lines(plan)]
    return [exchange for task in tasks for exchange in task.result()]


def failed(device: str, error: GatewayError) -> dict[str, Any]:
    """In place of an exchange that could not even begin."""
    nothing: dict[str, Any] = {"request": "", "response": "", "elapsed_ms": None, "readings": []}
    return {"device": device, **nothing, "error": str(error)}


def _sources(connections: "Sequence[ConnectionPlan]") -> "list[Source]":
    from gateway.core.clock import SystemClock
    from gateway.plugins import build_sources

    return build_sources(connections, SystemClock())


async def _read_line(source: "Source", devices: "Sequence[DevicePlan]") -> Exchanges:
    found: Exchanges = []
    for device in devices:
        try:
            found += await _probe(source, device, ())
        except GatewayError as error:
            found.append(failed(device.device.id, error))
    return found


async def _probe(source: "Source", device: "DevicePlan", points: Sequence[str]) -> Exchanges:
    from gateway.pipeline.probe import exchange_json

    known = points_of(device)
    return [exchange_json(exchange, known) for exchange in await source.probe(device.device.id, points)]
