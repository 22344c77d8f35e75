"""Readings that ledger.db keeps as long as the account: those that decided intervals, and what people said."""

import sqlite3
from collections.abc import Iterable
from datetime import tzinfo

from gateway.accounts.records.submissions import manual_readings, meter_events
from gateway.core.clock import day_of
from gateway.store.intervals import days
from rules.energy.account import Item
from rules.energy.reading import Origin, Reading


def decided_by(
    db: sqlite3.Connection, tag: str, bounds: tuple[int, int], zone: tzinfo, gone: Iterable[Item] = ()
) -> list[Reading]:
    """The meter's own readings that decided the stored intervals of these days, without what people took back."""
    taken_back = {(one.time_ns, one.value) for one in gone if isinstance(one, Reading)}
    found: dict[Reading, None] = {}
    for day in days(db, [tag], day_of(bounds[0], zone), day_of(bounds[1], zone)):
        for interval in day.intervals():
            found.update(dict.fromkeys(interval.readings))
    return [
        one
        for one in found
        if one.origin is Origin.METER and not one.evidence and (one.time_ns, one.value) not in taken_back
    ]


def stated_items(db: sqlite3.Connection, tag: str, bounds: tuple[int, int]) -> list[Item]:
    """Readings and events of a register that people gave, approved, within these instants."""
    items: list[Item] = [*manual_readings(db, tag), *meter_events(db, tag)]
    return [item for item in items if bounds[0] <= item.time_ns < bounds[1]]
