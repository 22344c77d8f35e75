"""Backups: how the last one was, and a new one as a download."""

import asyncio
import shutil
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from gateway.api.access import BackupKeeper, GatewayReader
from gateway.api.answers import answers, file_answers
from gateway.api.context import Context, InContext
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.inside import BackupState
from gateway.api.wholepark import sees_all
from gateway.backup.contents import Wish
from gateway.backup.keeper import Made
from gateway.config.types import Secret
from gateway.pipeline.backup import summary

router = APIRouter(prefix="/api/v1/backup", tags=["gateway"], route_class=ProvenRoute)
MEDIA_TYPE = "application/octet-stream"


class BackupRequest(BaseModel):
    """What is to be in it."""

    model_config = ConfigDict(extra="forbid")

    passphrase: Annotated[
        str | None, Field(max_length=1000, description="Seals the file; only then the ledger's key is in it.")
    ] = None
    history: Annotated[bool, Field(description="The measured values too.")] = False
    outbox: Annotated[bool, Field(description="What was not delivered yet, too.")] = False


@router.get("", responses=answers(BackupState))
async def state(principal: GatewayReader, context: InContext) -> dict[str, Any]:
    """The last backup, the one under way, and the automatic ones."""
    sees_all(principal)
    return with_chinese(context.gateway.backups.state(), "error")


@router.post("", operation_id="make_backup", responses=file_answers(MEDIA_TYPE))
async def make(principal: BackupKeeper, context: InContext, wanted: BackupRequest) -> FileResponse:
    """Make a backup and download it: state, ledger, evidence, configuration; one at a time."""
    sees_all(principal)
    secret = None if wanted.passphrase is None else Secret(wanted.passphrase)
    wish = Wish(secret, wanted.history, wanted.outbox)
    asked = {"sealed": secret is not None, "history": wanted.history, "outbox": wanted.outbox}
    async with context.audited(principal, "backup", context.gateway.plan.site.id, after=asked) as entry:
        made = await context.gateway.backups.make(wish)
        entry.after = {**asked, **summary(made.manifest)}
    return FileResponse(
        made.path, media_type=MEDIA_TYPE, filename=made.path.name, background=BackgroundTask(_sent, context, made)
    )


async def _sent(context: Context, made: Made) -> None:
    """It has arrived, and is not needed here any more."""
    await context.gateway.backups.kept(made)
    await asyncio.to_thread(shutil.rmtree, made.path.parent, ignore_errors=True)
