"""The summary of an entity and period: every figure with what it rests on; the document that page and reports show.

    figures (recorded runs of closed months, calculations of open ones) ─▶ scopes, bases, energy, trust
    instruments, factors, denominators, base year, period before, restatements, checkpoint ─▶ context

A longer period is the sum of its months, to the last digit. Decimals are texts; nothing is rounded here.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.close import waiting_in
from gateway.accounts.carbon.restate import due
from gateway.accounts.carbon.runs import Figures, entity_of, figures
from gateway.accounts.carbon.summary_comparison import comparison
from gateway.accounts.carbon.summary_context import (
    base_year,
    energy,
    factors_used,
    instrument_documents,
    intensities,
    measured_beside,
    unexplained,
)
from gateway.accounts.carbon.summary_notes import direct_notes, indicator, notes_of, uncertainty
from gateway.accounts.carbon.summary_scopes import Entries, basis_document, entries_of, outside, scope1
from gateway.accounts.carbon.summary_trust import Silent, is_partial, lines_of, shares_by_source, silent, trust
from gateway.accounts.energy.figures import entity_json
from gateway.accounts.periods import Month, Period, Status, is_in, month_states, parse_period, told_last
from gateway.accounts.records.submissions import orphans
from gateway.core.clock import day_of, utc_text
from gateway.core.errors import Rejected
from gateway.store.checkpoints import newest
from gateway.store.ledger_views import checkpoint_document
from gateway.store.records import Record
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a summary rests on: the figures, and what they lack."""

    found: Sequence[Figures]
    months: Mapping[str, Month]  # those of the period that were closed, by label
    told: Record | None  # what last told the figures, where every month is closed
    entries: Entries
    energy: list[Document]
    trusted: Document
    refusals: Sequence[Document]  # what has no value
    unknown: Sequence[Silent]  # sources of which nothing is recorded: that is not zero
    waiting: int  # records that nobody decided on
    uncounted: Sequence[str]  # approved records whose source is gone, or is counted by meters now
    is_complete: bool


def summary(
    db: sqlite3.Connection,
    books: Books,
    entity_id: str,
    period_text: str,
    now_ns: int,
    *,
    bases: Sequence[Basis] = (),
    as_published: bool = False,
    with_comparison: bool = True,
) -> Document:
    """The Summary document (deploy/guide/carbon-accounts.md). Raises Rejected for an unknown entity, period or basis.

    `as_published`: closed months as they were closed, without what was told anew since.
    """
    entity, period = entity_of(books, entity_id), parse_period(period_text)
    wanted = bases_of(books, bases)
    ground = _gathered(db, books, entity, period, now_ns, as_published=as_published)
    found, months, entries, told = ground.found, ground.months, ground.entries, ground.told
    checkpoint = newest(db)
    return {
        "entity": entity_json(entity),
        "period": _days(books, period, now_ns),
        "status": _status(found, months, as_published=as_published).value,
        "as_published": as_published,
        "is_complete": ground.is_complete,
        "closed": _closed(months, period),
        "run": _run(found),
        "bases": [_of_basis(basis, ground, books, period) for basis in wanted],
        "scope1": _direct(ground, books),
        "outside": outside(entries),
        "energy": ground.energy,
        "trust": _trust(ground, books, unexplained(db, books, entity, period, now_ns, told)),
        "instruments": instrument_documents(db, books, entity, period),
        "factors": factors_used(found),
        "intensities": intensities(db, entries, books, entity, period, is_lower_bound=is_partial(found)),
        "measured_beside": measured_beside(db, books, entity, period),
        "base_year": base_year(db, books, entity, period, entries, now_ns, told),
        "restatements": [_told(one) for month in months.values() for one in month.restatements],
        "due": [one.document for one in due(db, books, entity, now_ns, months)] if months and not as_published else [],
        "comparison": comparison(db, books, entity, period, found, now_ns, told) if with_comparison else {},
        "checkpoint": checkpoint and checkpoint_document(checkpoint),
    }


def _gathered(
    db: sqlite3.Connection, books: Books, entity: Entity, period: Period, now_ns: int, *, as_published: bool
) -> _Ground:
    found = figures(db, books, entity, period, now_ns, as_published=as_published)
    months = {label: one for label, one in month_states(db, entity.id).items() if is_in(label, period)}
    refusals = [one for part in found for one in part.snapshot["refusals"]]
    waiting = sum(1 for _ in waiting_in(db, entity, period))
    uncounted = [one.id for one in orphans(db, books, None if entity.is_park else entity.id, period.first, period.last)]
    trusted = trust(found, _accepted(months.values()))
    unknown = silent(found)
    lacks = refusals or waiting or uncounted or unknown
    return _Ground(
        found=found,
        months=months,
        told=told_last(months, period, as_published=as_published),
        entries=entries_of(found),
        energy=energy(found),
        trusted=trusted,
        refusals=refusals,
        unknown=unknown,
        waiting=waiting,
        uncounted=uncounted,
        is_complete=_is_complete(books, period, found, trusted, now_ns) and not lacks,
    )


