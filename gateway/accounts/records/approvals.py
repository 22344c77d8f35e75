"""Decisions on submissions: approved or rejected by somebody else than who prepared them, or withdrawn by who did."""

import sqlite3

from gateway.accounts.books import Books
from gateway.accounts.people import Actor, is_same_person, person
from gateway.accounts.records.forms import Form
from gateway.accounts.records.instruments import check_claims
from gateway.accounts.records.submission_log import State, Submission, submission
from gateway.accounts.records.submitting import Known, own_factor_faults
from gateway.core.errors import Rejected
from gateway.store.records import Kind, append

_MAX_REASON = 1000


class NotAllowed(Rejected):
    """Not by this person, or not in this state."""


def approve(
    db: sqlite3.Connection, books: Books, actor: Actor, record_id: str, now_ns: int, note: str = ""
) -> Submission:
    """Approve a waiting record, inside the caller's transaction: it counts now, what it supersedes no more.

    Raises NotAllowed for who prepared it and for a record that does not wait, Rejected for another reason.
    """
    one, by = _waiting(db, actor, record_id)
    if is_same_person(by, one.body["by"]):
        raise NotAllowed(
            f"{one.body['by']} prepared this record and cannot approve it", "somebody else has to look at it"
        )
    if one.record.about:
        replaced = submission(db, one.record.about)
        if replaced.state is State.SUPERSEDED:
            raise NotAllowed(f"record {replaced.successor} took the place of {replaced.id} already", "reject this one")
    check_claims(db, one)
    if one.form is Form.FACTOR:
        told = own_factor_faults(db, books, one.body, one.record.about)
        if told:
            raise Rejected(f"the factor does not fit the catalogue: {told[0].field}: {told[0].message}", told[0].hint)
    late = Known(db).late(books, one.record.enterprise, one.record.period)
    return _decide(db, one, Kind.APPROVAL, actor, by, now_ns, {"note": note[:_MAX_REASON], "late": late})


def reject(db: sqlite3.Connection, actor: Actor, record_id: str, reason: str, now_ns: int) -> Submission:
    """Reject a waiting record, with a reason. Raises NotAllowed like `approve`."""
    one, by = _waiting(db, actor, record_id)
    if is_same_person(by, one.body["by"]):
        raise NotAllowed(f"{one.body['by']} prepared this record", "withdraw it instead")
    text = reason.strip()[:_MAX_REASON]
    if not text:
        raise Rejected("reason: is needed", "what is wrong with the record, so that it can be put right")
    return _decide(db, one, Kind.REJECTION, actor, by, now_ns, {"reason": text})


def withdraw(db: sqlite3.Connection, actor: Actor, record_id: str, now_ns: int, reason: str = "") -> Submission:
    """Withdraw a waiting record: only who prepared it can. Raises NotAllowed."""
    one, by = _waiting(db, actor, record_id)
    if not is_same_person(by, one.body["by"]):
        raise NotAllowed(f"{one.body['by']} prepared this record; only they can withdraw it", "reject it instead")
    return _decide(db, one, Kind.WITHDRAWAL, actor, by, now_ns, {"reason": reason.strip()[:_MAX_REASON]})


def _waiting(db: sqlite3.Connection, actor: Actor, record_id: str) -> tuple[Submission, str]:
    by = person(actor.by)
    one = submission(db, record_id, actor.enterprise)
    if one.state is not State.WAITING:
        hint = "submit a record that supersedes it, or one of kind `void`" if one.state is State.APPROVED else ""
        raise NotAllowed(f"record {one.id} is {one.state} already", hint)
    return one, by


def _decide(
    db: sqlite3.Connection,
    one: Submission,
    kind: Kind,
    actor: Actor,
    by: str,
    now_ns: int,
    body: dict[str, object],
) -> Submission:
    stated = {"by": by, "principal": actor.document, **body}
    append(db, now_ns, kind, stated, enterprise=one.record.enterprise, period=one.record.period, about=one.id)
    return submission(db, one.id)
