"""Entities, stretches of time and quantities as JSON: decimals as texts."""

from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.accounts.books import Books, Entity
from gateway.accounts.energy.energyread import Energy
from gateway.accounts.energy.flows import Flow
from gateway.accounts.energy.payers import zone_of
from gateway.accounts.energy.windows import Window
from rules.energy.allocation import from_micro, largest_remainder
from rules.energy.reading import plain_text
from rules.energy.tariff.bill import to_minor

Json = dict[str, Any]
_NS = 1_000_000_000


def entity_json(entity: Entity) -> Json:
    """Id, kind, names."""
    kind = "park" if entity.is_park else "enterprise"
    return {"id": entity.id, "kind": kind, "name": entity.names.both(entity.id)}


def window_json(window: Window, books: Books) -> Json:
    """Label, first and last instant with their offsets, zone."""
    zone = zone_of(books)
    ends = {"from": iso(window.start_ns, zone), "to": iso(window.end_ns, zone)}
    return {"label": window.label, **ends, "zone": books.site.timezone, "is_running": window.is_running}


def flow_json(flow: Flow, found: Energy) -> Json:
    """A quantity with the shares of its time; `None` where not even a bound is known."""
    amount = found.amount
    times = [amount.measured_ns, amount.estimated_ns, amount.missing_ns]
    shares = largest_remainder(10**6, times) if sum(times) > 0 else [0, 0, 0]
    is_known = found.is_bound and (not found.lacking or amount.measured_ns + amount.estimated_ns > 0)
    return {
        "medium": flow.medium.value,
        "direction": flow.direction.value,
        "quantity": plain_text(from_micro(amount.known)) if is_known else None,
        "unit": flow.unit,
        "is_lower_bound": bool(found.lacking),
        **{
            f"{name}_percent": plain_text(Decimal(share).scaleb(-4))
            for name, share in zip(("measured", "estimated", "missing"), shares, strict=True)
        },
    }


def percent(part: int, whole: int) -> str | None:
    """With two digits; `None` of nothing."""
    return plain_text(to_minor(Fraction(part * 100, whole), 2)) if whole > 0 else None


def iso(time_ns: int, zone: tzinfo) -> str:
    """A local time with its offset."""
    return datetime.fromtimestamp(time_ns // _NS, zone).isoformat()
