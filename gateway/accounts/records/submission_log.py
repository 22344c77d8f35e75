"""What people submitted, as it stands now: the state of each record, and what the approved ones say.

A record is never changed. It waits, is approved or rejected by somebody else, is withdrawn by who prepared it; another
one may supersede it. An approved record counts until its successor is approved.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from gateway.accounts.periods import parse_period
from gateway.accounts.records.forms import SUBMITTED, Form
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
    """What became of all submissions. The decisions are without their bodies: thousands of them are read often."""
    decided = {record.about: record for record in every(db, tuple(_DECIDED), with_body=False)}
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
    record = get(db, record_id, kinds=SUBMITTED, enterprise=enterprise)
    if record is None:
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
    for head in newest(db, kinds, enterprise, before_seq):
        if state in (None, known.of(head).state) and (one := _whole(db, known, head)) is not None:
            is_meant = not forms or one.form in forms
            if is_meant and source in ("", one.body.get("source"), one.body.get("meter")):
                found.append(one)
                if len(found) >= limit:
                    break
    return found


def approved(
    db: sqlite3.Connection, kind: Kind, enterprise: str | None = None, days: tuple[date, date] | None = None
) -> list[Submission]:
    """The submissions of a kind that count now, in the order in which they were submitted. `days`: that touch these."""
    known = decisions(db)
    heads = (head for head in every(db, (kind,), enterprise, with_body=False) if _touches(head.period, days))
    living = [head for head in heads if known.of(head).state is State.APPROVED]
    found = (_whole(db, known, head) for head in living)
    return [one for one in found if one is not None and one.form is not Form.VOID]


def waiting(db: sqlite3.Connection, enterprise: str | None = None) -> int:
    """How many submissions nobody has decided on."""
    known = decisions(db)
    heads = every(db, SUBMITTED, enterprise, with_body=False)
    return sum(known.of(head).state is State.WAITING for head in heads)


def every(
    db: sqlite3.Connection, kinds: Sequence[Kind], enterprise: str | None = None, *, with_body: bool = True
) -> Iterator[Record]:
    """Every record of some kinds, in order."""
    after = 0
    while page := find(db, kinds=kinds, enterprise=enterprise, after_seq=after, limit=_PAGE, with_body=with_body):
        yield from page
        after = page[-1].seq


def every_about(db: sqlite3.Connection, record_id: str) -> list[Record]:
    """Every record that is about another."""
    return find(db, about=record_id, limit=_PAGE)


def newest(
    db: sqlite3.Connection, kinds: Sequence[Kind], enterprise: str | None, before_seq: int = 0
) -> Iterator[Record]:
    """Every record of some kinds, the newest first, without the bodies."""
    while page := find(
        db, kinds=kinds, enterprise=enterprise, after_seq=before_seq, limit=_PAGE, newest_first=True, with_body=False
    ):
        yield from page
        before_seq = page[-1].seq
        if before_seq == 1:
            break


def _whole(db: sqlite3.Connection, known: Decisions, head: Record) -> Submission | None:
    """The submission with the bodies of its record and its decision."""
    record = get(db, head.id)
    if record is None:
        return None
    one = known.of(record)
    return one if one.decision is None else replace(one, decision=get(db, one.decision.id))


def _touches(period: str, days: tuple[date, date] | None) -> bool:
    if days is None or not period:
        return True
    first, last = _days_of(period)
    return first <= days[1] and last >= days[0]


@lru_cache(maxsize=10_000)
def _days_of(period: str) -> tuple[date, date]:
    found = parse_period(period)
    return found.first, found.last
