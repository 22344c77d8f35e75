"""Closing in two steps: one person proposes a close or a restatement, another one approves exactly these figures.

propose ──▶ obstacles? ──▶ PROPOSAL record ──▶ approve (another account) ──▶ the same figures? ──▶ close | restate
                                          └──▶ reject, or withdraw by who proposed

A proposal is a record of the ledger: it says what was looked at (the snapshot's hash) and by whom. One that was
followed by another of its month, by a close or by a decision is over.
"""

import sqlite3
from enum import StrEnum
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.close import Acceptance, Approval, Obstacle, close, prepared
from gateway.accounts.carbon.restate import restate, retold
from gateway.accounts.people import Actor, person
from gateway.core.clock import utc_text
from gateway.core.errors import Rejected
from gateway.store.checkpoints import Checkpoint
from gateway.store.records import Kind, Record, append, find, get
from rules.ledger.note import Signer

_OVER = (Kind.PROPOSAL, Kind.CLOSE, Kind.RESTATEMENT)
_DECIDED = (Kind.REJECTION, Kind.WITHDRAWAL)
_MOST_REASON = 1000


class What(StrEnum):
    """What is proposed."""

    CLOSE = "close"
    RESTATE = "restate"


class NotProposed(Rejected):
    """There is no such proposal, it is over, its figures have changed, or it is not this person's to decide."""

    def __init__(self, code: str, en: str, zh: str, hint: str) -> None:
        super().__init__(en, hint)
        self.obstacles = (Obstacle(code, en, zh, hint),)


def propose(
    db: sqlite3.Connection,
    books: Books,
    entity_id: str,
    period_text: str,
    actor: Actor,
    acceptance: Acceptance,
    now_ns: int,
    reason: str | None = None,
) -> Record:
    """Propose to close a month, or with a reason to tell it anew; inside the caller's transaction.

    Raises CloseRefused with every obstacle, Rejected as `close` and `restate` do.
    """
    by, acceptance = person(actor.by), acceptance.checked()
    if reason is None:
        what, (entity, period, found) = What.CLOSE, prepared(db, books, entity_id, period_text, acceptance, now_ns)
    else:
        what, (entity, period, _, found) = What.RESTATE, retold(db, books, entity_id, period_text, acceptance, now_ns)
    body = {
        "what": what.value,
        "by": by,
        "principal": actor.document,
        "reason": reason or "",
        "accept_missing": acceptance.missing,
        "exclude": dict(acceptance.sources),
        "snapshot_sha256": found.digest,
    }
    return append(db, now_ns, Kind.PROPOSAL, body, enterprise=entity.id, period=period.label)


def approve(
    db: sqlite3.Connection, books: Books, proposal_id: str, actor: Actor, key: Signer, now_ns: int
) -> tuple[Record, Checkpoint]:
    """Do what somebody else proposed, where the figures still are those; inside the caller's transaction.

    Raises NotProposed, CloseRefused, Rejected.
    """
    one = waiting(db, proposal_id)
    body = one.body
    if actor.is_who(body["by"], body["principal"]):
        en, zh = f"{body['by']} proposed this and cannot approve it", f"{body['by']} 是提出人，不能自行批准"
        raise NotProposed("own", en, zh, "another account has to look at it")
    prepared_by = Actor(body["by"], body["principal"]["name"], body["principal"]["role"], body["principal"]["origin"])
    approval = Approval(prepared_by, actor.by, actor, one.id)
    acceptance = Acceptance(body["accept_missing"], body["exclude"])
    done, signed = (
        close(db, books, one.enterprise, one.period, approval, key, now_ns, acceptance)
        if body["what"] == What.CLOSE
        else restate(db, books, one.enterprise, one.period, body["reason"], approval, key, now_ns, acceptance)
    )
    if done.body["snapshot_sha256"] != body["snapshot_sha256"]:  # the transaction ends without it
        en, zh = "the figures have changed since this was proposed", "提出之后数字已变化"
        raise NotProposed("changed", en, zh, "look at them, and propose it again")
    return done, signed


def reject(db: sqlite3.Connection, proposal_id: str, actor: Actor, reason: str, now_ns: int) -> Record:
    """Reject a proposal, or withdraw one's own; inside the caller's transaction. Raises NotProposed."""
    one, by = waiting(db, proposal_id), person(actor.by)
    kind = Kind.WITHDRAWAL if actor.is_who(one.body["by"], one.body["principal"]) else Kind.REJECTION
    text = " ".join(reason.split())[:_MOST_REASON]
    if kind is Kind.REJECTION and not text:
        raise Rejected("reason: is needed", "what is wrong, so that it can be put right")
    body = {"by": by, "principal": actor.document, "reason": text}
    return append(db, now_ns, kind, body, enterprise=one.enterprise, period=one.period, about=one.id)


def waiting(db: sqlite3.Connection, proposal_id: str) -> Record:
    """The proposal, where it still waits. Raises NotProposed."""
    one = get(db, proposal_id, kinds=(Kind.PROPOSAL,))
    if one is None:
        en, zh = f"no proposal `{proposal_id[:40]}`", f"没有提议 `{proposal_id[:40]}`"
        raise NotProposed("unknown", en, zh, "GET /api/v1/carbon/periods shows those that wait")
    if not _is_waiting(db, one):
        en, zh = f"proposal {one.id} is over", f"提议 {one.id} 已有结果"
        raise NotProposed("over", en, zh, "GET /api/v1/carbon/periods shows where the month stands")
    return one


def proposals(db: sqlite3.Connection, entity_id: str) -> dict[str, dict[str, Any]]:
    """The proposals of an entity that wait, by month."""
    found = find(db, kinds=(Kind.PROPOSAL,), enterprise=entity_id, newest_first=True)
    return {one.period: proposal_document(one) for one in reversed(found) if _is_waiting(db, one)}


def proposal_document(one: Record) -> dict[str, Any]:
    """JSON."""
    told = one.body
    return {
        "proposal": one.id,
        "what": told["what"],
        "entity": one.enterprise,
        "period": one.period,
        "time": utc_text(one.time_ns),
        "by": told["by"],
        "reason": told["reason"],
        "accept_missing": told["accept_missing"],
        "exclude": told["exclude"],
        "snapshot_sha256": told["snapshot_sha256"],
    }


def _is_waiting(db: sqlite3.Connection, one: Record) -> bool:
    later = find(db, kinds=_OVER, enterprise=one.enterprise, period=one.period, after_seq=one.seq, limit=1)
    return not later and not find(db, kinds=_DECIDED, about=one.id, limit=1)
