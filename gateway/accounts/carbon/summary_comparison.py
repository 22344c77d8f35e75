"""The period before (环比) and the year before (同比), where there are figures of them.

A period that runs is compared by its days up to today: the first three weeks of a month with three weeks.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.gather import recorded_lines
from gateway.accounts.carbon.runs import Figures, figures, figures_beside
from gateway.accounts.carbon.summary_scopes import co2e, entries_of, text
from gateway.accounts.carbon.summary_trust import is_partial
from gateway.accounts.energy.quantities import registers_of
from gateway.accounts.periods import Period, is_in, month_states
from gateway.core.clock import day_of
from gateway.store.day_sums import has_days
from gateway.store.records import Record
from rules.carbon.inventory.baseyear import compared
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis

Document = dict[str, Any]


def comparison(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    period: Period,
    present: Sequence[Figures],
    now_ns: int,
    told: Record | None,
) -> Document:
    """The totals of both, and how far the period went from them; `None` for one of which nothing at all is known.

    `present`: the figures of the period as a whole. `told`: what last told them; the others are as known then.
    """
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    others = {"previous_period": period.before(), "previous_year": period.year_before()}
    if period.first <= today < period.last:
        others = {name: _as_many_days(other, (today - period.first).days) for name, other in others.items()}
    found: Document = dict.fromkeys(others)
    there = {name: other for name, other in others.items() if _has_data(db, books, entity, other)}
    if there and period.first <= today < period.last:
        present = figures(db, books, entity, _days(period.first, today), now_ns)
    for name, other in there.items():
        others_figures = figures_beside(db, books, entity, other, now_ns, told)
        found[name] = _compared(books, other, others_figures, present)
    return found


def _as_many_days(period: Period, more: int) -> Period:
    """The first day of a period and so many more, as far as it has them."""
    return _days(period.first, min(period.first + timedelta(days=more), period.last))


def _days(first: date, last: date) -> Period:
    return Period(f"{first}..{last}", first, last)


def _compared(books: Books, period: Period, found: Sequence[Figures], present: Sequence[Figures]) -> Document:
    """The totals of another period, against the present one. Between lower bounds there is no percentage."""
    entries = entries_of(found).values()
    counted = (Basis.DIRECT, books.policy.default_basis)
    now = compared(
        co2e(entry for entry in entries if entry.basis in counted),
        co2e(entry for entry in entries_of(present).values() if entry.basis in counted),
    )
    scope2 = {
        basis.value: text(co2e(entry for entry in entries if entry.basis is basis))
        for basis in SCOPE2_BASES
        if basis in books.policy.bases
    }
    direct = text(co2e(entry for entry in entries if entry.basis is Basis.DIRECT))
    is_bound = is_partial(found)
    is_comparable = not is_bound and not is_partial(present) and now.percent is not None
    return {
        "period": period.label,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "scope1_kg": direct,
        "scope2_kg": scope2,
        "total_kg": text(now.before_kg),
        "difference_kg": text(now.difference_kg),
        "difference_percent": text(now.percent) if is_comparable and now.percent is not None else None,
        "is_lower_bound": is_bound,
    }


def _has_data(db: sqlite3.Connection, books: Books, entity: Entity, period: Period) -> bool:
    """Whether a close, a day of a meter or a record lies in the period."""
    if any(is_in(label, period) for label in month_states(db, entity.id)):
        return True
    if has_days(db, registers_of(books, entity), period.first, period.last):
        return True
    return bool(recorded_lines(db, books, entity, period))