def _days(books: Books, period: Period, now_ns: int) -> Document:
    zone = books.site.timezone
    return {
        "label": period.label,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "zone": zone,
        "has_begun": period.first <= day_of(now_ns, ZoneInfo(zone)),
    }


def _direct(ground: _Ground, books: Books) -> Document:
    """Scope 1, with what has to be said of it."""
    shares = shares_by_source(lines_of(ground.found))
    document = scope1(books, ground.entries, shares, ground.refusals, ground.unknown)
    return {**document, "notes": direct_notes(ground.entries, ground.found)}


def _of_basis(basis: Basis, ground: _Ground, books: Books, period: Period) -> Document:
    """The totals by this basis, with what has to be said of them."""
    factors = {one["id"]: _shown(one) for part in ground.found for one in part.snapshot["factors"]}
    return {
        **basis_document(basis, ground.entries, ground.refusals, factors, ground.unknown),
        "is_default": basis is books.policy.default_basis,
        "notes": notes_of(basis, ground.entries, ground.found),
        "indicator": indicator(basis, ground.entries, ground.energy, books, period, is_complete=ground.is_complete),
    }


def _trust(ground: _Ground, books: Books, differences: list[Document]) -> Document:
    """How far the figures can be trusted, and what is not in them."""
    return {
        **ground.trusted,
        **uncertainty(ground.entries, books.policy.default_basis),
        "unexplained": differences,
        "waiting": ground.waiting,
        "without_data": [one.source for one in ground.unknown],
        "silent": [one.document for one in ground.unknown],  # the same with names and months
        "uncounted": ground.uncounted,
    }


def bases_of(books: Books, asked: Sequence[Basis] = ()) -> list[Basis]:
    """The configured bases of scope 2, or of those the asked ones. Raises Rejected for one that is not accounted."""
    configured = [basis for basis in SCOPE2_BASES if basis in books.policy.bases]
    unknown = [basis.value for basis in asked if basis not in configured]
    if unknown:
        known = ", ".join(basis.value for basis in configured)
        raise Rejected(f"basis: `{unknown[0]}` is not accounted here", f"there is: {known}; see `carbon: bases:`")
    return [basis for basis in configured if not asked or basis in asked]


def _status(found: Sequence[Figures], months: Mapping[str, Month], *, as_published: bool) -> Status:
    """Closed where every month is; restated where one of them was, and that is shown."""
    if not found or any(not one.run for one in found):
        return Status.OPEN
    is_told_anew = not as_published and any(month.status is Status.RESTATED for month in months.values())
    return Status.RESTATED if is_told_anew else Status.CLOSED


def _is_complete(books: Books, period: Period, found: Sequence[Figures], trusted: Document, now_ns: int) -> bool:
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    has_lines = any(one.snapshot["lines"] for one in found)
    return has_lines and period.last < today and Decimal(trusted["missing_percent"]) == 0


def _closed(months: Mapping[str, Month], period: Period) -> Document | None:
    """Who closed it, when: of a month its close, of a longer period the last one of all of its months."""
    if not months or len(months) < len(period.parts()):
        return None
    last = max((month.close for month in months.values() if month.close), key=lambda one: one.seq)
    body = last.body
    return {
        "time": utc_text(last.time_ns),
        "by": body["by"],
        "approver": body["approver"],
        "record": last.id,
        "run": body["run"],
        "months": len(months),
    }


def _run(found: Sequence[Figures]) -> Document:
    """What the figures were calculated with; of several months the newest, and all runs by name."""
    last = max(found, key=lambda one: one.part.first)
    snapshot = last.snapshot
    return {
        "id": last.run or last.digest,
        "is_recorded": all(one.run for one in found),
        "ids": [one.run or one.digest for one in found],
        "time": utc_text(last.time_ns),
        "code_version": snapshot["code_version"],
        "catalogue_sha256": snapshot["catalogue_sha256"],
        "policy": snapshot["policy"],
        "boundary": snapshot["boundary"],
    }


def _accepted(months: Any) -> list[str]:
    """What was left out at a close or a restatement, with the month."""
    return [
        f"{month.label}: {text_}"
        for month in months
        for one in (month.close, *month.restatements)
        for text_ in one.body.get("exclusions", ())
    ]


def _shown(factor: Document) -> str:
    per = "" if factor["per"] is None else f"/{factor['per']}"
    what = "" if factor["unit"] in ("percent", "GJ(net)") else f" {factor['gas']}"
    return f"{factor['value']} {factor['unit']}{what}{per}"


def _told(one: Any) -> Document:
    body = one.body
    return {
        "time": utc_text(one.time_ns),
        "period": one.period,
        "reason": body["reason"],
        "by": body["by"],
        "approver": body["approver"],
        "effect": body["effect"],
        "sources": body["sources"],
        "record": one.id,
        "previous_run": body["previous_run"],
        "run": body["run"],
    }
