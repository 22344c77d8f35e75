"""The months of a year beside each other: scope 1 and 2 on the default basis, for a chart."""

import sqlite3
from typing import Any

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.runs import figures
from gateway.accounts.carbon.summary_scopes import co2e, text
from gateway.accounts.carbon.summary_trust import is_partial
from gateway.accounts.periods import parse_period
from rules.carbon.inventory.entry import Basis


def by_month(db: sqlite3.Connection, books: Books, entity: Entity, year: int, now_ns: int) -> list[dict[str, Any]]:
    """Every month of which there is a figure, in order, in kg. A month without any is not there: it is not zero."""
    basis = books.policy.default_basis
    found = []
    for one in figures(db, books, entity, parse_period(str(year)), now_ns):
        entries, lines = list(one.entries.values()), one.snapshot["lines"]
        if not any(int(line["time_ns"]["measured"]) + int(line["time_ns"]["estimated"]) for line in lines):
            continue
        found.append(
            {
                "period": one.part.label,
                "basis": basis.value,
                "scope1_kg": text(co2e(entry for entry in entries if entry.basis is Basis.DIRECT)),
                "scope2_kg": text(co2e(entry for entry in entries if entry.basis is basis)),
                "is_lower_bound": is_partial([one]),
            }
        )
    return found
