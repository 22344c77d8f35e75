"""Closing a month: every reason against it at once; then run, entries, close and a signed checkpoint together."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.runs import Figures, calculate, entity_of, record
from gateway.accounts.carbon.summary_trust import silent
from gateway.accounts.people import Actor, is_same_person, person
from gateway.accounts.periods import Period, Status, month_of, month_states, parse_period
from gateway.accounts.records.submission_log import State, Submission, submissions
from gateway.accounts.records.submissions import orphans
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from gateway.store.checkpoints import Checkpoint, sign
from gateway.store.records import Kind, Record, append
from rules.ledger.note import Signer

_MOST_NAMED = 20  # of a kind of obstacle: the rest is counted
_MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Approval:
    """Who prepares and who approves; for whom the request came."""

    actor: Actor
    approver: str
    second: Actor | None = None  # who approved by signing in; `None`: the name is stated, on the command line
    proposal: str = ""  # the record that was approved

    def checked(self) -> dict[str, Any]:
        """What a record keeps. Raises Rejected for names that are none, or are one person's."""
        by, approver = person(self.actor.by), person(self.approver)
        if is_same_person(by, approver):
            raise Rejected(f"`{by}` cannot both prepare and approve", "another person has to approve: `--approver`")
        signed = {"by": by, "approver": approver, "principal": self.actor.document}
        if self.second is None:
            return signed
        return {**signed, "approver_principal": self.second.document, "proposal": self.proposal}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is accepted with a reason, and named as an exclusion in every report."""

    missing: str = ""  # missing data of this month
    sources: Mapping[str, str] = field(default_factory=dict)  # emission source: why its refused line stays out

    def checked(self) -> "Acceptance":
        """With its reasons in one line. Raises Rejected for a source that is left out without a reason."""
        sources = {source: " ".join(reason.split()) for source, reason in self.sources.items()}
        silent = [source for source, reason in sources.items() if not reason]
        if silent:
            raise Rejected(f"exclude: `{silent[0][:80]}` is left out without a reason", "`--exclude SOURCE=REASON`")
        return Acceptance(" ".join(self.missing.split()), sources)

    def exclusions(self, found: Figures) -> list[str]:
        """Sentences of what it leaves out."""
        lacking = {one["source"] for one in found.snapshot["refusals"]} | {one.source for one in silent([found])}
        said = [f"{source}: {reason}" for source, reason in sorted(self.sources.items()) if source in lacking]
        return [*said, *([f"missing data: {self.missing}"] if self.missing and is_lacking(found) else [])]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reason against a close. `code` is for programs, the sentences for people."""

    code: str
    en: str
    zh: str
    hint: str = ""
    source: str = ""  # the emission source that may be left out with a reason

    @property
    def document(self) -> dict[str, str]:
        """JSON."""
        told = {"code": self.code, "en": self.en, "zh": self.zh, "hint": self.hint}
        return {**told, "source": self.source} if self.source else told


class CloseRefused(Rejected):
    """The month cannot be closed: every reason."""

    def __init__(self, entity: str, period: str, obstacles: Sequence[Obstacle]) -> None:
        hints = dict.fromkeys(one.hint for one in obstacles if one.hint)
        text = "; ".join(one.en for one in obstacles)
        super().__init__(f"{entity} {period} cannot be closed: {text}", "; ".join(hints))
        self.obstacles = tuple(obstacles)


def close(
    db: sqlite3.Connection,
    books: Books,
    entity_id: str,
    period_text: str,
    approval: Approval,
    key: Signer,
    now_ns: int,
    acceptance: Acceptance | None = None,
) -> tuple[Record, Checkpoint]:
    """Close a month of an entity, inside the caller's transaction: all of it is stored, or nothing.

    Raises CloseRefused with every obstacle, Rejected for names that do not do.
    """
    signed = approval.checked()
    acceptance = (acceptance or Acceptance()).checked()
    entity, period, found = prepared(db, books, entity_id, period_text, acceptance, now_ns)
    run = record(db, found, now_ns)
    body = {"run": run, **signed, "exclusions": acceptance.exclusions(found), "snapshot_sha256": found.digest}
    closed = append(db, now_ns, Kind.CLOSE, body, enterprise=entity.id, period=period.label)
    return closed, sign(db, key, now_ns)


