"""The inside of the gateway: the newest records of its log, its machine, how busy its lines are."""

import asyncio
import logging
import re
from enum import StrEnum
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request

from gateway import __version__
from gateway.api.access import GatewayReader
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.machine import MachineWatch
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.inside import LineLoadList, LogList, Machine
from gateway.api.wholepark import sees_all
from gateway.chinese import chinese_of
from gateway.config.profiles import SHIPPED
from gateway.pipeline.logtail import KEPT
from gateway.pipeline.report import silent_by_connection

router = APIRouter(prefix="/api/v1", tags=["gateway"], route_class=ProvenRoute)
_SAID = re.compile(r'"([^"]+)"')  # of a record: what is said to people
BUS_LIMIT = 0.8  # what is above has no room for repeated requests


class LogLevel(StrEnum):
    """From which importance on."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@router.get("/logs", responses=answers(LogList))
async def logs(
    principal: GatewayReader,
    context: InContext,
    level: LogLevel = LogLevel.INFO,
    since: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=KEPT)] = 200,
) -> dict[str, Any]:
    """The newest records of this run behind `since`, without secrets. They are kept in memory only."""
    sees_all(principal)
    tail = context.gateway.log
    found = tail.newest(limit, since=since, level=logging.getLevelNamesMapping()[level.name])
    items = [
        {"id": one.id, "time_ms": one.time_ms, "level": one.level, "logger": one.logger, "text": one.text}
        for one in found
    ]
    answer: dict[str, Any] = {"items": items, "last_id": tail.last_id}
    said = chinese_of(text for one in found for text in _SAID.findall(one.text))
    return {**answer, "chinese": said} if said else answer


@router.get("/machine", responses=answers(Machine))
async def machine(principal: GatewayReader, context: InContext, request: Request) -> dict[str, Any]:
    """Processor, memory, disk, clock, certificate, last backup, versions."""
    sees_all(principal)
    gateway = context.gateway
    watch = cast("MachineWatch", request.app.state.machine)
    looked, profiles = await asyncio.to_thread(lambda: (watch.look(), len(list(SHIPPED.glob("*.yaml")))))
    answer = {
        "version": __version__,
        "profiles": profiles,
        "uptime_s": (gateway.clock.time_ns() - gateway.started_ns) / 1e9,
        **looked,
        "certificate": gateway.certificate.as_json() if gateway.certificate else None,
        "backup": gateway.backups.state(),
    }
    return with_chinese(answer, "error")


@router.get("/sources", responses=answers(LineLoadList))
async def sources(principal: GatewayReader, context: InContext) -> dict[str, Any]:
    """Values a second, failed share and bus load of every connection; its state is in /api/v1/status."""
    sees_all(principal)
    gateway, items = context.gateway, []
    silent = silent_by_connection(gateway.plan.connections, gateway.snapshot, gateway.clock.time_ns())
    for connection in gateway.plan.connections:
        load = gateway.loads.of(connection.name)
        shares = {"values_s": load.values_s, "failed_share": load.failed_share, "bus_load": load.bus_load}
        items.append({"name": connection.name, "silent": silent[connection.name][0], **shares})
    return {"items": items, "limit": BUS_LIMIT}
