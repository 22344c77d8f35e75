"""The configuration in force, what a reload would change, and the reload."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import Configurer, GatewayReader, Principal
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.problems import ProblemResponse, problem
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.configuration import ConfigurationPreview, ConfigurationReloaded, ConfigurationShape
from gateway.config import ConfigErrors
from gateway.pipeline.reload import Conflict, summary

router = APIRouter(prefix="/api/v1/configuration", tags=["configuration"], route_class=ProvenRoute)


class ReloadWanted(BaseModel):
    """What is to be taken in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": "9f2c…"}]})

    version: str | None = Field(None, max_length=64)
    """That of the preview: 409 where the files were changed since. Left out: whatever they say now."""


@router.get("", responses=answers(ConfigurationShape))
async def configuration(principal: GatewayReader, context: InContext) -> dict[str, Any]:
    """The files in force with secrets masked, what should be looked at in them, and whether they were changed since."""
    refuse_tenant(principal)
    return with_chinese(await context.gateway.reloader.document(), "message", "hint")


@router.post("/preview", responses=answers(ConfigurationPreview, 400, 422))
async def preview(principal: Configurer, context: InContext) -> Any:
    """Read the files and say what a reload would change. Nothing happens; every mistake is told with its place."""
    refuse_tenant(principal)
    try:
        found = await context.gateway.reloader.preview()
    except ConfigErrors as errors:
        return mistakes(context, errors)
    return with_chinese(found.as_json(), "message", "hint", "text")


@router.post("/reload", responses=answers(ConfigurationReloaded, 400, 409, 422))
async def reload(principal: Configurer, context: InContext, wanted: ReloadWanted | None = None) -> Any:
    """Take the configuration in that the files say now; only what is other is begun anew. With a mistake anywhere
    everything stays as it is."""
    refuse_tenant(principal)
    version = wanted.version if wanted else None
    async with context.audited(principal, "configuration reload", "configuration") as entry:
        try:
            answer = await context.gateway.reloader.reload(version)
        except ConfigErrors as errors:
            entry.refuse(f"{len(errors.problems)} mistakes in the configuration")
            return mistakes(context, errors)
        except Conflict as conflict:
            raise HTTPException(409, str(conflict)) from conflict
        entry.after = summary(answer)
    return with_chinese(answer, "message", "hint", "text")


def mistakes(context: InContext, errors: ConfigErrors) -> ProblemResponse:
    """Every mistake with its place."""
    count = len(errors.problems)
    name = context.gateway.reloader.present.configuration.short
    return problem(
        400,
        f"{count} mistake{'s' if count != 1 else ''} in the configuration; the one before stays in force",
        "park-gateway check says the same",
        [{**one.as_json(), "file": name(one.file)} for one in errors.problems],
    )


def refuse_tenant(principal: Principal) -> None:
    """Raises HTTPException 403 for whom only a part of the park is to be seen."""
    if principal.enterprise is not None:
        raise HTTPException(403, "the configuration is for those who see the whole park")
