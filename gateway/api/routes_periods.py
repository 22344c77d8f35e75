"""Closing months and telling them anew: two people, each by their own account; on the Unix socket in one step.

POST close | restate ── by session or key ──▶ a proposal (202) ──▶ another account approves it (201) or rejects it
                     └─ over the socket ────▶ closed (201): both names are stated there
"""

from collections.abc import Callable
from sqlite3 import Connection
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.accounts.carbon import proposals
from gateway.accounts.carbon.close import Acceptance, Approval, CloseRefused, close
from gateway.accounts.carbon.close_document import closed_document
from gateway.accounts.carbon.proposals import NotProposed, proposal_document
from gateway.accounts.carbon.restate import restate
from gateway.api.access import AccountKeeper, Approver, Principal
from gateway.api.actors import actor_of
from gateway.api.answers import answers
from gateway.api.context import Context, InContext
from gateway.api.problems import ProblemResponse, problem
from gateway.api.proven import ProvenRoute
from gateway.api.shapes.carbon import Closed, Proposal, Rejection
from gateway.core.errors import Rejected
from gateway.pipeline.audit import Entry
from gateway.store.checkpoints import Checkpoint
from gateway.store.records import Record

router = APIRouter(prefix="/api/v1/carbon/periods", tags=["carbon"], route_class=ProvenRoute)
Json = dict[str, Any]
Name = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=2000)]
ProposalId = Annotated[str, Path(max_length=64)]
Signed = tuple[Record, Checkpoint]
_CLOSED = answers(Closed, 409, status=201) | {202: {"model": Proposal}}


class CloseWanted(BaseModel):
    """Close a month. By session or key the names are those of the accounts; over the Unix socket they are stated."""

    model_config = ConfigDict(extra="forbid")

    entity: Annotated[str, Field(max_length=64)]
    period: Annotated[str, Field(max_length=30)]
    by: Name = ""
    approver: Name = ""
    accept_missing: Reason = ""
    exclude: Annotated[dict[str, Reason], Field(max_length=100)] = {}


class RestateWanted(CloseWanted):
    """Tell a closed month anew."""

    reason: Annotated[str, Field(min_length=3, max_length=2000)]


class Refusal(BaseModel):
    """Why a proposal is rejected; for one's own, which is withdrawn, it may stay empty."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = ""


@router.post("/close", status_code=201, responses=_CLOSED)
async def post_close(principal: AccountKeeper, context: InContext, response: Response, wanted: CloseWanted) -> Any:
    """Propose to close a month; 409 with every reason against it. Over the Unix socket it is closed in one step."""

    def act(db: Connection, approval: Approval, acceptance: Acceptance, now_ns: int) -> Signed:
        gateway = context.gateway
        key = gateway.ledger.key
        return close(db, gateway.books, wanted.entity, wanted.period, approval, key, now_ns, acceptance)

    return await _close(principal, context, response, "period close", wanted, None, act)


@router.post("/restate", status_code=201, responses=_CLOSED)
async def post_restate(principal: AccountKeeper, context: InContext, response: Response, wanted: RestateWanted) -> Any:
    """Propose to tell a closed month anew: reversals, new entries, reason and effect; what was published stays."""

    def act(db: Connection, approval: Approval, acceptance: Acceptance, now_ns: int) -> Signed:
        gateway = context.gateway
        key, books = gateway.ledger.key, gateway.books
        return restate(db, books, wanted.entity, wanted.period, wanted.reason, approval, key, now_ns, acceptance)

    return await _close(principal, context, response, "period restate", wanted, wanted.reason, act)


@router.post("/proposals/{proposal_id}/approve", status_code=201, responses=answers(Closed, 409, status=201))
async def approve_proposal(principal: Approver, context: InContext, proposal_id: ProposalId) -> Any:
    """Approve what somebody else proposed: run, entries, close and a signed checkpoint in one.

    409 where one proposed it oneself, where it is over, or where the figures have changed since.
    """
    _sees_all(principal)
    actor, gateway = actor_of(principal, _stated(principal)), context.gateway

    def act(db: Connection, now_ns: int) -> Signed:
        return proposals.approve(db, gateway.books, proposal_id, actor, gateway.ledger.key, now_ns)

    async with context.audited(principal, "period approve", proposal_id) as entry:
        return await _signed(context, entry, {"proposal": proposal_id}, act)


@router.post("/proposals/{proposal_id}/reject", responses=answers(Rejection, 409))
async def reject_proposal(
    principal: AccountKeeper, context: InContext, proposal_id: ProposalId, wanted: Refusal
) -> Any:
    """Reject a proposal with a reason, or withdraw one's own."""
    _sees_all(principal)
    actor, ledger = actor_of(principal, _stated(principal)), context.gateway.ledger

    def write(db: Connection) -> Record:
        with ledger.write(db):
            return proposals.reject(db, proposal_id, actor, wanted.reason, context.gateway.clock.time_ns())

    async with context.audited(principal, "period reject", proposal_id, after=wanted.model_dump()) as entry:
        try:
            done = await ledger.do(write)
        except NotProposed as error:
            return _refused(entry, error)
    return {"proposal": done.about, "what": done.kind.value, "by": done.body["by"], "reason": done.body["reason"]}


