"""Electricity of each local day, for charts: how much, and how much of the time is measured, estimated, missing."""

import sqlite3
from datetime import timedelta
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.energy.energyread import amounts_of, day_start_ns, weighed
from gateway.accounts.energy.figures import entity_json, flow_json, window_json
from gateway.accounts.energy.flows import entity_of, flows_of
from gateway.accounts.energy.payers import zone_of
from gateway.accounts.energy.usage import settled, tags_of
from gateway.accounts.energy.windows import window_of
from gateway.accounts.held import cut_of
from gateway.config.accountplan import Direction, Medium
from gateway.core.clock import day_of
from gateway.core.errors import Rejected

Json = dict[str, Any]
MOST_DAYS = 800


def energy_days(db: sqlite3.Connection, books: Books, entity: str, period: str, now_ns: int) -> Json:
    """The bought electricity of an entity, day by day, up to the newest interval as `usage` has it.

    Raises Rejected for too many days.
    """
    zone = zone_of(books)
    found = entity_of(books, entity)
    flows = flows_of(books, found)
    window = settled(db, books, tags_of(flows), window_of(period, now_ns, zone), now_ns)
    first, last = day_of(window.start_ns, zone), day_of(max(window.end_ns - 1, window.start_ns), zone)
    if (last - first).days >= MOST_DAYS:
        raise Rejected(f"period: more than {MOST_DAYS} days", "ask in parts")
    flow = next(
        (one for one in flows if (one.medium, one.direction) == (Medium.ELECTRICITY, Direction.IMPORT)),
        None,
    )
    items: list[Json] = []
    for step in range((last - first).days + 1 if flow is not None and window.start_ns < window.end_ns else 0):
        assert flow is not None
        day = first + timedelta(days=step)
        end_ns = min(day_start_ns(day + timedelta(days=1), zone), window.end_ns)
        amounts = amounts_of(
            db, [tag for tag, _ in flow.weights], day_start_ns(day, zone), end_ns, zone, cut_of(books, found.id)
        )
        items.append({"day": day.isoformat(), **flow_json(flow, weighed(dict(flow.weights), amounts))})
    return {"entity": entity_json(found), "period": window_json(window, books), "items": items}