def prepared(
    db: sqlite3.Connection, books: Books, entity_id: str, period_text: str, acceptance: Acceptance, now_ns: int
) -> tuple[Entity, Period, Figures]:
    """The figures that would be closed. Raises CloseRefused with every obstacle."""
    entity, period = entity_of(books, entity_id), parse_period(period_text)
    found = calculate(db, books, entity, [period], now_ns)[0] if period.is_month else None
    against = obstacles(db, books, entity, period, found, now_ns, acceptance)
    if against or found is None:
        raise CloseRefused(entity.id, period.label, against)
    return entity, period, found


def obstacles(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    period: Period,
    found: Figures | None,
    now_ns: int,
    acceptance: Acceptance,
) -> list[Obstacle]:
    """Everything that stands against closing this period, as `found` shows it."""
    if not period.is_month or found is None:
        hint = "write the month: `--period 2026-10`"
        return [Obstacle("no_month", f"{period.label} is no month", f"{period.label} 不是一个自然月", hint)]
    return [
        *_order(db, books, entity, period, now_ns),
        *refusals_of(found, acceptance),
        *missing_of(found, acceptance),
        *_waiting(db, entity, period),
        *_uncounted(db, books, entity, period),
    ]


def is_lacking(found: Figures) -> bool:
    """True where a part of the time is missing, or nothing at all is known."""
    return not found.snapshot["lines"] or any(int(line["time_ns"]["missing"]) > 0 for line in found.snapshot["lines"])


def _order(db: sqlite3.Connection, books: Books, entity: Entity, period: Period, now_ns: int) -> list[Obstacle]:
    found: list[Obstacle] = []
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    if today <= period.last:
        en, zh = f"the month is not over before {period.last} ends", f"该月尚未结束（{period.last}）"
        found.append(Obstacle("not_over", en, zh, "close it afterwards"))
    if not entity.sources:
        hint = "declare what it emits: `carbon: sources:`, or `role: main` of its meter"
        found.append(Obstacle("no_sources", "it has no emission source", "没有排放源", hint))
    states = month_states(db, entity.id)
    known = states.get(period.label)
    if known is not None and known.status is not Status.OPEN:
        hint = "tell it anew: `park-gateway carbon restate`"
        found.append(Obstacle("closed", "it is closed already", "该月已关账", hint))
    skipped = _skipped(list(states), period)
    if skipped:
        months = ", ".join(skipped)
        en, zh = f"earlier months are still open: {months}", f"更早的月份尚未关账：{months}"
        found.append(Obstacle("earlier_open", en, zh, "close them first, in order"))
    return found


def _skipped(closed: Sequence[str], period: Period) -> list[str]:
    """The open months between the first closed one and this."""
    found: list[str] = []
    if closed:
        month = parse_period(min(closed))
        while month.label < period.label:
            if month.label not in closed:
                found.append(month.label)
            month = month_of(date.fromordinal(month.last.toordinal() + 1))
    return found


def refusals_of(found: Figures, acceptance: Acceptance) -> list[Obstacle]:
    """Lines without a value that nobody has left out by name."""
    listed: list[Obstacle] = []
    for one in found.snapshot["refusals"]:
        if one["source"] in acceptance.sources:
            continue
        wrongs = "; ".join(f"{wrong['field']}: {wrong['message']}" for wrong in one["wrongs"])
        hints = "; ".join(wrong["hint"] for wrong in one["wrongs"] if wrong.get("hint"))
        en = f"`{one['source']}` has no value on basis {one['basis']}: {wrongs}"
        zh = f"排放源 `{one['source']}` 在口径 {one['basis']} 下无法核算：{wrongs}"
        hint = f"or leave it out with a reason: `--exclude {one['source']}=REASON`"
        listed.append(Obstacle("refusal", en, zh, f"{hints}; {hint}" if hints else hint, one["source"]))
    return _shortened(listed, "refusal")


