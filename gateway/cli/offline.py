"""Devices without a running gateway: the drivers' own sources, built for one command."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli.park import points_of
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
    from gateway.core.ports import Source

Exchanges = list[dict[str, Any]]


async def read_device(connection: "ConnectionPlan", device: "DevicePlan", points: Sequence[str]) -> Exchanges:
    """One real exchange on a connection of its own."""
    from gateway.core.clock import SystemClock
    from gateway.plugins import build_sources

    (source,) = build_sources([connection], SystemClock())
    return await _probe(source, device, points)


async def read_all(plan: "ParkPlan") -> Exchanges:
    """One exchange with every connected device, connections side by side; in turn where the devices share a line."""
    from gateway.core.clock import SystemClock
    from gateway.plugins import build_sources

    sources = {source.name: source for source in build_sources(plan.connections, SystemClock())}
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_read_connection(sources[c.name], c)) for c in plan.connections]
    return [exchange for task in tasks for exchange in task.result()]


def failed(device: str, error: GatewayError) -> dict[str, Any]:
    """In place of an exchange that could not even begin."""
    return {
        "device": device, "request": "", "response": "", "elapsed_ms": 0, "error": str(error), "readings": [],
    }  # fmt: skip


async def _read_connection(source: "Source", connection: "ConnectionPlan") -> Exchanges:
    from gateway.config.driver import Connection

    is_shared = isinstance(connection.options, Connection) and connection.options.is_polled
    turn = asyncio.Semaphore(1 if is_shared else max(1, len(connection.devices)))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_in_turn(turn, source, device)) for device in connection.devices]
    return [exchange for task in tasks for exchange in task.result()]


async def _in_turn(turn: asyncio.Semaphore, source: "Source", device: "DevicePlan") -> Exchanges:
    async with turn:
        try:
            return await _probe(source, device, ())
        except GatewayError as error:
            return [failed(device.device.id, error)]


async def _probe(source: "Source", device: "DevicePlan", points: Sequence[str]) -> Exchanges:
    from gateway.pipeline.probe import exchange_json

    known = points_of(device)
    return [exchange_json(exchange, known) for exchange in await source.probe(device.device.id, points)]
