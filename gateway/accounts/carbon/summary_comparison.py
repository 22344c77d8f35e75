"""The period before (环比) and the year before (同比), where there are figures of them."""

import sqlite3
from typing import Any

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.gather import recorded_lines
from gateway.accounts.carbon.runs import figures
from gateway.accounts.carbon.summary_scopes import Entries, co2e, entries_of, text
from gateway.accounts.carbon.summary_trust import is_partial
from gateway.accounts.energy.quantities import registers_of
from gateway.accounts.periods import Period, is_in, month_states
from gateway.store.day_sums import has_days
from rules.carbon.inventory.baseyear import compared
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis

Document = dict[str, Any]


def comparison(
    db: sqlite3.Connection, books: Books, entity: Entity, period: Period, entries: Entries, now_ns: int
) -> Document:
    """The totals of both, and how far the period went from them; `None` for one of which nothing at all is known."""
    found: Document = {}
    for name, other in (("previous_period", period.before()), ("previous_year", period.year_before())):
        found[name] = None
        if _has_data(db, books, entity, other):
            found[name] = _figures_of(db, books, entity, other, entries, now_ns)
    return found


def _figures_of(
    db: sqlite3.Connection, books: Books, entity: Entity, period: Period, present: Entries, now_ns: int
) -> Document:
    """The totals of another period, against the present one."""
    found = figures(db, books, entity, period, now_ns)
    entries = entries_of(found).values()
    counted = (Basis.DIRECT, books.policy.default_basis)
    now = compared(
        co2e(entry for entry in entries if entry.basis in counted),
        co2e(entry for entry in present.values() if entry.basis in counted),
    )
    scope2 = {
        basis.value: text(co2e(entry for entry in entries if entry.basis is basis))
        for basis in SCOPE2_BASES
        if basis in books.policy.bases
    }
    direct = text(co2e(entry for entry in entries if entry.basis is Basis.DIRECT))
    return {
        "period": period.label,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "scope1_kg": direct,
        "scope2_kg": scope2,
        "total_kg": text(now.before_kg),
        "difference_kg": text(now.difference_kg),
        "difference_percent": None if now.percent is None else text(now.percent),
        "is_lower_bound": is_partial(found),
    }


def _has_data(db: sqlite3.Connection, books: Books, entity: Entity, period: Period) -> bool:
    """Whether a close, a day of a meter or a record lies in the period."""
    if any(is_in(label, period) for label in month_states(db, entity.id)):
        return True
    if has_days(db, registers_of(books, entity), period.first, period.last):
        return True
    return bool(recorded_lines(db, books, entity, period))
