"""Alarms: the list, what operators do, the journal, the figures of the alarm system itself."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.api.access import AlarmOperator, Principal, Reader
from gateway.api.alarmviews import counts, is_in_list, oldest_waiting_ns
from gateway.api.answers import answers
from gateway.api.context import Context, InContext
from gateway.api.periods import End, Start, parse_range_ns, parse_time_ns
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.alarms import AlarmMetrics, Alarms, AlarmShape, AlarmWithEvents, Journal
from gateway.api.tables import TABLES, InFormat, Table, TableFormat, table_answer, table_json
from gateway.core.alarm import Actor, AlarmEvent
from gateway.pipeline.report import ms
from gateway.store.journal import JournalQuery
from rules.alarms.engine import AlarmEngine, AlarmView, NotAllowed

router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"], route_class=ProvenRoute)
EVENTS_OF_ONE = 50
EXPORT_ROWS = 1_000
_COLUMNS = {
    "seq": "BIGINT",
    "time": "TIMESTAMPTZ",
    **dict.fromkeys(("alarm", "device", "enterprise", "transition", "state"), "VARCHAR"),
    **dict.fromkeys(("priority", "occurrence"), "BIGINT"),
    **dict.fromkeys(("value", "limit", "unit", "message_en", "message_zh", "by", "comment"), "VARCHAR"),
}

Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
Needed = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Json = dict[str, Any]
Deed = Callable[[AlarmEngine, str, Actor, str, int], None]  # to this alarm, by whom, what they said, UTC nanoseconds


class AlarmList(StrEnum):
    """Which alarms a list shows."""

    ACTIVE = "active"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"
    ALL = "all"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Remark(_Body):
    """What the person says about it."""

    comment: Text = ""


class Acknowledgement(Remark):
    """`occurrence`: only if it is still this one that is acknowledged."""

    occurrence: Annotated[int, Field(ge=1)] | None = None


class Shelving(Remark):
    """For how long; `null`: for this one occurrence."""

    duration_s: Annotated[float, Field(gt=0, le=31 * 86_400)] | None


class Removal(_Body):
    """Why the alarm goes out of service."""

    reason: Needed


class Comment(_Body):
    """A remark for the journal."""

    text: Needed


@router.get("", responses=answers(Alarms))
async def alarms(  # on the loop, where the alarms live: a thread would see them half changed
    principal: Reader,
    context: InContext,
    state: AlarmList = AlarmList.ACTIVE,
    priority: Annotated[int | None, Query(ge=1, le=3)] = None,
    enterprise: Annotated[str | None, Query(max_length=64)] = None,
    device: Annotated[str | None, Query(max_length=64)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> Json:
    """Alarms of one list, the most urgent first: waiting ones, then by priority, then the newest. Counts are of all."""
    views = context.alarms.views(principal)
    shown = [
        view
        for view in views
        if is_in_list(view, state.value)
        and priority in (None, int(view.priority))
        and enterprise in (None, view.spec.enterprise)
        and (device is None or (view.spec.device is not None and view.spec.device.id == device))
    ]
    return {
        "items": [context.alarms.alarm(view) for view in shown[offset : offset + limit]],
        "total": len(shown),
        "counts": counts(views),
        "oldest_waiting_ms": ms(oldest_waiting_ns(views)),
    }


@router.get("/metrics", operation_id="alarm_metrics", responses=answers(AlarmMetrics))
async def metrics(principal: Reader, context: InContext) -> Json:
    """How healthy the alarm system is: rate, floods, chattering, standing alarms, the top ten (EEMUA 191)."""
    return context.alarms.metrics(principal)


@router.get("/journal", responses=answers(Journal, 404, 406, files=TABLES))
async def journal(
    request: Request,
    principal: Reader,
    context: InContext,
    form: InFormat,
    start: Start = None,
    end: End = None,
    alarm: Annotated[str | None, Query(max_length=200)] = None,
    device: Annotated[str | None, Query(max_length=64)] = None,
    enterprise: Annotated[str | None, Query(max_length=64)] = None,
    priority: Annotated[int | None, Query(ge=1, le=3)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """What happened, the newest first, in pages (`next_before`); as CSV or Parquet all of it, the oldest first."""
    from_ns = None if start is None else parse_time_ns(start, "from")
    to_ns = None if end is None else parse_time_ns(end, "to")
    if from_ns is not None and to_ns is not None:
        parse_range_ns(start, end, 0)  # answers 422 for what does not fit
    if principal.enterprise is not None and enterprise not in (None, principal.enterprise):
        raise HTTPException(404, f"no enterprise `{enterprise[:100]}`")
    wanted = principal.enterprise or enterprise
    within = context.alarms.within(principal)
    query = JournalQuery(from_ns, to_ns, alarm, device, wanted, priority, before, within=within)
    if form is not TableFormat.JSON:
        told = {"from_ns": from_ns, "to_ns": to_ns, "alarm": alarm, "device": device, "enterprise": wanted}
        table = Table("journal", _COLUMNS, _pages(context, query))
        return await table_answer(request, context, principal, form, table, "alarm journal", told)
    events = await context.gateway.alarms.read(query, limit)
    items = [context.alarms.event(event) for event in events]
    return table_json({"items": items, "next_before": events[-1].seq if len(events) == limit else None})


@router.get("/{alarm_id}", responses=answers(AlarmWithEvents))
async def alarm(principal: Reader, context: InContext, alarm_id: str) -> Json:
    """One alarm with what happened to it last."""
    found = context.alarm(principal, alarm_id)
    within = context.alarms.within(principal)  # the device may have been somebody else's
    query = JournalQuery(alarm=alarm_id, enterprise=principal.enterprise, within=within)
    events = await context.gateway.alarms.read(query, EVENTS_OF_ONE)
    return {**context.alarms.alarm(found), "events": [context.alarms.event(event) for event in events]}


@router.post("/{alarm_id}/acknowledge", responses=answers(AlarmShape, 409))
async def acknowledge(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Acknowledgement) -> Json:
    """Somebody has seen it. Counts for its priority now: if it gets worse it calls again."""
    deed = partial(AlarmEngine.acknowledge, occurrence=wanted.occurrence)
    return await _act(principal, context, alarm_id, "acknowledge", wanted, wanted.comment, deed)


@router.post("/{alarm_id}/reset", responses=answers(AlarmShape, 409))
async def reset(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Remark) -> Json:
    """Let go of a latch whose condition is over. Running hours start at 0 (a service was done), in any state."""
    return await _act(principal, context, alarm_id, "reset", wanted, wanted.comment, AlarmEngine.reset)


@router.post("/{alarm_id}/shelve", responses=answers(AlarmShape, 409))
async def shelve(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Shelving) -> Json:
    """Keep it quiet for a time, at most as long as its rule allows, or for this one occurrence."""
    duration_ns = None if wanted.duration_s is None else int(wanted.duration_s * 1e9)
    deed = partial(AlarmEngine.shelve, duration_ns=duration_ns)
    return await _act(principal, context, alarm_id, "shelve", wanted, wanted.comment, deed)


@router.post("/{alarm_id}/unshelve", responses=answers(AlarmShape, 409))
async def unshelve(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Remark) -> Json:
    """Take it back from the shelf; what is still true is raised as new."""
    return await _act(principal, context, alarm_id, "unshelve", wanted, wanted.comment, AlarmEngine.unshelve)


@router.post("/{alarm_id}/out-of-service", responses=answers(AlarmShape, 409))
async def out_of_service(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Removal) -> Json:
    """Take it out of service, without expiry; the reason goes into the journal."""
    deed = AlarmEngine.remove_from_service
    return await _act(principal, context, alarm_id, "out-of-service", wanted, wanted.reason, deed)


@router.post("/{alarm_id}/in-service", responses=answers(AlarmShape, 409))
async def in_service(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Remark) -> Json:
    """Put it back into service."""
    return await _act(principal, context, alarm_id, "in-service", wanted, wanted.comment, AlarmEngine.return_to_service)


@router.post("/{alarm_id}/comment", responses=answers(AlarmShape, 409))
async def comment(principal: AlarmOperator, context: InContext, alarm_id: str, wanted: Comment) -> Json:
    """A remark for the journal."""
    return await _act(principal, context, alarm_id, "comment", wanted, wanted.text, AlarmEngine.comment)


async def _act(
    principal: Principal,
    context: Context,
    alarm_id: str,
    what: str,
    wanted: _Body,
    said: str,
    deed: Deed,
) -> Json:
    actor = Actor(principal.name, principal.role.value, principal.origin)

    def action(engine: AlarmEngine, now_ns: int) -> None:
        deed(engine, alarm_id, actor, said, now_ns)

    before = _state_of(context.alarm(principal, alarm_id))
    told = wanted.model_dump(exclude_none=True)
    async with context.audited(principal, f"alarm {what}", alarm_id, before=before, after=told) as entry:
        try:
            view: AlarmView = await context.gateway.alarms.act(alarm_id, action)
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from error
        entry.after = {**_state_of(view), **told}
    return context.alarms.alarm(view)


def _state_of(view: AlarmView) -> Json:
    """What people change of an alarm."""
    return {
        "state": view.state.value,
        "occurrence": view.occurrence,
        "priority": int(view.priority),
        "until_ms": ms(view.until_ns),
        "comment": view.comment,
    }


async def _pages(context: Context, query: JournalQuery) -> AsyncIterator[list[tuple[object, ...]]]:
    """The lines of the whole range, the oldest first."""
    after = 0
    while True:
        page = replace(query, after=after, oldest_first=True)
        events = await context.gateway.alarms.read(page, EXPORT_ROWS)
        yield [_cells(event) for event in events]
        if len(events) < EXPORT_ROWS:
            return
        after = events[-1].seq


def _cells(event: AlarmEvent) -> tuple[object, ...]:
    moment = datetime.fromtimestamp(event.time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    return (
        event.seq, moment, event.alarm, event.device, event.enterprise, event.transition.value, event.state.value,
        int(event.priority), event.occurrence, event.value, event.limit, event.unit, event.message.en, event.message.zh,
        event.actor.name, event.comment,
    )  # fmt: skip
