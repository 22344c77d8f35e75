"""What people submitted, as it stands now: the state of each record, and what the approved ones say.

A record is never changed. It waits, is approved or rejected by somebody else, is withdrawn by who prepared it; another
one may supersede it. An approved record counts until its successor is approved.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.accounts.forms import SUBMITTED, Form
from gateway.core.errors import Rejected
from gateway.store.records import Kind, Record, find, get

_PAGE = 1000


class State(StrEnum):
    """Where a submission stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"  # was approved; its successor is approved too


_DECIDED = {
    Kind.APPROVAL: State.APPROVED,
    Kind.REJECTION: State.REJECTED,
    Kind.WITHDRAWAL: State.WITHDRAWN,
}


class NoRecord(Rejected):
    """There is no such record, or none of theirs: the two look alike."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One record that somebody prepared, with what became of it."""

    record: Record
    state: State
    decision: Record | None = None  # its approval, rejection or withdrawal
    successor: str = ""  # id of the approved record that took its place

    @property
    def id(self) -> str:
        """Of the record."""
        return self.record.id

    @property
    def form(self) -> Form:
        """Which form was filled in."""
        return Form(self.record.body["form"])

    @property
    def body(self) -> dict[str, Any]:
        """What was filled in."""
        return self.record.body

    @property
    def evidence(self) -> tuple[str, ...]:
        """SHA-256 of its files."""
        return tuple(one["sha256"] for one in self.body["evidence"])


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of every submission: read once for many of them."""

    decided: dict[str, Record]  # by the id of the submission
    successors: dict[str, tuple[str, ...]]  # ids of the records that would supersede it, by its id

    def of(self, record: Record) -> Submission:
        """The submission of a record."""
        decision = self.decided.get(record.id)
        successor = next((one for one in self.successors.get(record.id, ()) if self._is_approved(one)), "")
        state = State.WAITING if decision is None else _DECIDED[Kind(decision.kind)]
        if successor and state in (State.WAITING, State.APPROVED):
            state = State.SUPERSEDED
        return Submission(record, state, decision, successor)

    def _is_approved(self, record_id: str) -> bool:
        decision = self.decided.get(record_id)
        return decision is not None and decision.kind == Kind.APPROVAL


def decisions(db: sqlite3.Connection) -> Decisions:
    """What became of all submissions."""
    decided = {record.about: record for record in every(db, tuple(_DECIDED))}
    kinds = ",".join("?" * len(SUBMITTED))
    rows = db.execute(
        f"SELECT about, id FROM record WHERE about <> '' AND kind IN ({kinds}) ORDER BY seq",  # noqa: S608 - marks
        SUBMITTED,
    )
    successors: dict[str, tuple[str, ...]] = {}
    for about, record_id in rows:
        successors[about] = (*successors.get(about, ()), record_id)
    return Decisions(decided, successors)


def submission(db: sqlite3.Connection, record_id: str, enterprise: str | None = None) -> Submission:
    """One submission, by its id or the unique beginning of it. Raises NoRecord, or Rejected for a beginning of several.

    `enterprise`: who asks; `None`: the whole park.
    """
    record = get(db, record_id)
    if record is None or record.kind not in SUBMITTED or enterprise not in (None, record.enterprise):
        raise NoRecord(f"there is no record `{record_id[:80]}`", "`park-gateway carbon record list` shows them")
    about = every_about(db, record.id)
    decided = {one.about: one for one in about if one.kind in _DECIDED}
    successors = [one.id for one in about if one.kind in SUBMITTED]
    for successor in successors:
        decided |= {one.about: one for one in every_about(db, successor) if one.kind in _DECIDED}
    return Decisions(decided, {record.id: tuple(successors)}).of(record)


def submissions(
    db: sqlite3.Connection,
    *,
    enterprise: str | None = None,
    forms: Sequence[Form] = (),
    state: State | None = None,
    source: str = "",
    limit: int = 200,
    before_seq: int = 0,
) -> list[Submission]:
    """Submissions, the newest first. `before_seq`: go on with those before this one."""
    known = decisions(db)
    kinds = tuple({form.kind for form in forms}) or SUBMITTED
    found: list[Submission] = []
    for record in newest(db, kinds, enterprise, before_seq):
        one = known.of(record)
        is_meant = (not forms or one.form in forms) and state in (None, one.state)
        if is_meant and source in ("", one.body.get("source"), one.body.get("meter")):
            found.append(one)
            if len(found) >= limit:
                break
    return found


def approved(db: sqlite3.Connection, kind: Kind, enterprise: str | None = None) -> list[Submission]:
    """The submissions of a kind that count now, in the order in which they were submitted."""
    known = decisions(db)
    found = (known.of(record) for record in every(db, (kind,), enterprise))
    return [one for one in found if one.state is State.APPROVED and one.form is not Form.VOID]


def waiting(db: sqlite3.Connection, enterprise: str | None = None) -> int:
    """How many submissions nobody has decided on."""
    known = decisions(db)
    return sum(known.of(record).state is State.WAITING for record in every(db, SUBMITTED, enterprise))


def every(db: sqlite3.Connection, kinds: Sequence[Kind], enterprise: str | None = None) -> Iterator[Record]:
    """Every record of some kinds, in order."""
    after = 0
    while page := find(db, kinds=kinds, enterprise=enterprise, after_seq=after, limit=_PAGE):
        yield from page
        after = page[-1].seq


def every_about(db: sqlite3.Connection, record_id: str) -> list[Record]:
    """Every record that is about another."""
    return find(db, about=record_id, limit=_PAGE)


def newest(
    db: sqlite3.Connection, kinds: Sequence[Kind], enterprise: str | None, before_seq: int = 0
) -> Iterator[Record]:
    """Every record of some kinds, the newest first."""
    marks = ",".join("?" * len(kinds))
    whose = "" if enterprise is None else " AND enterprise = ?"
    sql = f"SELECT id FROM record WHERE kind IN ({marks}) AND (? = 0 OR seq < ?){whose} ORDER BY seq DESC"  # noqa: S608
    rows = db.execute(sql, (*kinds, before_seq, before_seq, *(() if enterprise is None else (enterprise,))))
    for (record_id,) in rows:
        record = get(db, record_id)
        if record is not None:
            yield record
