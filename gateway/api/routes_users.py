"""Accounts: list, add, change, remove, one-time links, sessions. For administrators."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.access import UserKeeper
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.desks import desk_of
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.users import Ended, NewUser, OneTimeLink, Rights, User, Users, UserSessions
from gateway.identity.accounts import LINK_S, LONGEST_LINK_S, AccountWanted
from gateway.identity.roles import Role

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=ProvenRoute)
Json = dict[str, Any]
UserName = Annotated[str, Path(max_length=64, examples=["li.wei"])]
EnterpriseId = Annotated[str, Field(min_length=1, max_length=64)]
Display = Annotated[str, Field(max_length=200)]
Seconds = Annotated[int, Field(ge=60, le=LONGEST_LINK_S)]
_FORBID = ConfigDict(extra="forbid")


class UserWanted(BaseModel):
    """A new account. It has no password: its owner sets one, after signing in by the link."""

    model_config = _FORBID

    name: Annotated[str, Field(min_length=1, max_length=64, examples=["li.wei"])]
    role: Role
    display: Display = ""
    enterprise: EnterpriseId | None = None
    """Whose devices it sees: with the role `enterprise`, and with no other."""
    valid_until: date | None = None
    """The last day, in the site's zone; an auditor has one."""
    wall: bool = False
    """A screen on the wall: it does not end by being idle, and may only look."""
    link: bool = True
    """Answer with a one-time link."""
    link_valid_s: Seconds = LINK_S

    def account(self) -> AccountWanted:
        """What is asked for."""
        return AccountWanted(self.name, self.role, self.display, self.enterprise, self.valid_until, is_wall=self.wall)


class UserChange(BaseModel):
    """What is different from now on; what is not named stays."""

    model_config = _FORBID

    role: Role | None = None
    display: Display | None = None
    enterprise: EnterpriseId | None = None
    valid_until: date | None = None
    disabled: bool | None = None
    wall: bool | None = None

    def fields(self) -> Json:
        """Those that were named. `null` takes an enterprise or an end away; elsewhere it says nothing."""
        named = self.model_dump(mode="json", exclude_unset=True)
        return {key: value for key, value in named.items() if value is not None or key in _MAY_BE_NOTHING}


class LinkWanted(BaseModel):
    """A one-time link. With `reset` the password is forgotten and every session ends."""

    model_config = _FORBID

    valid_s: Seconds = LINK_S
    reset: bool = False


_MAY_BE_NOTHING = ("enterprise", "valid_until")


@router.get("", responses=answers(Users))
async def users(principal: UserKeeper, context: InContext, request: Request) -> Json:
    """Every account."""
    return desk_of(principal, context, request).users()


@router.post("", status_code=201, responses=answers(NewUser, status=201))
async def add_user(principal: UserKeeper, context: InContext, request: Request, wanted: UserWanted) -> Json:
    """A new account and the one-time link by which its owner signs in. The first one is an administrator's."""
    desk = desk_of(principal, context, request)
    return await desk.add(wanted.account(), with_link=wanted.link, valid_s=wanted.link_valid_s)


@router.get("/{name}", responses=answers(User))
async def user(principal: UserKeeper, context: InContext, request: Request, name: UserName) -> Json:
    """One account."""
    return desk_of(principal, context, request).user(name)


@router.patch("/{name}", responses=answers(User))
async def change_user(
    principal: UserKeeper, context: InContext, request: Request, name: UserName, wanted: UserChange
) -> Json:
    """Another role, enterprise, end, ...: the account's sessions end at once. Not for the last administrator."""
    return await desk_of(principal, context, request).change(name, wanted.fields())


@router.delete("/{name}", responses=answers(Rights))
async def remove_user(principal: UserKeeper, context: InContext, request: Request, name: UserName) -> Json:
    """Remove an account with its sessions and keys. What it did stays in the audit log."""
    return await desk_of(principal, context, request).remove(name)


@router.post("/{name}/link", status_code=201, responses=answers(OneTimeLink, status=201))
async def add_link(
    principal: UserKeeper, context: InContext, request: Request, name: UserName, wanted: LinkWanted
) -> Json:
    """A one-time link; the one before is worth nothing any more."""
    return await desk_of(principal, context, request).link(name, valid_s=wanted.valid_s, is_reset=wanted.reset)


@router.get("/{name}/sessions", responses=answers(UserSessions))
async def sessions(principal: UserKeeper, context: InContext, request: Request, name: UserName) -> Json:
    """The sessions of an account, the newest first."""
    return desk_of(principal, context, request).sessions(name)


@router.delete("/{name}/sessions", responses=answers(Ended))
async def end_sessions(
    principal: UserKeeper,
    context: InContext,
    request: Request,
    name: UserName,
    id: Annotated[str, Query(max_length=40)] = "",  # noqa: A002
) -> Json:
    """End every session of an account, or the one with this `id`."""
    return await desk_of(principal, context, request).end_sessions(name, id)