async def _close(
    principal: Principal,
    context: Context,
    response: Response,
    action: str,
    wanted: CloseWanted,
    reason: str | None,
    act: Callable[[Connection, Approval, Acceptance, int], Signed],
) -> Any:
    _sees_all(principal)
    actor, told = actor_of(principal, wanted.by), wanted.model_dump()
    acceptance = Acceptance(wanted.accept_missing, wanted.exclude)
    if actor.is_proven:
        if wanted.approver:
            hint = "they sign in and approve the proposal: POST /api/v1/carbon/periods/proposals/{id}/approve"
            raise Rejected("approver: another person approves with their own account", hint)
        async with context.audited(principal, f"{action} proposal", _target(wanted), after=told) as entry:
            response.status_code = 202
            return await _proposed(context, entry, wanted, actor, acceptance, reason)
    approval = Approval(actor, wanted.approver)
    async with context.audited(principal, action, _target(wanted), after=told) as entry:
        return await _signed(context, entry, told, lambda db, now_ns: act(db, approval, acceptance, now_ns))


async def _proposed(
    context: Context, entry: Entry, wanted: CloseWanted, actor: Any, acceptance: Acceptance, reason: str | None
) -> Any:
    gateway = context.gateway
    ledger, now_ns = gateway.ledger, gateway.clock.time_ns()

    def write(db: Connection) -> Record:
        with ledger.write(db):
            return proposals.propose(db, gateway.books, wanted.entity, wanted.period, actor, acceptance, now_ns, reason)

    try:
        done = await ledger.do(write)
    except CloseRefused as error:
        return _refused(entry, error)
    entry.after = proposal_document(done)
    return proposal_document(done)


async def _signed(context: Context, entry: Entry, told: Json, act: Callable[[Connection, int], Signed]) -> Any:
    """Do it in one transaction, then tell the sinks the checkpoint."""
    ledger = context.gateway.ledger
    try:
        record, checkpoint = await ledger.signed(lambda db: act(db, context.gateway.clock.time_ns()))
    except (CloseRefused, NotProposed) as error:
        return _refused(entry, error)
    entry.after = {**told, "record": record.id, "size": checkpoint.size, "root": checkpoint.root_hex}
    await ledger.tell(checkpoint)
    return closed_document(record, checkpoint)


def _refused(entry: Entry, error: CloseRefused | NotProposed) -> ProblemResponse:
    entry.refuse(error.message)
    return problem(409, error.message, error.hint, [one.document for one in error.obstacles])


def _sees_all(principal: Principal) -> None:
    if principal.enterprise is not None:
        raise HTTPException(403, "periods are closed by those who see the whole park")


def _stated(principal: Principal) -> str:
    """On the socket the names of a close are stated with it; whoever decides there is the local administrator."""
    return "" if principal.person else principal.name


def _target(wanted: CloseWanted) -> str:
    return f"{wanted.entity} {wanted.period}"
