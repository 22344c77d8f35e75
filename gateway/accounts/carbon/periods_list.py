"""Where each month of an entity stands: open, closed, restated; and whether its data has changed since."""

import sqlite3
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.proposals import proposals
from gateway.accounts.carbon.restate import due
from gateway.accounts.energy.quantities import registers_of
from gateway.accounts.periods import Month, Status, month_of, month_states
from gateway.core.clock import day_of, utc_text

MOST = 36  # months that are listed


def months(db: sqlite3.Connection, books: Books, entity: Entity, now_ns: int) -> list[dict[str, Any]]:
    """The months from the first with data or a close to the present one, the newest first."""
    states = month_states(db, entity.id)
    other = {one.period: one.document for one in due(db, books, entity, now_ns)} if states else {}
    proposed = proposals(db, entity.id)
    first = _first_day(db, books, entity)
    oldest = min([*states, *([] if first is None else [month_of(first).label])], default=None)
    found: list[dict[str, Any]] = []
    month = month_of(day_of(now_ns, ZoneInfo(books.site.timezone)))
    while (oldest is None or month.label >= oldest) and len(found) < MOST:
        state = _state(states.get(month.label))
        found.append(
            {"period": month.label, **state, "due": other.get(month.label), "proposal": proposed.get(month.label)}
        )
        if oldest is None:
            break
        month = month.before()
    return found


def _state(month: Month | None) -> dict[str, Any]:
    if month is None or month.close is None:
        return {"status": Status.OPEN.value, "closed": None, "restatements": 0}
    body = month.close.body
    told = {"time": utc_text(month.close.time_ns), "by": body["by"], "approver": body["approver"]}
    return {
        "status": month.status.value,
        "closed": {**told, "record": month.close.id, "run": body["run"]},
        "restatements": len(month.restatements),
    }


def _first_day(db: sqlite3.Connection, books: Books, entity: Entity) -> date | None:
    query = "SELECT min(day) FROM meter_day WHERE meter = (SELECT id FROM meter WHERE tag = ?)"
    firsts = [db.execute(query, (tag,)).fetchone()[0] for tag in registers_of(books, entity)]
    return min((date.fromordinal(first) for first in firsts if first is not None), default=None)
