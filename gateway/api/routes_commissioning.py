"""Commissioning: profiles to choose from, a device tried live, then written into the configuration."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gateway.api.access import Configurer
from gateway.api.answers import answers
from gateway.api.bench import Bench, Judged, Wrong
from gateway.api.context import Context, InContext
from gateway.api.problems import problem
from gateway.api.proven import ProvenRoute
from gateway.api.reachable import NotReachable
from gateway.api.routes_configuration import refuse_tenant
from gateway.api.sentences import with_chinese
from gateway.api.shapes.commissioning import ProfileList, Saved, Tried, WrittenDevice
from gateway.config.drafts import Draft, FieldProblem
from gateway.config.profilelist import profiles_of
from gateway.config.rewrite import Changed
from gateway.plugins import known_drivers

router = APIRouter(prefix="/api/v1", tags=["commissioning"], route_class=ProvenRoute)
Json = dict[str, Any]
_NAME = Annotated[str, Field(min_length=1, max_length=64)]


class NewDevice(BaseModel):
    """A device as it stands in `park.yaml`. Of one that is there, what is given changes; `null` takes a key away."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    id: _NAME


class NewConnection(BaseModel):
    """A connection as it stands under `connections:` in `park.yaml`, and its name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    name: _NAME
    driver: Annotated[str, Field(max_length=64)] = "modbus"


class Wanted(BaseModel):
    """A device that is to be tried."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "device": {
                        "id": "dongyue-oven-3", "enterprise": "dongyue", "profile": "eastron-sdm630",
                        "connection": "line-2", "unit": 12,
                    }
                }
            ]
        },
    )  # fmt: skip

    device: NewDevice
    connection: NewConnection | None = None  # where it needs one that is not there

    def draft(self) -> Draft:
        """For the configuration."""
        device = self.device.model_dump()
        if self.connection is None:
            return Draft(self.device.id, device)
        options = self.connection.model_dump(exclude={"name"})
        return Draft(self.device.id, device, (self.connection.name, options))


class ToSave(Wanted):
    """A device that is to be written. `preview`: only show the lines; else `version` is that of the preview."""

    preview: bool = True
    version: Annotated[str, Field(max_length=64)] = ""


@router.get("/profiles", responses=answers(ProfileList))
async def profiles(
    _: Configurer,
    context: InContext,
    search: Annotated[str, Query(max_length=100)] = "",
    driver: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Json:
    """The register maps that devices can have: shipped, of the configuration's folder, of the configuration itself."""
    path = context.gateway.config_path
    found = await asyncio.to_thread(lambda: profiles_of(path, known_drivers()))
    words = search.casefold().split()
    chosen = [one for one in found if driver in ("", one["driver"]) and all(word in one["searched"] for word in words)]
    items = [{key: value for key, value in one.items() if key != "searched"} for one in chosen[offset : offset + limit]]
    return with_chinese({"items": items, "total": len(chosen)}, "notes")


@router.get("/commissioning/devices/{device_id}", responses=answers(WrittenDevice))
async def written(principal: Configurer, context: InContext, device_id: str) -> Json:
    """A device as it stands in the configuration's files: its keys without secrets, file and line."""
    refuse_tenant(principal)
    found = await asyncio.to_thread(_bench(context).entry, device_id)
    if found is None:
        raise HTTPException(404, f"no device `{device_id[:100]}` in the configuration")
    return found


@router.post("/commissioning/test", responses=answers(Tried))
async def try_out(principal: Configurer, context: InContext, wanted: Wanted) -> Any:
    """One real exchange with a device that need not be in the configuration: frames, raw and scaled values, advice.

    Nothing of it is stored. 422 with `errors` at their fields where the draft is wrong; at most 10 s.
    """
    refuse_tenant(principal)
    async with context.audited(principal, "device test", wanted.device.id, after=wanted.model_dump()) as put_down:
        try:
            return with_chinese(await _bench(context).test(wanted.draft()), "error", "hint", "note")
        except (Wrong, NotReachable) as error:
            put_down.refuse(str(error))
            return _refusal(error)


@router.post("/commissioning/save", responses=answers(Saved, 409))
async def save(principal: Configurer, context: InContext, wanted: ToSave) -> Any:
    """The lines that a device needs in the configuration, as a diff; without `preview` they are written.

    The whole configuration is judged before, comments and every other line stay, the old file is kept beside the new
    one. 409 where the configuration changed after the preview. It runs after `POST /api/v1/configuration/reload`.
    """
    refuse_tenant(principal)
    bench = _bench(context)
    try:
        if wanted.preview:
            return await asyncio.to_thread(_answer, bench, await bench.judge(wanted.draft()), [])
        async with context.audited(
            principal, "configuration write", wanted.device.id, after=wanted.model_dump()
        ) as put_down:
            try:
                judged, copies = await bench.save(wanted.draft(), wanted.version)
            except (Wrong, NotReachable, Changed) as error:
                put_down.refuse(str(error))
                raise
            answer: Json = await asyncio.to_thread(_answer, bench, judged, copies)
            put_down.after = {"files": answer["files"], "copies": copies}
            return answer
    except (Wrong, NotReachable, Changed) as error:
        return _refusal(error)


def _bench(context: Context) -> Bench:
    return context.bench


def _answer(bench: Bench, judged: Judged, copies: list[str]) -> Json:
    answer = {
        "version": judged.changed.version,
        "is_new": judged.changed.is_new,
        "files": bench.lines(judged),
        "findings": [one.as_json() | {"file": one.file.rsplit("/", 1)[-1]} for one in judged.findings],
        "saved": bool(copies),
        "copies": copies,
    }
    return with_chinese(answer, "message", "hint")


def _refusal(error: Exception) -> Response:
    """What is wrong, for a form: each field with its pointer."""
    if isinstance(error, NotReachable):
        wrong = FieldProblem(error.field, error.message, error.hint).as_json()
        return problem(422, error.message, error.hint, [wrong])
    if isinstance(error, Changed):
        return problem(409, error.message, error.hint)
    assert isinstance(error, Wrong)
    errors = [one.as_json() for one in error.problems]
    return problem(422, str(error), "put the fields right that `errors` names", errors)
