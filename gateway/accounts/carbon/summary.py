"""The summary of an entity and period: every figure with what it rests on; the document that page and reports show.

    figures (recorded runs of closed months, calculations of open ones) ─▶ scopes, bases, energy, trust
    instruments, factors, denominators, base year, period before, restatements, checkpoint ─▶ context

A longer period is the sum of its months, to the last digit. Decimals are texts; nothing is rounded here.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
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
from gateway.accounts.carbon.summary_notes import indicator, notes_of, uncertainty
from gateway.accounts.carbon.summary_scopes import basis_document, entries_of, names, outside, scope1
from gateway.accounts.carbon.summary_trust import is_partial, lines_of, shares_by_source, silent, trust
from gateway.accounts.periods import Month, Period, Status, is_in, month_states, parse_period
from gateway.accounts.records.submissions import orphans
from gateway.core.errors import Rejected
from gateway.store.checkpoints import newest
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis

Document = dict[str, Any]


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
    found = figures(db, books, entity, period, now_ns, as_published=as_published)
    months = {label: one for label, one in month_states(db, entity.id).items() if is_in(label, period)}
    entries, lines = entries_of(found), lines_of(found)
    refusals = [one for part in found for one in part.snapshot["refusals"]]
    shown = {one["id"]: _shown(one) for part in found for one in part.snapshot["factors"]}
    waiting = sum(1 for _ in waiting_in(db, entity, period))
    uncounted = [one.id for one in orphans(db, books, None if entity.is_park else entity.id, period.first, period.last)]
    used = energy(found)
    trusted = trust(found, _accepted(months.values()))
    unknown = silent(found)
    lacks = refusals or waiting or uncounted or unknown
    is_complete = _is_complete(books, period, found, trusted, now_ns) and not lacks
    document: Document = {
        "entity": {
            "id": entity.id,
            "kind": "park" if entity.is_park else "enterprise",
            "name": names(entity.names, entity.id),
        },
        "period": {
            "label": period.label,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "zone": books.site.timezone,
        },
        "status": _status(found, months, as_published=as_published).value,
        "as_published": as_published,
        "is_complete": is_complete,
        "closed": _closed(months, period),
        "run": _run(found),
        "bases": [
            {
                **basis_document(basis, entries, refusals, shown, unknown),
                "is_default": basis is books.policy.default_basis,
                "notes": notes_of(basis, entries, found),
                "indicator": indicator(basis, entries, used, books, period, is_complete=is_complete),
            }
            for basis in wanted
        ],
        "scope1": scope1(books, entries, shares_by_source(lines), refusals, unknown),
        "outside": outside(entries),
        "energy": used,
        "trust": {
            **trusted,
            "uncertainty_percent": uncertainty(entries, books.policy.default_basis),
            "unexplained": unexplained(db, books, entity, period, now_ns),
            "waiting": waiting,
            "without_data": [one.source for one in unknown],  # nothing is recorded of them: that is not zero
            "silent": [one.document for one in unknown],  # the same with names and months
            "uncounted": uncounted,  # approved records whose source is gone, or is counted by meters now
        },
        "instruments": instrument_documents(db, books, entity, period),
        "factors": factors_used(found),
        "intensities": intensities(db, entries, books, entity, period, is_lower_bound=is_partial(found)),
        "measured_beside": measured_beside(db, books, entity, period),
        "base_year": base_year(db, books, entity, period, entries, now_ns),
        "restatements": [_told(one) for month in months.values() for one in month.restatements],
        "due": []
        if as_published
        else [one.document for one in due(db, books, entity, now_ns, months)]
        if months
        else [],
        "comparison": comparison(db, books, entity, period, found, now_ns) if with_comparison else {},
        "checkpoint": checkpoint_document(db),
    }
    return document


def checkpoint_document(db: sqlite3.Connection) -> Document | None:
    """The newest signed checkpoint."""
    found = newest(db)
    if found is None:
        return None
    return {"size": found.size, "root": found.root_hex, "time": utc(found.time_ns), "note": found.note}


def utc(time_ns: int) -> str:
    """`2026-11-01T00:05:00Z`."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).isoformat().replace("+00:00", "Z")


def bases_of(books: Books, asked: Sequence[Basis] = ()) -> list[Basis]:
    """The configured bases of scope 2, or of those the asked ones. Raises Rejected for one that is not accounted."""
    configured = [basis for basis in SCOPE2_BASES if basis in books.policy.bases]
    unknown = [basis.value for basis in asked if basis not in configured]
    if unknown:
        known = ", ".join(basis.value for basis in configured)
        raise Rejected(f"basis: `{unknown[0]}` is not accounted here", f"there is: {known}; see `carbon: bases:`")
    return [basis for basis in configured if not asked or basis in asked]


def _status(found: Sequence[Figures], months: dict[str, Month], *, as_published: bool) -> Status:
    """Closed where every month is; restated where one of them was, and that is shown."""
    if not found or any(not one.run for one in found):
        return Status.OPEN
    is_told_anew = not as_published and any(month.status is Status.RESTATED for month in months.values())
    return Status.RESTATED if is_told_anew else Status.CLOSED


def _is_complete(books: Books, period: Period, found: Sequence[Figures], trusted: Document, now_ns: int) -> bool:
    today = datetime.fromtimestamp(now_ns // 10**9, ZoneInfo(books.site.timezone)).date()
    has_lines = any(one.snapshot["lines"] for one in found)
    return has_lines and period.last < today and Decimal(trusted["missing_percent"]) == 0


def _closed(months: dict[str, Month], period: Period) -> Document | None:
    """Who closed it, when: of a month its close, of a longer period the last one of all of its months."""
    if not months or len(months) < len(period.parts()):
        return None
    last = max((month.close for month in months.values() if month.close), key=lambda one: one.seq)
    body = last.body
    return {
        "time": utc(last.time_ns),
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
        "time": utc(last.time_ns),
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
        "time": utc(one.time_ns),
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
