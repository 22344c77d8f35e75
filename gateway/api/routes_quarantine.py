"""What servers refused for good: page by page, and as a file; and tried again once its cause was mended."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import csvlines
from gateway.api.access import Configurer, Exporter, GatewayReader
from gateway.api.answers import CSV, answers, file_answers
from gateway.api.context import InContext
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.inside import QuarantineList, RetriedShape
from gateway.api.wholepark import sees_all
from gateway.pipeline.report import ms
from gateway.store.deadletter import Choice, DeadLetter

router = APIRouter(prefix="/api/v1/quarantine", tags=["gateway"], route_class=ProvenRoute)
NDJSON = "application/x-ndjson"
MOST = 50_000  # newest letters that are looked at
_AT_ONCE = 500

Sink = Annotated[str | None, Query(max_length=100)]


@router.get("", responses=answers(QuarantineList))
async def quarantine(
    principal: GatewayReader,
    context: InContext,
    sink: Sink = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> dict[str, Any]:
    """What was refused, the newest first, with the server's reason."""
    sees_all(principal)
    found = await _letters(context, sink, offset + limit + 1)
    page = found[offset : offset + limit]
    return {
        "items": [_document(letter) for letter in page],
        "next": offset + limit if len(found) > offset + limit else None,
    }


@router.get("/file", operation_id="download_quarantine", responses=file_answers(NDJSON, CSV))
async def download(
    principal: Exporter,
    context: InContext,
    sink: Sink = None,
    form: Annotated[Literal["ndjson", "csv"], Query(alias="format")] = "ndjson",
) -> StreamingResponse:
    """The same as a file: a JSON document a line, or CSV."""
    sees_all(principal)
    entry = await context.audited(principal, "export quarantine", sink or "all sinks").ask()
    async with entry:
        found = await _letters(context, sink, MOST)
        entry.after = {"rows": len(found), "format": form}
    lines = _csv(found) if form == "csv" else (orjson.dumps(_document(letter)) + b"\n" for letter in found)
    headers = {"Content-Disposition": f'attachment; filename="quarantine.{form}"'}
    return StreamingResponse(_gathered(lines), media_type=CSV if form == "csv" else NDJSON, headers=headers)


class RetryRequest(BaseModel):
    """Which of the refused samples."""

    model_config = ConfigDict(extra="forbid")

    sink: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str | None, Field(max_length=2000, description="Only those with this reason.")] = None


@router.post("/retry", operation_id="retry_quarantine", responses=answers(RetriedShape))
async def retry(principal: Configurer, context: InContext, wanted: RetryRequest) -> dict[str, Any]:
    """Send refused samples again, the oldest first, after what they were refused for was mended at the server.

    What is taken counts as delivered and leaves the quarantine; what is refused again stays, with its new reason.
    """
    sees_all(principal)
    asked = {} if wanted.reason is None else {"reason": wanted.reason}
    async with context.audited(principal, "quarantine retry", wanted.sink, after=asked) as entry:
        found = asdict(await context.gateway.retrial.run(Choice(wanted.sink, wanted.reason)))
        entry.after = {**asked, **found}
    return with_chinese(found, "error", "hint")


async def _letters(context: InContext, sink: str | None, limit: int) -> list[DeadLetter]:
    newest = await context.gateway.dead_letters.newest(MOST if sink else min(limit, MOST))
    return await asyncio.to_thread(lambda: [one for one in newest if sink in (None, one.sink)][:limit])


def _document(letter: DeadLetter) -> dict[str, Any]:
    return {
        "first_seen_ms": ms(letter.first_seen_ns),
        "sink": _safe(letter.sink),
        "status": letter.status,
        "reason": _safe(letter.reason),
        "line": _safe(letter.line),
        "count": letter.count,
    }


def _safe(text: str) -> str:
    """A refused line may hold anything, half a surrogate pair included."""
    return text.encode("utf-8", "replace").decode()


def _csv(letters: list[DeadLetter]) -> Iterator[bytes]:
    yield csvlines.BOM + csvlines.line(("first_seen_ms", "sink", "status", "reason", "line", "count"))
    for letter in letters:
        yield csvlines.line(list(_document(letter).values()))


def _gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Several at once; the server takes them in a thread."""
    waiting: list[bytes] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) >= _AT_ONCE:
            yield b"".join(waiting)
            waiting.clear()
    yield b"".join(waiting)
