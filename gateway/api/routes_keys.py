"""API keys: list, make, remove. For administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import Permission, UserKeeper, Via
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.desks import desk_of
from gateway.api.proven import ProvenRoute
from gateway.api.routes_users import EnterpriseId
from gateway.api.shapes.users import ApiKeys, MadeKey, RemovedKey
from gateway.identity.keys import LONGEST_DAYS, KeyWanted

router = APIRouter(prefix="/api/v1/keys", tags=["keys"], route_class=ProvenRoute)
Json = dict[str, Any]


class NewKey(BaseModel):
    """A key: some of the rights of an account, until a day."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Grafana"])]
    """What it is for."""
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission), examples=[["read"]])]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    account: Annotated[str, Field(max_length=64)] = ""
    """Whose rights it has; by default one's own."""
    enterprise: EnterpriseId | None = None
    """It sees only what belongs to this enterprise."""

    def wanted(self, account: str) -> KeyWanted:
        """What is asked for."""
        return KeyWanted(self.name, account, frozenset(self.scopes), self.days, self.enterprise)


@router.get("", responses=answers(ApiKeys))
async def keys(principal: UserKeeper, context: InContext, request: Request) -> Json:
    """Every key: what it may, until when, and when it was used last. Not its secret: nobody has that."""
    return desk_of(principal, context, request).keys()


@router.post("", status_code=201, responses=answers(MadeKey, status=201))
async def add_key(principal: UserKeeper, context: InContext, request: Request, wanted: NewKey) -> Json:
    """Make a key. `key` of the answer is its text: it is shown this once, and only a hash of it is kept."""
    account = wanted.account or ("" if principal.via is Via.SOCKET else principal.name)
    if not account:
        raise HTTPException(422, "account: the command line has no account of its own; say whose rights the key has")
    return await desk_of(principal, context, request).add_key(wanted.wanted(account))


@router.delete("/{key_id}", responses=answers(RemovedKey))
async def remove_key(
    principal: UserKeeper, context: InContext, request: Request, key_id: Annotated[str, Path(max_length=40)]
) -> Json:
    """The key is worthless from now on."""
    return await desk_of(principal, context, request).remove_key(key_id)