def missing_of(found: Figures, acceptance: Acceptance) -> list[Obstacle]:
    """Missing data that nobody has accepted, and sources that nobody has recorded, by name."""
    return [*_missing_time(found, acceptance), *_silent(found, acceptance)]


def _silent(found: Figures, acceptance: Acceptance) -> list[Obstacle]:
    """Sources of which nothing is recorded, and that nobody has left out: nothing recorded is not zero."""
    if not found.snapshot["lines"]:
        return []  # nothing at all is known: that is said once
    listed: list[Obstacle] = []
    for one in silent([found]):
        if one.source not in acceptance.sources:
            name = one.shown
            en = f"nothing is recorded of {name['en']} (`{one.source}`)"
            zh = f"排放源 {name['zh']}（`{one.source}`）没有任何记录"
            hint = f"record it, 0 where it was none, or leave it out with a reason: `--exclude {one.source}=REASON`"
            listed.append(Obstacle("no_record", en, zh, hint, one.source))
    return _shortened(listed, "no_record")


def _missing_time(found: Figures, acceptance: Acceptance) -> list[Obstacle]:
    if acceptance.missing:
        return []
    hint = "enter readings or a correction, or accept it with a reason: `--accept-missing REASON`"
    listed: list[Obstacle] = []
    for line in found.snapshot["lines"]:
        gaps = [gap for gap in line["gaps"] if gap["how"] == "missing"]
        for gap in gaps:
            days = gap["from"] if gap["from"] == gap["to"] else f"{gap['from']} to {gap['to']}"
            en = f"data of `{gap['meter']}` is missing: {days}"
            listed.append(Obstacle("missing", en, f"计量点 `{gap['meter']}` 数据缺失：{days}", hint))
        if not gaps and int(line["time_ns"]["missing"]) > 0:
            en = f"data of `{line['source']}` is missing"
            listed.append(Obstacle("missing", en, f"排放源 `{line['source']}` 数据缺失", hint))
    if not found.snapshot["lines"]:
        listed.append(Obstacle("missing", "nothing at all is known of this month", "该月没有任何数据", hint))
    return _shortened(listed, "missing")


def _waiting(db: sqlite3.Connection, entity: Entity, period: Period) -> list[Obstacle]:
    listed = []
    for one in waiting_in(db, entity, period):
        en = f"record {one.id} ({one.form}) waits for approval"
        zh = f"记录 {one.id}（{one.form}）待审批"
        listed.append(Obstacle("waiting", en, zh, "`park-gateway carbon record approve ID` or `reject ID`"))
    return _shortened(listed, "waiting")


def _uncounted(db: sqlite3.Connection, books: Books, entity: Entity, period: Period) -> list[Obstacle]:
    """What somebody approved and the figures would leave out without a word."""
    listed = []
    for one in orphans(db, books, None if entity.is_park else entity.id, period.first, period.last):
        en = f"approved record {one.id} is counted by no source: `{one.body['source']}` is gone, or has meters now"
        zh = f"已批准记录 {one.id} 未计入任何排放源：`{one.body['source']}` 已不在配置中，或现由计量点计量"
        listed.append(Obstacle("uncounted", en, zh, "void it (`--kind void`), or declare its source again"))
    return _shortened(listed, "uncounted")


def waiting_in(db: sqlite3.Connection, entity: Entity, period: Period) -> list[Submission]:
    """What waits for a decision and concerns these days; a record without days and period concerns every day."""
    whose = None if entity.is_park else entity.id
    found = submissions(db, enterprise=whose, state=State.WAITING, limit=_MOST_WAITING)
    return [one for one in found if _concerns(one, period)]


def _concerns(one: Submission, period: Period) -> bool:
    if not one.record.period:
        return True
    days = parse_period(one.record.period)
    return days.first <= period.last and days.last >= period.first


def _shortened(listed: list[Obstacle], code: str) -> list[Obstacle]:
    more = len(listed) - _MOST_NAMED
    if more <= 0:
        return listed
    return [*listed[:_MOST_NAMED], Obstacle(code, f"and {more} more like these", f"另有 {more} 项")]
