"""Decisions on submissions: approved or rejected by somebody else than who prepared them, or withdrawn by who did."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.people import Actor, person
from gateway.accounts.records.forms import Form
from gateway.accounts.records.instruments import check_claims
from gateway.accounts.records.plausible import plausibility
from gateway.accounts.records.record_document import record_document
from gateway.accounts.records.submission_log import State, Submission, submission
from gateway.accounts.records.submitting import Known, own_factor_faults
from gateway.core.errors import Rejected
from gateway.store.records import Kind, append

_MAX_REASON = 1000
_MOST_OBJECTIONS = 20  # that are listed


class NotAllowed(Rejected):
    """Not by this person, or not in this state."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A record that counts now, and what its values of registers give."""

    submission: Submission
    plausibility: dict[str, Any] | None

    @property
    def document(self) -> dict[str, Any]:
        """For the API and the command line."""
        return {**record_document(self.submission), "plausibility": self.plausibility}


def approve(
    db: sqlite3.Connection,
    books: Books,
    actor: Actor,
    record_id: str,
    now_ns: int,
    note: str = "",
    *,
    is_forced: bool = False,
) -> Approved:
    """Approve a waiting record, inside the caller's transaction: it counts now, what it supersedes no more.

    `is_forced`: although values of a register do not follow those before, which the ledger then says.
    Raises NotAllowed for who prepared it, for a record that does not wait and for such values, Rejected for another
    reason.
    """
    one, by = _waiting(db, actor, record_id)
    if actor.is_who(one.body["by"], one.body["principal"]):
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
    values = plausibility(db, books, one)
    objections = _objections(values)
    if objections and not is_forced:
        hint = "reject it and record an exchange or reset; `force` (--force) where it is right as it is"
        raise NotAllowed("; ".join(objections), hint)
    late = Known(db).late(books, one.record.enterprise, one.record.period)
    body: dict[str, object] = {"note": note[:_MAX_REASON], "late": late}
    if objections:
        body["forced"] = objections
    return Approved(_decide(db, one, Kind.APPROVAL, actor, by, now_ns, body), values)


def _objections(values: Mapping[str, Any] | None) -> list[str]:
    """The values of registers that do not follow those before, in words; the first of them."""
    if values is None or not values["objections"]:
        return []
    rows = [row for row in values["rows"] if row["objections"]]
    told = [
        f"{row['meter']}, {row['time']}: {row['value']}{' (final)' * (row['mark'] == 'final')} is "
        f"{', '.join(row['objections'])}"
        + (f" ({row['before']['value']} at {row['before']['time']})" if row["before"] else "")
        for row in rows[:_MOST_OBJECTIONS]
    ]
    more = values["objections"] - len(told)
    return [*told, f"and {more} more"] if more else told


def reject(db: sqlite3.Connection, actor: Actor, record_id: str, reason: str, now_ns: int) -> Submission:
    """Reject a waiting record, with a reason. Raises NotAllowed like `approve`."""
    one, by = _waiting(db, actor, record_id)
    if actor.is_who(one.body["by"], one.body["principal"]):
        raise NotAllowed(f"{one.body['by']} prepared this record", "withdraw it instead")
    text = reason.strip()[:_MAX_REASON]
    if not text:
        raise Rejected("reason: is needed", "what is wrong with the record, so that it can be put right")
    return _decide(db, one, Kind.REJECTION, actor, by, now_ns, {"reason": text})


def withdraw(db: sqlite3.Connection, actor: Actor, record_id: str, now_ns: int, reason: str = "") -> Submission:
    """Withdraw a waiting record: only who prepared it can. Raises NotAllowed."""
    one, by = _waiting(db, actor, record_id)
    if not actor.is_who(one.body["by"], one.body["principal"]):
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
